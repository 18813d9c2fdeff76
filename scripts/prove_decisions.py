"""No decision is lost or kept twice, however often the process that writes it is killed.

A writer records decisions as fast as it can, and notes in a file what it sends and, once the store has answered, what was
acknowledged. It is killed (SIGKILL) at a random moment and replaced, many times over. The next writer first sends again what
the killed one had sent without an answer, as a browser or a person would. In the end every acknowledged decision must be in the
store once, nothing may be there twice, and each must have its number and its line in the audit trail.

Run: python -m scripts.prove_decisions --kills 1000, and with --postgresql on a server of its own.
"""

from __future__ import annotations

import argparse
import os
import random
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path

from sqlalchemy import select, text

from classifier.review.decisions import NewDecision, histories, history, record_decision
from classifier.store.database import Database, open_database
from classifier.store.reports import IncomingReport, add_reports
from classifier.store.tables import AuditEntry, Decision, Report

REPORTS = 200
MOST_LINES = 9
"""A writer is killed after one to so many lines, two for each decision, and a random part of what one takes to come."""

_PATIENCE = 120.0


@dataclass(frozen=True)
class Proof:
    """What was found: kills, those that hit between a decision's sending and its answer, decisions, and what is wrong."""

    kills: int
    in_the_middle: int
    arrived_unanswered: int
    acknowledged: int
    stored: int
    lost: int
    doubled: int
    other_faults: tuple[str, ...]


def prove(url: str, kills: int, folder: Path, seed: int = 0) -> Proof:
    """Kill writers of the database at `url`, which must be empty, and return what became of their decisions.

    `folder` is for the file in which writers note what they do.
    """
    database = open_database(url)
    with database.writing() as session:
        reports = [IncomingReport("proof", str(number), f"Hendelse nummer {number}.") for number in range(REPORTS)]
        add_reports(session, reports, datetime.now(UTC))
    notes = folder / "notes.txt"
    notes.touch()
    chance = random.Random(seed)
    # A copy of this process has imported everything and knows the tables; each opens connections of its own.
    processes = get_context("fork")
    in_the_middle = arrived = 0
    for number in range(kills):
        written = notes.stat().st_size
        writer = processes.Process(target=write_decisions, args=(database, notes, number))
        writer.start()
        seconds = _wait_for_lines(notes, written, chance.randint(1, MOST_LINES))
        time.sleep(chance.uniform(0, seconds))
        writer.kill()
        writer.join()
        unanswered = _unanswered(notes)
        in_the_middle += unanswered is not None
        arrived += unanswered is not None and _is_stored(database, unanswered)
    # The last one killed may have left something unanswered as well.
    _send_again(database, notes)
    proof = _examine(database, notes, kills, in_the_middle, arrived)
    database.close()
    return proof


def write_decisions(database: Database, notes: Path, number: int) -> None:
    """Send again what was left unanswered, then record decisions until killed."""
    database.engine.dispose(close=False)
    _send_again(database, notes)
    count = 0
    while True:
        _send(database, notes, f"{number}-{count}", count % REPORTS, None)
        count += 1


def _send_again(database: Database, notes: Path) -> None:
    token = _unanswered(notes)
    if token is not None:
        report, expected = token.split()[1:]
        _send(database, notes, token.split()[0], int(report), int(expected))


def _send(database: Database, notes: Path, name: str, report: int, expected: int | None) -> None:
    with database.reading() as session:
        report_id = session.scalars(select(Report.id).where(Report.external_id == str(report))).one()
        if expected is None:
            expected = len(history(session, report_id))
    _note(notes, f"sent {name} {report} {expected}")
    with database.writing() as session:
        decision = NewDecision(
            report_id=report_id,
            annotator="prover",
            role="registrar",
            decided_at=datetime.now(UTC),
            category="trussel",
            channel="telefon",
            reason=name,
            expected_sequence=expected,
        )
        record_decision(session, decision)
    _note(notes, f"kept {name} {report} {expected}")


def _note(notes: Path, line: str) -> None:
    # One write: a killed writer leaves whole lines.
    handle = os.open(notes, os.O_WRONLY | os.O_APPEND)
    os.write(handle, f"{line}\n".encode())
    os.close(handle)


def _unanswered(notes: Path) -> str | None:
    """Return name, report and expected number of the last decision that was sent, if nobody acknowledged it."""
    lines = notes.read_text(encoding="utf-8").splitlines()
    if not lines or lines[-1].startswith("kept "):
        return None
    return lines[-1].removeprefix("sent ")


def _is_stored(database: Database, token: str) -> bool:
    with database.reading() as session:
        return session.scalars(select(Decision.id).where(Decision.reason == token.split()[0])).first() is not None


def _wait_for_lines(notes: Path, written: int, lines: int) -> float:
    """Wait until a writer has added so many lines, and return how many seconds one took on average."""
    start = time.monotonic()
    first = None
    while True:
        now = time.monotonic()
        with notes.open("rb") as file:
            file.seek(written)
            there = file.read().count(b"\n")
        if there and first is None:
            first = now
        if there >= lines and first is not None:
            return (now - first) / (there - 1) if there > 1 else now - start
        if now - start > _PATIENCE:
            raise SystemExit("a writer came to a standstill")
        time.sleep(0.0005)


def _examine(database: Database, notes: Path, kills: int, in_the_middle: int, arrived: int) -> Proof:
    lines = notes.read_text(encoding="utf-8").splitlines()
    acknowledged = {line.split()[1] for line in lines if line.startswith("kept ")}
    with database.reading() as session:
        by_report = histories(session)
        audited = Counter(entry.report_id for entry in session.scalars(select(AuditEntry).where(AuditEntry.action == "decide")))
        faults = []
        if database.dialect == "sqlite" and session.execute(text("PRAGMA integrity_check")).scalar_one() != "ok":
            faults.append("the file is damaged")
    stored = Counter(past.reason for decisions in by_report.values() for past in decisions)
    for report, decisions in by_report.items():
        if [past.sequence for past in decisions] != list(range(1, len(decisions) + 1)):
            faults.append(f"report {report} has a gap in its numbers")
        if audited[report] != len(decisions):
            faults.append(f"report {report} has {len(decisions)} decisions and {audited[report]} lines in the audit trail")
    return Proof(
        kills=kills,
        in_the_middle=in_the_middle,
        arrived_unanswered=arrived,
        acknowledged=len(acknowledged),
        stored=stored.total(),
        lost=len(acknowledged - {name for name in stored if name is not None}),
        doubled=sum(count - 1 for count in stored.values()),
        other_faults=tuple(faults),
    )


def main() -> None:
    """Print what was found, and exit with 1 if a decision was lost or doubled."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--postgresql", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/asys.db"
        if arguments.postgresql:
            from tests.databases import new_database_url

            url = new_database_url("postgresql", Path(folder))
        started = time.monotonic()
        proof = prove(url, arguments.kills, Path(folder), arguments.seed)
        seconds = time.monotonic() - started
    print(f"{proof.kills} kills in {seconds:.0f} s, {proof.in_the_middle} between a decision's sending and its answer;")
    print(f"of those {proof.arrived_unanswered} had been stored all the same, and were sent again.")
    print(f"{proof.acknowledged} decisions acknowledged, {proof.stored} stored: {proof.lost} lost, {proof.doubled} doubled.")
    for fault in proof.other_faults:
        print(fault)
    if proof.lost or proof.doubled or proof.other_faults or proof.acknowledged != proof.stored:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
