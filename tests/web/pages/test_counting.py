"""The statistics page by a program: filters, figures that the policy allows, and files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from io import BytesIO

import pytest
from fastapi import FastAPI
from openpyxl import load_workbook
from starlette.testclient import TestClient

from classifier.store.database import Database
from classifier.store.reports import IncomingReport, add_reports
from tests.web.conftest import HERE

EVIL = "=HYPERLINK(1)<script>alert(1)</script>"


@pytest.fixture
def page_client(app: FastAPI, store: Database) -> Iterator[TestClient]:
    incoming = [
        IncomingReport(
            "arkiv",
            str(place),
            "Han ringte.",
            incident_date=date(2019 + place % 3, 1 + place % 12, 1),
            unit=(EVIL, "Nav Ytrevik")[place % 2],
            label_category="trussel",
            label_channel="telefon" if place else "brev",
        )
        for place in range(60)
    ]
    with store.writing() as session:
        add_reports(session, incoming, datetime(2026, 3, 1, tzinfo=UTC))
    with TestClient(app, base_url="http://127.0.0.1:8000", client=HERE, headers={"Accept": "text/html"}) as opened:
        yield opened


def test_the_page_shows_figures_with_their_tables_and_hides_small_counts(page_client: TestClient) -> None:
    page = page_client.get("/statistikk").text
    assert "60 registrerte hendelser, 2019 til 2021" in page
    for title in ("Registrerte hendelser", "Antall hendelser etter type", "Hvor skjer hendelsene?"):
        assert f"<caption>{title}</caption>" in page
    brev = re.search(r'<th scope="row">Brev</th>(.*?)</tr>', page)
    assert brev is not None
    assert "skjult" in brev[1]
    assert ">1<" not in brev[1]


def test_nothing_on_the_page_needs_what_the_policy_forbids(page_client: TestClient) -> None:
    answer = page_client.get("/statistikk")
    assert "'unsafe-inline'" not in answer.headers["Content-Security-Policy"]
    assert "<svg" in answer.text
    assert not re.search(r'<style|style="|<script>|\son\w+="', answer.text)
    assert "&lt;script&gt;" in answer.text


def test_filters_narrow_what_is_counted_and_stay_in_the_form(page_client: TestClient) -> None:
    page = page_client.get("/statistikk?enhet=Nav+Ytrevik&fra=2020-01&til=2020-12&per=kvartal").text
    assert "10 registrerte hendelser, 1. kvartal 2020 til 3. kvartal 2020, Nav Ytrevik" in page
    assert '<option value="kvartal" selected>' in page
    assert 'value="2020-01"' in page
    assert "registrerte.csv?per=kvartal&amp;enhet=Nav+Ytrevik&amp;fra=2020-01&amp;til=2020-12" in page


def test_a_selection_without_incidents_says_so(page_client: TestClient) -> None:
    assert "Ingen hendelser passer" in page_client.get("/statistikk?fra=2031-01").text
    assert page_client.get("/statistikk/tabeller.xlsx?fra=2031-01").status_code == 404


def test_a_models_labels_without_a_measure_of_its_errors_come_with_a_warning(page_client: TestClient) -> None:
    page = page_client.get("/statistikk?merker=modell").text
    assert "message--warning" in page
    assert "ikke rettet for feilene" in page


def test_a_table_is_a_file_for_norwegian_excel(page_client: TestClient) -> None:
    answer = page_client.get("/statistikk/tabell/registrerte.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "registrerte.csv" in answer.headers["content-disposition"]
    assert answer.content.decode("utf-8-sig").splitlines()[1:] == ["2019;20;", "2020;20;0,0", "2021;20;0,0"]
    assert page_client.get("/statistikk/tabell/finnes-ikke.csv").status_code == 404


def test_the_workbook_has_the_pages_tables_and_no_formula(page_client: TestClient) -> None:
    answer = page_client.get("/statistikk/tabeller.xlsx", params={"enhet": EVIL})
    book = load_workbook(BytesIO(answer.content))
    assert {"registrerte", "type", "kanal"} <= set(book.sheetnames)
    assert not [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]


def test_every_file_that_the_page_offers_is_there(page_client: TestClient) -> None:
    page = page_client.get("/statistikk?enhet=Nav+Ytrevik").text
    offered = [link.replace("&amp;", "&") for link in re.findall(r'href="(/statistikk/[^"]+)"', page)]
    assert len(offered) >= 6
    for link in offered:
        assert page_client.get(link).status_code == 200, link
