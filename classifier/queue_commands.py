"""The commands that say what to look at next: review queue, review next and review skip."""

from __future__ import annotations

import os
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from classifier.console import (
    DatabaseOption,
    PipelineOption,
    WhoOption,
    database_of,
    person,
    print_json,
    print_table,
    progress_of,
)
from classifier.errors import InputError
from classifier.label_names import category_named, channel_named
from classifier.model_commands import ModelOption, ModelsOption, OtherPipelineOption, chosen_model
from classifier.prior_options import AskedPrior, PriorOption
from classifier.settings import Settings
from classifier.table import Table

if TYPE_CHECKING:
    from classifier.model.incident_model import IncidentModel
    from classifier.review.queue import Filters, Queue
    from classifier.store.database import Database

UnitOption = Annotated[str | None, typer.Option("--unit", help="Reports of this unit only.")]
FromOption = Annotated[str | None, typer.Option("--from", help="Incidents from this day on, as 2024-01-31.")]
ToOption = Annotated[str | None, typer.Option("--to", help="Incidents up to and with this day.")]
CategoryFilter = Annotated[str | None, typer.Option("--category", help="Given or proposed category, by id or name.")]
ChannelFilter = Annotated[str | None, typer.Option("--channel", help="Given or proposed channel, by id or name.")]
ReasonFilter = Annotated[str | None, typer.Option("--reason", help="For one reason only, such as mislabelled.")]
IdsFilter = Annotated[
    Path | None,
    typer.Option("--ids", help="Only what a table lists in its column id, such as the .review.csv that reclassify writes."),
]
FormatOption = Annotated[Literal["text", "jsonl"], typer.Option("--format", help="How to print it.")]

_AHEAD = 200
"""How many items are ranked to deal one: the first may be taken, or not for this person."""


def add_to(review: typer.Typer) -> None:
    """Add these commands to the group `review`."""
    review.command(epilog="Example: classifier review queue --limit 20 --reason mislabelled")(queue)
    review.command("next", epilog="Example: classifier review next --who kari")(next_)
    review.command(epilog="Example: classifier review skip --who kari")(skip)


def queue(
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many to list.")] = 20,
    format_: FormatOption = "text",
    unit: UnitOption = None,
    from_: FromOption = None,
    to: ToOption = None,
    category: CategoryFilter = None,
    channel: ChannelFilter = None,
    reason: ReasonFilter = None,
    ids: IdsFilter = None,
    database: DatabaseOption = None,
    model: ModelOption = None,
    models: ModelsOption = None,
    prior: PriorOption = None,
    pipeline: PipelineOption = None,
    other_pipeline: OtherPipelineOption = False,
) -> None:
    """List which reports to look at next, and why; reports that the model has not read yet are read first.

    A tenth is the blind share: drawn at random, and listed without anything that the model or an old label says of it. It stays
    in the queue whatever --category, --channel or --ids ask for.
    """
    with database_of(database) as opened:
        filters = _filters(opened, unit, from_, to, category, channel, reason, ids)
        loaded = chosen_model(model, models, AskedPrior(prior), pipeline, other_pipeline)
        found = _queue(opened, loaded, filters, datetime.now(UTC), limit)
    if format_ == "jsonl":
        for item in found.items:
            print_json(
                {
                    "rank": item.rank,
                    "source": item.source,
                    "external_id": item.external_id,
                    "reasons": [asdict(reason) for reason in item.reasons],
                    "blind": item.blind,
                }
            )
        return
    rows = tuple(
        (str(item.rank), item.source, item.external_id, " ".join(reason.text for reason in item.reasons))
        for item in found.items
    )
    print_table(Table(f"{len(rows)} of {found.waiting} waiting reports", ("", "source", "id", "reasons"), rows))


