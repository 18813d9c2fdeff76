"""The OpenID Connect provider: where it is, which keys it signs with, and what it tells in exchange for a code."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import BaseModel

from classifier.web.auth.tokens import Identity, TokenError, UnknownKeyError, claims_of, identity_of
from classifier.web.problems import ProblemError
from classifier.web.settings import OidcSettings

CALLBACK = "/login/callback"

_TIMEOUT_SECONDS = 10
_KEPT_SECONDS = 3600
_FEWEST_SECONDS = 60
"""Between two looks for new keys: tokens with made-up key ids must not make us ask the provider each time."""


class _Endpoints(BaseModel):
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    end_session_endpoint: str | None = None


class _Keys(BaseModel):
    keys: list[dict[str, Any]]


@dataclass(frozen=True)
class _Known:
    """What the provider tells about itself, and when it was asked."""

    endpoints: _Endpoints
    keys: KeySet
    asked_at: float


class Provider:
    """A provider as its discovery document describes it; asked when first needed, and again when its keys have changed."""

    def __init__(self, settings: OidcSettings, clock: Callable[[], datetime]) -> None:
        """Take the settings, and the time that tokens are judged by."""
        self.settings = settings
        self._clock = clock
        self._known: _Known | None = None
        self._asking = asyncio.Lock()

    async def login_address(self, *, state: str, nonce: str, verifier: str) -> str:
        """Return where a browser goes to log in; the code it comes back with is worth nothing without the verifier."""
        known = await self._ask()
        async with self._client() as client:
            address, _ = client.create_authorization_url(
                known.endpoints.authorization_endpoint, state=state, nonce=nonce, code_verifier=verifier
            )
        return str(address)

    async def logout_address(self) -> str | None:
        """Return where a browser goes to log out at the provider too, if that is possible."""
        known = await self._ask()
        address = known.endpoints.end_session_endpoint
        if address is None:
            return None
        back = f"{self.settings.public_url}/logged-out"
        return f"{address}?{urlencode({'client_id': self.settings.client_id, 'post_logout_redirect_uri': back})}"

    async def redeem(self, code: str, *, nonce: str, verifier: str) -> Identity:
        """Return whom the provider vouches for by a code; raises TokenError if it does not."""
        known = await self._ask()
        async with self._client() as client:
            try:
                token = await client.fetch_token(
                    known.endpoints.token_endpoint, grant_type="authorization_code", code=code, code_verifier=verifier
                )
            except OAuthError:
                raise TokenError("the provider refused the code") from None
            claims = await self._claims(str(token.get("id_token", "")), self.settings.client_id)
            if claims.get("nonce") != nonce or claims.get("azp", self.settings.client_id) != self.settings.client_id:
                raise TokenError("made for another login")
            if self.settings.groups_claim not in claims and known.endpoints.userinfo_endpoint:
                told = (await client.get(known.endpoints.userinfo_endpoint)).raise_for_status().json()
                if isinstance(told, dict) and told.get("sub") == claims["sub"]:
                    claims = {**told, **claims}
        return identity_of(claims, self.settings)

    async def identify(self, token: str) -> Identity:
        """Return whom a bearer token speaks for; raises TokenError if that is nobody who may come in."""
        if not self.settings.audience:
            raise TokenError("no audience is set, so that no token is accepted")
        return identity_of(await self._claims(token, self.settings.audience), self.settings)

    async def _claims(self, token: str, audience: str) -> dict[str, Any]:
        known = await self._ask()
        now = self._clock()
        try:
            return claims_of(token, known.keys, issuer=self.settings.issuer, audience=audience, now=now)
        except UnknownKeyError:
            newer = await self._ask(because_of=known)
            return claims_of(token, newer.keys, issuer=self.settings.issuer, audience=audience, now=now)

    async def _ask(self, because_of: _Known | None = None) -> _Known:
        """Return what is known of the provider, asking it if that is nothing, old, or `because_of` was not enough."""
        async with self._asking:
            known = self._known
            if known is not None:
                age = time.monotonic() - known.asked_at
                if age < (_FEWEST_SECONDS if known is because_of else _KEPT_SECONDS):
                    return known
            try:
                self._known = await self._discover()
            except ProblemError:
                if known is None:
                    raise
                # What was known an hour ago is better than nobody getting in.
                self._known = _Known(known.endpoints, known.keys, time.monotonic())
            return self._known

    async def _discover(self) -> _Known:
        async with self._client() as client:
            where = f"{self.settings.issuer.rstrip('/')}/.well-known/openid-configuration"
            told = await client.request("GET", where, withhold_token=True)
            endpoints = _Endpoints.model_validate_json(told.raise_for_status().content)
            if endpoints.issuer != self.settings.issuer:
                raise ValueError("another issuer than the one that was asked")
            told = await client.request("GET", endpoints.jwks_uri, withhold_token=True)
            keys = _Keys.model_validate_json(told.raise_for_status().content)
            return _Known(endpoints, KeySet.import_key_set({"keys": keys.keys}), time.monotonic())

    @asynccontextmanager
    async def _client(self) -> AsyncIterator[AsyncOAuth2Client]:
        """Yield what asks the provider; raises ProblemError if it does not answer, or not as a provider does."""
        settings = self.settings
        try:
            async with AsyncOAuth2Client(
                settings.client_id,
                settings.client_secret,
                scope=settings.scope,
                redirect_uri=settings.public_url + CALLBACK,
                code_challenge_method="S256",
                timeout=_TIMEOUT_SECONDS,
            ) as client:
                yield client
        except Exception as error:
            # The HTTP library's errors are known by its name, which is one of two.
            library = type(error).__module__.partition(".")[0] in ("httpx", "httpx2")
            if not library and not isinstance(error, JoseError | ValueError):
                raise
            raise ProblemError("provider-unavailable", "Prøv igjen om litt.", headers={"Retry-After": "10"}) from None
