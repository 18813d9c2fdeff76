import csv
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from classifier.batch.journal import journal_folder
from classifier.batch.run import RunSettings, beside
from classifier.errors import JobError
from tests.batch.fakes import REFERENCE, FakeEngine, run, write_history

ROOT = Path(__file__).resolve().parents[2]


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def everything(output: Path) -> dict[str, bytes]:
    """Return the output and all beside it, without the name of the output."""
    return {path.name.removeprefix(output.name): path.read_bytes() for path in output.parent.glob(f"{output.name}*")}


def test_every_row_keeps_its_cells_and_gets_an_answer(tmp_path: Path) -> None:
    history = write_history(tmp_path / "h.csv")
    outcome = run(history, tmp_path / "ny.csv")
    before, after = rows_of(history), rows_of(tmp_path / "ny.csv")
    assert (outcome.read, outcome.written, outcome.rejected) == (60, 60, 0)
    assert [list(row.values())[:6] for row in after] == [list(row.values()) for row in before]
    assert {row["asys_status"] for row in after} == {"ok"}
    assert not journal_folder(tmp_path / "ny.csv").exists()
    assert not list(tmp_path.glob(".ny*"))


def test_no_text_is_read_twice(tmp_path: Path) -> None:
    engine = FakeEngine()
    outcome = run(write_history(tmp_path / "h.csv"), tmp_path / "ny.csv", engine)
    assert len(engine.asked) == len(set(engine.asked)) == outcome.texts == 40


def test_changed_is_against_the_label_the_row_had_and_empty_without_one(tmp_path: Path) -> None:
    run(write_history(tmp_path / "h.csv"), tmp_path / "ny.csv")
    for row in rows_of(tmp_path / "ny.csv"):
        expected = {
            "Trussel": str(row["asys_category"] != "trussel").lower(),
            "hatytringer": str(row["asys_category"] != "hatytringer").lower(),
        }
        assert row["asys_category_changed"] == expected.get(row["Kategori"], "")
        assert row["asys_channel_changed"] == str(row["asys_channel"] != "telefon").lower()
        assert row["asys_changed"] == str("true" in (row["asys_category_changed"], row["asys_channel_changed"])).lower()


def test_bad_rows_are_set_aside_with_line_and_reason_and_the_counts_add_up(tmp_path: Path) -> None:
    history = write_history(tmp_path / "h.csv", 10)
    with history.open("a", encoding="utf-8") as file:
        file.write(f"11;2020-01-01;Nav;{'å ' * 11_000};;\n")
        file.write("12;2020-01-01;Nav;Han slo; og;mer;enn;plass\n13;2020-01-01;Nav;Ho ropte høgt;;\n")
    outcome = run(history, tmp_path / "ny.csv")
    assert (outcome.read, outcome.written, outcome.rejected) == (13, 11, 2)
    rejected = rows_of(beside(tmp_path / "ny.csv").rejected)
    assert [(row["file"], row["line"]) for row in rejected] == [("h.csv", "12"), ("h.csv", "13")]
    assert "22,000 characters" in rejected[0]["reason"]
    assert "8 cells; expected 6" in rejected[1]["reason"]


SCRIPT = """
import sys
from pathlib import Path
from tests.batch.fakes import FakeEngine, run
print("ready", flush=True)
for line in sys.stdin:
    import os
    history, output, pause = line.split()
    if os.fork() == 0:
        run(Path(history), Path(output), FakeEngine(float(pause)))
        print("done", flush=True)
        os._exit(0)
    print(os.wait(), flush=True)
"""


