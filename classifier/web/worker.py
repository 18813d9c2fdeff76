"""The application of one worker process, made from its environment; what a server such as uvicorn is pointed to."""

from __future__ import annotations

import os
from pathlib import Path

from fastapi import FastAPI

from classifier.language import load_pipeline
from classifier.model.own_prior import prior_called
from classifier.model.registry import default_models
from classifier.model.serving import ChampionModel
from classifier.settings import Settings
from classifier.store.database import open_database
from classifier.web.app import create_app
from classifier.web.lingering import linger
from classifier.web.logs import log_as_json
from classifier.web.settings import WebSettings

PERSON = "ASYS_PERSON"
"""Names who decides in local mode; `classifier serve` sets it to whoever started it."""

_FIRST = "Bruker ringte og sa at han visste hvor jeg bor."


def app_from_environment() -> FastAPI:
    """Return the service that the environment describes, with a database and a champion of its own, which it closes."""
    log_as_json()
    # Now if a server calls this from its loop, so that being told to stop while the model loads is no different; else at start.
    linger()
    settings, web = Settings.from_env(os.environ), WebSettings.from_env(os.environ)
    models = Path(settings.models) if settings.models else default_models()
    champion = ChampionModel(models, load_pipeline(settings.pipeline), prior=prior_called(settings.prior))
    # The first suggestion fills caches and loads libraries; nobody should wait for that.
    champion.model.suggest([_FIRST])
    database = open_database(settings.database)
    person = os.environ.get(PERSON, "").strip() or "lokal bruker"
    return create_app(
        settings, web, database, champion, person=person, on_start=(linger,), on_close=(champion.close, database.close)
    )
