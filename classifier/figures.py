"""Figures without a screen: made by matplotlib (in the extra `figures`), saved as a file or as markup for a page."""

from __future__ import annotations

from contextlib import AbstractContextManager
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from classifier.errors import InputError, MissingExtraError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FIGURE_SUFFIXES = (".svg", ".png", ".pdf")


def figures_installed() -> None:
    """Raise MissingExtraError without matplotlib: for work that would take long before it draws."""
    from importlib.util import find_spec

    if find_spec("matplotlib") is None:
        raise MissingExtraError("matplotlib", "figures")


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure of that many inches; raises MissingExtraError without matplotlib."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtraError("matplotlib", "figures") from None
    return Figure(figsize=(width, height), layout="constrained")


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure in the format that the file name ends in; raises InputError for one that is not among FIGURE_SUFFIXES."""
    if path.suffix.lower() not in FIGURE_SUFFIXES:
        raise InputError(str(path), f"the ending {path.suffix!r}", f"one of {', '.join(FIGURE_SUFFIXES)}")
    try:
        # Without a date, the same figure is the same file.
        metadata = {"Date": None} if path.suffix.lower() == ".svg" else {}
        with _same_ids():
            figure.savefig(path, metadata=metadata)
    except OSError as error:
        raise InputError(str(path), error.strerror or "a place that cannot be written to", "a writable file") from error


def figure_as_svg(figure: Figure) -> str:
    """Return a figure as an SVG element for an HTML page."""
    drawn = StringIO()
    with _same_ids():
        figure.savefig(drawn, format="svg", metadata={"Date": None})
    markup = drawn.getvalue()
    return markup[markup.index("<svg") :]


def _same_ids() -> AbstractContextManager[None]:
    """Return a context in which the same figure gets the same SVG ids, which are drawn at random otherwise."""
    import matplotlib

    return matplotlib.rc_context({"svg.hashsalt": "asys"})
