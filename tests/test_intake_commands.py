import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from classifier import cli
from classifier.errors import ClassifierError, InputError, StoreError

RUNNER = CliRunner()
HEADER = "Saksnummer;Dato;Beskrivelse;Kategori\n"
GOOD = "17;31.12.21;Kari Nordmann slo i døra så glasset sprakk.;Hærverk\n"
BAD = "18;32.12.21;=SUM(A1) sa han.;trussel\n"


def run(*arguments: object, code: int = 0, stdin: str | None = None) -> Result:
    done = RUNNER.invoke(cli.app, [str(argument) for argument in arguments], input=stdin)
    if done.exception is not None and isinstance(done.exception, ClassifierError):
        raise done.exception
    assert done.exit_code == code, done.output
    return done


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ASYS_DATABASE", str(tmp_path / "asys.db"))
    path = tmp_path / "historikk.csv"
    path.write_bytes((HEADER + GOOD + BAD).encode("cp1252"))
    return path


def test_a_new_user_imports_a_history_mends_what_was_rejected_and_imports_that(history: Path) -> None:
    done = run("import", history, code=1)
    assert "Imported 1 reports" in done.stdout
    assert "text is 'Beskrivelse' (guessed)" in done.stderr
    assert "line 3: found a date that cannot be read" in done.stderr
    rejected = history.with_name("historikk.rejected.csv")
    with rejected.open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file, delimiter=";")
    assert (row["rejected_line"], row["Saksnummer"], row["Beskrivelse"]) == ("3", "18", "'=SUM(A1) sa han.")
    rejected.write_text(rejected.read_text(encoding="utf-8-sig").replace("32.12.21", "31.12.21"), encoding="utf-8-sig")
    assert "Imported 1 reports" in run("import", rejected).stdout
    run("export", "--output", history.with_name("ut.jsonl"))
    records = [json.loads(line) for line in history.with_name("ut.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(one["source"], one["id"], one["extra"]) for one in records] == [("historikk", "17", {}), ("historikk", "18", {})]
    assert records[1]["text"] == "=SUM(A1) sa han."


def test_rejected_rows_that_somebody_may_be_mending_are_not_written_over(history: Path) -> None:
    run("import", history, code=1)
    run("import", history, code=1)
    names = sorted(path.name for path in history.parent.glob("*.rejected*"))
    assert names == ["historikk.rejected-2.csv", "historikk.rejected.csv"]


def test_columns_source_and_taxonomy_are_taken_from_options(history: Path) -> None:
    run("import", history, "--date", "Saksnummer", "--dry-run", code=1)
    history.write_text("a;b;c\n1;Han ropte.;grovt\n", encoding="utf-8")
    done = run("import", history, "--id", "a", "--text", "b", "--category", "c", "--source", "skjema", "--taxonomy", "2014")
    assert "text is 'b'\n" in done.stderr
    run("export", "-o", history.with_name("ut.jsonl"), "--what", "reports")
    record = json.loads(history.with_name("ut.jsonl").read_text(encoding="utf-8"))
    assert (record["source"], record["category"], record["taxonomy"]) == ("skjema", "grovt", "2014")


def test_texts_for_a_labelling_tool_are_masked_unless_asked_otherwise(history: Path) -> None:
    run("import", history, code=1)
    out = history.with_name("ut.json")
    run("export", "-o", out, "--format", "label-studio")
    assert "Nordmann" not in out.read_text(encoding="utf-8")
    assert "[PERSON]" in out.read_text(encoding="utf-8")
    assert "<Choices" in out.with_suffix(".xml").read_text(encoding="utf-8")
    run("export", "-o", out, "--format", "argilla", "--unmasked")
    assert "Nordmann" in out.read_text(encoding="utf-8")
    with pytest.raises(InputError, match="--unmasked without --format"):
        run("export", "-o", history.with_name("ut.csv"), "--unmasked")


def test_what_was_labelled_elsewhere_is_imported_as_decisions(history: Path) -> None:
    run("import", history, code=1)
    out = history.with_name("ut.json")
    run("export", "-o", out, "--format", "argilla")
    items = json.loads(out.read_text(encoding="utf-8"))
    items[0]["responses"] = {
        name: [{"value": value, "user_id": "u"}] for name, value in (("category", "trussel"), ("channel", "sms"))
    }
    out.write_text(json.dumps(items), encoding="utf-8")
    assert "Imported 1 decisions; 0 were there already." in run("import", out).stdout
    out.write_text('["x"]', encoding="utf-8")
    assert "record 1: found neither" in run("import", out, code=1).stderr


def test_an_erasure_asks_first_and_reports_in_both_forms(history: Path) -> None:
    run("import", history, code=1)
    arguments = ("erase", "--external-id", "17", "--why", "krav", "--report", history.with_name("sletting.json"))
    assert "texts of 1 reports" in run(*arguments, stdin="n\n", code=1).stderr
    assert "# Rapport om sletting" in run(*arguments, stdin="y\n").stdout
    told = json.loads(history.with_name("sletting.json").read_text(encoding="utf-8"))
    assert told["erased"]["reports"] == [{"source": "historikk", "external_id": "17", "incident_date": "2021-12-31"}]
    assert "ingenting igjen" in history.with_name("sletting.md").read_text(encoding="utf-8")
    assert "0 rapporter" in run("erase", "--older-than", "1y", "--why", "frist", "--yes").stdout
    assert "Erased earlier, and left so: 1 reports." in run("import", history, code=1).stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "neither --external-id nor --older-than"),
        (("--external-id", "1", "--older-than", "5y"), "both --external-id and"),
        (("--older-than", "snart"), "years such as 5y"),
        (("--older-than", "31.12.2099"), "a day that has been"),
        (("--external-id", "99"), "no report '99'"),
        (("--external-id", "1", "--report", "/finnes/ikke/a.json"), "no such folder"),
    ],
)
def test_an_erasure_that_cannot_be_meant_is_refused(history: Path, arguments: tuple[str, ...], message: str) -> None:
    assert history.exists()
    with pytest.raises(ClassifierError, match=message):
        run("erase", "--why", "krav", "--yes", *arguments)


def test_the_state_of_a_database_is_shown_without_making_one(history: Path) -> None:
    with pytest.raises(StoreError, match="is not there"):
        run("database", "status")
    assert not history.with_name("asys.db").exists()
    assert "are of version" in run("database", "upgrade").stdout
    run("import", history, code=1)
    shown = json.loads(run("database", "status", "--format", "json").stdout)
    assert (shown["rows"]["reports"], shown["erased"], shown["current"]) == (1, 0, True)
    assert "as this program needs" in run("database", "status").stdout


def test_a_file_that_cannot_be_read_is_named(history: Path) -> None:
    for name in ("borte.csv", "borte.json", "borte.xlsx"):
        with pytest.raises(InputError, match=name):
            run("import", history.with_name(name))
    with pytest.raises(InputError, match="--source of 201 characters; expected at most 200"):
        run("import", history, "--source", "x" * 201)
    with pytest.raises(InputError, match="--since 'snart'"):
        run("export", "-o", history.with_name("ut.csv"), "--since", "snart")
