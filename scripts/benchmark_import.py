"""Measure how long `classifier import` takes for histories of growing size, and how much memory it uses at most.

    python -m scripts.benchmark_import [--rows 10000 100000] [--database URL]

Each history is a semicolon file in Windows-1252 with texts of the corpus, a number added so that no two are the same. Each
import runs in a process of its own into an empty SQLite file, or into the database that is named, which should be empty and is
left as it is. A second run of the same file, which adds nothing, is measured too. Processor time is the process's own, user and
system: it holds when other programs share the machine. Memory is the process's highest resident set.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import cycle, islice
from pathlib import Path

from classifier.corpus import read_corpus, shipped_corpus
from scripts.baseline import refuse

_FIRST_DAY = date(2014, 1, 1)
_DAYS = 3000
_UNITS = 150
_IMPORT = "from classifier.cli import main; main()"


@dataclass(frozen=True)
class Measured:
    """One import: seconds from the start of its process to its end, of them on a processor, and its highest memory in MiB."""

    seconds: float
    processor_seconds: float
    megabytes: float


def write_history(path: Path, rows: int) -> None:
    """Write a history of so many rows."""
    examples = [located.example for located in read_corpus(shipped_corpus(), refuse, split="train")]
    with path.open("w", encoding="cp1252", errors="replace", newline="\r\n") as file:
        file.write("Saksnummer;Dato;Enhet;Beskrivelse;Kategori;Kanal;Varighet\n")
        for number, example in enumerate(islice(cycle(examples), rows)):
            day = _FIRST_DAY + timedelta(days=number * _DAYS // rows)
            text = example.text.replace('"', '""').replace("\ufffd", "")
            unit = f"Nav {number % _UNITS}"
            file.write(f'{number};{day:%d.%m.%Y};{unit};"{text} ({number})";{example.category};{example.channel};1,5\n')


def measure(path: Path, database: str) -> Measured:
    """Import a file in a process of its own."""
    command = [sys.executable, "-c", _IMPORT, "import", str(path), "--database", database]
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    if os.waitstatus_to_exitcode(status) != 0:
        assert process.stderr is not None
        sys.exit(process.stderr.read().decode())
    # Linux counts in KiB.
    return Measured(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--database")
    arguments = parser.parse_args()
    print("| rows | file | first import | processor time | highest memory | again, nothing new |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for rows in arguments.rows:
            path = Path(folder) / f"historikk-{rows}.csv"
            write_history(path, rows)
            database = arguments.database or str(Path(folder) / f"{rows}.db")
            first, again = measure(path, database), measure(path, database)
            size = path.stat().st_size / 2**20
            print(
                f"| {rows:,} | {size:.1f} MiB | {first.seconds:.1f} s | {first.processor_seconds:.1f} s "
                f"| {first.megabytes:.0f} MiB | {again.processor_seconds:.1f} s processor, {again.megabytes:.0f} MiB |",
                flush=True,
            )


if __name__ == "__main__":
    main()
