"""Model versions with their figures, and the taxonomy they propose from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel
from starlette.responses import JSONResponse

from classifier.model.registry import default_models, promotions, registered
from classifier.taxonomy_view import as_dict as taxonomy_as_dict
from classifier.web.access import AnyRole
from classifier.web.api.routing import api_router, as_json
from classifier.web.service import Service, TheService

router = api_router("modeller")


class ModelShape(BaseModel):
    """A version: when it was made, of how many examples, and how good it was on texts that it had not seen."""

    version: str
    champion: bool
    created: str
    examples: int
    training_data_digest: str
    pipeline: str
    metrics: dict[str, Any]


class PromotionShape(BaseModel):
    """A change of champion: who, when, why, and by which figures."""

    version: str
    who: str
    when: str
    why: str
    rollback: bool
    comparison: dict[str, Any]


class ModelList(BaseModel):
    """The versions, oldest first, the one that answers now, and every promotion there was."""

    serving: str
    problem: str | None
    models: list[ModelShape]
    promotions: list[PromotionShape]


def models_folder(service: Service) -> Path:
    """Return the folder of models that the service works with."""
    return Path(service.settings.models) if service.settings.models else default_models()


@router.get("/models", response_model=ModelList, summary="Se modellversjoner og hvor gode de er")
def models(user: AnyRole, service: TheService) -> JSONResponse:  # noqa: ARG001  (the role is what counts)
    """List opp versjonene med tall fra treningen, hvilken som svarer nå, og hvem som tok den i bruk."""
    folder = models_folder(service)
    versions = []
    for entry in registered(folder):
        if entry.artifact is None:
            continue
        manifest = entry.artifact.manifest
        versions.append(
            {
                "version": entry.version,
                "champion": entry.champion,
                "created": manifest.created,
                "examples": manifest.examples,
                "training_data_digest": manifest.training_data_digest,
                "pipeline": f"{manifest.pipeline.name} {manifest.pipeline.version}",
                "metrics": manifest.metrics,
            }
        )
    content = {
        "serving": service.champion.model.version,
        "problem": service.champion.problem,
        "models": versions,
        "promotions": [entry.model_dump() for entry in promotions(folder)],
    }
    return as_json(content)


@router.get("/taxonomy", response_model=dict[str, Any], summary="Se kategoriene og kanalene")
def taxonomy(user: AnyRole) -> JSONResponse:  # noqa: ARG001  (the role is what counts)
    """List opp id-er, navn og definisjoner, i veilederens rekkefølge."""
    return as_json(taxonomy_as_dict())
