"""One run over a history: read, answer, finish and commit partition by partition, then join, check and rename."""

from __future__ import annotations

import csv
import json
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from classifier.batch.answers import ADDED, Answer
from classifier.batch.engines import Engine
from classifier.batch.forms import Form, form_of, guarded
from classifier.batch.journal import JobKey, Journal, begun_as, open_journal, remove_journal, remove_left_over
from classifier.batch.mapping import HistoryColumns
from classifier.batch.partition import Partition
from classifier.batch.remembered import Remembered
from classifier.batch.rows import ReadRow, finish, read_row
from classifier.batch.sources import Refusal, Source, file_digest, slices
from classifier.batch.tally import Tally
from classifier.batch.worker import ModelReference
from classifier.column_names import ADDED_PREFIX
from classifier.errors import InputError, JobError
from classifier.model.own_prior import name_of

PARTITION_ROWS = 2_000


@dataclass(frozen=True)
class RunSettings:
    """How a history is read: rows in a partition, whether words that weighed are given, what added columns begin with.

    `spans` says whether answers carry the places of those words, as they must to be kept as suggestions.
    """

    partition_rows: int = PARTITION_ROWS
    evidence: bool = True
    prefix: str = ADDED_PREFIX
    spans: bool = False


@dataclass(frozen=True)
class Made:
    """What proves that an output is all that a job makes: SHA-256s, in hexadecimal, of the job's key and of the output."""

    job: str
    sha256: str


@dataclass(frozen=True)
class Outcome:
    """What a run did: rows read, written and set aside, how many texts the model read since it last began, and all counts.

    `already` says that the output was whole before; it was left as it is, and its counts are told by its summary alone.
    """

    read: int
    written: int
    rejected: int
    texts: int
    tally: Tally
    made: Made
    already: bool = False


@dataclass(frozen=True)
class Beside:
    """The files that stand beside an output."""

    rejected: Path
    review: Path
    summary_json: Path
    summary_html: Path


def beside(output: Path) -> Beside:
    """Return the files beside an output."""
    named = (output.with_name(f"{output.name}.{end}") for end in ("rejected.csv", "review.csv", "summary.json", "summary.html"))
    return Beside(*named)


@dataclass
class _Waiting:
    """A partition whose texts are being read: its rows, and the digests of the texts that were handed out for it."""

    rows: list[ReadRow | Refusal]
    asked: list[bytes]


def check_names(source: Source, prefix: str) -> None:
    """Raise JobError if a column that would be added is there already."""
    there = {column.strip().casefold() for column in source.columns}
    taken = [f"{prefix}{name}" for name in ADDED if f"{prefix}{name}".casefold() in there]
    if taken:
        raise JobError(
            source.name,
            f"has a column {taken[0]!r} already (is it an output of this command?); take it out, or give --prefix another name",
        )


def job_key(source: Source, columns: HistoryColumns, reference: ModelReference, settings: RunSettings, output: Path) -> JobKey:
    """Return all that decides what the output holds; the engine and the number of workers do not."""
    return JobKey(
        {
            "input": source.digest(),
            "column mapping": str(columns),
            "model": reference.digest,
            "language pipeline": reference.pipeline_digest,
            "prior": name_of(reference.prior),
            "package version": reference.package,
            "setting": str(settings),
            "output format": output.suffix.lower(),
        }
    )


