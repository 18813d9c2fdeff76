"""A real OpenID Connect provider in a process of its own, with one person for each role, and a browser that logs in at it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

from starlette.testclient import TestClient

from classifier.web.settings import OidcSettings

PUBLIC_URL = "http://127.0.0.1:8000"
GROUPS = {"registrar": "gruppe-r", "quality_checker": "gruppe-k", "administrator": "gruppe-a"}
PEOPLE = {
    "rita": ["gruppe-r"],
    "kari": ["gruppe-k", "noe annet"],
    "anna": ["gruppe-a"],
    "ola": ["gruppe-r", "gruppe-k", "gruppe-a"],
    "per": ["noe annet"],
}
WHO = {"registrar": "rita", "quality_checker": "kari", "administrator": "anna"}


def settings_for(issuer: str) -> OidcSettings:
    return OidcSettings(
        issuer=issuer,
        client_id="asys-web",
        client_secret="hemmelig",
        public_url=PUBLIC_URL,
        audience="asys-api",
        user_claim="sub",
        groups_claim="groups",
        groups={role: frozenset({group}) for role, group in GROUPS.items()},
        scope="openid profile",
    )


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """Start the provider, yield its issuer, and end its process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    people = [json.dumps({"sub": sub, "name": sub.title(), "groups": groups}) for sub, groups in PEOPLE.items()]
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port)]
    command += [part for person in people for part in ("--user-claims", person)]
    with (folder / "provider.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            issuer = f"http://127.0.0.1:{port}"
            _wait_for(f"{issuer}/.well-known/openid-configuration", process)
            yield issuer
        finally:
            process.terminate()
            process.wait(10)


def agree(address: str, person: str) -> str:
    """Log in at the provider as a browser does, and return where it sends the browser."""
    request = urllib.request.Request(address, urlencode({"sub": person}).encode())
    opener = urllib.request.build_opener(_NoRedirect)
    with opener.open(request) as answer:
        location: str = answer.headers["Location"]
        return location


def log_in(client: TestClient, person: str, return_to: str = "/") -> None:
    """Take a browser through a whole login."""
    start = client.get("/login", params={"return_to": return_to}, follow_redirects=False)
    back = urlsplit(agree(start.headers["location"], person))
    arrived = client.get(f"{back.path}?{back.query}", follow_redirects=False)
    assert arrived.status_code == 303, arrived.text


def bearer_of(issuer: str, person: str, audience: str = "asys-api") -> str:
    """Return a token that the provider signed for a person and an audience."""
    asked = {"client_id": audience, "redirect_uri": "http://127.0.0.1/", "response_type": "code", "scope": "openid profile"}
    code = parse_qs(urlsplit(agree(f"{issuer}/oauth2/authorize?{urlencode(asked)}", person)).query)["code"][0]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": asked["redirect_uri"], "client_id": audience}
    request = urllib.request.Request(f"{issuer}/oauth2/token", urlencode(form | {"client_secret": "x"}).encode())
    with urllib.request.urlopen(request) as answer:
        token: str = json.load(answer)["id_token"]
        return token


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def http_error_302(self, req, fp, code, msg, headers):  # type: ignore[no-untyped-def]  # noqa: ARG002
        return fp


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        assert process.poll() is None, "the provider ended"
        try:
            with urllib.request.urlopen(address):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the provider does not answer")
