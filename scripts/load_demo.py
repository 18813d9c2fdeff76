"""Fill an empty database with a history to try the service on: synthetic incidents of 2014-2021, some of them mislabelled.

    python -m scripts.load_demo --database asys.db

The history is made as by `scripts/make_history.py`: its mix of labels follows the labelling guide's figures. About eight in a
hundred have a wrong category or channel on purpose, so that the review queue has something to find; which ones is told with
`--truth`. The champion then reads them. A database that holds any report already is left as it is.
"""

from __future__ import annotations

import argparse
import csv
import os
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, select

from classifier.console import progress_of
from classifier.corpus import read_corpus, shipped_corpus
from classifier.language import load_pipeline
from classifier.model.own_prior import prior_called
from classifier.model.registry import default_models, load_model
from classifier.review.missing import suggest_missing
from classifier.settings import Settings
from classifier.store import audit
from classifier.store.database import Database, open_database
from classifier.store.reports import IncomingReport, add_reports
from classifier.store.tables import Report
from classifier.taxonomy import TAXONOMY_VERSION
from scripts.baseline import refuse
from scripts.make_history import HistorySettings, Incident, make_history, mistakes_of_readers

SOURCE = "demo"
INCIDENTS = 800
SEED = 4
"""One that gives the share of mistakes that it should."""

WRONG = 0.04
"""Of the categories and of the channels each, so that about eight reports in a hundred have one or the other wrong."""

REPEATS = 0.02
WHO = "demo"


def demo_incidents(rows: int, seed: int) -> list[Incident]:
    """Return the incidents, oldest first."""
    corpus = shipped_corpus()
    examples = [located.example for located in read_corpus(corpus, refuse, split="train")]
    settings = HistorySettings(rows, seed, repeats=REPEATS, wrong=WRONG)
    return list(make_history(examples, mistakes_of_readers(corpus, examples), settings))


def as_report(incident: Incident) -> IncomingReport:
    """Return an incident as the store takes it."""
    return IncomingReport(
        source=SOURCE,
        external_id=incident.number,
        text=incident.text,
        incident_date=incident.day,
        unit=incident.unit.name,
        unit_kind=incident.unit.kind,
        label_category=incident.category,
        label_channel=incident.channel,
        labelled_by="demo",
        label_taxonomy=TAXONOMY_VERSION,
    )


def load(database: Database, incidents: Iterable[Incident], now: datetime) -> int:
    """Keep the incidents if the database holds no report yet, and return how many were kept."""
    with database.writing() as session:
        if session.scalar(select(func.count(Report.id))):
            return 0
        added = add_reports(session, [as_report(incident) for incident in incidents], now)
        audit.record(session, "import", who=WHO, at=now, details={"source": SOURCE, "reports": added})
    return added


def is_wrong(incident: Incident) -> bool:
    """Return whether a label was made wrong on purpose."""
    return (incident.category, incident.channel) != (incident.true_category, incident.true_channel)


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse the command line, load the demo, and say what there is now."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--database", help="a path or a URL; default: ASYS_DATABASE, or asys.db")
    parser.add_argument("--rows", type=int, default=INCIDENTS)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--truth", type=Path, help="write the ids of the mislabelled reports here, with the true labels")
    given = parser.parse_args(arguments)
    settings = Settings.from_env(os.environ)
    incidents = demo_incidents(given.rows, given.seed)
    wrong = [incident for incident in incidents if is_wrong(incident)]
    database = open_database(given.database or settings.database)
    try:
        now = datetime.now(UTC)
        added = load(database, incidents, now)
        if not added:
            print("The database holds reports already; no demo was loaded.")
            return
        models = Path(settings.models) if settings.models else default_models()
        model = load_model(models=models, pipeline=load_pipeline(settings.pipeline), prior=prior_called(settings.prior))
        with progress_of("Reading", added) as advance:
            suggest_missing(database, model, who=WHO, now=now, progress=advance)
    finally:
        database.close()
    if given.truth is not None:
        with given.truth.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, delimiter=";")
            writer.writerow(("id", "category", "channel"))
            writer.writerows((incident.number, incident.true_category, incident.true_channel) for incident in wrong)
    print(f"Loaded a demo: {added} synthetic incidents of 2014-2021, {len(wrong)} of them mislabelled on purpose.")


if __name__ == "__main__":
    main()
