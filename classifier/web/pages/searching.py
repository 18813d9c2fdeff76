"""Searching the reports, and one report with its history.

What was looked for may be a name, so it is never in an address: a cookie that only this page gets carries the words.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated
from urllib.parse import quote, unquote, urlencode

from fastapi import APIRouter, Depends, Form, Path
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from classifier.errors import UnknownReportError
from classifier.review.blind import is_blind
from classifier.review.decisions import histories, history
from classifier.review.standing import OPEN, PastDecision, standing_of
from classifier.store import audit
from classifier.store.registration import storable
from classifier.store.reports import units_of
from classifier.store.search import LONGEST_QUERY, Found, Search, search_reports, terms_of
from classifier.store.suggestions import restored, suggestion_of
from classifier.store.tables import Report
from classifier.taxonomy import CATEGORIES, CATEGORY_IDS, CHANNEL_IDS, CHANNELS
from classifier.web.access import Registrar
from classifier.web.excerpts import excerpt
from classifier.web.pages.marked_text import pieces
from classifier.web.pages.report_view import (
    STATES,
    Event,
    Fact,
    facts,
    standing_label,
    state_of,
)
from classifier.web.pages.report_view import history as events_of
from classifier.web.pages.review_filter import Option
from classifier.web.pages.reviewing import LARGEST_ID, LONGEST_ID
from classifier.web.pages.suggestion_panel import Panel, panel
from classifier.web.pages.wording import count, day, sentence
from classifier.web.rendering import page, set_cookie
from classifier.web.service import Service, TheService
from classifier.web.users import User

router = APIRouter(include_in_schema=False)

WORDS_COOKIE = "asys_sok"
ON_A_PAGE = 20

_STATES = {"avgjort": "Avgjort av noen", "venter": "Ikke avgjort"}
_EXCERPT = 260


@dataclass(frozen=True)
class Asked:
    """What is looked for, as the form has it; what makes no sense is taken as not asked."""

    words: str = ""
    kategori: str = ""
    kanal: str = ""
    status: str = ""
    enhet: str = ""
    fra: str = ""
    til: str = ""
    etter: int = 0

    @property
    def filters(self) -> tuple[tuple[str, str], ...]:
        """What the address says: everything but the words."""
        names = ("kategori", "kanal", "status", "enhet", "fra", "til")
        return tuple((name, value) for name in names if (value := getattr(self, name)))

    @property
    def search(self) -> Search:
        """The same as the store knows it."""
        return Search(
            words=self.words,
            category=self.kategori or None,
            channel=self.kanal or None,
            unit=self.enhet or None,
            first_date=_day(self.fra),
            last_date=_day(self.til),
            decided={"avgjort": True, "venter": False}.get(self.status),
            before=self.etter or None,
        )


@dataclass(frozen=True)
class ExcerptPiece:
    """A run of an excerpt; `found` if it is one of the words looked for."""

    text: str
    found: bool


@dataclass(frozen=True)
class Hit:
    """A report that was found."""

    report_id: int
    external_id: str
    category: str
    channel: str
    state: str
    state_kind: str
    excerpt: tuple[ExcerptPiece, ...]
    facts: tuple[Fact, ...]
    history: tuple[Event, ...]


def asked_in_form(
    q: Annotated[str, Form()] = "",
    kategori: Annotated[str, Form()] = "",
    kanal: Annotated[str, Form()] = "",
    status: Annotated[str, Form()] = "",
    enhet: Annotated[str, Form()] = "",
    fra: Annotated[str, Form()] = "",
    til: Annotated[str, Form()] = "",
) -> Asked:
    """Return what a form asks for."""
    return _asked(q, kategori, kanal, status, enhet, fra, til)


def asked_in_address(
    request: Request,
    user: Registrar,
    kategori: str = "",
    kanal: str = "",
    status: str = "",
    enhet: str = "",
    fra: str = "",
    til: str = "",
    etter: str = "",
) -> Asked:
    """Return what the address asks for, with the words that the cookie carries."""
    owner, _, words = unquote(request.cookies.get(WORDS_COOKIE, ""), errors="replace").partition(":")
    # On a machine that people share, the words of one are not shown to the next.
    words = words if owner == _owner(user) else ""
    after = int(etter) if etter.isdecimal() and len(etter) < LONGEST_ID else 0
    return replace(_asked(words, kategori, kanal, status, enhet, fra, til), etter=after)


@router.post("/sok")
def ask(user: Registrar, service: TheService, given: Annotated[Asked, Depends(asked_in_form)]) -> Response:
    """Remember the words, and lead to what is found."""
    query = urlencode(given.filters)
    response = RedirectResponse(f"/sok?{query}" if query else "/sok", 303)
    set_cookie(response, WORDS_COOKIE, quote(f"{_owner(user)}:{given.words}"), secure=service.web.secure)
    return response


@router.get("/sok")
def show(
    request: Request, user: Registrar, service: TheService, given: Annotated[Asked, Depends(asked_in_address)]
) -> Response:
    """Show the reports that fit, newest first."""
    with service.database.writing() as session:
        found = search_reports(session, given.search, limit=ON_A_PAGE + 1)
        audit.record(session, "read", who=user.subject, at=service.clock(), details={"found": min(len(found), ON_A_PAGE)})
        shown = found[:ON_A_PAGE]
        past = histories(session, [item.report.id for item in shown])
        known_units = units_of(session)
    terms = terms_of(given.words)
    follows = urlencode([*given.filters, ("etter", found[ON_A_PAGE - 1].report.id)]) if len(found) > ON_A_PAGE else ""
    return page(
        request,
        "search.html",
        title="Søk",
        asked=given,
        asked_count=len(given.filters),
        heading=_heading(len(found), more=bool(follows), later=bool(given.etter)),
        hits=[_hit(item, past.get(item.report.id, ()), terms) for item in shown],
        follows=f"/sok?{follows}" if follows else "",
        first_page=f"/sok?{urlencode(given.filters)}" if given.etter else "",
        categories=[Option(entry.id, entry.name, entry.id == given.kategori) for entry in CATEGORIES],
        channels=[Option(entry.id, entry.name, entry.id == given.kanal) for entry in CHANNELS],
        states=[Option(value, name, value == given.status) for value, name in _STATES.items()],
        units=known_units,
    )


@router.get("/rapport/{report_id}")
def show_report(
    request: Request, user: Registrar, service: TheService, report_id: Annotated[int, Path(ge=1, le=LARGEST_ID)]
) -> Response:
    """Show a report with its history; in the blind share without a suggestion until somebody decided it."""
    with service.database.writing() as session:
        report = session.get(Report, report_id)
        if report is None:
            raise UnknownReportError(str(report_id))
        decisions = history(session, report_id)
        shown = _panel(session, service, report, decisions)
        audit.record(session, "read", who=user.subject, at=service.clock(), report_id=report_id)
    standing = standing_of(decisions)
    state, kind = STATES[state_of(report, standing)]
    return page(
        request,
        "report.html",
        title=f"Rapport {report.external_id}",
        report=report,
        facts=facts(report),
        state=state,
        state_kind=kind,
        erased=day(report.erased_at.date()) if report.erased_at else "",
        text=shown.text if shown else pieces(report.text or "", (), ()),
        panel=shown,
        label=standing_label(report, standing),
        history=events_of(report, decisions),
        may_review=user.may("quality_checker"),
    )


def found_in(text: str, terms: Sequence[Sequence[str]]) -> tuple[ExcerptPiece, ...]:
    """Return a text cut into what was looked for and what was not; a word alone is found where a word begins so."""
    patterns = [r"\W+".join(re.escape(word) for word in term) for term in terms if term]
    if not patterns:
        return (ExcerptPiece(text, False),)
    parts = re.split(rf"((?<!\w)(?:{'|'.join(patterns)}))", text, flags=re.IGNORECASE)
    return tuple(ExcerptPiece(part, place % 2 == 1) for place, part in enumerate(parts) if part)


def _hit(found: Found, decisions: Sequence[PastDecision], terms: Sequence[Sequence[str]]) -> Hit:
    report = found.report
    standing = standing_of(decisions) if decisions else OPEN
    state, kind = STATES[state_of(report, standing)]
    label = standing_label(report, standing)
    return Hit(
        report_id=report.id,
        external_id=report.external_id,
        category=label.category if label else "Ingen kategori ennå",
        channel=label.channel if label else "",
        state=state,
        state_kind=kind,
        excerpt=found_in(excerpt(report.text or "", terms, _EXCERPT), terms),
        facts=facts(report),
        history=events_of(report, decisions),
    )


def _panel(session: Session, service: Service, report: Report, decisions: Sequence[PastDecision]) -> Panel | None:
    settings, model = service.settings, service.champion.model
    blind = is_blind(report.source, report.external_id, settings.blind_share, settings.blind_salt)
    if report.text is None or (blind and not any(decision.blind for decision in decisions)):
        return None
    stored = suggestion_of(session, report.id, model.version, model.prior)
    return None if stored is None else panel(report.text, restored(stored))


def _owner(user: User) -> str:
    return hashlib.sha256(user.subject.encode()).hexdigest()[:16]


def _heading(found: int, *, more: bool, later: bool) -> str:
    if found == 0:
        return "Ingen rapporter passer"
    if more or later:
        return sentence(f"{count(min(found, ON_A_PAGE), 'én rapport', 'rapporter')} av flere")
    return sentence(count(found, "én rapport", "rapporter"))


def _asked(words: str, category: str, channel: str, state: str, unit: str, first: str, last: str) -> Asked:
    return Asked(
        words=" ".join(storable(words).split())[:LONGEST_QUERY],
        kategori=category if category in CATEGORY_IDS else "",
        kanal=channel if channel in CHANNEL_IDS else "",
        status=state if state in _STATES else "",
        enhet=" ".join(storable(unit).split())[:200],
        fra=first if _day(first) else "",
        til=last if _day(last) else "",
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
