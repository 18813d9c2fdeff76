import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
import spacy

from classifier.language import analyse, folder_digest, load_pipeline
from scripts.norne import NorneFormatError, grouped, noisy, read_sentences, to_doc
from tests import norne_sample

ROOT = Path(__file__).parent.parent


def command(data: Path, folder: Path) -> list[str]:
    places = ["--data", str(data), "--output", str(folder / "trained"), "--work", str(folder / "work")]
    return [sys.executable, "-m", "scripts.train_pipeline", *places, "--steps", "60", "--steps-per-round", "20"]


def run(data: Path, folder: Path) -> None:
    done = subprocess.run(command(data, folder), cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("norne")
    norne_sample.write(folder)
    return folder


@pytest.fixture(scope="module")
def trained(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("uninterrupted")
    run(data, folder)
    return folder / "trained"


def test_a_tiny_pipeline_trained_end_to_end_reads_what_it_was_shown(trained: Path) -> None:
    pipeline = load_pipeline(str(trained))
    (analysed,) = analyse(["Kari Hansen ringte fra Bergen. Brukaren ringde frå Førde."], pipeline=pipeline)
    assert analysed.lemmas[2] == "ringe"
    assert analysed.pos[:3] == ("PROPN", "PROPN", "VERB")
    assert pipeline.nlp.get_pipe("ner").labels == ("GPE_LOC", "PER")  # type: ignore[attr-defined]


def test_its_meta_names_data_licence_and_scores(trained: Path) -> None:
    meta = json.loads((trained / "meta.json").read_text(encoding="utf-8"))
    assert {source["license"] for source in meta["sources"]} == {"CC0 1.0 (annotation)", "CC BY 4.0"}
    assert set(meta["performance"]) == {"nob-dev", "nob-test", "nno-dev", "nno-test"}
    assert meta["performance"]["nob-dev"]["pos_acc"] > 0.5


def test_a_training_killed_in_the_middle_goes_on_to_the_same_result(data: Path, trained: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        command(data, tmp_path), cwd=ROOT, env=environment, stderr=subprocess.DEVNULL, start_new_session=True
    )
    checkpoint = tmp_path / "work" / "syntax" / "checkpoint" / "progress.json"
    give_up = time.monotonic() + 240
    while not checkpoint.exists() and process.poll() is None and time.monotonic() < give_up:
        time.sleep(0.02)
    os.killpg(process.pid, 9)
    process.wait()
    assert checkpoint.exists()
    run(data, tmp_path)
    assert folder_digest(tmp_path / "trained") == folder_digest(trained)


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    file = tmp_path / "broken.conllu"
    file.write_text("# text\n1\tHei\thei\tINTJ\n", encoding="utf-8")
    with pytest.raises(NorneFormatError, match=r"broken\.conllu:2: found 4 columns; expected 10"):
        list(read_sentences(file))


def test_noise_keeps_labels_and_words_in_step(data: Path) -> None:
    rng = random.Random(3)
    sentences = list(read_sentences(data / "nob-train.conllu.gz"))
    vocab = spacy.blank("nb").vocab
    changed = 0
    for group in grouped(sentences, 2):
        for _ in range(20):
            written = noisy(group, rng)
            changed += to_doc(written, vocab).text != to_doc(group, vocab).text
            for before, after in zip(group, written, strict=True):
                assert len(after.words) == len(after.pos) == len(after.lemmas) == len(after.ents)
                assert after.pos == before.pos[: len(after.pos)]
    assert changed > 20
