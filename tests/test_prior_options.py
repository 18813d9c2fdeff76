import hashlib
import json
import os
from dataclasses import asdict
from pathlib import Path

import pytest

from classifier.errors import InputError
from classifier.model.incident_model import IncidentModel
from classifier.prior_options import AskedPrior, estimated, under_asked
from tests import small_model


def unneeded() -> IncidentModel:
    raise AssertionError


def corpus_folder(path: Path) -> Path:
    path.mkdir()
    for name, examples in (("a", small_model.examples()[:60]), ("b", small_model.examples()[60:90])):
        lines = (json.dumps(asdict(example), ensure_ascii=False) for example in examples)
        (path / f"train_{name}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return path


def test_two_priors_at_once_are_refused() -> None:
    for given in (("uniform", Path("a"), None), (None, Path("a"), Path("b")), ("uniform", None, Path("b"))):
        with pytest.raises(InputError, match="more than one prior"):
            AskedPrior(*given)


def test_a_usual_prior_that_is_broken_stops_nothing_that_is_asked_under_another(tmp_path: Path) -> None:
    broken = str(tmp_path / "borte.json")
    assert AskedPrior("uniform").to_load_under(broken) == "uniform"
    for asked in (AskedPrior(decisions=Path("vedtak.csv")), AskedPrior(texts=Path("tekster.txt"))):
        assert asked.to_load_under(broken) == "corpus"
    assert AskedPrior().to_load_under("asys-2020") == "asys-2020"
    with pytest.raises(InputError, match=r"borte\.json: found No such file"):
        AskedPrior().to_load_under(broken)


def test_without_a_file_nothing_is_estimated() -> None:
    assert estimated(AskedPrior("uniform", None, None), unneeded) is None
    model = small_model.model()
    assert under_asked(model, AskedPrior(None, None, None)) is model


def test_decisions_need_no_model_and_are_known_by_their_file_and_its_digest(tmp_path: Path) -> None:
    decisions = tmp_path / "vedtak.csv"
    decisions.write_text("Tekst;Kategori\n" + "Han truet meg.;Trussel\n" * 60, encoding="utf-8")
    found = estimated(AskedPrior(None, decisions, None), unneeded)
    assert found is not None
    assert (found.source, found.file) == ("decisions", "vedtak.csv")
    assert found.sha256 == hashlib.sha256(decisions.read_bytes()).hexdigest()


def test_a_folder_of_decisions_is_known_by_all_its_files(tmp_path: Path) -> None:
    folder = corpus_folder(tmp_path / "vedtak")
    before = estimated(AskedPrior(None, folder, None), unneeded)
    assert before is not None
    content = (folder / "train_a.jsonl").read_bytes() + (folder / "train_b.jsonl").read_bytes()
    assert (before.file, before.sha256) == ("vedtak", hashlib.sha256(content).hexdigest())
    (folder / "train_b.jsonl").unlink()
    after = estimated(AskedPrior(None, folder, None), unneeded)
    assert after is not None
    assert after.name != before.name


def test_texts_are_read_by_the_model_that_will_answer(tmp_path: Path) -> None:
    texts = tmp_path / "tekster.txt"
    texts.write_text("\n".join(" ".join(e.text.split()) for e in small_model.unseen()[:80]), encoding="utf-8")
    model = under_asked(small_model.model(), AskedPrior(None, None, texts))
    assert model.prior.startswith("texts:")


def test_a_column_that_cannot_be_guessed_is_told_with_the_names_that_can_be(tmp_path: Path) -> None:
    decisions = tmp_path / "vedtak.csv"
    decisions.write_text("Hva skjedde;Kategori\n" + "Han truet meg.;Trussel\n" * 60, encoding="utf-8")
    with pytest.raises(InputError, match=r"vedtak\.csv, line 1: .* expected one named text, tekst, beskrivelse, ") as caught:
        estimated(AskedPrior(decisions=decisions), unneeded)
    assert "--text" not in str(caught.value)


@pytest.mark.parametrize("name", ["vedtak.csv", "vedtak"])
def test_a_pipe_is_refused_for_it_can_be_read_only_once(tmp_path: Path, name: str) -> None:
    pipe = tmp_path / name
    os.mkfifo(pipe)
    for asked in (AskedPrior(decisions=pipe), AskedPrior(texts=pipe)):
        with pytest.raises(InputError, match=rf"{name}: found a pipe.*; expected a regular file"):
            estimated(asked, small_model.model)


def test_a_folder_is_no_file_of_texts(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"vedtak: found a folder; expected a file with a text a line"):
        estimated(AskedPrior(texts=corpus_folder(tmp_path / "vedtak")), small_model.model)


def test_a_file_that_cannot_be_read_is_named_and_never_quoted(tmp_path: Path) -> None:
    absent, foreign = tmp_path / "borte.csv", tmp_path / "tekster.txt"
    foreign.write_bytes("Han slo i skranken på mottaket.\n".encode("cp1252") * 60)
    for asked in (AskedPrior(None, absent, None), AskedPrior(None, None, absent)):
        with pytest.raises(InputError, match=r"borte\.csv: found No such file"):
            estimated(asked, small_model.model)
    with pytest.raises(InputError, match=r"tekster\.txt, line 1: found a byte that is not UTF-8") as caught:
        estimated(AskedPrior(None, None, foreign), small_model.model)
    assert "slo" not in str(caught.value)
