"""The pages by a program: what is kept, what is shown as text, and what a blind item's source holds."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import select
from starlette.testclient import TestClient

from classifier.model.registry import champion_version, default_models, promotions
from classifier.model.registry import register as register_model
from classifier.settings import Settings
from classifier.store.database import Database, open_database
from classifier.store.reports import IncomingReport, add_reports
from classifier.store.tables import AuditEntry, Decision, Report, StoredSuggestion
from classifier.web.app import create_app, utc_now
from classifier.web.retrain_job import status_of
from classifier.web.settings import WebSettings
from classifier.web.suggester import FixedChampion
from tests import small_model
from tests.review.published import copy
from tests.web.conftest import HERE

BROWSER = {"Accept": "text/html"}
NASTY = "<script>alert(1)</script> {{ 7 * 7 }} {% raw %} \u202eemoji 👀\x00 «jeg vet hvor du bor» & 'slo' \"meg\""
TEXT = "Bruker ringte og sa at han visste hvor jeg bor."


def token_of(client: TestClient) -> str:
    page = client.get("/hjelp", headers=BROWSER).text
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def register(client: TestClient, **fields: str) -> str:
    page = client.get("/", headers=BROWSER).text
    number = re.search(r'name="nummer" value="([^"]+)"', page)
    assert number is not None
    sent = {"tekst": TEXT, "kategori": "trussel", "kanal": "telefon", "nummer": number[1], "csrf_token": token_of(client)}
    answer = client.post("/", data={**sent, **fields}, headers=BROWSER, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


@pytest.fixture
def page_client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, base_url="http://127.0.0.1:8000", client=HERE, headers=BROWSER) as opened:
        yield opened


def test_a_form_that_is_sent_twice_is_kept_once(page_client: TestClient, store: Database) -> None:
    first = register(page_client, nummer="R260303-0a1b2c3d")
    assert register(page_client, nummer="R260303-0a1b2c3d") == first
    with store.reading() as session:
        assert len(session.scalars(select(Report)).all()) == 1
        assert len(session.scalars(select(Decision)).all()) == 1


def test_another_text_in_an_old_form_is_another_report(page_client: TestClient, store: Database) -> None:
    register(page_client, nummer="R260303-0a1b2c3d")
    register(page_client, nummer="R260303-0a1b2c3d", tekst="Han sparket i døra så glasset knuste.")
    with store.reading() as session:
        assert len({report.external_id for report in session.scalars(select(Report))}) == 2


def test_only_a_suggestion_that_was_on_the_page_counts_as_seen(page_client: TestClient, store: Database) -> None:
    shown = page_client.post("/forslag", data={"tekst": TEXT, "csrf_token": token_of(page_client)}).text
    seen = re.search(r'name="sett" value="([^"]+)"', shown)
    assert seen is not None
    register(page_client, sett=seen[1])
    register(page_client, sett="small:haerverk:brev")
    register(page_client)
    with store.reading() as session:
        made = session.scalars(select(Decision).order_by(Decision.id)).all()
    assert [decision.suggestion_id is not None for decision in made] == [True, False, False]


def test_personal_data_is_never_stored(page_client: TestClient, store: Database) -> None:
    register(page_client, tekst="Kari Nordmann (kari@example.no) ringte fra 400 00 123.")
    with store.reading() as session:
        (report,) = session.scalars(select(Report))
    assert report.text == "[PERSON] ([EMAIL]) ringte fra [PHONE]."


def test_whatever_is_written_is_shown_as_text_on_every_page(page_client: TestClient, store: Database) -> None:
    location = register(page_client, tekst=NASTY, enhet="<b>{{ 1 }}</b>", begrunnelse="<i>{{ 2 }}</i>")
    report_id = location.rpartition("=")[2]
    fragment = page_client.post("/forslag", data={"tekst": NASTY, "csrf_token": token_of(page_client)}).text
    pages = [page_client.get(path).text for path in (f"/rapport/{report_id}", "/sok", "/kvalitet", "/kvalitet/samlet", "/")]
    for shown in (fragment, *pages):
        assert "<script>alert" not in shown
        assert "<b>{{" not in shown
        assert "<i>{{" not in shown
    assert "{{ 7 * 7 }}" in fragment
    assert "{{ 7 * 7 }}" in pages[0]
    assert "49" not in re.sub(r"\d{3,}|value=\"[^\"]*\"", "", fragment).partition("lagres")[2]
    with store.reading() as session:
        (report,) = session.scalars(select(Report))
    assert report.text is not None
    assert "\x00" not in report.text


@pytest.mark.parametrize("text", ["👀" * 10_000, "\u202e\u202dhan slo", "a" * 19_999, "\ud83d", "slo\r\nmeg\r\n"])
def test_strange_texts_get_a_page(text: str, page_client: TestClient) -> None:
    sent = {"tekst": text.encode("utf-8", "surrogatepass"), "csrf_token": token_of(page_client)}
    assert page_client.post("/forslag", data=sent).status_code == 200


def test_a_text_that_is_too_long_is_kept_on_the_page_with_what_to_do(page_client: TestClient) -> None:
    sent = {"tekst": "Han slo. " * 3000, "kategori": "trussel", "kanal": "brev", "csrf_token": token_of(page_client)}
    answer = page_client.post("/", data=sent)
    assert answer.status_code == 422
    assert "Kort den ned til" in answer.text
    assert answer.text.count("Han slo. ") >= 3000


def test_the_words_looked_for_are_in_a_cookie_and_nowhere_in_the_address(page_client: TestClient) -> None:
    register(page_client)
    sent = {"q": "visste hvor", "kategori": "trussel", "csrf_token": token_of(page_client)}
    answer = page_client.post("/sok", data=sent, follow_redirects=False)
    assert answer.headers["location"] == "/sok?kategori=trussel"
    found = page_client.get("/sok?kategori=trussel").text
    assert '<mark class="found">visste</mark>' in found
    page_client.post("/sok", data={"csrf_token": token_of(page_client)})
    assert "<mark" not in page_client.get("/sok").text


def test_reading_is_on_record_without_a_word_of_what_was_read(page_client: TestClient, store: Database) -> None:
    location = register(page_client)
    page_client.get(f"/rapport/{location.rpartition('=')[2]}")
    page_client.get("/sok")
    with store.reading() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "read")).all()
    assert [entry.report_id is not None for entry in entries] == [True, False]
    assert "visste" not in str([entry.details for entry in entries])


def test_an_unknown_report_is_a_page_that_says_so(page_client: TestClient) -> None:
    for path in ("/rapport/999", "/kvalitet?rapport=999"):
        answer = page_client.get(path)
        assert answer.status_code in (404, 409)
        assert "<h1>" in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/?lagret=99999999999999999999",
        "/kvalitet?avgjort=9999999999999999999999-1&hendte=ukjent",
        "/kvalitet?rapport=99999999999999999999",
        "/kvalitet/samlet?gjort=0001-01-01T00:00:00%2B14:00&angret=x",
        "/sok?etter=99999999999999999999&fra=0000-00-00",
        "/rapport/99999999999999999999",
        "/hjelp?q=%00",
    ],
)
def test_an_address_that_makes_no_sense_is_no_bug(path: str, page_client: TestClient) -> None:
    assert page_client.get(path).status_code < 500


def test_what_one_looked_for_is_not_shown_to_the_next(page_client: TestClient) -> None:
    register(page_client)
    page_client.post("/sok", data={"q": "visste", "csrf_token": token_of(page_client)})
    theirs = "0000" + page_client.cookies["asys_sok"][4:]
    # Set beside the first, it would be sent along with it, in either order.
    page_client.cookies.delete("asys_sok")
    page_client.cookies.set("asys_sok", theirs)
    assert 'value="visste"' not in page_client.get("/sok").text


def blind_source(folder: Path, **label: str) -> str:
    """Return the source of the page of one blind report that had a label, without what differs by chance."""
    database = open_database(str(folder / f"{len(label)}.db"))
    with database.writing() as session:
        add_reports(session, [IncomingReport("asys", "7", TEXT, **label)], utc_now())  # type: ignore[arg-type]
    settings = Settings(blind_share=1.0)
    app = create_app(settings, WebSettings(), database, FixedChampion(small_model.model()), person="kari")
    with TestClient(app, base_url="http://127.0.0.1:8000", client=HERE, headers=BROWSER) as client:
        page = client.get("/kvalitet").text
        assert "Blind prøve" in page
        with database.reading() as session:
            assert session.scalars(select(StoredSuggestion)).one().outcome == "ok"
    database.close()
    return re.sub(r'name="csrf_token" value="[^"]+"', "", page)


def test_the_source_of_a_blind_item_is_the_same_whatever_label_it_had(tmp_path: Path) -> None:
    bare = blind_source(tmp_path)
    labelled = blind_source(tmp_path, label_category="haerverk", label_channel="brev", labelled_by="A12")
    assert labelled == bare
    assert 'class="bar"' not in bare
    assert "<mark" not in bare


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A folder with the shipped champion."""
    folder = tmp_path / "models"
    shutil.copytree(default_models(), folder)
    return folder


