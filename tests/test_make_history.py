import csv
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from classifier.corpus import read_corpus, shipped_corpus
from classifier.label_names import category_named, channel_named
from classifier.model.priors import named_prior
from classifier.taxonomy import CATEGORY_IDS, CHANNEL_IDS
from scripts.baseline import refuse
from scripts.history_mix import label_shares
from scripts.make_history import COLUMNS, main

ROWS = 4000


def made(folder: Path, *options: str, name: str = "historikk.csv") -> Path:
    path = folder / name
    main(["--rows", str(ROWS), "--out", str(path), *options])
    return path


def read(path: Path, encoding: str = "utf-8") -> list[dict[str, str]]:
    with path.open(encoding=encoding, newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def test_a_history_has_its_rows_in_the_order_of_their_dates_and_labels_by_their_norwegian_names(tmp_path: Path) -> None:
    rows = read(made(tmp_path))
    assert len(rows) == ROWS
    assert tuple(rows[0]) == COLUMNS
    dates = [row["Dato"].split(".")[::-1] for row in rows]
    assert dates == sorted(dates)
    assert {date[0] for date in dates} == {str(year) for year in range(2014, 2022)}
    assert len({row["Saksnummer"] for row in rows}) == ROWS
    assert {category_named(row["Kategori"]) for row in rows} == set(CATEGORY_IDS)
    assert {channel_named(row["Kanal"]) for row in rows} == set(CHANNEL_IDS)
    assert len({row["Enhet"] for row in rows}) > 30


def test_the_same_seed_gives_the_same_file_and_another_seed_another(tmp_path: Path) -> None:
    first, second, third = (made(tmp_path, "--seed", seed, name=f"{place}.csv") for place, seed in enumerate("112"))
    assert first.read_bytes() == second.read_bytes() != third.read_bytes()


def test_without_repeats_every_text_differs_and_with_them_as_many_as_asked_for_were_there_before(tmp_path: Path) -> None:
    fresh = [row["Beskrivelse"] for row in read(made(tmp_path, "--repeats", "0"))]
    assert len(set(fresh)) == ROWS
    repeating = [row["Beskrivelse"] for row in read(made(tmp_path, "--repeats", "0.3"))]
    assert 1 - len(set(repeating)) / ROWS == pytest.approx(0.3, abs=0.03)


def test_the_truth_file_has_the_labels_that_noise_hides_and_names_what_a_repeat_copies(tmp_path: Path) -> None:
    history = read(made(tmp_path, "--wrong", "0.1", "--truth", str(tmp_path / "fasit.csv")))
    truth = read(tmp_path / "fasit.csv")
    assert [row["Saksnummer"] for row in truth] == [row["Saksnummer"] for row in history]
    for label in ("Kategori", "Kanal"):
        wrong = sum(told[label] != row[label] for told, row in zip(truth, history, strict=True)) / ROWS
        assert wrong == pytest.approx(0.1, abs=0.02)
    by_number = {row["Saksnummer"]: (row, told) for row, told in zip(history, truth, strict=True)}
    repeats = [(by_number[told["Gjentar"]], row, told) for row, told in zip(history, truth, strict=True) if told["Gjentar"]]
    assert len(repeats) > 1000
    for (first, first_told), row, told in repeats:
        assert (first["Beskrivelse"], first["Enhet"]) == (row["Beskrivelse"], row["Enhet"])
        assert (first_told["Kategori"], first_told["Kanal"]) == (told["Kategori"], told["Kanal"])


def test_texts_come_from_the_train_split_alone(tmp_path: Path) -> None:
    made(tmp_path, "--truth", str(tmp_path / "fasit.csv"))
    known = {located.example.id for located in read_corpus(shipped_corpus(), refuse, split="train")}
    assert {row["Kilde"] for row in read(tmp_path / "fasit.csv")} <= known


def test_each_year_has_the_memos_volume_and_its_shift_from_reception_to_telephone(tmp_path: Path) -> None:
    made(tmp_path, "--repeats", "0", "--rows", "20000", "--truth", str(tmp_path / "fasit.csv"))
    rows = read(tmp_path / "fasit.csv")
    years = Counter(row["Dato"][-4:] for row in rows)
    assert years["2021"] / years["2020"] == pytest.approx(1.18, abs=0.1)
    channels = Counter((row["Dato"][-4:], row["Kanal"]) for row in rows)
    assert channels["2016", "Publikumsmottak"] / years["2016"] == pytest.approx(0.37, abs=0.04)
    assert channels["2020", "Publikumsmottak"] / years["2020"] == pytest.approx(0.18, abs=0.04)
    assert channels["2020", "Telefon"] / years["2020"] == pytest.approx(0.43, abs=0.04)


def test_a_years_labels_follow_the_agencys_counts_of_2020() -> None:
    # Most pairs of labels occur in the corpus, so that both margins can be met.
    counts = np.ones((len(CATEGORY_IDS), len(CHANNEL_IDS)))
    shares = label_shares(2020, counts)
    assert shares.sum(axis=1) == pytest.approx(named_prior("asys-2020", "category", np.empty(0)), abs=1e-6)
    assert shares.sum(axis=0) == pytest.approx(named_prior("asys-2020", "channel", np.empty(0)), abs=1e-6)


def test_a_history_is_also_written_as_windows_1252_json_lines_or_parquet(tmp_path: Path) -> None:
    from pyarrow import parquet

    plain = read(made(tmp_path, "--noise", "0"))
    old = read(made(tmp_path, "--noise", "0", "--encoding", "cp1252", name="a.csv"), encoding="cp1252")
    assert sum(new == row for new, row in zip(plain, old, strict=True)) > 0.9 * ROWS
    lines = made(tmp_path, "--noise", "0", name="a.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == plain
    assert parquet.read_table(made(tmp_path, "--noise", "0", name="a.parquet")).to_pylist() == plain


def test_wrong_arguments_are_refused_with_what_was_expected(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for options, told in (
        (["--repeats", "1.5"], "expected a share"),
        (["--rows", "0"], "expected a whole number of at least 1"),
        (["--out", str(tmp_path / "a.doc")], "expected one of .csv, .jsonl, .parquet"),
        (["--from", "2022", "--to", "2014"], "--from 2022 is after --to 2014"),
    ):
        with pytest.raises(SystemExit):
            made(tmp_path, *options)
        assert told in capsys.readouterr().err
