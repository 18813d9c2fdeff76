"""Reports: register, find, look at, decide."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Path, Query
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import JSONResponse

from classifier.errors import ConflictError, UnknownReportError
from classifier.review.blind import is_blind
from classifier.review.decisions import NewDecision, history, record_decision
from classifier.review.standing import PastDecision, standing_of
from classifier.store import audit
from classifier.store.idempotency import Answer, once
from classifier.store.registration import register_report
from classifier.store.reports import IncomingReport
from classifier.store.search import LONGEST_QUERY, Found, Search, search_reports, terms_of
from classifier.store.tables import Report, StoredSuggestion
from classifier.suggestion import as_dict
from classifier.web.access import Registrar
from classifier.web.api.routing import GivenKey, api_router, as_json, key_of
from classifier.web.api.shapes import (
    LARGEST_ID,
    CategoryId,
    ChannelId,
    NewDecisionShape,
    NewReport,
    RecordedDecision,
    RegisteredReport,
    ReportList,
    ReportShape,
)
from classifier.web.excerpts import excerpt
from classifier.web.problems import ProblemError
from classifier.web.service import Service, TheService
from classifier.web.users import User

router = api_router("rapporter", 404, 409)

ReportId = Annotated[int, Path(ge=1, le=LARGEST_ID, description="Rapportens nummer, fra registreringen eller søket.")]
Word = Annotated[str | None, Query(max_length=LONGEST_QUERY)]


@router.post(
    "/reports",
    status_code=201,
    response_model=RegisteredReport,
    responses={200: {"model": RegisteredReport, "description": "Rapporten var registrert fra før"}},
    summary="Registrer en rapport",
)
def register(given: NewReport, user: Registrar, service: TheService, key: GivenKey) -> JSONResponse:
    """Ta vare på en rapport sammen med forslaget. Kilde og ekstern id sier hvilken; å sende den igjen endrer ingenting.

    Rapporter i den blinde andelen skal avgjøres uten at forslaget vises; da er `blind` true og `suggestion` null.
    """
    suggestion = service.suggester.suggest_now([given.text])[0]
    now = service.clock()

    def work(session: Session) -> Answer:
        incoming = IncomingReport(**given.model_dump())
        prior = service.champion.model.prior
        try:
            kept = register_report(session, incoming, suggestion, prior=prior, who=user.subject, now=now)
        except ConflictError:
            raise ProblemError("report-exists", "Kilden og id-en er brukt for en rapport med en annen tekst.") from None
        blind = blind_draw(service, given.source, given.external_id)
        content = {
            "id": kept.report.id,
            "source": given.source,
            "external_id": given.external_id,
            "blind": blind,
            "suggestion_id": None if blind else kept.suggestion_id,
            "suggestion": None if blind else as_dict(suggestion),
        }
        return Answer(201 if kept.created else 200, content)

    with service.database.writing() as session:
        answer = once(session, key_of(user, key), lambda: work(session), now=now)
    if answer.status == 201:
        service.metrics.count_suggestions([suggestion])
    return as_json(answer.content, answer.status)


@router.get("/reports", response_model=ReportList, summary="Søk i rapporter")
def search(
    request: Request,
    user: Registrar,
    service: TheService,
    q: Annotated[
        str, Query(max_length=LONGEST_QUERY, description='Ord som begynner slik; "ord i anførselstegn" må følge hverandre.')
    ] = "",
    category: CategoryId | None = None,
    channel: ChannelId | None = None,
    unit: Word = None,
    source: Word = None,
    external_id: Word = None,
    first_date: date | None = None,
    last_date: date | None = None,
    decided: bool | None = None,
    before: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> JSONResponse:
    """Finn rapporter etter ord og opplysninger, nyeste først. `next` er adressen til de neste."""
    asked = Search(
        words=q,
        category=category,
        channel=channel,
        unit=plain(unit),
        source=plain(source),
        external_id=plain(external_id),
        first_date=first_date,
        last_date=last_date,
        decided=decided,
        before=before,
    )
    with service.database.reading() as session:
        found = search_reports(session, asked, limit=limit + 1)
    with service.database.writing() as session:
        # What was looked for may be a name; that it was looked for, and how much was seen, is what counts.
        audit.record(session, "read", who=user.subject, at=service.clock(), details={"found": min(len(found), limit)})
    terms = terms_of(q)
    follows = None
    if len(found) > limit:
        kept = [(name, value) for name, value in request.query_params.multi_items() if name != "before"]
        follows = f"{request.url.path}?{urlencode([*kept, ('before', found[limit - 1].report.id)])}"
    return as_json({"reports": [_line(item, terms) for item in found[:limit]], "next": follows})


@router.get("/reports/{report_id}", response_model=ReportShape, summary="Se en rapport med historikk")
def show(report_id: ReportId, user: Registrar, service: TheService) -> JSONResponse:
    """Vis en rapport med alt som er foreslått og avgjort. At den ble lest, blir notert.

    I den blinde andelen vises ingen forslag før noen har avgjort rapporten.
    """
    with service.database.writing() as session:
        report = session.get(Report, report_id)
        if report is None:
            raise UnknownReportError(str(report_id))
        decisions = history(session, report_id)
        shape = _report(service, report, decisions)
        audit.record(session, "read", who=user.subject, at=service.clock(), report_id=report_id)
    return as_json(shape)


@router.post(
    "/reports/{report_id}/decisions", status_code=201, response_model=RecordedDecision, summary="Registrer en avgjørelse"
)
def decide(report_id: ReportId, given: NewDecisionShape, user: Registrar, service: TheService, key: GivenKey) -> JSONResponse:
    """Registrer hva du avgjorde. Ingenting overskrives: kom noen andre først, står begge, og svaret sier det."""
    with service.database.writing() as session:
        report = session.get(Report, report_id)
        if report is None:
            raise UnknownReportError(str(report_id))
        answer = once(session, key_of(user, key), lambda: _decide(session, service, user, report, given), now=service.clock())
    service.metrics.decisions.labels(given.kind, role_of(user, given.origin)).inc()
    return as_json(answer.content, answer.status)


def blind_draw(service: Service, source: str, external_id: str) -> bool:
    """Return whether a report is of the blind share."""
    return is_blind(source, external_id, service.settings.blind_share, service.settings.blind_salt)


def role_of(user: User, origin: str) -> str:
    """Return the role that a user decides in: reviewing is a quality checker's; raises ProblemError for who is none."""
    if origin == "review":
        if not user.may("quality_checker"):
            raise ProblemError("no-access", "Å avgjøre i kontrollkøen krever rollen kvalitetskontrollør.")
        return "quality_checker"
    return "registrar" if user.may("registrar") else "quality_checker"


