"""The service's own settings, read once from an environment mapping that the caller passes in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from classifier.errors import SettingsError
from classifier.settings import one_of, positive_integer

AuthMode = Literal["local", "oidc"]

_LOOPBACK = re.compile(r"::1|(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?")

ROLES = ("registrar", "quality_checker", "administrator")


@dataclass(frozen=True)
class OidcSettings:
    """How the service knows people and systems by an OpenID Connect provider.

    `public_url` is where people reach the service, without a path. `audience` is what a bearer token must be made out to; none
    is accepted where it is empty. `user_claim` names people in the history. `groups` holds, for each role, the values of the
    claim `groups_claim` that give it.
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    public_url: str
    audience: str
    user_claim: str
    groups_claim: str
    groups: Mapping[str, frozenset[str]]
    scope: str


@dataclass(frozen=True)
class WebSettings:
    """What the environment decides about the service.

    `body_limit` is the most bytes a request may hold, `rate_limit` the requests a minute that each caller may send to each
    worker, and `session_minutes` how long a login lasts. `open_metrics` lets anybody read the figures at /metrics. `oidc` is
    None in local mode.
    """

    oidc: OidcSettings | None = None
    body_limit: int = 2_000_000
    rate_limit: int = 6_000
    session_minutes: int = 600
    open_metrics: bool = False

    @property
    def auth(self) -> AuthMode:
        """Who gets in: whoever is on this machine, or whom the provider knows."""
        return "local" if self.oidc is None else "oidc"

    @property
    def secure(self) -> bool:
        """Whether people reach the service by HTTPS only."""
        return self.oidc is not None and self.oidc.public_url.startswith("https://")

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> WebSettings:
        """Return the settings that `env` holds under the keys that the README lists; raises SettingsError, naming the key."""
        return cls(
            oidc=_oidc(env) if one_of(env, "ASYS_AUTH", "local", ("local", "oidc")) == "oidc" else None,
            body_limit=positive_integer(env, "ASYS_BODY_LIMIT", cls.body_limit),
            rate_limit=positive_integer(env, "ASYS_RATE_LIMIT", cls.rate_limit),
            session_minutes=positive_integer(env, "ASYS_SESSION_MINUTES", cls.session_minutes),
            open_metrics=one_of(env, "ASYS_OPEN_METRICS", "no", ("yes", "no")) == "yes",
        )


def is_loopback(host: str) -> bool:
    """Return whether a host name or address, with or without a port, can only be this machine."""
    return _LOOPBACK.fullmatch(host.lower()) is not None


def _oidc(env: Mapping[str, str]) -> OidcSettings:
    groups = {role: _words(env, f"ASYS_OIDC_{role.upper()}S") for role in ROLES}
    if not any(groups.values()):
        raise SettingsError("ASYS_OIDC_REGISTRARS", "", "the groups whose members are registrars; without any nobody gets in")
    return OidcSettings(
        issuer=_url(env, "ASYS_OIDC_ISSUER"),
        client_id=_required(env, "ASYS_OIDC_CLIENT_ID"),
        client_secret=_required(env, "ASYS_OIDC_CLIENT_SECRET"),
        public_url=_origin(env, "ASYS_PUBLIC_URL"),
        audience=env.get("ASYS_OIDC_AUDIENCE", "").strip(),
        user_claim=env.get("ASYS_OIDC_USER_CLAIM", "sub").strip() or "sub",
        groups_claim=env.get("ASYS_OIDC_GROUPS_CLAIM", "groups").strip() or "groups",
        groups=groups,
        scope=env.get("ASYS_OIDC_SCOPE", "openid profile").strip() or "openid profile",
    )


def _words(env: Mapping[str, str], key: str) -> frozenset[str]:
    return frozenset(word.strip() for word in env.get(key, "").split(",") if word.strip())


def _required(env: Mapping[str, str], key: str) -> str:
    value = env.get(key, "").strip()
    if not value:
        raise SettingsError(key, "", "a value, since ASYS_AUTH is oidc")
    return value


def _url(env: Mapping[str, str], key: str) -> str:
    value = _required(env, key)
    try:
        parts = urlsplit(value)
    except ValueError:
        parts = urlsplit("")
    plain_is_safe = parts.scheme == "http" and is_loopback(parts.netloc)
    if not parts.netloc or not (parts.scheme == "https" or plain_is_safe):
        raise SettingsError(key, value, "an address that begins with https:// (http:// only on this machine)")
    return value


def _origin(env: Mapping[str, str], key: str) -> str:
    value = _url(env, key).rstrip("/").lower()
    if urlsplit(value).path or not value.endswith(urlsplit(value).netloc):
        raise SettingsError(key, value, "an address without a path, such as https://asys.example")
    return value
