"""The commands with which people decide: review decide, park, undo, history and agreement."""

from __future__ import annotations

import os
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from classifier.console import DatabaseOption, WhoOption, database_of, person, print_json, print_table
from classifier.label_names import category_named, channel_named
from classifier.settings import Settings
from classifier.table import Table

if TYPE_CHECKING:
    from classifier.review.decisions import Recorded
    from classifier.review.standing import PastDecision

IdArgument = Annotated[str, typer.Argument(metavar="EXTERNAL_ID", help="The report's external id.")]
SourceOption = Annotated[str | None, typer.Option("--source", help="The report's source, where several use the same id.")]
RoleOption = Annotated[
    Literal["registrar", "quality_checker", "administrator"], typer.Option("--role", help="In which role this is decided.")
]
SeenOption = Annotated[
    int | None,
    typer.Option("--seen", help="The number of the last decision that was seen, 0 for none: then it is told who came first."),
]
ReasonOption = Annotated[str | None, typer.Option("--reason", help="Why, for those who come after.")]
FormatOption = Annotated[Literal["table", "json"], typer.Option("--format", help="How to print it.")]


def add_to(review_app: typer.Typer) -> None:
    """Add these commands to the group of review commands."""
    review_app.command(epilog="Example: classifier review decide 2021-17 --category trussel --channel telefon")(decide)
    review_app.command(epilog="Example: classifier review park 2021-17 --reason 'Ble noen truffet?'")(park)
    review_app.command(epilog="Example: classifier review undo 2021-17 2")(undo)
    review_app.command(epilog="Example: classifier review history 2021-17")(history)
    review_app.command(epilog="Example: classifier review agreement --format json")(agreement)


def decide(
    external_id: IdArgument,
    category: Annotated[str, typer.Option("--category", help="Its id or name.")],
    channel: Annotated[str, typer.Option("--channel", help="Its id or name.")],
    who: WhoOption = None,
    role: RoleOption = "registrar",
    reason: ReasonOption = None,
    blind: Annotated[bool, typer.Option("--blind", help="No suggestion was shown. So it is for what was dealt blind.")] = False,
    adjudicate: Annotated[bool, typer.Option("--adjudicate", help="Settle a disagreement between two others.")] = False,
    seen: SeenOption = None,
    source: SourceOption = None,
    database: DatabaseOption = None,
) -> None:
    """Give a report its category and channel. Nobody's decision is overwritten; a disagreement waits for a third person."""
    label = {"category": category_named(category), "channel": channel_named(channel)}
    kind = "adjudication" if adjudicate else "label"
    _record(database, external_id, source, who, role, kind=kind, reason=reason, expected_sequence=seen, blind=blind, **label)


def park(
    external_id: IdArgument,
    reason: Annotated[str, typer.Option("--reason", help="What has to be cleared up.")],
    who: WhoOption = None,
    role: RoleOption = "registrar",
    seen: SeenOption = None,
    source: SourceOption = None,
    database: DatabaseOption = None,
) -> None:
    """Set a report aside until something is cleared up ("trenger avklaring"); any later label takes it back in."""
    _record(database, external_id, source, who, role, kind="park", reason=reason, expected_sequence=seen)


def undo(
    external_id: IdArgument,
    number: Annotated[int, typer.Argument(help="The number of the decision, as `review history` shows it.")],
    who: WhoOption = None,
    role: RoleOption = "registrar",
    reason: ReasonOption = None,
    source: SourceOption = None,
    database: DatabaseOption = None,
) -> None:
    """Take a decision back, by a new one that says so; a registrar takes back only one's own."""
    _record(database, external_id, source, who, role, kind="undo", reason=reason, undoes=number)


def history(
    external_id: IdArgument,
    source: SourceOption = None,
    format_: FormatOption = "table",
    database: DatabaseOption = None,
) -> None:
    """Show everything that was decided about a report, and what stands."""
    with database_of(database) as opened:
        from classifier.review.decisions import history as history_of
        from classifier.review.standing import standing_of
        from classifier.store.reports import find_report

        with opened.reading() as session:
            decisions = history_of(session, find_report(session, external_id, source).id)
    standing = standing_of(decisions)
    if format_ == "json":
        shown: list[dict[str, Any]] = [asdict(past) | {"decided_at": past.decided_at.isoformat()} for past in decisions]
        print_json({"external_id": external_id, "state": standing.state, "sequence": standing.sequence, "decisions": shown})
        return
    columns = ("number", "when", "who", "role", "what", "category", "channel", "reason")
    print_table(Table(f"{external_id}: {standing.state}", columns, tuple(_row(past, decisions) for past in decisions)))


def agreement(
    format_: FormatOption = "table",
    database: DatabaseOption = None,
) -> None:
    """Show how well people agree with each other and with the model, and how much a suggestion sways them.

    Figures come with 95 % intervals; on fewer than 20 reports there is none.
    """
    with database_of(database) as opened:
        from classifier.review.agreement import agreement_report
        from classifier.review.agreement_view import as_dict, as_tables

        settings = Settings.from_env(os.environ)
        with opened.reading() as session:
            found = agreement_report(session, share=settings.blind_share, salt=settings.blind_salt)
    if format_ == "json":
        print_json(as_dict(found))
    else:
        for table in as_tables(found):
            print_table(table)


def _record(
    database: str | None, external_id: str, source: str | None, who: str | None, role: str, *, blind: bool = False, **given: Any
) -> None:
    name = person(who)
    with database_of(database) as opened:
        from classifier.review.blind import is_blind
        from classifier.review.decisions import NewDecision, dealt_blind, record_decision, suggestion_to_see
        from classifier.store.reports import find_report

        settings = Settings.from_env(os.environ)
        with opened.writing() as session:
            report = find_report(session, external_id, source)
            labelled = given["kind"] in ("label", "adjudication")
            unseen = labelled and (
                blind
                or dealt_blind(session, report.id, name)
                or is_blind(report.source, report.external_id, settings.blind_share, settings.blind_salt)
            )
            decision = NewDecision(
                report_id=report.id,
                annotator=name,
                role=role,
                decided_at=datetime.now(UTC),
                blind=unseen,
                suggestion_id=suggestion_to_see(session, report.id) if labelled and not unseen else None,
                **given,
            )
            recorded = record_decision(session, decision)
    _tell(external_id, recorded)


def _tell(external_id: str, recorded: Recorded) -> None:
    standing, decision = recorded.standing, recorded.decision
    kept = "was kept before" if recorded.repeated else "is kept"
    label = f": {decision.category}, {decision.channel}" if decision.category else ""
    typer.echo(f"{external_id}: decision {decision.sequence} {kept}{label}; the report is {standing.state}.")
    for past in recorded.meanwhile:
        what = f"{past.category}, {past.channel}" if past.category else past.kind
        typer.echo(f"{past.annotator} decided first, at {past.decided_at:%H:%M}: {what}. Both are kept.", err=True)
    if standing.state == "disputed":
        typer.echo("People disagree; a third person settles it with --adjudicate.", err=True)


def _row(past: PastDecision, decisions: tuple[PastDecision, ...]) -> tuple[str, ...]:
    what = past.kind
    if past.kind == "undo":
        what = f"undo of {next(other.sequence for other in decisions if other.id == past.undoes_id)}"
    if past.blind:
        what += ", blind"
    if past.undone:
        what += ", taken back"
    when = past.decided_at.astimezone().strftime("%Y-%m-%d %H:%M")
    return str(past.sequence), when, past.annotator, past.role, what, past.category or "", past.channel or "", past.reason or ""