def decision_shape(decision: PastDecision, every: tuple[PastDecision, ...]) -> dict[str, Any]:
    """Return a decision as the API shows it; what it took back is told by its number."""
    undoes = next((past.sequence for past in every if past.id == decision.undoes_id), None)
    return {
        "sequence": decision.sequence,
        "kind": decision.kind,
        "category": decision.category,
        "channel": decision.channel,
        "annotator": decision.annotator,
        "role": decision.role,
        "decided_at": decision.decided_at.isoformat(),
        "blind": decision.blind,
        "suggestion_id": decision.suggestion_id,
        "reason": decision.reason,
        "undoes": undoes,
        "undone": decision.undone,
        "origin": decision.origin,
    }


def plain(given: str | None) -> str | None:
    """Return what was asked for, without what no report holds."""
    return None if given is None else given.replace("\0", "\ufffd")


def _decide(session: Session, service: Service, user: User, report: Report, given: NewDecisionShape) -> Answer:
    # Whoever registered a report of the blind share was shown no suggestion, whether or not they say so.
    unseen = given.suggestion_id is None and blind_draw(service, report.source, report.external_id)
    new = NewDecision(
        report_id=report.id,
        annotator=user.subject,
        role=role_of(user, given.origin),
        decided_at=service.clock(),
        **(given.model_dump() | {"blind": given.blind or unseen}),
    )
    recorded = record_decision(session, new)
    every = history(session, report.id)
    # An answer may be kept, and a reason is written beside an incident: it stays where an erasure finds it.
    content = {
        "decision": decision_shape(recorded.decision, every) | {"reason": None},
        "state": recorded.standing.state,
        "came_second": recorded.came_second,
        "meanwhile": [decision_shape(past, every) | {"reason": None} for past in recorded.meanwhile],
    }
    return Answer(200 if recorded.repeated else 201, content)


def _line(found: Found, terms: list[list[str]]) -> dict[str, Any]:
    report = found.report
    return {
        "id": report.id,
        "source": report.source,
        "external_id": report.external_id,
        "incident_date": None if report.incident_date is None else report.incident_date.isoformat(),
        "unit": report.unit,
        "category": found.category,
        "channel": found.channel,
        "decided": found.decided,
        "excerpt": excerpt(report.text or "", terms),
    }


def _report(service: Service, report: Report, decisions: tuple[PastDecision, ...]) -> dict[str, Any]:
    standing = standing_of(decisions)
    blind = blind_draw(service, report.source, report.external_id)
    hidden = blind and standing.decision is None
    return {
        "id": report.id,
        "source": report.source,
        "external_id": report.external_id,
        "text": report.text,
        "incident_date": None if report.incident_date is None else report.incident_date.isoformat(),
        "unit": report.unit,
        "unit_kind": report.unit_kind,
        "received_at": report.received_at.isoformat(),
        "erased_at": None if report.erased_at is None else report.erased_at.isoformat(),
        "given_category": report.label_category,
        "given_channel": report.label_channel,
        "state": standing.state,
        "category": standing.decision.category if standing.decision else report.label_category,
        "channel": standing.decision.channel if standing.decision else report.label_channel,
        "blind": blind,
        "suggestions": [] if hidden else [_suggestion(kept) for kept in report.suggestions],
        "decisions": [decision_shape(decision, decisions) for decision in decisions],
    }


def _suggestion(kept: StoredSuggestion) -> dict[str, Any]:
    return {
        "id": kept.id,
        "model_version": kept.model_version,
        "prior": kept.prior,
        "created_at": kept.created_at.isoformat(),
        "outcome": kept.outcome,
        "category": kept.category,
        "channel": kept.channel,
        "category_confident": kept.category_confident,
        "channel_confident": kept.channel_confident,
        "category_probabilities": kept.category_proba,
        "channel_probabilities": kept.channel_proba,
        "warnings": kept.warnings,
        "evidence": kept.evidence,
    }