def test_killed_at_ten_random_moments_it_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    history = write_history(tmp_path / "h.csv", 400)
    run(history, tmp_path / "whole.csv")
    (tmp_path / "killed").mkdir()
    output = tmp_path / "killed" / "whole.csv"
    chance = random.Random(7)
    kills = 0
    # One interpreter forks each run, so that ten of them cost one start; the run itself uses no thread.
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    ) as parent:
        assert parent.stdin is not None
        assert parent.stdout is not None
        assert parent.stdout.readline() == "ready\n"
        while not output.exists():
            # A partition takes a fifth of a second until the last run, so that ten kills come before the end of all 58.
            parent.stdin.write(f"{history} {output} {0.2 if kills < 10 else 0}\n")
            parent.stdin.flush()
            if kills < 10:
                children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children")
                while not (child := children.read_text().split()):
                    time.sleep(0.005)
                time.sleep(chance.uniform(0.02, 0.45))
                os.kill(int(child[0]), signal.SIGKILL)
                kills += 1
            while not parent.stdout.readline().startswith("("):
                pass
        parent.stdin.close()
    assert kills == 10
    assert everything(output) == everything(tmp_path / "whole.csv")
    assert not journal_folder(output).exists()


def stopped(history: Path, output: Path) -> None:
    """Begin a run and stop it after three partitions."""

    class Stopping(FakeEngine):
        def run(self, partitions):  # type: ignore[no-untyped-def]
            for done, result in enumerate(super().run(partitions)):
                if done == 3:
                    raise KeyboardInterrupt
                yield result

    with pytest.raises(KeyboardInterrupt):
        run(history, output, Stopping())


def test_what_is_finished_is_not_read_again(tmp_path: Path) -> None:
    history = write_history(tmp_path / "h.csv")
    stopped(history, tmp_path / "ny.csv")
    engine = FakeEngine()
    run(history, tmp_path / "ny.csv", engine)
    whole = FakeEngine()
    run(history, tmp_path / "whole" / "ny.csv", whole)
    assert engine.asked == whole.asked[len(whole.asked) - len(engine.asked) :]
    assert len(engine.asked) < len(whole.asked)
    assert everything(tmp_path / "ny.csv") == everything(tmp_path / "whole" / "ny.csv")


def test_lost_memory_of_answers_costs_time_and_nothing_else(tmp_path: Path) -> None:
    history = write_history(tmp_path / "h.csv")
    run(history, tmp_path / "whole" / "ny.csv")
    stopped(history, tmp_path / "ny.csv")
    (journal_folder(tmp_path / "ny.csv") / "answers.sqlite").write_bytes(b"damaged" * 1000)
    run(history, tmp_path / "ny.csv")
    assert everything(tmp_path / "ny.csv") == everything(tmp_path / "whole" / "ny.csv")


def test_another_input_model_or_setting_is_said_and_begins_anew_only_when_asked(tmp_path: Path) -> None:
    history, output = write_history(tmp_path / "h.csv"), tmp_path / "ny.csv"
    stopped(history, output)
    with pytest.raises(JobError, match="another model"):
        run(history, output, reference=replace(REFERENCE, digest="d2"))
    with pytest.raises(JobError, match="another setting"):
        run(history, output, settings=RunSettings(partition_rows=8))
    write_history(history, 61)
    with pytest.raises(JobError, match="another input"):
        run(history, output)
    assert run(history, output, restart=True).written == 61


def test_a_damaged_partition_is_found_before_anything_is_put_in_place(tmp_path: Path) -> None:
    history, output = write_history(tmp_path / "h.csv"), tmp_path / "ny.csv"
    stopped(history, output)
    part = next(journal_folder(output).rglob("*.part"))
    part.write_bytes(part.read_bytes()[:-1] + b"x")
    with pytest.raises(JobError, match="not what was written"):
        run(history, output)
    assert not output.exists()


def test_two_runs_at_once_are_refused(tmp_path: Path) -> None:
    history, output = write_history(tmp_path / "h.csv"), tmp_path / "ny.csv"

    class Meanwhile(FakeEngine):
        def run(self, partitions):  # type: ignore[no-untyped-def]
            with pytest.raises(JobError, match="another run is writing it"):
                run(history, output)
            yield from super().run(partitions)

    run(history, output, Meanwhile())
    assert output.exists()


