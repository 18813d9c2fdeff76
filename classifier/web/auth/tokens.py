"""Tokens that a provider signed: who they speak for, once signature, algorithm, issuer, audience and time hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from classifier.web.settings import OidcSettings

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures by a private key only. "none" is none, and with HS256 a provider's public key would do as the secret."""

LONGEST_TOKEN = 16_000
LEEWAY_SECONDS = 60


class TokenError(Exception):
    """A token that proves nothing."""


class UnknownKeyError(TokenError):
    """A token signed by a key that is not among those known; the provider may have new ones."""


@dataclass(frozen=True)
class Identity:
    """Whom a token speaks for, and the roles that its groups give."""

    subject: str
    name: str
    roles: frozenset[str]


def claims_of(token: str, keys: KeySet, *, issuer: str, audience: str, now: datetime) -> dict[str, Any]:
    """Return what a token says, once it is certain that `issuer` said so to `audience`; raises TokenError."""
    if len(token) > LONGEST_TOKEN:
        raise TokenError("too long")
    registry = jwt.JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=LEEWAY_SECONDS,
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": audience},
        exp={"essential": True},
        sub={"essential": True},
    )
    try:
        decoded = jwt.decode(token, keys, algorithms=list(ALGORITHMS))
        registry.validate(decoded.claims)
    except InvalidKeyIdError:
        raise UnknownKeyError("an unknown key") from None
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise TokenError(type(error).__name__) from None
    return dict(decoded.claims)


def identity_of(claims: Mapping[str, Any], settings: OidcSettings) -> Identity:
    """Return whom claims speak for; raises TokenError if they do not say."""
    subject = claims.get(settings.user_claim)
    if not isinstance(subject, str) or not subject.strip():
        raise TokenError(f"no claim {settings.user_claim!r}")
    name = next((claims[key] for key in ("name", "preferred_username") if isinstance(claims.get(key), str)), subject)
    given = claims.get(settings.groups_claim)
    groups = {group for group in (given if isinstance(given, list) else [given]) if isinstance(group, str)}
    roles = frozenset(role for role, wanted in settings.groups.items() if not wanted.isdisjoint(groups))
    return Identity(subject.strip()[:200], name[:200], roles)
