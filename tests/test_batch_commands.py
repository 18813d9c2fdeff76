import csv
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from openpyxl import load_workbook
from sqlalchemy import select
from typer.testing import CliRunner

from classifier import cli
from classifier.batch.journal import journal_folder
from classifier.batch.partition import Partition, PartitionResult
from classifier.errors import InputError, JobError
from classifier.store.database import Database, open_database
from classifier.store.tables import AuditEntry, StoredSuggestion
from tests import small_model
from tests.batch.fakes import FakeEngine, write_history
from tests.review.reports import add, decide

RUNNER = CliRunner()
ROOT = Path(__file__).resolve().parents[1]


def run(*arguments: object) -> tuple[int, str, str]:
    done = RUNNER.invoke(cli.app, ["reclassify", *map(str, arguments)])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout, done.stderr


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("history") / "historikk.csv"
    with path.open("w", encoding="cp1252", errors="replace", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(["Saksnummer", "Dato", "Enhet", "Hva skjedde", "Hendelsestype", "Kanal"])
        for number, example in enumerate(small_model.unseen()[:120]):
            row = [f"S-{number}", f"{1 + number % 28:02}.03.{2018 + number % 4}", f"Nav {number % 3}", example.text]
            writer.writerow([*row, example.category, example.channel])
    return path


def test_a_new_user_tries_runs_and_reads_the_summary(history: Path, tmp_path: Path) -> None:
    output = tmp_path / "ny.xlsx"
    code, said, _ = run(history, output, "--text", "hva skjedde", "--dry-run")
    assert code == 0
    assert "Rows: 120. Sample of 120: 0 would be rejected" in said
    assert "Nothing was written." in said
    assert not list(tmp_path.iterdir())
    code, _, told = run(history, output, "--text", "hva skjedde")
    assert code == 0
    assert "Columns: text from 'Hva skjedde', id from 'Saksnummer', category from 'Hendelsestype'" in told
    assert "120 rows read = 120 written + 0 rejected; 120 texts were read by the model.\n" in told
    assert load_workbook(output).worksheets[0].max_row == 121
    summary = json.loads((tmp_path / "ny.xlsx.summary.json").read_text(encoding="utf-8"))
    assert summary["years"] == ["2018", "2019", "2020", "2021"]
    assert "Hva endret seg da historikk.csv ble lest på nytt?" in (tmp_path / "ny.xlsx.summary.html").read_text(
        encoding="utf-8"
    )
    code, _, told = run(history, output, "--text", "hva skjedde")
    assert code == 0
    assert "Finished before by this very command, and left as it is: 120 rows" in told
    with pytest.raises(JobError, match="is there already"):
        run(history, output, "--text", "hva skjedde", "--no-evidence")
    assert run(history, output, "--text", "hva skjedde", "--restart", "--no-evidence")[0] == 0


def test_a_folder_becomes_a_folder_and_rejected_rows_give_exit_code_1(tmp_path: Path) -> None:
    given, made = tmp_path / "inn", tmp_path / "ut"
    given.mkdir()
    (given / "a.csv").write_bytes(b"tekst,id\nHan slo i skranken,1\nHan,slo,i,skranken\n")
    (given / "b.jsonl").write_text('{"fritekst": "Ho ringte og trua meg", "nr": 2}\n', encoding="utf-8")
    code, _, told = run(given, made)
    assert code == 1
    assert "2 rows read = 1 written + 1 rejected" in told
    assert "slo" not in told
    assert sorted(path.name for path in made.iterdir() if "summary" not in path.name) == [
        "a.csv",
        "a.csv.rejected.csv",
        "a.csv.review.csv",
        "b.jsonl",
        "b.jsonl.review.csv",
    ]
    assert json.loads((made / "b.jsonl").read_text(encoding="utf-8"))["asys_status"] == "ok"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of two histories, the first of which has a row that is rejected."""
    given = tmp_path / "inn"
    given.mkdir()
    for name in "ab":
        write_history(given / f"{name}.csv", 20)
    with (given / "a.csv").open("a", encoding="utf-8") as file:
        file.write("21;2020-01-01;Nav;Han slo; og;mer;enn;plass\n")
    return given


def with_engine(monkeypatch: pytest.MonkeyPatch, engine: FakeEngine) -> None:
    monkeypatch.setattr("classifier.batch_commands._engine", lambda *_: engine)


def test_a_folder_stopped_in_its_second_file_goes_on_there(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class StoppedInB(FakeEngine):
        runs = 0

        def run(self, partitions: Iterable[Partition]) -> Iterator[PartitionResult]:
            self.runs += 1
            for result in super().run(partitions):
                if self.runs == 2 and result.number == 2:
                    raise KeyboardInterrupt
                yield result

    with_engine(monkeypatch, FakeEngine())
    assert run(folder, tmp_path / "whole", "--partition", 4)[0] == 1
    with_engine(monkeypatch, StoppedInB())
    made = tmp_path / "ut"
    assert run(folder, made, "--partition", 4)[0] == 130
    assert (made / "a.csv").exists()
    assert not (made / "b.csv").exists()
    after = FakeEngine()
    with_engine(monkeypatch, after)
    code, _, told = run(folder, made, "--partition", 4)
    assert code == 1
    assert f"left as it is: 21 rows read = 20 written + 1 rejected.\n{made / 'a.csv'}" in told
    assert "Going on after 8 rows" in told
    assert len(after.asked) < 12
    assert f"{len(after.asked)} texts were read by the model, the others had been before." in told
    assert {path.name: path.read_bytes() for path in made.iterdir()} == {
        path.name: path.read_bytes() for path in (tmp_path / "whole").iterdir()
    }


def test_a_file_of_a_folder_that_is_there_from_another_job_is_refused(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_engine(monkeypatch, FakeEngine())
    made = tmp_path / "ut"
    made.mkdir()
    (made / "b.csv").write_text("noe annet", encoding="utf-8")
    for _ in range(2):
        with pytest.raises(JobError, match=r"b\.csv: is there already"):
            run(folder, made)
        assert (made / "b.csv").read_text(encoding="utf-8") == "noe annet"
    with pytest.raises(JobError, match=r"a\.csv: is there already"):
        run(folder, made, "--prefix", "nytt_")


def test_what_cannot_be_used_is_said(history: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no column that looks like the text"):
        run(history, tmp_path / "ny.csv")
    with pytest.raises(InputError, match="nothing there"):
        run(tmp_path / "h.csv", tmp_path / "ny.csv")
    with pytest.raises(InputError, match="one of them"):
        run(history, tmp_path / "ny.csv", "--workers", 2, "--scheduler", "tcp://127.0.0.1:9")
    with pytest.raises(JobError, match="is the input too"):
        run(history, history, "--text", "hva skjedde")
    assert not list(tmp_path.iterdir())


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(str(tmp_path / "asys.db"))
    add(opened, *(example.text for example in small_model.unseen()[:30]), "Han slo i skranken. " * 2_000)
    yield opened
    opened.close()


def test_the_store_is_read_again_and_gets_the_suggestions(store: Database, tmp_path: Path) -> None:
    decide(store, 1, label=("trussel", "telefon"))
    output, place = tmp_path / "ut" / "ny.csv", ("--database", tmp_path / "asys.db")
    code, said, _ = run("--from-store", output, *place, "--dry-run")
    assert code == 0
    assert "Rows: 31." in said
    code, _, told = run("--from-store", output, *place, "--who", "kari", "--partition", 8)
    assert code == 1
    assert "id from 'id', category from 'category', channel from 'channel', date from 'date', unit from 'unit'" in told
    assert "31 rows read = 30 written + 1 rejected" in told
    rejected = output.with_name("ny.csv.rejected.csv").read_text(encoding="utf-8-sig")
    assert 'arkiv: 31;31;"a text of 40,000 characters' in rejected
    with output.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    assert [row["id"] for row in rows] == [str(number) for number in range(1, 31)]
    assert rows[0]["asys_category_changed"] == str(rows[0]["asys_category"] != "trussel").lower()
    with store.reading() as session:
        kept = {row.report_id: row for row in session.scalars(select(StoredSuggestion))}
        entries = [(row.action, row.who, row.details.get("reports")) for row in session.scalars(select(AuditEntry))]
    assert [kept[number].category or "" for number in range(1, 31)] == [row["asys_category"] for row in rows]
    assert {row.model_version for row in kept.values()} == {rows[0]["asys_model_version"]}
    suggested = [("suggest", "kari", 8)] * 3 + [("suggest", "kari", 6)]
    assert entries == [("decide", "kari", None), *suggested, ("export", "kari", 30)]


def test_with_no_keep_the_store_gets_none(store: Database, tmp_path: Path) -> None:
    place = ("--database", tmp_path / "asys.db")
    assert run("--from-store", tmp_path / "ny.jsonl", *place, "--no-keep", "--no-evidence")[0] == 1
    with store.reading() as session:
        assert not session.scalars(select(StoredSuggestion)).all()


def test_the_store_goes_on_where_it_was_though_new_reports_came_in(
    store: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ("--from-store", tmp_path / "ny.csv", "--database", tmp_path / "asys.db", "--partition", 8)

    def fails(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("classifier.batch.summary_report.write_summary", fails)
        assert run(*command)[0] == 130
    add(store, "Ho ropte i mottaket.", source="skjema")
    code, _, told = run(*command)
    assert code == 1
    assert "Going on after 31 rows" in told
    assert "31 rows read = 30 written + 1 rejected" in told


def test_the_store_is_not_read_where_the_command_contradicts_itself(history: Path, tmp_path: Path) -> None:
    output, place = tmp_path / "ny.csv", ("--database", tmp_path / "asys.db")
    with pytest.raises(InputError, match="both an INPUT and --from-store"):
        run(history, output, "--from-store", *place)
    with pytest.raises(InputError, match="one path; expected INPUT and OUTPUT, or --from-store and OUTPUT"):
        run(output)
    with pytest.raises(InputError, match="3 paths"):
        run(history, history, output)
    with pytest.raises(InputError, match="--database with an INPUT"):
        run(history, output, *place)
    with pytest.raises(InputError, match="--no-keep with an INPUT"):
        run(history, output, "--no-keep")
    with pytest.raises(InputError, match="--unit with --from-store"):
        run("--from-store", output, *place, "--unit", "Enhet")
    with pytest.raises(InputError, match="--no-evidence with --from-store"):
        run("--from-store", output, *place, "--no-evidence")
    assert not list(tmp_path.iterdir())
    with pytest.raises(InputError, match="no reports"):
        run("--from-store", output, *place)


@pytest.fixture(scope="module")
def decisions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What an agency decided, mostly threats, and one row that nobody can read."""
    path = tmp_path_factory.mktemp("vedtak") / "vedtak.csv"
    rows = ["Han truet meg på telefon.;Trussel"] * 80 + ["Hun knuste ruta.;Hærverk"] * 10 + ["Navnet hans er Ola.;Noe annet"]
    path.write_text("\n".join(["Tekst;Kategori", *rows]), encoding="utf-8")
    return path


def test_a_file_with_decisions_needs_no_usual_prior(
    history: Path, decisions: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_engine(monkeypatch, FakeEngine())
    monkeypatch.setenv("ASYS_PRIOR", str(tmp_path / "borte.json"))
    asked = (history, tmp_path / "ny.csv", "--text", "hva skjedde")
    with pytest.raises(InputError, match=r"borte\.json: found No such file"):
        run(*asked)
    assert run(*asked, "--prior-decisions", decisions)[0] == 0


def test_the_summary_tells_which_file_the_prior_is_from_its_numbers_and_no_text(
    history: Path, decisions: Path, tmp_path: Path
) -> None:
    own, plain = tmp_path / "egen.csv", tmp_path / "ny.csv"
    asked = ("--text", "hva skjedde", "--prior-decisions", decisions)
    code, _, told = run(history, own, *asked)
    assert code == 0
    assert f"Left out of the prior: {decisions}, line 92: found the category 'Noe annet'" in told
    assert "Rows left out of the prior: 1." in told
    assert "120 written + 0 rejected" in told
    assert "Labels are taken to be as common as the decisions in vedtak.csv say (decisions:" in told
    assert "Category: trussel 84%, haerverk 11%" in told
    assert "Channel: as in the corpus" in told
    noted = json.loads(own.with_name("egen.csv.summary.json").read_text(encoding="utf-8"))
    assert noted["prior"].startswith("decisions:")
    assert noted["own_prior"]["sha256"] == hashlib.sha256(decisions.read_bytes()).hexdigest()
    assert (noted["own_prior"]["source"], noted["own_prior"]["file"]) == ("decisions", "vedtak.csv")
    # 80 and 10 of them, and a pseudo-count for each of seven categories.
    assert noted["own_prior"]["category"]["trussel"] == pytest.approx(81 / 97)
    assert noted["own_prior"]["category"]["haerverk"] == pytest.approx(11 / 97)
    # The decisions say no channel, which is no evidence of unknown ones.
    assert noted["own_prior"]["channel"] is None
    page = own.with_name("egen.csv.summary.html").read_text(encoding="utf-8")
    assert "Kanal: som i korpuset modellen er trent på." in page
    assert "anslått av avgjørelsene i vedtak.csv" in page
    assert "83,5" in page
    assert not any(text in told + page + json.dumps(noted) for text in ("knuste", "Ola"))
    assert str(decisions.parent) not in page + json.dumps(noted)
    assert run(history, plain, "--text", "hva skjedde")[0] == 0
    assert json.loads(plain.with_name("ny.csv.summary.json").read_text(encoding="utf-8"))["own_prior"] is None
    assert own.read_bytes() != plain.read_bytes()
    again = tmp_path / "igjen.csv"
    assert run(history, again, "--text", "hva skjedde", "--prior", own.with_name("egen.csv.summary.json"))[0] == 0
    assert again.read_bytes() == own.read_bytes()


def test_more_than_one_prior_or_too_few_decisions_are_refused(history: Path, decisions: Path, tmp_path: Path) -> None:
    few = tmp_path / "faa.csv"
    few.write_text("Tekst;Kategori\nHan truet meg.;Trussel\n", encoding="utf-8")
    asked = (history, tmp_path / "ny.csv", "--text", "hva skjedde", "--prior-decisions")
    with pytest.raises(InputError, match="more than one prior"):
        run(*asked, decisions, "--prior", "uniform")
    with pytest.raises(InputError, match=r"faa\.csv: found 1 labelled reports; expected at least 50"):
        run(*asked, few)
    assert [path.name for path in tmp_path.iterdir()] == ["faa.csv"]


def test_the_store_keeps_suggestions_under_the_name_of_the_prior(store: Database, decisions: Path, tmp_path: Path) -> None:
    command = ("--from-store", tmp_path / "ny.csv", "--database", tmp_path / "asys.db", "--prior-decisions", decisions)
    # For a report of the store that is too long.
    assert run(*command)[0] == 1
    noted = json.loads((tmp_path / "ny.csv.summary.json").read_text(encoding="utf-8"))
    with store.reading() as session:
        assert set(session.scalars(select(StoredSuggestion.prior))) == {noted["prior"]}


@pytest.mark.parametrize("own", [False, True])
def test_killed_with_its_workers_the_same_command_goes_on_to_the_same_bytes(history: Path, tmp_path: Path, own: bool) -> None:
    texts = tmp_path / "tekster.txt"
    texts.write_text("\n".join(" ".join(example.text.split()) for example in small_model.unseen()), encoding="utf-8")
    options = ("--text", "hva skjedde", "--partition", "10", *(("--prior-texts", str(texts)) if own else ()))
    assert run(history, tmp_path / "ny.csv", *options)[0] == 0
    (tmp_path / "to").mkdir()
    output = tmp_path / "to" / "ny.csv"
    command = [
        sys.executable,
        "-c",
        "from classifier.cli import main; main()",
        "reclassify",
        str(history),
        str(output),
        *options,
    ]
    killed = subprocess.Popen(
        [*command, "--workers", "2"], cwd=ROOT, stderr=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    deadline = time.monotonic() + 240
    # A partition is finished once its record is there, which comes after its rows.
    while not list(journal_folder(output).glob("*/*.json")):
        assert killed.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert not output.exists()
    with pytest.raises(JobError, match="was begun with another prior"):
        run(history, output, *options[:4], "--prior", "uniform")
    if own:
        other = tmp_path / "andre.txt"
        other.write_text("\n".join(texts.read_text(encoding="utf-8").splitlines()[:200]), encoding="utf-8")
        with pytest.raises(JobError, match="was begun with another prior"):
            run(history, output, *options[:5], str(other))
    code, _, told = run(history, output, *options)
    assert code == 0
    assert "Going on after" in told
    for path in tmp_path.glob("ny.csv*"):
        assert (tmp_path / "to" / path.name).read_bytes() == path.read_bytes(), path.name
