import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

from classifier import cli
from classifier.batch.journal import journal_folder
from classifier.errors import InputError, JobError
from tests import small_model

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
    assert "120 rows read = 120 written + 0 rejected" in told
    assert load_workbook(output).worksheets[0].max_row == 121
    summary = json.loads((tmp_path / "ny.xlsx.summary.json").read_text(encoding="utf-8"))
    assert summary["years"] == ["2018", "2019", "2020", "2021"]
    assert "Hva endret seg da historikk.csv ble lest på nytt?" in (tmp_path / "ny.xlsx.summary.html").read_text(
        encoding="utf-8"
    )
    with pytest.raises(JobError, match="is there already"):
        run(history, output, "--text", "hva skjedde")
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


def test_killed_with_its_workers_the_same_command_goes_on_to_the_same_bytes(history: Path, tmp_path: Path) -> None:
    options = ("--text", "hva skjedde", "--partition", "10")
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
    while not list(journal_folder(output).rglob("*.part")):
        assert killed.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert not output.exists()
    code, _, told = run(history, output, *options)
    assert code == 0
    assert "Going on after" in told
    for path in tmp_path.glob("ny.csv*"):
        assert (tmp_path / "to" / path.name).read_bytes() == path.read_bytes(), path.name