def test_an_input_that_changes_meanwhile_is_noticed(tmp_path: Path) -> None:
    history, output = write_history(tmp_path / "h.csv"), tmp_path / "ny.csv"

    class Changing(FakeEngine):
        def run(self, partitions):  # type: ignore[no-untyped-def]
            write_history(history, 90)
            yield from super().run(partitions)

    with pytest.raises(JobError, match="counts do not add up"):
        run(history, output, Changing())
    assert not output.exists()


def test_a_column_that_would_be_added_is_refused_unless_the_prefix_is_another(tmp_path: Path) -> None:
    history = write_history(tmp_path / "h.csv")
    run(history, tmp_path / "ny.csv")
    with pytest.raises(JobError, match="has a column 'asys_category' already"):
        run(tmp_path / "ny.csv", tmp_path / "nyere.csv")
    run(tmp_path / "ny.csv", tmp_path / "nyere.csv", settings=RunSettings(prefix="andre_"))
    assert {"asys_category", "andre_category"} <= rows_of(tmp_path / "nyere.csv")[0].keys()


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "disk"
    place.mkdir()
    mounted = os.geteuid() == 0 and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place)], capture_output=True
    )
    if not mounted or mounted.returncode:
        pytest.skip("a tiny disk can only be mounted as root")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_is_said_and_the_same_command_goes_on_once_there_is_room(tmp_path: Path, tiny_disk: Path) -> None:
    history = write_history(tmp_path / "h.csv", 400)
    run(history, tmp_path / "ny.csv")
    with pytest.raises(JobError, match=r"cannot be written: .*\. [\d,]+ rows are done"):
        run(history, tiny_disk / "ny.csv")
    assert [path.name for path in tiny_disk.iterdir()] == [".ny.csv.partial"]
    subprocess.run(["mount", "-o", "remount,size=64m", str(tiny_disk)], check=True)
    engine = FakeEngine()
    run(history, tiny_disk / "ny.csv", engine)
    assert everything(tiny_disk / "ny.csv") == everything(tmp_path / "ny.csv")


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    history = write_history(tmp_path / "h.csv")
    with pytest.raises(JobError, match=r"ny\.csv: cannot be written: Not a directory"):
        run(history, history / "ny.csv")


def test_the_review_list_has_ids_reasons_and_probabilities_the_most_doubtful_first(tmp_path: Path) -> None:
    run(write_history(tmp_path / "h.csv", 400), tmp_path / "ny.csv")
    review = rows_of(beside(tmp_path / "ny.csv").review)
    assert list(review[0]) == ["id", "reason", "probability"]
    assert len(review) == 100
    assert len({row["id"] for row in review}) == 100
    probabilities = [float(row["probability"]) for row in review]
    assert probabilities == sorted(probabilities)
    every = sorted(
        float(row["asys_category_probability"]) * float(row["asys_channel_probability"]) for row in rows_of(tmp_path / "ny.csv")
    )
    assert probabilities[0] == pytest.approx(every[0], abs=1e-6)


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet", ".xlsx"])
def test_the_partition_size_changes_nothing_but_row_groups(tmp_path: Path, suffix: str) -> None:
    history = write_history(tmp_path / "h.csv")
    outputs = []
    for size in (7, 60):
        output = tmp_path / str(size) / f"ny{suffix}"
        output.parent.mkdir()
        run(history, output, settings=RunSettings(partition_rows=size))
        outputs.append(everything(output))
    names = set(outputs[0]) - ({""} if suffix == ".parquet" else set())
    assert {name: outputs[0][name] for name in names} == {name: outputs[1][name] for name in names}


def test_records_hold_no_text(tmp_path: Path) -> None:
    history, output = write_history(tmp_path / "h.csv"), tmp_path / "ny.csv"
    stopped(history, output)
    records = [path for path in journal_folder(output).rglob("*.json") if path.name != "job.json"]
    assert len(records) == 3
    for record in records:
        assert "bordet" not in record.read_text(encoding="utf-8")
        assert json.loads(record.read_bytes())["rows"] == 7