def reclassify(
    source: Source,
    output: Path,
    columns: HistoryColumns,
    engine: Engine,
    reference: ModelReference,
    settings: RunSettings,
    *,
    write_summary: Callable[[Outcome, Beside], None],
    keep: Callable[[Sequence[tuple[int, Answer]]], None] = lambda _answers: None,
    restart: bool = False,
    begun: Callable[[int, int], None] = lambda *_: None,
    advance: Callable[[int], None] = lambda *_: None,
) -> Outcome:
    """Write `output` with every row of `source` that can be answered and what belongs beside it, going on where it was stopped.

    `begun` is told how many rows there are and how many were done before, `advance` of every partition's rows. `keep` gets each
    partition's answers, by the line of their row, before it counts as finished, and again if that was cut short. The output is
    there whole or not at all; one that this very job made before is left as it is. Raises JobError if it cannot be written, was
    begun as another job or is there from another, InputError for a source that cannot be read, EngineError if the engine fails;
    what is finished is kept.
    """
    check_names(source, settings.prefix)
    form = form_of(output, source, settings.prefix)
    key = job_key(source, columns, reference, settings, output)
    remove_left_over(output)
    whole = None if restart else _made_before(output, key)
    if output.exists() and not restart and whole is None and begun_as(output) is None:
        raise JobError(str(output), "is there already; name another output, or give --restart to replace it")
    with open_journal(output, key, restart=restart) as journal:
        if whole is not None:
            _remove_unfinished(output)
            remove_journal(output)
            return whole
        total = sum(1 for _ in source.rows())
        begun(total, min(total, journal.finished * settings.partition_rows))
        if form.most_rows is not None and total > form.most_rows:
            raise InputError(
                source.name, f"{total:,} rows", f"at most {form.most_rows:,} for {output.suffix}; name a .csv file"
            )

        @contextmanager
        def writing() -> Iterator[None]:
            try:
                yield
            except OSError as error:
                done = min(total, journal.finished * settings.partition_rows)
                raise JobError(
                    str(output),
                    f"cannot be written: {error.strerror or error}. {done:,} rows are done and kept; once there is room, the "
                    "same command goes on",
                ) from error

        run = _Run(source, columns, form, settings, reference.version, journal, keep)
        with writing():
            run.open()
        try:
            texts = run.answer(engine, advance, writing)
        finally:
            run.close()
        try:
            with writing():
                outcome = _joined(journal, form, output, total, texts, key)
                write_summary(outcome, beside(output))
                for file in (*_files(beside(output)), output):
                    if _unfinished(file).exists():
                        _unfinished(file).replace(file)
                    else:
                        file.unlink(missing_ok=True)
        finally:
            # What could not be put in place would take the room that going on needs.
            _remove_unfinished(output)
        remove_journal(output)
    return outcome


class _Run:
    """The rows on their way through an engine."""

    def __init__(
        self,
        source: Source,
        columns: HistoryColumns,
        form: Form,
        settings: RunSettings,
        version: str,
        journal: Journal,
        keep: Callable[[Sequence[tuple[int, Answer]]], None],
    ) -> None:
        self._source = source
        self._columns = columns
        self._form = form
        self._settings = settings
        self._version = version
        self._journal = journal
        self._keep = keep
        self._waiting: deque[_Waiting] = deque()
        self._under_way: set[bytes] = set()

    def open(self) -> None:
        """Open the answers that are remembered; raises OSError."""
        self._remembered = Remembered(self._journal.remembered)

    def close(self) -> None:
        """Close them."""
        self._remembered.close()

    def answer(
        self, engine: Engine, advance: Callable[[int], None], writing: Callable[[], AbstractContextManager[None]]
    ) -> int:
        """Finish and commit every partition that is not finished yet; returns how many texts the engine read."""
        texts = 0
        for result in engine.run(self._partitions(writing)):
            waiting = self._waiting.popleft()
            new = dict(zip(waiting.asked, result.answers, strict=True))
            texts += len(new)
            self._under_way.difference_update(new)
            with writing():
                self._remembered.put(new)
                self._commit(waiting, {**new, **self._known(waiting, new)})
            advance(len(waiting.rows))
        return texts

    def _partitions(self, writing: Callable[[], AbstractContextManager[None]]) -> Iterator[Partition]:
        """Yield the texts of each partition that no earlier one has, and keep its rows waiting for the answers."""
        done = self._journal.finished
        for part in slices(self._source, self._settings.partition_rows):
            if part.number < done:
                continue
            rows = [read_row(row, self._columns, self._form) for row in part.rows]
            texts = {row.digest: row.text for row in rows if isinstance(row, ReadRow)}
            with writing():
                known = self._remembered.known(list(texts))
            for digest in [*known, *(self._under_way & texts.keys())]:
                texts.pop(digest, None)
            self._under_way.update(texts)
            self._waiting.append(_Waiting(rows, list(texts)))
            yield Partition(part.number, tuple(texts.values()), self._settings.evidence, self._settings.spans)

    def _known(self, waiting: _Waiting, new: dict[bytes, Answer]) -> dict[bytes, Answer]:
        """Return the answers that earlier partitions have to a partition's texts; those have all been committed by now."""
        wanted = {row.digest for row in waiting.rows if isinstance(row, ReadRow)} - new.keys()
        return self._remembered.get(list(wanted))

    def _commit(self, waiting: _Waiting, answers: dict[bytes, Answer]) -> None:
        first = self._journal.finished * self._settings.partition_rows
        done = finish(waiting.rows, answers, self._columns, first=first, version=self._version)
        self._keep([(row.record.line, answers[row.digest]) for row in waiting.rows if isinstance(row, ReadRow)])
        self._journal.commit(
            self._form.part(done.rows),
            {
                "rows": len(done.rows),
                "rejected": [[refusal.file, refusal.line, refusal.reason] for refusal in done.refusals],
                "tally": done.tally.packed(),
            },
        )


