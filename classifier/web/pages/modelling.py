"""The model page: how good the model is and what it builds on; administrators train, promote and roll back here."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from classifier.errors import ArtifactError, ConflictError
from classifier.model.registry import champion_version, registered
from classifier.review import publication
from classifier.store.registration import storable
from classifier.store.tables import ModelVersion
from classifier.taxonomy import CATEGORIES, CHANNELS
from classifier.web.access import Administrator, AnyRole
from classifier.web.api.models import models_folder
from classifier.web.model_figures import Figures, Registry, manifest_of, registry_of
from classifier.web.pages.model_view import (
    FIGURE_NAMES,
    Tile,
    agreement_row,
    changes,
    drift_view,
    job_view,
    promotion_events,
    share_tile,
    version_rows,
    waiting_words,
)
from classifier.web.pages.registration_form import FieldError
from classifier.web.pages.reviewing import Notice
from classifier.web.pages.wording import interval, number, percent
from classifier.web.rendering import page
from classifier.web.retrain_job import start, status_of
from classifier.web.service import Service, TheService
from classifier.web.users import User

router = APIRouter(include_in_schema=False)

RUNNING = "X-Asys-Running"
"""Tells a script whether a retraining goes on."""

_LONGEST_WHY = 500
_LANGUAGES = {"nb": "Bokmål", "nn": "Nynorsk", "other": "Annet"}
_NOTICES = {
    "startet": Notice("note", "Opplæringen er startet. Du kan gå til andre sider imens."),
    "tatt-i-bruk": Notice("good", "Versjonen er tatt i bruk. Den svarer i løpet av noen sekunder."),
    "tilbake": Notice("good", "Den forrige versjonen er i bruk igjen. Den svarer i løpet av noen sekunder."),
}

Why = Annotated[str, Form()]


@router.get("/modell")
def show(request: Request, user: AnyRole, service: TheService, hendte: str = "") -> Response:
    """Show the model page."""
    return _show(request, user, service, notice=_NOTICES.get(hendte))


@router.get("/modell/opplaering")
def show_job(request: Request, _user: AnyRole, service: TheService) -> Response:
    """Show how far a retraining is, for a script that asks again and again."""
    status = status_of(models_folder(service))
    job = job_view(status) if status else None
    response = page(request, "training_job.html", job=job)
    response.headers[RUNNING] = "yes" if job and job.running else "no"
    return response


@router.post("/modell/opplaering")
def train(request: Request, user: Administrator, service: TheService, start_naa: Annotated[Literal["ja"], Form()]) -> Response:  # noqa: ARG001
    """Start a retraining; the field keeps anything but the page's own form from doing so."""
    url = service.database.engine.url.render_as_string(hide_password=False)
    try:
        start(models_folder(service), replace(service.settings, database=url), user.subject, service.clock())
    except ConflictError:
        return _show(request, user, service, errors=(FieldError("opplaering", "En opplæring er allerede i gang."),), status=409)
    return RedirectResponse("/modell?hendte=startet", 303)


@router.post("/modell/ta-i-bruk")
def promote(
    request: Request, user: Administrator, service: TheService, versjon: Annotated[str, Form()], hvorfor: Why = ""
) -> Response:
    """Take a version into use, on record with who and why."""
    why = storable(hvorfor).strip()[:_LONGEST_WHY]
    if not why:
        return _show(
            request, user, service, errors=(FieldError("hvorfor-ta", "Skriv hvorfor den skal tas i bruk."),), status=422
        )
    models = models_folder(service)
    if versjon == champion_version(models):
        return _show(request, user, service, errors=(FieldError("versjoner", "Versjonen er allerede i bruk."),), status=409)
    try:
        with publication.alone(models):
            publication.finish_interrupted(service.database, models)
            # A name that the registry does not hold is no name of a folder either.
            if versjon not in {entry.version for entry in registered(models)}:
                raise ArtifactError(str(models), "holds no such version")
            with service.database.reading() as session:
                row = session.get(ModelVersion, versjon)
            comparison = dict(row.comparison) if row else {}
            publication.promote_version(
                service.database, models, versjon, who=user.subject, at=service.clock(), why=why, comparison=comparison
            )
    except (ArtifactError, ConflictError) as error:
        return _refused(request, user, service, error)
    return RedirectResponse("/modell?hendte=tatt-i-bruk", 303)


