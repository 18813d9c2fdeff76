from __future__ import annotations

import pytest

from classifier.errors import SettingsError
from classifier.web.settings import WebSettings, is_loopback

OIDC = {
    "ASYS_AUTH": "oidc",
    "ASYS_OIDC_ISSUER": "https://login.example/",
    "ASYS_OIDC_CLIENT_ID": "asys",
    "ASYS_OIDC_CLIENT_SECRET": "hemmelig",
    "ASYS_PUBLIC_URL": "https://asys.example/",
    "ASYS_OIDC_REGISTRARS": "a, b",
    "ASYS_OIDC_ADMINISTRATORS": "c",
}


def test_without_settings_the_service_is_local() -> None:
    settings = WebSettings.from_env({})
    assert (settings.auth, settings.secure, settings.open_metrics) == ("local", False, False)


def test_a_login_needs_to_know_its_provider_and_who_has_which_role() -> None:
    settings = WebSettings.from_env(OIDC)
    assert settings.secure
    assert settings.oidc is not None
    assert settings.oidc.issuer == "https://login.example/", "an issuer is compared letter by letter"
    assert settings.oidc.public_url == "https://asys.example"
    assert settings.oidc.groups["registrar"] == {"a", "b"}
    assert settings.oidc.audience == "", "no bearer token is accepted unless somebody says for whom"
    assert "hemmelig" not in repr(settings)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("ASYS_AUTH", "none"),
        ("ASYS_OIDC_ISSUER", ""),
        ("ASYS_OIDC_ISSUER", "http://login.example"),
        ("ASYS_OIDC_CLIENT_ID", " "),
        ("ASYS_OIDC_CLIENT_SECRET", ""),
        ("ASYS_PUBLIC_URL", "asys.example"),
        ("ASYS_PUBLIC_URL", "https://asys.example/vei"),
        ("ASYS_PUBLIC_URL", "https://["),
        ("ASYS_BODY_LIMIT", "0"),
        ("ASYS_RATE_LIMIT", "mange"),
        ("ASYS_SESSION_MINUTES", "-1"),
        ("ASYS_OPEN_METRICS", "kanskje"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(key: str, value: str) -> None:
    with pytest.raises(SettingsError, match=key):
        WebSettings.from_env(OIDC | {key: value})


def test_a_login_that_nobody_could_use_is_refused() -> None:
    with pytest.raises(SettingsError, match="ASYS_OIDC_REGISTRARS"):
        WebSettings.from_env(OIDC | {"ASYS_OIDC_REGISTRARS": "", "ASYS_OIDC_ADMINISTRATORS": ""})


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8000", "localhost:80", "LOCALHOST", "[::1]:8000", "::1"])
def test_these_are_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "0.0.0.0",
        "10.0.0.7",
        "::",
        "localhost.ond.example",
        "127.0.0.1.ond.example",
        "ond@ond.example",
        "2001:db8::1",
        "[::",
        "ond@127.0.0.1",
        "localhost:80:80",
    ],
)
def test_these_are_not(host: str) -> None:
    assert not is_loopback(host)
