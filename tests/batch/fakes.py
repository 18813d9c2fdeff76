"""A history, and an engine that answers it from the texts' own digests, so that a run can be tested without a model."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from time import sleep

from classifier.batch.answers import Answer
from classifier.batch.mapping import map_history
from classifier.batch.partition import Partition, PartitionResult
from classifier.batch.run import Beside, Outcome, RunSettings, reclassify
from classifier.batch.sources import open_source
from classifier.batch.summary import summarise
from classifier.batch.summary_report import write_summary
from classifier.batch.worker import ModelReference
from classifier.model.own_prior import OwnPrior
from classifier.taxonomy import CATEGORY_IDS, CHANNEL_IDS

OWN_PRIOR = OwnPrior("decisions", "vedtak.csv", "d" * 64, (0.4, *[0.1] * 6), (0.5, *[0.05] * 10))
"""A prior that is no named one."""

REFERENCE = ModelReference("models/asys/1", "1", "d1", "nb_asys_sm", "p1", False, "corpus", "0.1.0+abc")


def answer_to(text: str) -> Answer:
    """Return an answer that only the text decides."""
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")
    if len(text.split()) < 2:
        return Answer("too_short")
    category, channel = CATEGORY_IDS[number % 7], CHANNEL_IDS[number % 11]
    sure = round(0.2 + (number % 800) / 1000, 3)
    probabilities = tuple(round((1 - sure) / 6, 6) if label != category else sure for label in CATEGORY_IDS)
    return Answer(
        "ok",
        category,
        sure,
        sure > 0.9,
        f"{category} {sure:.3f}",
        channel,
        sure,
        False,
        f"{channel} {sure:.3f}",
        "",
        "slo | mottaket",
        (*probabilities, *(float(label == channel) for label in CHANNEL_IDS)),
    )


class FakeEngine:
    """Answers each partition after a pause, and keeps which texts it was asked for."""

    def __init__(self, pause: float = 0.0) -> None:
        self.asked: list[str] = []
        self._pause = pause

    def run(self, partitions: Iterable[Partition]) -> Iterator[PartitionResult]:
        for partition in partitions:
            self.asked += partition.texts
            sleep(self._pause)
            yield PartitionResult(partition.number, tuple(map(answer_to, partition.texts)))


def write_history(path: Path, rows: int = 60) -> Path:
    """Write a history in which every third text was there before, and return its path."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(["Saksnummer", "Dato", "Enhet", "Beskrivelse", "Kategori", "Kanal"])
        for number in range(rows):
            told = number - 2 if number % 3 == 2 else number
            day = ["2020-05-01", "01.05.2021", "1/5-22", "20230501"][number % 4]
            label = ["Trussel", "hatytringer", "", "noe ukjent"][number % 4]
            writer.writerow([number, day, f"Nav {number % 2}", f"Han slo hardt i bordet {told}.", label, "Telefon"])
    return path


def run(
    history: Path,
    output: Path,
    engine: FakeEngine | None = None,
    *,
    settings: RunSettings | None = None,
    reference: ModelReference = REFERENCE,
    restart: bool = False,
) -> Outcome:
    """Reclassify a history with the fake engine."""
    source = open_source(history)

    def summary(outcome: Outcome, names: Beside) -> None:
        write_summary(summarise(outcome, reference, "historikk.csv"), names)

    return reclassify(
        source,
        output,
        map_history(source.columns, {}, source.name),
        engine or FakeEngine(),
        reference,
        settings or RunSettings(partition_rows=7),
        write_summary=summary,
        restart=restart,
    )
