import csv
import re
from datetime import date
from pathlib import Path

import pytest
from openpyxl import load_workbook

from classifier.errors import InputError
from classifier.trends.history import history_of
from classifier.trends.report import make_report
from classifier.trends.report_files import write_report
from classifier.trends.report_parts import Report, ReportSettings
from tests.trends.made_up import incident

EVIL = '=HYPERLINK("http://x.example";"klikk")'
MARKUP = "<script>alert(1)</script>"


def report() -> Report:
    incidents = [incident(day=f"20{year}-03-04", unit=unit) for year in (20, 21) for unit in (EVIL, MARKUP, "Nav Ytrevik") * 8]
    settings = ReportSettings(dimensions=("channel", "unit"), units=(EVIL,))
    return make_report(history_of(incidents), settings, source="historikk.csv", made=date(2022, 1, 2), notes=("En merknad.",))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(report(), tmp_path_factory.mktemp("rapporter") / "ny" / "rapport").parent


def test_a_report_is_a_page_figures_tables_and_a_workbook(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} == {"rapport.html", "rapport.xlsx", "tabeller", "figurer"}
    assert {path.suffix for path in (folder / "figurer").iterdir()} == {".svg", ".png"}
    names = {path.stem for path in (folder / "tabeller").iterdir()}
    assert {"registrerte", "kanal", "kanal_prosent", "enhet"} <= names
    assert len(load_workbook(folder / "rapport.xlsx").sheetnames) == len(names)


def test_tables_are_written_as_norwegian_excel_reads_them(folder: Path) -> None:
    content = (folder / "tabeller" / "kanal_prosent.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(content.decode("utf-8-sig").splitlines(), delimiter=";"))
    assert rows[0] == ["Kanal", "2020", "2021"]
    assert rows[1] == ["Telefon", "100,0", "100,0"]


def test_the_name_of_a_unit_is_never_a_formula(folder: Path) -> None:
    with (folder / "tabeller" / "enhet.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [row[0] for row in csv.reader(file, delimiter=";") if "HYPERLINK" in row[0]] == [f"'{EVIL}"]
    cells = [cell for sheet in load_workbook(folder / "rapport.xlsx") for row in sheet.iter_rows() for cell in row]
    assert [cell.data_type for cell in cells if cell.value == EVIL] == ["s", "s"]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert {cell.value for cell in cells if isinstance(cell.value, int)} >= {8, 24}


def test_the_page_stands_alone_and_shows_names_as_they_are(folder: Path) -> None:
    page = (folder / "rapport.html").read_text(encoding="utf-8")
    assert MARKUP not in page
    assert "&lt;script&gt;" in page
    assert not re.search(r'(?:src|href)="(?!#)', page)
    assert 'lang="nb"' in page
    assert "En merknad." in page


def test_every_figure_has_words_beside_it_and_takes_the_pages_own_colours(folder: Path) -> None:
    page = (folder / "rapport.html").read_text(encoding="utf-8")
    figures = re.findall(r'<figure role="img" aria-label="([^"]+)">', page)
    assert len(figures) == page.count("<svg") == 4
    assert all("hendelse" in told.casefold() and re.search(r"\d i 20\d\d", told) for told in figures)
    assert "currentColor" in page
    assert "prefers-color-scheme: dark" in page


def test_writing_again_replaces_what_was_there(folder: Path) -> None:
    before = (folder / "tabeller" / "enhet.csv").read_bytes()
    (folder / "tabeller" / "enhet.csv").write_text("gammelt", encoding="utf-8")
    write_report(report(), folder)
    assert (folder / "tabeller" / "enhet.csv").read_bytes() == before


def test_a_place_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "fil").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match=r"fil.*expected a writable folder"):
        write_report(report(), tmp_path / "fil" / "rapport")


def test_an_earlier_reports_files_go_and_other_peoples_stay(tmp_path: Path) -> None:
    write_report(report(), tmp_path)
    others = [tmp_path / "tabeller" / name for name in ("notater.csv", "enhet.txt", "type_2020.csv")]
    for path in others:
        path.write_text("mitt", encoding="utf-8")
    incidents = history_of([incident() for _ in range(20)])
    later = make_report(incidents, ReportSettings(dimensions=("kind",)), source="a.csv", made=date(2022, 1, 2))
    write_report(later, tmp_path)
    tables = {path.name for path in (tmp_path / "tabeller").iterdir()}
    own = {"registrerte.csv", "enhetstype.csv", "enhetstype_prosent.csv"}
    assert tables == own | {path.name for path in others}
    assert {path.stem for path in (tmp_path / "figurer").iterdir()} == {"registrerte", "enhetstype"}
