import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from classifier import cli
from classifier.errors import InputError, UnknownLabelError, UnknownReportError
from classifier.store.database import open_database
from tests.review.reports import add, suggest

RUNNER = CliRunner()
WIDE = {"COLUMNS": "200"}
UNSEEN = {**WIDE, "ASYS_BLIND_SHARE": "0.999999999"}
SHOWN = {**WIDE, "ASYS_BLIND_SHARE": "0"}


@pytest.fixture
def database(tmp_path: Path) -> str:
    path = str(tmp_path / "asys.db")
    opened = open_database(path)
    first, *_ = add(opened, "Bruker ringte og sa at han visste hvor jeg bor.", "Han kastet en stol i veggen.")
    suggest(opened, first, "trussel", "sms")
    opened.close()
    return path


def run(*arguments: str, env: dict[str, str] = SHOWN) -> tuple[int, str, str]:
    done = RUNNER.invoke(cli.app, ["review", *arguments], env=env)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout, done.stderr


def decisions(database: str, external_id: str = "1") -> list[dict[str, object]]:
    shown = json.loads(run("history", external_id, "--format", "json", "--database", database)[1])
    return list(shown["decisions"])


def test_two_people_disagree_and_a_third_settles_it(database: str) -> None:
    at = ("--database", database)
    label = ("--category", "Trussel", "--channel", "telefon")
    code, said, _ = run("decide", "1", *label, "--who", "ola", "--seen", "0", *at)
    assert (code, said) == (0, "1: decision 1 is kept: trussel, telefon; the report is settled.\n")
    other = ("--category", "hatytringer", "--channel", "sms")
    code, said, told = run("decide", "1", *other, "--who", "kari", "--seen", "0", *at)
    assert "decision 2 is kept: hatytringer, sms; the report is disputed" in said
    assert "ola decided first" in told
    assert "Both are kept" in told
    settle = ("--adjudicate", "--role", "quality_checker", "--who", "eva", "--reason", "jf. veilederen")
    assert "the report is settled" in run("decide", "1", *label, *settle, *at)[1]
    assert [row["kind"] for row in decisions(database)] == ["label", "label", "adjudication"]
    assert "jf. veilederen" in run("history", "1", *at)[1]


def test_a_question_parks_and_an_undo_takes_it_back(database: str) -> None:
    at = ("--database", database, "--who", "ola")
    assert "the report is parked" in run("park", "2", "--reason", "Ble noen truffet?", *at)[1]
    assert "the report is open" in run("undo", "2", "1", *at)[1]
    assert "taken back" in run("history", "2", "--database", database)[1]


def test_what_was_shown_is_on_record_and_the_blind_share_saw_nothing(database: str) -> None:
    label = ("--category", "trussel", "--channel", "telefon", "--database", database)
    run("decide", "1", *label, "--who", "ola")
    run("decide", "1", *label, "--who", "kari", "--blind")
    run("decide", "1", *label, "--who", "eva", env=UNSEEN)
    run("decide", "2", *label, "--who", "eva")
    assert [(row["suggestion_id"], row["blind"]) for row in decisions(database)] == [(1, False), (None, True), (None, True)]
    assert [(row["suggestion_id"], row["blind"]) for row in decisions(database, "2")] == [(None, False)]


def test_the_same_decision_sent_again_is_kept_once(database: str) -> None:
    label = ("decide", "1", "--category", "trussel", "--channel", "telefon", "--database", database, "--seen", "0")
    run(*label)
    assert "decision 1 was kept before" in run(*label)[1]


def test_mistakes_are_told_as_such(database: str) -> None:
    label = ("--category", "trussel", "--channel", "telefon", "--database", database)
    with pytest.raises(UnknownReportError, match="'99'"):
        run("decide", "99", *label)
    with pytest.raises(UnknownLabelError, match="'brann'"):
        run("decide", "1", "--category", "brann", "--channel", "telefon", "--database", database)
    with pytest.raises(InputError, match="undo of decision 5"):
        run("undo", "1", "5", "--database", database)


def test_agreement_is_shown_as_tables_and_as_json(database: str) -> None:
    code, shown, _ = run("agreement", "--database", database)
    assert code == 0
    assert "Between people" in shown
    found = json.loads(run("agreement", "--database", database, "--format", "json")[1])
    assert found["blind_accuracy"][0]["why_not"] == "too_few"
