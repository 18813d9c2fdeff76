"""Deciding many reports at once: a filtered list, a preview, and one step back."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form
from pydantic import Field
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from classifier.review.blind import is_blind
from classifier.review.decisions import NewDecision, Recorded, histories, record_decisions, standings
from classifier.review.ranking import DISPUTED
from classifier.review.standing import OPEN
from classifier.store import audit
from classifier.store.reports import reports_by_id, units_of
from classifier.store.suggestions import restored, suggestion_of
from classifier.store.tables import Assignment, Decision
from classifier.taxonomy import CATEGORIES, CATEGORY_IDS, CHANNEL_IDS, CHANNELS
from classifier.web.access import QualityChecker
from classifier.web.excerpts import excerpt
from classifier.web.pages.bulk_choice import WAYS, Candidate, Change, Way, change_of, preview
from classifier.web.pages.registration_form import FieldError
from classifier.web.pages.report_view import pair_name
from classifier.web.pages.review_filter import Asked, InAddress, InForm, filter_view
from classifier.web.pages.reviewing import LARGEST_ID, ROLE, Notice
from classifier.web.pages.wording import count, sentence
from classifier.web.rendering import page
from classifier.web.service import Service, TheService
from classifier.web.users import User

router = APIRouter(include_in_schema=False)

ORIGIN = "bulk"
MOST = 50
"""Reports on a list, and decided in one go: what a person can look over."""

_EXCERPT = 160

Ticked = Annotated[int, Field(ge=1, le=LARGEST_ID)]
Tokens = Annotated[list[str], Form(max_length=MOST)]


@dataclass(frozen=True)
class Line:
    """A report on the list."""

    report_id: int
    external_id: str
    excerpt: str
    before: str
    proposed: str
    reason: str


@router.get("/kvalitet/samlet")
def show_list(
    request: Request, user: QualityChecker, service: TheService, given: InAddress, gjort: str = "", angret: str = ""
) -> Response:
    """Show the reports that fit a filter, to tick."""
    notice = _notice(service, user, gjort, angret)
    undo_moment = gjort if notice is not None and not angret else ""
    return _show_list(request, service, user, given, notice=notice, undo_moment=undo_moment)


@router.post("/kvalitet/samlet/forhandsvis")
def show_preview(
    request: Request,
    user: QualityChecker,
    service: TheService,
    given: InForm,
    rapport: Annotated[list[Ticked], Form(max_length=MOST)] = [],  # noqa: B006  (FastAPI copies it)
    maate: Annotated[str, Form()] = "",
    kategori: Annotated[str, Form()] = "",
    kanal: Annotated[str, Form()] = "",
) -> Response:
    """Show what would be done, before it is."""
    errors = []
    if not rapport:
        errors.append(FieldError("liste", "Kryss av for minst én rapport."))
    if maate not in WAYS:
        errors.append(FieldError("maate-forslag", "Velg hva som skal gjøres."))
    if maate == "sett" and (kategori not in CATEGORY_IDS or kanal not in CHANNEL_IDS):
        errors.append(FieldError("sett-kategori", "Velg både kategori og kanal."))
    if errors:
        return _show_list(request, service, user, given, errors=tuple(errors), ticked=rapport, status=422)
    way: Way = maate  # type: ignore[assignment]
    found = preview(_candidates(service, rapport), way, kategori, kanal)
    return page(request, "bulk_preview.html", title="Avgjør flere samlet", preview=found, filter=filter_view(given))


@router.post("/kvalitet/samlet")
def decide(user: QualityChecker, service: TheService, given: InForm, endring: Tokens = []) -> Response:  # noqa: B006
    """Do what the preview showed."""
    now = service.clock()
    changes = [change for change in map(change_of, endring) if change is not None]
    allowed = {candidate.report.id for candidate in _candidates(service, [change.report_id for change in changes])}
    new = [_decision(change, user, now) for change in changes if change.report_id in allowed]
    with service.database.writing() as session:
        answers = record_decisions(session, new)
    kept = [answer for answer in answers if isinstance(answer, Recorded)]
    service.metrics.decisions.labels("label", ROLE).inc(len(kept))
    return RedirectResponse(f"/kvalitet/samlet{given.with_also(gjort=now.isoformat())}", 303)


@router.post("/kvalitet/samlet/angre")
def undo(user: QualityChecker, service: TheService, given: InForm, tid: Annotated[str, Form()]) -> Response:
    """Take back, in one step, what was decided together."""
    done = _done(service, user, tid)
    now = service.clock()
    new = [
        NewDecision(past.report_id, user.subject, ROLE, now, kind="undo", undoes=past.sequence, origin=ORIGIN) for past in done
    ]
    with service.database.writing() as session:
        taken_back = sum(isinstance(answer, Recorded) for answer in record_decisions(session, new))
    return RedirectResponse(f"/kvalitet/samlet{given.with_also(angret=taken_back)}", 303)


def _decision(change: Change, user: User, now: datetime) -> NewDecision:
    return NewDecision(
        report_id=change.report_id,
        annotator=user.subject,
        role=ROLE,
        decided_at=now,
        category=change.category,
        channel=change.channel,
        suggestion_id=change.suggestion_id,
        expected_sequence=change.sequence,
        origin=ORIGIN,
    )


def _candidates(service: Service, ids: Collection[int]) -> list[Candidate]:
    """Return what is known of reports, leaving out those that are erased, disputed, or of the blind share."""
    model, settings = service.champion.model, service.settings
    wanted = list(dict.fromkeys(ids))[:MOST]
    with service.database.reading() as session:
        reports, standing = reports_by_id(session, wanted), standings(session, wanted)
        dealt_blind = set(
            session.scalars(select(Assignment.report_id).where(Assignment.blind, Assignment.report_id.in_(wanted)))
        )
        found = []
        for report_id in wanted:
            report = reports.get(report_id)
            if report is None or report.erased_at is not None or report_id in dealt_blind:
                continue
            if is_blind(report.source, report.external_id, settings.blind_share, settings.blind_salt):
                continue
            if standing.get(report_id, OPEN).state == DISPUTED:
                continue
            stored = suggestion_of(session, report_id, model.version, model.prior)
            found.append(
                Candidate(
                    report,
                    standing.get(report_id, OPEN),
                    None if stored is None else restored(stored),
                    None if stored is None else stored.id,
                )
            )
    return found


def _show_list(
    request: Request,
    service: Service,
    user: User,
    given: Asked,
    *,
    notice: Notice | None = None,
    undo_moment: str = "",
    errors: tuple[FieldError, ...] = (),
    ticked: Collection[int] = (),
    status: int = 200,
) -> Response:
    # What was just decided or taken back together changes the list at once.
    queue = service.desk.queue(given.filters, fresh=notice is not None)
    reasons = {item.report_id: item.reasons[0].text for item in queue.items if not item.blind}
    now_open = [candidate for candidate in _candidates(service, list(reasons)[:MOST]) if _waits(candidate)]
    lines = [_line(candidate, reasons[candidate.report.id]) for candidate in now_open]
    with service.database.writing() as session:
        audit.record(session, "read", who=user.subject, at=service.clock(), details={"found": len(lines)})
        known_units = units_of(session)
    return page(
        request,
        "bulk.html",
        status=status,
        title="Avgjør flere samlet",
        lines=lines,
        found=sentence(count(len(reasons), "én rapport venter", "rapporter venter")),
        most=MOST,
        more=len(reasons) > MOST,
        ticked=set(ticked),
        filter=filter_view(given),
        units=known_units,
        categories=CATEGORIES,
        channels=CHANNELS,
        notice=notice,
        undo_moment=undo_moment,
        errors=errors,
    )


def _waits(candidate: Candidate) -> bool:
    decision = candidate.standing.decision
    return candidate.standing.state == "open" or (decision is not None and decision.origin == "registration")


def _line(candidate: Candidate, reason: str) -> Line:
    report, suggestion, label = candidate.report, candidate.suggestion, candidate.label
    proposed = ""
    if suggestion is not None and suggestion.category is not None and suggestion.channel is not None:
        proposed = pair_name(suggestion.category.label, suggestion.channel.label)
    return Line(
        report.id,
        report.external_id,
        excerpt(report.text or "", (), _EXCERPT),
        f"{label.category} · {label.channel}" if label else "",
        proposed,
        reason,
    )


def _done(service: Service, user: User, moment: str) -> list[Decision]:
    """Return what a person decided together at a moment, leaving out what was taken back since."""
    try:
        at = datetime.fromisoformat(moment).astimezone(UTC)
    except (ValueError, OverflowError):
        return []
    with service.database.reading() as session:
        query = select(Decision).where(
            Decision.annotator == user.subject, Decision.origin == ORIGIN, Decision.decided_at == at, Decision.kind == "label"
        )
        found = list(session.scalars(query))
        past = histories(session, [decision.report_id for decision in found])
    undone = {decision.id for decisions in past.values() for decision in decisions if decision.undone}
    return [decision for decision in found if decision.id not in undone]


def _notice(service: Service, user: User, done: str, undone: str) -> Notice | None:
    if undone.isdecimal() and len(undone) < 7:
        return Notice("note", f"Angret: {count(int(undone), 'én avgjørelse', 'avgjørelser')} er tatt tilbake.")
    if done:
        how_many = len(_done(service, user, done))
        return Notice("good", f"Lagret: {count(how_many, 'én rapport', 'rapporter')} er avgjort.") if how_many else None
    return None