@router.post("/modell/ga-tilbake")
def roll_back(request: Request, user: Administrator, service: TheService, hvorfor: Why = "") -> Response:
    """Take the version before the present one into use again."""
    why = storable(hvorfor).strip()[:_LONGEST_WHY]
    if not why:
        return _show(request, user, service, errors=(FieldError("hvorfor", "Skriv hvorfor dere går tilbake."),), status=422)
    models = models_folder(service)
    try:
        with publication.alone(models):
            publication.finish_interrupted(service.database, models)
            publication.roll_back(service.database, models, who=user.subject, at=service.clock(), why=why)
    except (ArtifactError, ConflictError) as error:
        return _refused(request, user, service, error)
    return RedirectResponse("/modell?hendte=tilbake", 303)


def _refused(request: Request, user: User, service: Service, error: ArtifactError | ConflictError) -> Response:
    busy = "En opplæring eller et annet bytte er i gang. Prøv igjen om litt."
    damaged = "Versjonen finnes ikke, eller er skadet. Si fra til dem som drifter tjenesten."
    told = busy if isinstance(error, ConflictError) else damaged
    return _show(request, user, service, errors=(FieldError("versjoner", told),), status=409)


def _show(
    request: Request,
    user: User,
    service: Service,
    *,
    notice: Notice | None = None,
    errors: tuple[FieldError, ...] = (),
    status: int = 200,
) -> Response:
    models = models_folder(service)
    model = service.champion.model
    registry = registry_of(service.database, models)
    figures = service.figures.figures(model, manifest_of(models, model.version))
    job = status_of(models)
    return page(
        request,
        "model.html",
        status=status,
        title="Modell",
        notice=notice,
        errors=errors,
        problem=service.champion.problem is not None,
        tiles=_tiles(model.version, registry, figures),
        figure_names=FIGURE_NAMES,
        versions=version_rows(registry.versions, registry.verdicts),
        changes=changes(registry.versions, registry.promotions),
        promotions=promotion_events(registry.promotions),
        may_change=user.may("administrator"),
        may_roll_back=user.may("administrator") and len(registry.promotions) > 1,
        waiting=waiting_words(figures.waiting),
        job=job_view(job) if job else None,
        agreement=_agreement(figures),
        drifts=_drifts(figures),
    )


def _tiles(version: str, registry: Registry, figures: Figures) -> list[Tile]:
    found = next((entry for entry in registry.versions if entry.version == version), None)
    blind = figures.blind[0]
    right = found.metrics.get("out_of_fold", {}).get("category", {}).get("accuracy") if found else None
    return [
        Tile("I bruk nå", version, f"Lært av {number(found.examples)} eksempler" if found else "Ikke i modellmappen"),
        Tile("Kategori rett på nye tekster", percent(right) if right is not None else "–", "Målt da den ble laget"),
        share_tile("Registratorer som beholder forslaget", figures.acceptance.both, figures.acceptance.count, "registreringer"),
        Tile(
            "Kategori rett i blind prøve",
            percent(blind.estimate.value) if blind.estimate else "–",
            (f"{interval(blind.estimate.low, blind.estimate.high)} · " if blind.estimate else "")
            + f"{number(blind.count)} rapporter"
            + ("" if blind.estimate else ". Vises fra 20."),
        ),
    ]


def _agreement(figures: Figures) -> list[object]:
    return [
        agreement_row("Modell og folk", "Hvor ofte folk gir kategorien modellen foreslo", *figures.with_model),
        agreement_row("Modell og folk, blindt", "Folk så ikke forslaget", *figures.blind),
        agreement_row("To eller flere folk", "Andel par som er enige om samme rapport", *figures.people),
        agreement_row("To eller flere folk", "Krippendorffs alfa: 1 er helt enige, 0 er som tilfeldig", *figures.people_alpha),
    ]


def _drifts(figures: Figures) -> list[object]:
    return [
        drift_view("Foreslåtte kategorier", figures.categories, "Kategori", {e.id: e.name for e in CATEGORIES}, "Kategoriene"),
        drift_view("Foreslåtte kanaler", figures.channels, "Kanal", {e.id: e.name for e in CHANNELS}, "Kanalene"),
        drift_view("Hvor lange tekstene er", figures.lengths, "Lengde", {}, "Lengdene"),
        drift_view("Målform", figures.languages, "Målform", _LANGUAGES, "Målformene"),
    ]
