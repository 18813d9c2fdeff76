from __future__ import annotations

import base64
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from classifier.web.auth.tokens import Identity, TokenError, UnknownKeyError, claims_of, identity_of
from tests.web.provider import settings_for

NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
ISSUER = "https://login.example"
KEY = RSAKey.generate_key(2048, {"kid": "one"})
KEYS = KeySet([KEY])


def claims(**changed: object) -> dict[str, object]:
    soon = int((NOW + timedelta(minutes=5)).timestamp())
    given = {"iss": ISSUER, "aud": "asys-api", "sub": "ola", "exp": soon, "groups": ["gruppe-r"]} | changed
    return {key: value for key, value in given.items() if value is not None}


def signed(given: dict[str, object], key: RSAKey = KEY, kid: str = "one") -> str:
    return jwt.encode({"alg": "RS256", "kid": kid}, given, key)


def read(token: str) -> dict[str, object]:
    return claims_of(token, KEYS, issuer=ISSUER, audience="asys-api", now=NOW)


def test_a_token_that_holds_says_who_and_in_which_roles() -> None:
    found = read(signed(claims(aud=["other", "asys-api"], name="Ola Nordmann")))
    assert identity_of(found, settings_for(ISSUER)) == Identity("ola", "Ola Nordmann", frozenset({"registrar"}))


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://other.example"},
        {"iss": None},
        {"aud": "asys-web"},
        {"aud": None},
        {"exp": int((NOW - timedelta(minutes=2)).timestamp())},
        {"exp": None},
        {"exp": "i morgen"},
        {"nbf": int((NOW + timedelta(minutes=5)).timestamp())},
        {"sub": None},
        {"sub": 7},
    ],
)
def test_a_token_for_others_or_another_time_proves_nothing(changed: dict[str, object]) -> None:
    with pytest.raises(TokenError):
        read(signed(claims(**changed)))


def test_a_token_signed_by_another_key_proves_nothing() -> None:
    with pytest.raises(TokenError):
        read(signed(claims(), RSAKey.generate_key(2048)))
    with pytest.raises(UnknownKeyError):
        read(signed(claims(), kid="two"))


def encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def test_the_public_key_is_no_secret_to_sign_with_and_no_signature_is_none() -> None:
    head, body, _ = signed(claims()).split(".")
    shared = encoded(b'{"alg":"HS256","kid":"one"}')
    forged = encoded(hmac.digest(KEY.as_pem(private=False), f"{shared}.{body}".encode(), "sha256"))
    none = encoded(b'{"alg":"none","kid":"one"}')
    tokens = (f"{shared}.{body}.{forged}", f"{none}.{body}.", f"{head}.{body}.", f"{head}.{body}", "", "a.b.c")
    for token in (*tokens, "x" * 20_000, "\x00.é.\x00"):
        with pytest.raises(TokenError):
            read(token)


def test_a_token_whose_body_was_changed_proves_nothing() -> None:
    head, _, signature = signed(claims()).split(".")
    body = signed(claims(sub="kari")).split(".")[1]
    with pytest.raises(TokenError):
        read(f"{head}.{body}.{signature}")


@pytest.mark.parametrize("groups", [None, 7, {"gruppe-r": True}, ["noe annet", 7], "gruppe-x"])
def test_groups_that_are_none_of_ours_give_no_role(groups: object) -> None:
    assert identity_of({"sub": "ola", "groups": groups}, settings_for(ISSUER)).roles == frozenset()


def test_a_person_without_a_name_for_the_history_does_not_come_in() -> None:
    with pytest.raises(TokenError, match="sub"):
        identity_of({"sub": "  "}, settings_for(ISSUER))
