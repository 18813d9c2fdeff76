"""Suggestions for texts that are not kept."""

from __future__ import annotations

from starlette.responses import JSONResponse

from classifier.suggestion import as_dict
from classifier.web.access import Registrar
from classifier.web.api.routing import api_router, as_json
from classifier.web.api.shapes import Suggestions, Texts
from classifier.web.service import TheService

router = api_router("forslag")


@router.post("/suggestions", response_model=Suggestions, summary="Foreslå kategori og kanal")
async def suggest(given: Texts, user: Registrar, service: TheService) -> JSONResponse:  # noqa: ARG001  (the role is what counts)
    """Foreslå kategori og kanal for én til 1000 tekster. Ingenting lagres.

    Svaret har ett forslag per tekst, i samme rekkefølge. `start` og `end` teller tegn (Unicode-kodepunkter) i teksten.
    """
    suggestions = await service.suggester.suggest(given.texts)
    service.metrics.count_suggestions(suggestions)
    return as_json({"suggestions": [as_dict(suggestion) for suggestion in suggestions]})
