import csv
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from classifier.batch.journal import journal_folder
from classifier.batch.run import RunSettings, beside
from classifier.batch.worker import ModelReference
from classifier.errors import JobError
from tests.batch.fakes import OWN_PRIOR, REFERENCE, FakeEngine, run, write_history

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
import os
import signal
import sys
from contextlib import nullcontext
from pathlib import Path
from tests.batch.fakes import FakeEngine, run


def die_before_step(number, output):
    # Of what changes files once all partitions are finished: the first is the file of rejected rows.
    steps = []

    def hook(event, arguments):
        changes = event in ("os.remove", "os.rmdir", "os.rename")
        if event == "open" and isinstance(arguments[1], str) and "w" in arguments[1]:
            changes = bool(steps) or str(arguments[0]).endswith(".rejected.csv.new.csv")
        if changes and (steps or event == "open"):
            steps.append(event)
            if len(steps) == number:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def listed(path, scandir=os.scandir):
    # The order in which a half removed folder is hardest to go on from: a partition's record outlives its rows.
    with scandir(path) as found:
        return nullcontext(sorted(found, key=lambda entry: (not entry.is_dir(), entry.name.endswith(".json"), entry.name)))


os.scandir = listed
for line in sys.stdin:
    history, output, pause, restart, step = line.split()
    child = os.fork()
    if child == 0:
        die_before_step(int(step), output)
        run(Path(history), Path(output), FakeEngine(float(pause)), restart=restart == "True")
        os._exit(0)
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.wait()[1]), flush=True)
"""


class Runs:
    """Runs in processes that may be killed; one interpreter forks them all, so that they cost one start."""

    def __init__(self, parent: subprocess.Popen[str]) -> None:
        assert parent.stdin is not None
        assert parent.stdout is not None
        self._to, self._from = parent.stdin, parent.stdout

    def run(
        self,
        history: Path,
        output: Path,
        *,
        pause: float = 0.0,
        restart: bool = False,
        before_step: int = 0,
        after: float | None = None,
    ) -> int:
        """Return the exit code of a run, killed before a step of its end or after some seconds if that is asked for."""
        self._to.write(f"{history} {output} {pause} {restart} {before_step}\n")
        self._to.flush()
        child = int(self._from.readline())
        if after is not None:
            time.sleep(after)
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        return int(self._from.readline())


@pytest.fixture(scope="module")
def runs() -> Iterator[Runs]:
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    ) as parent:
        yield Runs(parent)


def test_killed_at_ten_moments_of_its_length_it_goes_on_to_the_same_bytes(tmp_path: Path, runs: Runs) -> None:
    history = write_history(tmp_path / "h.csv", 200)
    # With so short a pause, joining, checking and cleaning up take a good part of a run.
    pause = 0.01
    assert runs.run(history, tmp_path / "first.csv", pause=pause) == 0
    started = time.monotonic()
    assert runs.run(history, tmp_path / "whole.csv", pause=pause) == 0
    length = time.monotonic() - started
    chance = random.Random(7)
    killed = 0
    for number in range(5):
        output = tmp_path / str(number) / "whole.csv"
        first = length * (number + chance.random()) / 5
        second = (length - first) * chance.random()
        for moment in (first, second):
            code = runs.run(history, output, pause=pause, after=moment)
            assert code in (0, -signal.SIGKILL)
            killed += code != 0
        assert runs.run(history, output) == 0
        assert everything(output) == everything(tmp_path / "whole.csv")
        assert not list(output.parent.glob(".*"))
    assert killed >= 5


@pytest.mark.parametrize("restart", [False, True])
def test_killed_before_any_step_of_its_end_it_goes_on_to_the_same_bytes(tmp_path: Path, runs: Runs, restart: bool) -> None:
    history = write_history(tmp_path / "h.csv", 10)
    run(history, tmp_path / "whole" / "ny.csv")
    step, code = 0, -signal.SIGKILL
    while code:
        step += 1
        output = tmp_path / str(step) / "ny.csv"
        if restart:
            output.parent.mkdir()
            output.write_text("of another job", encoding="utf-8")
        code = runs.run(history, output, restart=restart, before_step=step)
        assert code in (0, -signal.SIGKILL)
        assert runs.run(history, output) == 0, f"killed before step {step}"
        assert everything(output) == everything(tmp_path / "whole" / "ny.csv"), f"killed before step {step}"
        assert not list(output.parent.glob(".*")), f"killed before step {step}"
    # Two files for each of two partitions, what was remembered, and five files to be put in place.
    assert step > 15


def test_a_whole_output_is_left_as_it_is_whatever_is_left_of_its_journal(tmp_path: Path) -> None:
    history, output = write_history(tmp_path / "h.csv"), tmp_path / "ny.csv"
    stopped(history, output)
    shutil.copytree(journal_folder(output), tmp_path / "journal")
    assert not run(history, output).already
    left = sorted(path for path in (tmp_path / "journal").rglob("*") if path.is_file())
    for gone in range(len(left) + 1):
        shutil.copytree(tmp_path / "journal", journal_folder(output))
        for path in left[:gone]:
            (journal_folder(output) / path.relative_to(tmp_path / "journal")).unlink()
        engine = FakeEngine()
        outcome = run(history, output, engine)
        assert (outcome.already, outcome.read, outcome.written, outcome.rejected) == (True, 60, 60, 0)
        assert not engine.asked
        assert not list(tmp_path.glob(".ny*"))


def test_an_output_of_another_job_or_altered_since_is_refused(tmp_path: Path) -> None:
    history, output = write_history(tmp_path / "h.csv"), tmp_path / "ny.csv"
    run(history, output)
    with pytest.raises(JobError, match="is there already"):
        run(history, output, settings=RunSettings(partition_rows=8))
    whole = output.read_bytes()
    output.write_bytes(whole + b"\n")
    with pytest.raises(JobError, match="is there already"):
        run(history, output)
    output.write_bytes(whole)
    assert run(history, output).already
    beside(output).summary_json.write_text('["damaged"]', encoding="utf-8")
    with pytest.raises(JobError, match="is there already"):
        run(history, output)
    assert not run(history, output, restart=True).already


def test_a_lost_partition_is_said(tmp_path: Path) -> None:
    history, output = write_history(tmp_path / "h.csv"), tmp_path / "ny.csv"
    stopped(history, output)
    next(journal_folder(output).rglob("*.part")).unlink()
    with pytest.raises(JobError, match="is there no more; begin anew with --restart"):
        run(history, output)
    assert run(history, output, restart=True).written == 60


def stopped(history: Path, output: Path, reference: ModelReference = REFERENCE) -> None:
    """Begin a run and stop it after three partitions."""

    class Stopping(FakeEngine):
        def run(self, partitions):  # type: ignore[no-untyped-def]
            for done, result in enumerate(super().run(partitions)):
                if done == 3:
                    raise KeyboardInterrupt
                yield result

    with pytest.raises(KeyboardInterrupt):
        run(history, output, Stopping(), reference=reference)


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


def test_a_run_goes_on_under_the_prior_it_was_begun_under_and_no_other(tmp_path: Path) -> None:
    history, output = write_history(tmp_path / "h.csv"), tmp_path / "ny.csv"
    begun = replace(REFERENCE, prior=OWN_PRIOR)
    stopped(history, output, begun)
    turned = replace(OWN_PRIOR, category=tuple(reversed(OWN_PRIOR.category)))
    for other in (turned, replace(OWN_PRIOR, source="texts"), "corpus", "uniform"):
        with pytest.raises(JobError, match="was begun with another prior; finish it as it was begun"):
            run(history, output, reference=replace(REFERENCE, prior=other))
    assert run(history, output, reference=begun).written == 60
    with pytest.raises(JobError, match="is there already"):
        run(history, output, reference=replace(REFERENCE, prior=turned))
    assert run(history, output, reference=begun).already


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
    for made in outputs:
        # How large a partition is belongs to the job, and the summary says of which job the output is.
        made[".summary.json"] = json.dumps(json.loads(made[".summary.json"]) | {"made": None}).encode()
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