def next_(
    who: WhoOption = None,
    format_: FormatOption = "text",
    unit: UnitOption = None,
    from_: FromOption = None,
    to: ToOption = None,
    category: CategoryFilter = None,
    channel: ChannelFilter = None,
    reason: ReasonFilter = None,
    ids: IdsFilter = None,
    database: DatabaseOption = None,
    model: ModelOption = None,
    models: ModelsOption = None,
    prior: PriorOption = None,
    pipeline: PipelineOption = None,
    other_pipeline: OtherPipelineOption = False,
) -> None:
    """Deal the next report to you for a while, and show it; ask again and you get the same until you decide or skip.

    Shown are the text with the words that weighed, the label it had and who set it, the suggestion and the reasons; of a report
    in the blind share only the text.
    """
    annotator, now = person(who), datetime.now(UTC)
    settings = Settings.from_env(os.environ)
    with database_of(database) as opened:
        from classifier.dealt_view import as_dict, as_text
        from classifier.review.dealing import deal_next

        filters = _filters(opened, unit, from_, to, category, channel, reason, ids)
        loaded = chosen_model(model, models, AskedPrior(prior), pipeline, other_pipeline)
        found = _queue(opened, loaded, filters, now, _AHEAD)
        dealt = deal_next(opened, found, annotator, now=now, lease_minutes=settings.lease_minutes)
    if dealt is None:
        typer.echo("Nothing waits for you.", err=True)
    elif format_ == "jsonl":
        print_json(as_dict(dealt))
    else:
        from rich.console import Console

        console = Console()
        console.print(as_text(dealt, width=console.width), highlight=False)


def skip(who: WhoOption = None, database: DatabaseOption = None) -> None:
    """Hand back the report that you hold, undecided; it is dealt to somebody else."""

    annotator, now = person(who), datetime.now(UTC)
    with database_of(database) as opened, opened.writing() as session:
        from classifier.review.leases import release

        released = release(session, annotator, now)
    typer.echo(f"{len(released)} handed back." if released else "You hold nothing.")


def _queue(database: Database, model: IncidentModel, filters: Filters, now: datetime, limit: int) -> Queue:
    """Return the queue, once the model has read what it had not."""
    from classifier.review.familiarity import Familiarity
    from classifier.review.missing import count_missing, suggest_missing
    from classifier.review.queue import QueueSettings, build_queue
    from classifier.review.quotas import read_quotas

    settings = Settings.from_env(os.environ)
    missing = count_missing(database, model.version, model.prior)
    if missing:
        with progress_of("Reading new reports", missing) as advance:
            suggest_missing(database, model, who=person(None), now=now, progress=advance, processes=settings.processes)
    mixed = QueueSettings(settings.blind_share, settings.blind_salt, read_quotas(settings.queue_quotas))
    with database.reading() as session:
        return build_queue(
            session,
            model_version=model.version,
            prior=model.prior,
            settings=mixed,
            now=now,
            filters=filters,
            unknown_share=Familiarity(model.vocabulary).unknown_share,
            limit=limit,
        )


def _filters(
    database: Database,
    unit: str | None,
    first: str | None,
    last: str | None,
    category: str | None,
    channel: str | None,
    reason: str | None,
    ids: Path | None,
) -> Filters:
    from classifier.review.queue import Filters

    return Filters(
        unit=unit,
        first=_day("--from", first),
        last=_day("--to", last),
        category=None if category is None else category_named(category),
        channel=None if channel is None else channel_named(channel),
        reason=reason,
        ids=None if ids is None else _listed(database, ids),
    )


def _listed(database: Database, path: Path) -> frozenset[str]:
    """Return the ids that a table lists; says how many of them the database does not have."""
    from classifier.review.id_list import read_ids
    from classifier.store.reports import known_ids

    ids = read_ids(path)
    with database.reading() as session:
        known = known_ids(session, ids)
    if not known:
        raise InputError(str(path), f"{len(ids):,} ids, none of which the database has", "ids of reports that were imported")
    if len(known) < len(ids):
        typer.echo(f"The database does not have {len(ids) - len(known):,} of the {len(ids):,} ids in {path}.", err=True)
    return ids


def _day(option: str, written: str | None) -> date | None:
    if written is None:
        return None
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise InputError(option, repr(written), "a day as 2024-01-31") from None