@pytest.fixture
def model_client(models: Path, store: Database) -> Iterator[TestClient]:
    settings = Settings(models=str(models))
    app = create_app(settings, WebSettings(), store, FixedChampion(small_model.model()), person="kari")
    with TestClient(app, base_url="http://127.0.0.1:8000", client=HERE, headers=BROWSER) as opened:
        yield opened


def test_the_model_page_shows_versions_and_refuses_figures_on_nothing(model_client: TestClient) -> None:
    shown = model_client.get("/modell").text
    assert (champion_version(default_models()) or "-") in shown
    assert "Ingen nye avgjørelser venter på opplæring." in shown
    assert "For få til å si noe" in shown


def test_a_promotion_needs_a_reason_and_a_version_that_the_registry_knows(model_client: TestClient, models: Path) -> None:
    token = token_of(model_client)
    before = promotions(models)
    for sent, status in (
        ({"versjon": champion_version(models) or ""}, 422),
        ({"versjon": f"../models/{champion_version(models)}", "hvorfor": "x"}, 409),
        ({"versjon": "2030.1.1", "hvorfor": "x"}, 409),
        ({"versjon": champion_version(models) or "", "hvorfor": "x"}, 409),
    ):
        answer = model_client.post("/modell/ta-i-bruk", data={**sent, "csrf_token": token})
        assert answer.status_code == status
        assert 'id="feil"' in answer.text
    assert promotions(models) == before


def test_a_promotion_is_on_record_with_who_and_why_and_can_be_undone(
    model_client: TestClient, models: Path, store: Database
) -> None:
    version = "2030.1.1"
    register_model(copy(models / (champion_version(models) or ""), models / version))
    sent = {"versjon": version, "hvorfor": "Prøver på nytt", "csrf_token": token_of(model_client)}
    assert "Versjonen er tatt i bruk" in model_client.post("/modell/ta-i-bruk", data=sent).text
    last = promotions(models)[-1]
    assert (last.version, last.who, last.why) == (version, "kari", "Prøver på nytt")
    back = {"hvorfor": "Nei", "csrf_token": token_of(model_client)}
    assert "i bruk igjen" in model_client.post("/modell/ga-tilbake", data=back).text
    assert promotions(models)[-1].rollback
    with store.reading() as session:
        actions = [entry.action for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.id))]
    assert actions == ["promote", "rollback"]


def test_a_retraining_starts_from_the_pages_own_form_only(model_client: TestClient, models: Path) -> None:
    headers = {"X-CSRF-Token": token_of(model_client)}
    assert model_client.post("/modell/opplaering", json={}, headers=headers).status_code == 422
    assert status_of(models) is None
