"""The quality page: one report at a time from the queue, decided by a key or a click, and taken back as easily."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from classifier.errors import ConflictError, UnknownReportError
from classifier.review.blind import is_blind
from classifier.review.decisions import (
    LONGEST_REASON,
    NewDecision,
    Recorded,
    dealt_blind,
    history,
    record_decision,
)
from classifier.review.leases import held, take_lease
from classifier.review.progress import progress
from classifier.review.standing import PastDecision, standing_of
from classifier.store import audit
from classifier.store.registration import storable
from classifier.store.reports import units_of
from classifier.store.suggestions import restored, suggestion_of
from classifier.store.tables import Assignment, Report, StoredSuggestion
from classifier.taxonomy import CATEGORY_IDS, CHANNEL_IDS
from classifier.web.access import QualityChecker
from classifier.web.pages.registration_form import FieldError
from classifier.web.pages.report_view import pair_name, who
from classifier.web.pages.review_filter import Asked, InAddress, InForm, filter_view
from classifier.web.pages.review_item import ReviewItem, Typed, review_item
from classifier.web.pages.wording import number, start_of_day
from classifier.web.rendering import page
from classifier.web.service import Service, TheService
from classifier.web.users import User

router = APIRouter(include_in_schema=False)

ROLE = "quality_checker"
LARGEST_ID = 2**63 - 1
LONGEST_ID = 19
"""Digits; every number with fewer is an id that a database can be asked for."""

FETCHED = {"id": "fetched", "text": "Hentet fram av deg."}

ReportId = Annotated[int, Form(alias="rapport", ge=1, le=LARGEST_ID)]


@dataclass(frozen=True)
class Undo:
    """A decision that a button can take back."""

    report_id: int
    sequence: int


@dataclass(frozen=True)
class Notice:
    """What happened to the last thing somebody did; `kind` is good, note or warning."""

    kind: str
    text: str
    undo: Undo | None = None


@dataclass(frozen=True)
class ProgressView:
    """Progress in words; `share` is what is reviewed of everything, in 0 to 100."""

    mine_today: str
    all_today: str
    reviewed: str
    total: str
    share: float


@router.get("/kvalitet")
def show(
    request: Request,
    user: QualityChecker,
    service: TheService,
    given: InAddress,
    rapport: int = 0,
    avgjort: str = "",
    hendte: str = "",
) -> Response:
    """Deal the next report, or show the one a person took back or fetched, with what became of the last."""
    if 0 < rapport <= LARGEST_ID:
        item = _held_item(service, user, rapport)
    else:
        dealt = service.desk.deal(user.subject, given.filters)
        item = None if dealt is None else _item(service, user, dealt.report_id)
    return _show(request, service, user, given, item, notice=_notice(service, user, avgjort, hendte))


@router.post("/kvalitet")
def decide(
    request: Request,
    user: QualityChecker,
    service: TheService,
    given: InForm,
    report_id: ReportId,
    sekvens: Annotated[int, Form(ge=0, le=LARGEST_ID)] = 0,
    forslag_id: Annotated[str, Form()] = "",
    handling: Annotated[str, Form()] = "lagre",
    kategori: Annotated[str, Form()] = "",
    kanal: Annotated[str, Form()] = "",
    kommentar: Annotated[str, Form()] = "",
) -> Response:
    """Keep what a person decided, and go on to the next."""
    comment = storable(kommentar.replace("\r\n", "\n")).strip()
    if handling == "neste":
        service.desk.skip(user.subject, report_id)
        return _onward(given, hendte="hoppet")
    suggestion_id = int(forslag_id) if forslag_id.isdecimal() and len(forslag_id) < LONGEST_ID else None
    agreed = handling == "enig"
    errors = () if agreed else _errors(handling, kategori, kanal, comment)
    if errors:
        item = _item(service, user, report_id, typed=Typed(kategori, kanal, comment))
        return _show(request, service, user, given, item, errors=errors, status=422)
    with service.database.writing() as session:
        blind = dealt_blind(session, report_id, user.subject)
        shown = None if blind or suggestion_id is None else session.get(StoredSuggestion, suggestion_id)
        if agreed:
            if shown is None or shown.category is None or shown.channel is None:
                raise ConflictError(f"report number {report_id} has no suggestion to agree with")
            kategori, kanal = shown.category, shown.channel
        recorded = _record(session, service, user, report_id, handling, kategori, kanal, comment, shown, blind, sekvens)
    service.metrics.decisions.labels(recorded.decision.kind, ROLE).inc()
    also: dict[str, str | int] = {"avgjort": f"{report_id}-{recorded.decision.sequence}"}
    return _onward(given, **also, **({"hendte": "samtidig"} if recorded.came_second else {}))


@router.post("/kvalitet/angre")
def undo(
    user: QualityChecker,
    service: TheService,
    given: InForm,
    report_id: ReportId,
    avgjorelse: Annotated[int, Form(ge=1, le=LARGEST_ID)],
) -> Response:
    """Take a decision back, and show its report again."""
    with service.database.writing() as session:
        new = NewDecision(
            report_id=report_id,
            annotator=user.subject,
            role=ROLE,
            decided_at=service.clock(),
            kind="undo",
            undoes=avgjorelse,
        )
        record_decision(session, new)
        last = select(Assignment).where(Assignment.report_id == report_id, Assignment.annotator == user.subject)
        before = session.scalars(last.order_by(Assignment.id.desc()).limit(1)).one_or_none()
        _take(session, service, user, report_id, before.blind if before else False, before.reasons if before else [FETCHED])
    return _onward(given, rapport=report_id, hendte="angret")


@router.post("/kvalitet/hent")
def fetch(user: QualityChecker, service: TheService, report_id: ReportId) -> Response:
    """Take a report out of turn, to review it now; one of the blind share comes only by the queue."""
    with service.database.writing() as session:
        report = session.get(Report, report_id)
        if report is None:
            raise UnknownReportError(str(report_id))
        settings = service.settings
        blind = is_blind(report.source, report.external_id, settings.blind_share, settings.blind_salt)
        if not blind:
            _take(session, service, user, report_id, False, [FETCHED])
    if blind:
        return RedirectResponse("/kvalitet?hendte=blind", 303)
    return RedirectResponse(f"/kvalitet?rapport={report_id}", 303)


def _take(session: Session, service: Service, user: User, report_id: int, blind: bool, reasons: list[dict[str, str]]) -> None:
    """Lease a report to a person who asks for just that one; one that somebody else has stays theirs."""
    now = service.clock()
    taken = take_lease(
        session,
        report_id,
        user.subject,
        now=now,
        minutes=service.settings.lease_minutes,
        blind=blind,
        reasons=reasons,
    )
    if taken is not None:
        audit.record(session, "deal", who=user.subject, at=now, report_id=report_id, details={"blind": blind, "fetched": True})


def _record(
    session: Session,
    service: Service,
    user: User,
    report_id: int,
    handling: str,
    category: str,
    channel: str,
    comment: str,
    shown: StoredSuggestion | None,
    blind: bool,
    sequence: int,
) -> Recorded:
    parked = handling == "avklaring"
    standing = standing_of(history(session, report_id))
    settles = standing.state == "disputed" and user.subject not in standing.people
    return record_decision(
        session,
        NewDecision(
            report_id=report_id,
            annotator=user.subject,
            role=ROLE,
            decided_at=service.clock(),
            kind="park" if parked else "adjudication" if settles else "label",
            category=None if parked else category,
            channel=None if parked else channel,
            reason=comment or None,
            suggestion_id=None if shown is None else shown.id,
            blind=blind,
            expected_sequence=sequence,
        ),
    )


def _errors(handling: str, category: str, channel: str, comment: str) -> tuple[FieldError, ...]:
    found = []
    if handling == "avklaring":
        if not comment:
            found.append(FieldError("kommentar", "Skriv hva som må avklares."))
    else:
        if category not in CATEGORY_IDS:
            found.append(FieldError("kategori", "Velg en kategori."))
        if channel not in CHANNEL_IDS:
            found.append(FieldError("kanal", "Velg en kanal."))
    if len(comment) > LONGEST_REASON:
        found.append(FieldError("kommentar", f"Kommentaren kan ha høyst {number(LONGEST_REASON)} tegn."))
    return tuple(found)


def _held_item(service: Service, user: User, report_id: int) -> ReviewItem | None:
    """Return a report that a person asked for by its number, if it is theirs now."""
    with service.database.reading() as session:
        mine = select(Assignment.id).where(
            Assignment.report_id == report_id,
            Assignment.annotator == user.subject,
            Assignment.closed_at.is_(None),
            Assignment.expires_at > service.clock(),
        )
        theirs = session.scalars(mine).first() is None and report_id in held(session, service.clock(), [report_id])
    if theirs:
        raise ConflictError(f"report number {report_id} is being reviewed by somebody else")
    return _item(service, user, report_id)


def _item(service: Service, user: User, report_id: int, *, typed: Typed | None = None) -> ReviewItem | None:
    model = service.champion.model
    with service.database.writing() as session:
        report = session.get(Report, report_id)
        if report is None or report.erased_at is not None:
            raise UnknownReportError(str(report_id))
        decisions = history(session, report_id)
        lease = session.scalars(
            select(Assignment)
            .where(Assignment.report_id == report_id, Assignment.annotator == user.subject)
            .order_by(Assignment.id.desc())
            .limit(1)
        ).one_or_none()
        if lease is None:
            raise ConflictError(f"report number {report_id} was not dealt to {user.subject}")
        stored = None if lease.blind else suggestion_of(session, report_id, model.version, model.prior)
        audit.record(session, "read", who=user.subject, at=service.clock(), report_id=report_id)
    similar = () if lease.blind else service.decided.resembling(report_id, report.text or "")
    return review_item(
        report,
        decisions,
        [reason["text"] for reason in lease.reasons],
        blind=lease.blind,
        suggestion=None if stored is None else restored(stored),
        suggestion_id=None if stored is None else stored.id,
        similar=similar,
        typed=typed,
    )


def _notice(service: Service, user: User, decided: str, happened: str) -> Notice | None:
    """Return what to say of the last thing done, from the address that it led to."""
    said = {
        "hoppet": Notice("note", "Hoppet over. Rapporten går tilbake i køen til de andre."),
        "angret": Notice("note", "Angret. Her er rapporten igjen."),
        "blind": Notice("note", "Den rapporten er med i den blinde prøven, og kommer bare gjennom køen."),
    }
    report_id, _, sequence = decided.partition("-")
    if not (report_id.isdecimal() and sequence.isdecimal() and max(len(report_id), len(sequence)) < LONGEST_ID):
        return said.get(happened)
    with service.database.reading() as session:
        report = session.get(Report, int(report_id))
        decisions = history(session, int(report_id))
    own = next((past for past in decisions if past.sequence == int(sequence) and past.annotator == user.subject), None)
    if report is None or own is None or own.undone:
        return said.get(happened)
    what = "Satt til avklaring" if own.kind == "park" else f"Lagret: {pair_name(own.category, own.channel)}"
    text = f"{what} ({report.external_id})."
    kind = "good"
    if happened == "samtidig":
        kind, text = "warning", f"{text} {_meanwhile(decisions, own)}"
    return Notice(kind, text, Undo(report.id, own.sequence))


def _meanwhile(decisions: tuple[PastDecision, ...], own: PastDecision) -> str:
    other = next(
        (past for past in reversed(decisions) if past.sequence < own.sequence and past.annotator != own.annotator), None
    )
    if other is None:
        return ""
    if other.label == own.label:
        return f"{who(other)} kom rett før deg, og er enig."
    return f"{who(other)} kom rett før deg med {pair_name(other.category, other.channel) or 'noe annet'}. Begge er lagret."


def _onward(given: Asked, **also: str | int) -> RedirectResponse:
    return RedirectResponse(f"/kvalitet{given.with_also(**also)}", 303)


def _show(
    request: Request,
    service: Service,
    user: User,
    given: Asked,
    item: ReviewItem | None,
    *,
    notice: Notice | None = None,
    errors: tuple[FieldError, ...] = (),
    status: int = 200,
) -> Response:
    return page(
        request,
        "review.html",
        status=status,
        title="Kvalitet",
        item=item,
        filter=filter_view(given),
        notice=notice,
        errors=errors,
        progress=progress_view(service, user),
        units=_units(service),
    )


def progress_view(service: Service, user: User) -> ProgressView:
    """Return how far the review has come today and in all."""
    with service.database.reading() as session:
        found = progress(session, user.subject, start_of_day(service.clock()))
    share = round(100 * found.reviewed / found.total, 1) if found.total else 0.0
    return ProgressView(number(found.mine), number(found.everybody), number(found.reviewed), number(found.total), share)


def _units(service: Service) -> list[str]:
    with service.database.reading() as session:
        return units_of(session)
