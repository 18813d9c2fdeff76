"""Registering a report: the form, the suggestion while somebody writes, and what is kept."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Depends, Form
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from classifier.errors import ConflictError
from classifier.language import analyse
from classifier.privacy import MaskedText, mask
from classifier.review.decisions import NewDecision, history, record_decision
from classifier.store.registration import Registered, register_report, storable
from classifier.store.reports import IncomingReport, units_of
from classifier.store.tables import Report
from classifier.suggestion import Suggestion
from classifier.web.access import AnyRole, Registrar
from classifier.web.pages.registration_form import (
    FieldError,
    RegistrationForm,
    errors,
    is_number,
    new_number,
    text_errors,
)
from classifier.web.pages.report_view import pair_name
from classifier.web.pages.suggestion_panel import Panel, empty_panel, panel, seen
from classifier.web.pages.wording import today
from classifier.web.rendering import page
from classifier.web.service import Service, TheService
from classifier.web.users import User

router = APIRouter(include_in_schema=False)

SOURCE = "registrering"
ORIGIN = "registration"


@dataclass(frozen=True)
class Read:
    """A text as it would be kept, and what the model that serves proposes for it."""

    masked: MaskedText
    suggestion: Suggestion
    prior: str


def form_of(
    nummer: Annotated[str, Form()] = "",
    tekst: Annotated[str, Form()] = "",
    dato: Annotated[str, Form()] = "",
    enhet: Annotated[str, Form()] = "",
    kategori: Annotated[str, Form()] = "",
    kanal: Annotated[str, Form()] = "",
    begrunnelse: Annotated[str, Form()] = "",
    sett: Annotated[str, Form()] = "",
) -> RegistrationForm:
    """Return the form that a browser sent; browsers send line breaks as two characters."""
    return RegistrationForm(
        number=nummer,
        text=storable(tekst.replace("\r\n", "\n")),
        date=dato.strip(),
        unit=" ".join(storable(enhet).split()),
        category=kategori,
        channel=kanal,
        reason=storable(begrunnelse.replace("\r\n", "\n")).strip(),
        seen=sett,
    )


TheForm = Annotated[RegistrationForm, Depends(form_of)]


@router.get("/")
def show_form(request: Request, user: AnyRole, service: TheService, lagret: str = "") -> Response:
    """Show an empty form, and what was kept a moment ago; whoever registers nothing is led to the model."""
    if not user.may("registrar", "quality_checker"):
        return RedirectResponse("/modell", 303)
    form = RegistrationForm(number=new_number(service.clock(), secrets.token_hex))
    return _show(request, service, form, empty_panel(), saved=_saved(service, lagret, user))


@router.post("/forslag")
def show_suggestion(request: Request, _user: Registrar, service: TheService, form: TheForm) -> Response:
    """Show the part of the page that a suggestion fills, while somebody writes."""
    return page(request, "suggestion.html", panel=_panel(service, form), errors=())


@router.post("/forslag-side")
def show_page_with_suggestion(request: Request, _user: Registrar, service: TheService, form: TheForm) -> Response:
    """Show the whole form with a suggestion, for browsers without JavaScript."""
    return _show(request, service, form, _panel(service, form), found=text_errors(form))


@router.post("/")
def keep(request: Request, user: Registrar, service: TheService, form: TheForm) -> Response:
    """Keep the report, its suggestion and the label chosen, and begin on the next; or say what is missing."""
    found = errors(form, service.clock())
    if found:
        return _show(request, service, form, _panel(service, form), found=found, status=422)
    read = _read(service, form.text)
    with service.database.writing() as session:
        kept = _keep_report(session, service, user, form, read)
        _keep_decision(session, service, user, form, read, kept)
    if kept.created:
        service.metrics.count_suggestions([read.suggestion])
    return RedirectResponse(f"/?lagret={kept.report.id}", 303)


def _keep_report(session: Session, service: Service, user: User, form: RegistrationForm, read: Read) -> Registered:
    """Keep the report under the form's number, once however often the same form is sent."""
    now = service.clock()

    def kept_as(number: str) -> Registered:
        incoming = IncomingReport(SOURCE, number, read.masked.text, incident_date=form.incident_date, unit=form.unit or None)
        return register_report(session, incoming, read.suggestion, prior=read.prior, who=user.subject, now=now)

    try:
        return kept_as(form.number if is_number(form.number) else new_number(now, secrets.token_hex))
    except ConflictError:
        # Somebody went back in the browser and wrote another report in the old form.
        return kept_as(new_number(now, secrets.token_hex))


def _keep_decision(
    session: Session, service: Service, user: User, form: RegistrationForm, read: Read, kept: Registered
) -> None:
    # Only a suggestion that was on the page can have been followed or changed.
    looked_at = form.seen == seen(read.suggestion)
    role = "registrar" if user.may("registrar") else "quality_checker"
    record_decision(
        session,
        NewDecision(
            report_id=kept.report.id,
            annotator=user.subject,
            role=role,
            decided_at=service.clock(),
            category=form.category,
            channel=form.channel,
            reason=form.reason or None,
            suggestion_id=kept.suggestion_id if looked_at else None,
            expected_sequence=0,
            origin=ORIGIN,
        ),
    )
    service.metrics.decisions.labels("label", role).inc()


def _read(service: Service, text: str) -> Read:
    """Mask a text, and ask the model about it as it will be kept, which is how every later reading will see it."""
    model = service.champion.model
    analysed = next(iter(analyse([text], pipeline=model.pipeline, parts=frozenset({"entities"}))))
    masked = mask(analysed)
    return Read(masked, service.suggester.suggest_now([masked.text])[0], model.prior)


def _panel(service: Service, form: RegistrationForm) -> Panel:
    if text_errors(form):
        return empty_panel(form.category, form.channel)
    read = _read(service, form.text)
    return panel(
        read.masked.text,
        read.suggestion,
        read.masked.spans,
        category_label=form.category,
        channel_label=form.channel,
    )


@dataclass(frozen=True)
class Saved:
    """What was kept a moment ago."""

    report_id: int
    external_id: str
    label: str


def _saved(service: Service, report_id: str, user: User) -> Saved | None:
    if not report_id.isdecimal() or len(report_id) > 18:
        return None
    with service.database.reading() as session:
        report = session.get(Report, int(report_id))
        own = [past for past in history(session, int(report_id)) if past.annotator == user.subject and past.kind == "label"]
    if report is None or not own:
        return None
    return Saved(report.id, report.external_id, pair_name(own[-1].category, own[-1].channel))


def _show(
    request: Request,
    service: Service,
    form: RegistrationForm,
    shown: Panel,
    *,
    found: tuple[FieldError, ...] = (),
    saved: Saved | None = None,
    status: int = 200,
) -> Response:
    if not is_number(form.number):
        form = replace(form, number=new_number(service.clock(), secrets.token_hex))
    return page(
        request,
        "register.html",
        status=status,
        title="Registrer",
        form=form,
        panel=shown,
        errors=found,
        saved=saved,
        units=_units(service),
        today=today(service.clock()).isoformat(),
    )


def _units(service: Service) -> list[str]:
    with service.database.reading() as session:
        return units_of(session)
