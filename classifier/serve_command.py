"""The command that runs the service: classifier serve."""

from __future__ import annotations

import os
import socket
import tempfile
import threading
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from classifier.console import DatabaseOption, WhoOption, database_of, person
from classifier.errors import InputError, MissingExtraError
from classifier.settings import PRIOR_SUFFIX, Settings

GRACE_SECONDS = 30
"""How long requests that have begun may take after the service is told to stop."""

KEPT_SECONDS = 75
"""How long a connection without a request is kept: longer than a proxy in front keeps it, so that the proxy closes first."""

_ANNOUNCE_SECONDS = 120


def add_to(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(epilog="Example: classifier serve --port 8000 --workers 2 --database postgresql://asys@db/asys")(serve)


def serve(
    host: Annotated[str, typer.Option("--host", help="Address to listen on; any but this machine's own needs a login.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Port to listen on.")] = 8000,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Processes that answer.")] = 1,
    database: DatabaseOption = None,
    who: WhoOption = None,
) -> None:
    """Serve the API and the pages until stopped; requests that have begun are answered first.

    Without a login (ASYS_AUTH=local) only this machine is served, and everybody on it is an administrator.
    """
    try:
        import uvicorn

        from classifier.web.logs import log_as_json
        from classifier.web.settings import WebSettings, is_loopback
    except ModuleNotFoundError as error:
        raise MissingExtraError(str(error.name), "serve") from None
    web = WebSettings.from_env(os.environ)
    if web.oidc is None and not is_loopback(host):
        expected = "127.0.0.1, or a login (ASYS_AUTH=oidc; see the README's settings)"
        raise InputError("--host", f"{host}, which others can reach while everybody is let in", expected)
    settings = Settings.from_env(os.environ)
    _refuse_taken(host, port)
    with ExitStack() as stack:
        # What cannot be used is said now, by one process and in words, not by every worker in a log.
        with database_of(database):
            pass
        if settings.prior.endswith(PRIOR_SUFFIX):
            from classifier.model.own_prior import read_prior

            read_prior(Path(settings.prior))
        environment = {"ASYS_DATABASE": database or settings.database}
        # Each worker's arithmetic stays on its own core.
        environment |= {"OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1")}
        if web.oidc is None:
            environment["ASYS_PERSON"] = person(who)
        if workers > 1:
            environment["PROMETHEUS_MULTIPROC_DIR"] = stack.enter_context(tempfile.TemporaryDirectory(prefix="asys-figures-"))
        os.environ.update(environment)
        log_as_json()
        _announce(host, port)
        uvicorn.run(
            "classifier.web.worker:app_from_environment",
            factory=True,
            host=host,
            port=port,
            workers=workers,
            access_log=False,
            log_config=None,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=KEPT_SECONDS,
            timeout_graceful_shutdown=GRACE_SECONDS,
            # A worker that is busy, or still loads its model, is not one that hangs.
            timeout_worker_healthcheck=60,
        )


def _refuse_taken(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((host, port))
        except OSError as error:
            raise InputError(
                "--port", f"{port} on {host}: {error.strerror}", "an address that is free on this machine"
            ) from None


def _announce(host: str, port: int) -> None:
    """Say the address as soon as somebody answers there."""
    shown = f"[{host}]" if ":" in host else host
    asked = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}.get(shown, shown)

    def wait() -> None:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        for _ in range(_ANNOUNCE_SECONDS * 2):
            try:
                with opener.open(f"http://{asked}:{port}/healthz", timeout=2):
                    typer.echo(f"ASYS answers at http://{shown}:{port}/ (Ctrl+C stops it)")
                    return
            except OSError:
                time.sleep(0.5)

    threading.Thread(target=wait, name="announce", daemon=True).start()
