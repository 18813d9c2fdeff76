"""The command that erases texts for good, and reports what it did."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from classifier.console import DatabaseOption, WhoOption, database_of, person, store_installed
from classifier.errors import InputError

_YEARS = re.compile(r"(\d{1,3})\s?y")


def add_to(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(epilog="Example: classifier erase --older-than 5y --why 'lagringstiden er ute' --report sletting.json")(erase)


def erase(
    why: Annotated[str, typer.Option("--why", help="The reason, for the report and the audit trail; not the text itself.")],
    external_id: Annotated[list[str] | None, typer.Option("--external-id", help="A report to erase; may be repeated.")] = None,
    source: Annotated[str | None, typer.Option("--source", help="Only reports of this source.")] = None,
    older_than: Annotated[
        str | None, typer.Option("--older-than", help="Erase incidents before a day (31.12.2020), or years ago (5y).")
    ] = None,
    copies: Annotated[bool, typer.Option("--copies", help="Erase other reports with the very same text too.")] = False,
    report: Annotated[
        Path | None, typer.Option("--report", help="Write the report here as JSON, and beside it as .md to read.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    database: DatabaseOption = None,
    who: WhoOption = None,
) -> None:
    """Erase texts and what derives from them, for good; labels, dates and units are kept for the statistics.

    Tells which training snapshots and model versions had seen them, and marks the versions so that the next retrain leaves
    the texts out. Ends with 1 if a trace is left. Running it again is safe, and finishes what another program was in the
    way of.
    """
    store_installed()
    from classifier.store.erasure import Selection, select_reports
    from classifier.store.erasure import erase as erase_reports
    from classifier.store.erasure_proof import prove, sweep
    from classifier.store.erasure_report import ErasureReport, as_dict, as_text

    if bool(external_id) == (older_than is not None):
        found = "both --external-id and --older-than" if external_id else "neither --external-id nor --older-than"
        raise InputError("command line", found, "one of them")
    now = datetime.now(UTC)
    before = None if older_than is None else _day(older_than, now.astimezone().date())
    if report is not None and not report.parent.is_dir():
        raise InputError(str(report), "no such folder", "a place for the report")
    selection = Selection(tuple(external_id or ()), source, before, copies)
    name = person(who)
    with database_of(database) as opened:
        with opened.reading() as session:
            count = len(select_reports(session, selection))
        if not yes:
            typer.confirm(f"Erase the texts of {count:,} reports for good?", abort=True, err=True)
        erasure = erase_reports(opened, selection, who=name, why=why, now=now)
        proof = prove(opened, erasure, sweep(opened))
        asked = ", ".join(selection.external_ids) if before is None else f"hendelser før {before:%d.%m.%Y}"
        told = ErasureReport(
            database=opened.engine.url.render_as_string(),
            dialect=opened.dialect,
            who=name,
            why=why,
            at=now,
            asked_for=asked if source is None else f"{asked} (kilde {source})",
            erasure=erasure,
            proof=proof,
        )
    typer.echo(as_text(told))
    if report is not None:
        try:
            report.write_text(json.dumps(as_dict(told), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
            report.with_suffix(".md").write_text(as_text(told), encoding="utf-8")
        except OSError as error:
            raise InputError(
                str(report), f"{error.strerror}; the erasure is done, its report above", "a writable file"
            ) from error
    if not proof.clean:
        raise typer.Exit(1)


def _day(written: str, today: date) -> date:
    from classifier.dates import EXPECTED, read_date

    if years := _YEARS.fullmatch(written.strip()):
        year = today.year - int(years[1])
        # The 29th of February has no namesake in most years; the day before it is the careful choice.
        day = date(year, 2, 28) if (today.month, today.day) == (2, 29) else date(year, today.month, today.day)
    else:
        day_read = read_date(written)
        if day_read is None:
            raise InputError("command line", f"--older-than {written!r}", f"years such as 5y, or {EXPECTED}")
        day = day_read
    if day > today:
        raise InputError("command line", f"--older-than {day}", "a day that has been")
    return day
