"""Find reports by the words they hold, by dates, places and labels, newest first and a page at a time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, String, case, exists, func, literal_column, select, text
from sqlalchemy.orm import Session, aliased

from classifier.store.tables import Decision, Report

LONGEST_QUERY = 200
"""Characters; more is no search."""

_TERM = re.compile(r'"([^"]*)"|([^\s"]+)')
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Search:
    """What to look for; None or "" asks for nothing. `category` and `channel` are the labels that stand now.

    In `words` each word finds words that begin so, all of them must be there, and "words in quotes" must follow each other.
    `decided` asks whether a person's label stands. `before` is the id of the last report of the page before.
    """

    words: str = ""
    category: str | None = None
    channel: str | None = None
    unit: str | None = None
    source: str | None = None
    external_id: str | None = None
    first_date: date | None = None
    last_date: date | None = None
    decided: bool | None = None
    before: int | None = None


@dataclass(frozen=True)
class Found:
    """A report with the labels that stand for it: a person's, or else those it came with."""

    report: Report
    category: str | None
    channel: str | None
    decided: bool


def search_reports(session: Session, search: Search, *, limit: int) -> list[Found]:
    """Return the reports that fit, newest first; erased ones have no words, but are found by the rest."""
    standing_category, standing_channel = _standing("category"), _standing("channel")
    category = func.coalesce(standing_category, Report.label_category)
    channel = func.coalesce(standing_channel, Report.label_channel)
    query = select(Report, category, channel, standing_category.is_not(None))
    for condition in _conditions(session, search, category, channel, standing_category):
        query = query.where(condition)
    rows = session.execute(query.order_by(Report.id.desc()).limit(limit))
    return [Found(row[0], row[1], row[2], bool(row[3])) for row in rows]


def terms_of(words: str) -> list[list[str]]:
    """Return the words to look for: each alone in a list, or several that must follow each other.

    >>> terms_of('truss "hvor jeg bor" e-post')
    [['truss'], ['hvor', 'jeg', 'bor'], ['e', 'post']]
    """
    found = (_WORD.findall((quoted or plain).lower()) for quoted, plain in _TERM.findall(words[:LONGEST_QUERY]))
    return [term for term in found if term]


def _conditions(
    session: Session,
    search: Search,
    category: ColumnElement[str | None],
    channel: ColumnElement[str | None],
    standing: ColumnElement[str | None],
) -> list[ColumnElement[bool]]:
    equal: Sequence[tuple[ColumnElement[str | None] | ColumnElement[str], str | None]] = (
        (category, search.category),
        (channel, search.channel),
        (Report.unit.expression, search.unit),
        (Report.source.expression, search.source),
        (Report.external_id.expression, search.external_id),
    )
    found: list[ColumnElement[bool]] = [column == value for column, value in equal if value]
    if search.words.strip():
        found.append(_holds(session, terms_of(search.words)))
    if search.first_date is not None:
        found.append(Report.incident_date >= search.first_date)
    if search.last_date is not None:
        found.append(Report.incident_date <= search.last_date)
    if search.decided is not None:
        found.append(standing.is_not(None) if search.decided else standing.is_(None))
    if search.before is not None:
        found.append(Report.id < search.before)
    return found


def _holds(session: Session, terms: Sequence[Sequence[str]]) -> ColumnElement[bool]:
    """Return the condition that a report's text holds the words, as its kind of database can tell by an index."""
    if not terms:
        # Something was asked for that holds no word, and no text holds that.
        return literal_column("1") == literal_column("0")
    if session.get_bind().dialect.name == "postgresql":
        wanted = " & ".join("(" + " <-> ".join(f"'{word}'{_prefix(':*', term)}" for word in term) + ")" for term in terms)
        return literal_column("reports.words").op("@@")(func.to_tsquery("simple", wanted))
    wanted = " ".join('"' + " ".join(term) + '"' + _prefix(" *", term) for term in terms)
    rows = text("SELECT rowid FROM report_words WHERE report_words MATCH :wanted").bindparams(wanted=wanted)
    return Report.id.in_(rows.columns(literal_column("rowid", String)).scalar_subquery())


def _prefix(sign: str, term: Sequence[str]) -> str:
    """Return the sign for words that begin so, for a word that stands alone."""
    return sign if len(term) == 1 else ""


def _standing(column: str) -> ColumnElement[str | None]:
    """Return a label that stands by people's decisions, as `review.standing.standing_of` finds it: the last adjudication, or
    else the last label, leaving out those that were taken back.
    """
    given, undo = aliased(Decision), aliased(Decision)
    return (
        select(getattr(given, column))
        .where(
            given.report_id == Report.id,
            given.kind.in_(("label", "adjudication")),
            ~exists().where(undo.undoes_id == given.id),
        )
        .order_by(case((given.kind == "adjudication", 0), else_=1), given.sequence.desc())
        .limit(1)
        .correlate(Report)
        .scalar_subquery()
    )
