import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from classifier import cli
from classifier.errors import InputError

RUNNER = CliRunner()
MODEL_COMMANDS = ("suggest", "train", "evaluate", "models list", "models show", "models promote", "models rollback")
STORE_COMMANDS = ("import", "export", "erase", "database status", "database upgrade")
REVIEW_COMMANDS = (
    *(f"review {command}" for command in ("queue", "next", "skip", "decide", "park", "undo", "history", "agreement")),
    "retrain",
)
HISTORY_COMMANDS = ("reclassify", "report")
SERVICE_COMMANDS = ("serve",)
COMMANDS = (
    *("taxonomy", "analyse", "mask", "corpus check", "corpus stats"),
    *MODEL_COMMANDS,
    *STORE_COMMANDS,
    *REVIEW_COMMANDS,
    *HISTORY_COMMANDS,
    *SERVICE_COMMANDS,
)


def run(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[str]:
    """Run the real command in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", "from classifier.cli import main; main()", *arguments], input=stdin, capture_output=True
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from classifier.cli import main\n"
        "sys.argv = ['classifier', '--help']\n"
        "try:\n    main()\n"
        "except SystemExit as stop:\n    assert not stop.code\n"
        "heavy = {'spacy', 'sklearn', 'pandas', 'numpy', 'scipy', 'thinc', 'joblib'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "taxonomy" in done.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str) -> None:
    shown = RUNNER.invoke(cli.app, [*command.split(), "--help"])
    assert shown.exit_code == 0
    assert f"Example: classifier {command} " in " ".join(shown.output.split())


def test_every_command_is_in_the_test_above() -> None:
    def names(app: typer.Typer) -> set[str]:
        commands = (command.name or command.callback.__name__ for command in app.registered_commands if command.callback)
        return set(commands) | {
            f"{group.typer_instance.info.name} {name}"
            for group in app.registered_groups
            if group.typer_instance
            for name in names(group.typer_instance)
        }

    assert names(cli.app) == set(COMMANDS)


def test_the_version_is_shown() -> None:
    assert RUNNER.invoke(cli.app, ["--version"]).output.startswith("classifier ")


def test_the_taxonomy_is_shown_as_table_and_as_json() -> None:
    assert "Hatytringer" in RUNNER.invoke(cli.app, ["taxonomy"]).output
    shown = json.loads(RUNNER.invoke(cli.app, ["taxonomy", "--format", "json"]).output)
    assert shown["categories"][0]["id"] == "fysisk_angrep_person"


def test_a_report_is_analysed_into_a_table() -> None:
    shown = run("analyse", "Brukaren ringde og sa at eg skulle få svi.")
    assert shown.returncode == 0, shown.stderr
    assert "Nynorsk" in shown.stdout
    assert "brukar" in shown.stdout


def test_json_lines_keep_order_ids_and_other_keys(tmp_path: Path) -> None:
    file = tmp_path / "reports.jsonl"
    lines = [
        {"id": "a-1", "text": "Kari Nordmann ringte fra 400 00 123", "unit": "Hamar"},
        {"text": "😡 \ud83d", "unit": None},
        {"id": 7, "text": ""},
    ]
    file.write_text("\ufeff" + "\n".join(json.dumps(line) for line in lines) + "\n", encoding="utf-8")
    done = run("mask", "--input", str(file), "--format", "jsonl")
    assert done.returncode == 0, done.stderr
    first, second, third = (json.loads(line) for line in done.stdout.splitlines())
    assert first == {
        "id": "a-1",
        "unit": "Hamar",
        "text": "[PERSON] ringte fra [PHONE]",
        "spans": [{"start": 0, "end": 13, "type": "PERSON"}, {"start": 25, "end": 35, "type": "PHONE"}],
    }
    assert (second["id"], third["id"], third["text"]) == (2, 7, "")


def test_bad_lines_are_rejected_with_their_number_and_the_good_ones_done() -> None:
    stdin = b'{"text": "Hei"}\n{"text": 3}\nnot json, secret text\n[1]\n{"id": 1}\n{"text": "\xff"}\n\n{"text": "Ha det"}\n'
    done = run("mask", "--format", "jsonl", stdin=stdin)
    assert done.returncode == 1
    assert [json.loads(line)["text"] for line in done.stdout.splitlines()] == ["Hei", "Ha det"]
    rejected = [line for line in done.stderr.splitlines() if line.startswith("Rejected: ")]
    assert [line.split(",")[1].split(":")[0] for line in rejected] == [f" line {number}" for number in (2, 3, 4, 5, 6)]
    assert "rejected 5" in done.stderr
    assert "secret" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "stdin", "message"),
    [
        (("mask", "--input", "no-such-file.jsonl"), b"", "no-such-file.jsonl: found No such file or directory"),
        (("mask", "text", "--input", "file"), b"", "found both a text and --input"),
        (("mask", "--pipeline", "nb_core_news_md", "hei"), b"", "python -m spacy download nb_core_news_md"),
        (
            ("mask",),
            b'\n{"text": "Han slo."}\n',
            "standard input: found JSON Lines; expected texts as they are, or --format jsonl",
        ),
        (("mask",), b"\xe6\xf8\xe5", "found a byte that is not UTF-8 (0xe6); expected UTF-8"),
    ],
)
def test_unusable_input_ends_with_one_clear_line_and_code_2(arguments: tuple[str, ...], stdin: bytes, message: str) -> None:
    done = run(*arguments, stdin=stdin)
    assert done.returncode == 2
    assert done.stdout == ""
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_wrong_use_ends_with_code_2() -> None:
    assert run("analyse", "--format", "xml", "hei").returncode == 2
    assert run("analyze").returncode == 2


def test_an_unusable_setting_is_named() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from classifier.cli import main; main()", "mask", "hei"],
        env={**os.environ, "ASYS_BATCH_SIZE": "none"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "setting ASYS_BATCH_SIZE has value 'none'" in done.stderr


def test_a_reader_that_goes_away_ends_the_command_quietly(tmp_path: Path) -> None:
    file = tmp_path / "many.jsonl"
    file.write_text('{"text": "Hei"}\n' * 20_000, encoding="utf-8")
    command = f"{sys.executable} -c 'from classifier.cli import main; main()' mask --input {file} --format jsonl | head -n 1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=120)
    assert "Traceback" not in done.stderr
    assert json.loads(done.stdout)["text"] == "Hei"


def test_json_lines_in_a_file_are_not_taken_for_texts(tmp_path: Path) -> None:
    file = tmp_path / "reports.jsonl"
    file.write_text('{"id": 1, "text": "Han slo."}\n', encoding="utf-8")
    with pytest.raises(InputError, match="found JSON Lines; expected texts as they are, or --format jsonl"):
        RUNNER.invoke(cli.app, ["suggest", "--input", str(file)], catch_exceptions=False)
    file.write_text('{"note": "ingen tekst"}\n', encoding="utf-8")
    assert RUNNER.invoke(cli.app, ["mask", "--input", str(file)], catch_exceptions=False).exit_code == 0


def test_a_table_is_not_taken_for_texts_and_the_command_that_reads_it_is_named(tmp_path: Path) -> None:
    for name in ("historikk.csv", "historikk.XLSX"):
        with pytest.raises(InputError, match=r"found a table; .*classifier reclassify .*historikk"):
            RUNNER.invoke(cli.app, ["suggest", "--input", str(tmp_path / name)], catch_exceptions=False)


def test_a_full_disk_ends_the_command_with_one_clear_line() -> None:
    command = f"{sys.executable} -c 'from classifier.cli import main; main()' taxonomy > /dev/full"
    done = subprocess.run(command, shell=True, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr == "Error: the output cannot be written: No space left on device\n"


def test_a_file_with_a_text_a_line_is_masked_line_by_line(tmp_path: Path) -> None:
    file = tmp_path / "reports.txt"
    file.write_text("Ring 400 00 123\n\nMvh Kari\n", encoding="utf-8")
    assert run("mask", "--input", str(file)).stdout.splitlines() == ["Ring [PHONE]", "Mvh [PERSON]"]


def test_a_corpus_is_checked_and_counted(tmp_path: Path) -> None:
    row = {"id": "1", "text": "Ropte på telefonen.", "category": "verbal_utskjelling", "channel": "telefon", "language": "nb"}
    file = tmp_path / "corpus.jsonl"
    file.write_text(json.dumps(row | {"source": "a"}) + "\n" + json.dumps(row) + "\n", encoding="utf-8")
    done = run("corpus", "check", str(tmp_path))
    assert done.returncode == 1
    assert "corpus.jsonl, line 2: found source: Field required" in done.stderr
    assert "1 examples" in done.stdout
