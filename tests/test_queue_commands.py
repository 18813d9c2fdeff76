import json
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from classifier import cli
from classifier.errors import InputError, UnknownLabelError
from classifier.review.blind import is_blind
from classifier.store.database import open_database
from classifier.store.reports import IncomingReport, add_reports
from tests import small_model
from tests.review.reports import NOW

RUNNER = CliRunner()


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A SQLite file with fifty reports, every fifth of them labelled wrongly."""
    path = str(tmp_path_factory.mktemp("queue") / "asys.db")
    reports = [
        IncomingReport(
            "arkiv",
            example.id,
            example.text,
            unit=f"NAV {number % 2}",
            incident_date=date(2024, 1 + number % 12, 1),
            label_category="haerverk" if number % 5 == 0 else example.category,
            label_channel=example.channel,
            labelled_by="Arkivet",
        )
        for number, example in enumerate(small_model.unseen()[:50])
    ]
    database = open_database(path)
    with database.writing() as session:
        add_reports(session, reports, NOW)
    database.close()
    return path


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setattr("classifier.queue_commands.chosen_model", lambda *_: small_model.model())
    monkeypatch.setenv("ASYS_DATABASE", url)
    monkeypatch.setenv("ASYS_BLIND_SHARE", "0.3")


def run(*arguments: str) -> str:
    done = RUNNER.invoke(cli.app, ["review", *arguments], env={"COLUMNS": "200"})
    if done.exception:
        raise done.exception
    return done.stdout


def listed(*arguments: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in run("queue", "--format", "jsonl", *arguments).splitlines()]


def test_the_queue_reads_what_is_new_and_lists_ids_reasons_and_ranks() -> None:
    found = listed("--limit", "50")
    assert [item["rank"] for item in found] == list(range(1, 51))
    assert {frozenset(item) for item in found} == {frozenset({"rank", "source", "external_id", "reasons", "blind"})}
    table = run("queue", "--limit", "5")
    assert "5 of 50 waiting reports" in table
    assert str(found[0]["external_id"]) in table


def test_of_a_blind_report_the_list_tells_its_id_and_that_it_is_blind() -> None:
    found = listed("--limit", "50")
    blind = [item for item in found if is_blind(str(item["source"]), str(item["external_id"]), 0.3, "asys")]
    assert blind
    assert [item for item in found if item["blind"]] == blind
    assert {json.dumps(item["reasons"], ensure_ascii=False) for item in blind} == {
        '[{"id": "blind", "text": "Tilfeldig uttrukket til måling. Vises uten forslag."}]'
    }


def test_the_queue_is_filtered_by_options(url: str) -> None:
    assert len(listed("--unit", "NAV 1", "--limit", "50")) == 25
    assert 0 < len(listed("--from", "2024-03-01", "--to", "2024-04-30", "--limit", "50")) < 15
    assert all(item["blind"] or item["reasons"][0]["id"] == "small_margin" for item in listed("--reason", "small_margin"))  # type: ignore[index]
    assert listed("--category", "Hærverk", "--database", url)
    with pytest.raises(InputError, match="--from"):
        run("queue", "--from", "i fjor")
    with pytest.raises(UnknownLabelError, match="tull"):
        run("queue", "--channel", "tull")
    with pytest.raises(InputError, match="the reason 'tull'"):
        run("queue", "--reason", "tull")


def test_the_queue_keeps_to_the_list_that_a_history_left(tmp_path: Path) -> None:
    every = [str(item["external_id"]) for item in listed("--limit", "50") if not item["blind"]]
    path = tmp_path / "ny.csv.review.csv"
    path.write_text("id;reason;probability\n" + "".join(f"{id_};warning;0.4\n" for id_ in (*every[5:8], "S-1")), "utf-8-sig")
    found = listed("--limit", "50", "--ids", str(path))
    assert {item["external_id"] for item in found if not item["blind"]} == set(every[5:8])
    done = RUNNER.invoke(cli.app, ["review", "next", "--who", "liv", "--ids", str(path), "--format", "jsonl"])
    dealt = json.loads(done.stdout)
    assert dealt["blind"] or dealt["external_id"] in every[5:8]
    assert "does not have 1 of the 4 ids" in done.stderr
    run("skip", "--who", "liv")
    path.write_text("id;reason;probability\nS-1;warning;0.4\n", "utf-8")
    with pytest.raises(InputError, match="none of which the database has"):
        run("queue", "--ids", str(path))


def test_next_deals_and_shows_a_report_until_it_is_skipped() -> None:
    first = json.loads(run("next", "--who", "kari", "--format", "jsonl"))
    assert json.loads(run("next", "--who", "kari", "--format", "jsonl")) == first
    other = json.loads(run("next", "--who", "ola", "--format", "jsonl"))
    assert other["external_id"] != first["external_id"]
    shown = run("next", "--who", "kari")
    assert first["external_id"] in shown
    assert first["reasons"][0]["text"].split()[0] in shown
    assert "1 handed back" in run("skip", "--who", "kari")
    assert "You hold nothing" in run("skip", "--who", "kari")
    assert json.loads(run("next", "--who", "kari", "--format", "jsonl"))["external_id"] != first["external_id"]


def test_next_shows_nothing_of_a_blind_report_but_its_text() -> None:
    dealt = json.loads(run("next", "--who", "anne", "--reason", "blind", "--format", "jsonl"))
    assert dealt["blind"]
    assert (dealt["label"], dealt["suggestion"]) == (None, None)
    shown = run("next", "--who", "anne")
    assert "Merket" not in shown
    assert "Modell" not in shown


def test_who_has_nothing_waiting_is_told_so(tmp_path: Path) -> None:
    done = RUNNER.invoke(cli.app, ["review", "next", "--database", str(tmp_path / "empty.db"), "--who", "kari"])
    assert (done.exit_code, done.stdout) == (0, "")
    assert "Nothing waits for you" in done.stderr
