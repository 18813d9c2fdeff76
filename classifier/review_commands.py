"""The group `classifier review`, which the modules with its commands add to."""

from __future__ import annotations

import typer

from classifier import queue_commands

review_app = typer.Typer(
    name="review",
    help="Look at reports where a person is needed: the queue, decisions, agreement.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


def add_to(app: typer.Typer) -> None:
    """Add the group to the command line."""
    queue_commands.add_to(review_app)
    app.add_typer(review_app)
