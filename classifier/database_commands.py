"""The commands about the database itself: what state it is in, and bringing its tables up to date."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from typing import Annotated, Literal

import typer

from classifier.console import DatabaseOption, database_of, print_table, store_installed
from classifier.settings import Settings
from classifier.table import Table

database_app = typer.Typer(
    name="database",
    help="The database of reports and decisions: its state, and its upgrade.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


def add_to(app: typer.Typer) -> None:
    """Add the group to the command line."""
    app.add_typer(database_app)


@database_app.command(epilog="Example: classifier database status --database asys.db")
def status(
    database: DatabaseOption = None,
    format_: Annotated[Literal["table", "json"], typer.Option("--format", help="How to print it.")] = "table",
) -> None:
    """Show where the database is, which version its tables are of, and how much it holds; changes nothing."""
    store_installed()
    from classifier.store.status import database_status

    found = database_status(database or Settings.from_env(os.environ).database)
    if format_ == "json":
        typer.echo(json.dumps({**asdict(found), "current": found.current}, ensure_ascii=False, indent=2))
        return
    print_table(Table(found.place, ("table", "rows"), tuple((name, f"{rows:,}") for name, rows in found.rows.items())))
    typer.echo(f"Reports whose text was erased: {found.erased:,}.")
    if found.current:
        typer.echo(f"Its tables are of version {found.revision}, as this program needs.")
    else:
        typer.echo(f"Its tables are of version {found.revision}, this program needs {found.newest}.")


@database_app.command(epilog="Example: classifier database upgrade --database postgresql://host/asys")
def upgrade(database: DatabaseOption = None) -> None:
    """Bring the tables to the version of this program, making them if there are none; take a backup first."""
    store_installed()
    from classifier.store.database import present_revision

    with database_of(database, upgrade=True) as opened:
        typer.echo(f"The tables of {opened.engine.url.render_as_string()} are of version {present_revision(opened)}.")