def _joined(journal: Journal, form: Form, output: Path, total: int, texts: int, key: JobKey) -> Outcome:
    """Write the output and the rejected and doubtful rows under temporary names, and count them against the input."""
    tally, written, rejected = Tally(), 0, 0
    with _unfinished(beside(output).rejected).open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(("file", "line", "reason"))
        for record in journal.records():
            tally.add(record["tally"])
            written += record["rows"]
            rejected += len(record["rejected"])
            writer.writerows((guarded(name), line, guarded(reason)) for name, line, reason in record["rejected"])
    if not rejected:
        _unfinished(beside(output).rejected).unlink()
    form.join(journal.parts(), _unfinished(output))
    counted = form.count(_unfinished(output))
    if not total == counted + rejected == written + rejected:
        raise JobError(
            str(output),
            f"the counts do not add up: {total:,} rows read, {counted:,} written and {rejected:,} rejected; nothing was put in "
            "place. Did the input change meanwhile? Begin anew with --restart",
        )
    with _unfinished(beside(output).review).open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(("id", "reason", "probability"))
        writer.writerows((guarded(item.id), item.reason, item.probability) for item in tally.doubtful)
    return Outcome(total, counted, rejected, texts, tally, Made(key.digest, file_digest(_unfinished(output))))


def _made_before(output: Path, key: JobKey) -> Outcome | None:
    """Return the outcome by an output's summary, None if the output is not there or not, to the byte, what this job made."""
    try:
        told = json.loads(beside(output).summary_json.read_bytes())
        outcome = Outcome(told["read"], told["written"], told["rejected"], 0, Tally(), Made(**told["made"]), already=True)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    same = outcome.made.job == key.digest and output.is_file() and outcome.made.sha256 == file_digest(output)
    return outcome if same else None


def write_beside(path: Path, content: str) -> None:
    """Write a file under the temporary name that the end of the run renames."""
    _unfinished(path).write_text(content, encoding="utf-8")


def _unfinished(path: Path) -> Path:
    return path.with_name(f".{path.name}.new{path.suffix}")


def _remove_unfinished(output: Path) -> None:
    for file in (*_files(beside(output)), output):
        _unfinished(file).unlink(missing_ok=True)


def _files(names: Beside) -> tuple[Path, ...]:
    # The summary that proves the output comes last: what it vouches for is in place before it.
    return names.rejected, names.review, names.summary_html, names.summary_json


def same_file(one: Path, other: Path) -> bool:
    """Return whether two paths lead to one file."""
    try:
        return one.samefile(other)
    except OSError:
        return False
