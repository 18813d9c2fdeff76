import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

from openpyxl import Workbook
from sqlalchemy import func, select

from classifier.store.database import Database, open_database
from classifier.store.reports import find_report
from classifier.store.tables import AuditEntry, Report
from tests.store.intake import import_file

HEADER = "Saksnummer;Dato;Enhet;Enhetstype;Beskrivelse;Kategori;Kanal;Registrert av;Varighet\r\n"
ROWS = (
    '0017;31.12.21;Nav Vik;Nav-kontor;"Han ropte og slo i skranken;\r\nglasset sprakk på gulvet.";Hærverk;Mottak;Kari;1,5\r\n'
    "0018;31/12/2021 14:30;Nav Vågå;;Ho ringde og sa at eg skulle få svi.;Mobbing;;Kåre;\r\n"
)


def write(path: Path, content: str, encoding: str = "cp1252") -> Path:
    path.write_bytes(content.encode(encoding))
    return path


def test_a_history_as_excel_saves_it_in_norwegian_is_read_whole(database: Database, tmp_path: Path) -> None:
    done = import_file(database, write(tmp_path / "historikk.csv", HEADER + ROWS), taxonomy="2014")
    assert (done.counts.reports, done.rejected) == (2, [])
    assert done.unknown == {("category", "Mobbing"): 1}
    with database.reading() as session:
        first, second = find_report(session, "0017"), find_report(session, "0018")
        assert first.text == "Han ropte og slo i skranken;\r\nglasset sprakk på gulvet."
        assert (first.incident_date, first.unit, first.unit_kind) == (date(2021, 12, 31), "Nav Vik", "Nav-kontor")
        assert (first.label_category, first.label_channel, first.labelled_by) == ("haerverk", "publikumsmottak", "Kari")
        assert (first.language, first.label_taxonomy, first.extra) == ("nb", "2014", {"Varighet": "1,5"})
        assert (second.label_category, second.label_channel, second.language) == ("Mobbing", None, "nn")
        assert second.extra == {"Dato": "31/12/2021 14:30"}
        entry = session.scalars(select(AuditEntry)).one()
        assert (entry.who, entry.action) == ("ola", "import")
        assert entry.details == {"file": "historikk.csv", "source": "arkiv", "reports": 2, "decisions": 0}


def test_the_same_file_again_adds_nothing(database: Database, tmp_path: Path) -> None:
    path = write(tmp_path / "historikk.csv", HEADER + ROWS)
    import_file(database, path)
    again = import_file(database, path)
    assert (again.counts.reports, again.counts.reports_there, again.rejected) == (0, 2, [])
    with database.reading() as session:
        assert session.scalar(select(func.count(AuditEntry.id))) == 1


def test_an_id_that_comes_again_with_something_else_is_rejected_and_the_first_stays(database: Database, tmp_path: Path) -> None:
    rows = "id;tekst;kategori\n1;Han ropte.;trussel\n1;Han ropte.;trussel\n1;Han slo.;trussel\n1;Han ropte.;haerverk\n"
    done = import_file(database, write(tmp_path / "a.csv", rows))
    assert (done.counts.reports, done.counts.reports_there) == (1, 1)
    assert [line for line, _ in done.rejected] == [4, 5]
    assert "with another text;" in done.rejected[0][1]
    assert "with another category;" in done.rejected[1][1]
    later = import_file(database, write(tmp_path / "b.csv", "id;tekst\n1;Noe annet.\n"))
    assert "with another text and category" in later.rejected[0][1]
    with database.reading() as session:
        assert find_report(session, "1").text == "Han ropte."


def test_a_repeat_far_from_the_first_is_found_too(database: Database, tmp_path: Path) -> None:
    rows = "".join(f"{number};Han ropte {number}.\n" for number in (*range(10), 0))
    done = import_file(database, write(tmp_path / "a.csv", f"id;tekst\n{rows}0;Noe annet.\n"), batch_rows=3)
    assert (done.counts.reports, done.counts.reports_there, [line for line, _ in done.rejected]) == (10, 1, [13])


def test_a_dry_run_tells_the_same_and_keeps_nothing(database: Database, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", HEADER + ROWS + "0019;i går;;;Han sa ting.;;;;\r\n")
    dry = import_file(database, path, dry_run=True, batch_rows=2)
    with database.reading() as session:
        assert session.scalar(select(func.count(Report.id))) == 0
        assert session.scalar(select(func.count(AuditEntry.id))) == 0
    assert dry == import_file(database, path, batch_rows=2)


def test_json_lines_keep_their_other_keys_as_they_are(database: Database, tmp_path: Path) -> None:
    line = {"id": 7, "text": "Han ropte.", "dato": "2021-12-31", "vedlegg": [{"navn": "a", "antall": 2}], "merke": None}
    path = write(tmp_path / "a.jsonl", json.dumps(line) + "\n", "utf-8")
    assert import_file(database, path).rejected == []
    assert import_file(database, path).counts.reports_there == 1
    with database.reading() as session:
        assert find_report(session, "7").extra == {"vedlegg": [{"navn": "a", "antall": 2}], "merke": None}


def test_a_workbook_with_real_dates_is_read(database: Database, tmp_path: Path) -> None:
    from datetime import datetime

    book = Workbook()
    for row in (
        ["Løpenr", "Når", "Hendelse"],
        ["0017", datetime(2021, 12, 31), "=SUM(A1)"],
        ["18", datetime(2021, 12, 31, 14), "b"],
    ):
        book.worksheets[0].append(row)
    book.worksheets[0]["C2"].data_type = "s"
    book.save(tmp_path / "a.xlsx")
    done = import_file(database, tmp_path / "a.xlsx", {"id": "Løpenr"})
    assert done.rejected == []
    with database.reading() as session:
        assert find_report(session, "0017").text == "=SUM(A1)"
        assert find_report(session, "0017").incident_date == date(2021, 12, 31)
        assert find_report(session, "18").extra == {"Når": "2021-12-31 14:00:00"}


def test_a_table_without_ids_gets_line_numbers(database: Database, tmp_path: Path) -> None:
    import_file(database, write(tmp_path / "a.csv", "tekst;x\nHan ropte.;1\nHan ropte.;1\n"))
    with database.reading() as session:
        assert session.scalars(select(Report.external_id).order_by(Report.id)).all() == ["arkiv-2", "arkiv-3"]


def test_a_column_full_of_unknown_words_is_taken_for_no_label_in_the_end(database: Database, tmp_path: Path) -> None:
    rows = "".join(f"{number};Han ropte.;kode {number}\n" for number in range(300))
    done = import_file(database, write(tmp_path / "a.csv", f"id;tekst;kategori\n{rows}"))
    assert (done.counts.reports, len(done.rejected)) == (200, 100)
    assert "yet another unknown category" in done.rejected[0][1]


def test_an_import_that_is_killed_half_way_is_completed_by_running_it_again(tmp_path: Path) -> None:
    rows = "".join(f"{number};Han ropte {number} ganger og slo i døra.;trussel\n" for number in range(12_000))
    path = write(tmp_path / "a.csv", f"id;tekst;kategori\n{rows}")
    place = tmp_path / "asys.db"
    open_database(str(place)).close()
    arguments = [sys.executable, "-c", "from classifier.cli import main; main()", "import", str(path), "--database", str(place)]

    def stored() -> int:
        connection = sqlite3.connect(place, timeout=30)
        count = int(connection.execute("SELECT count(*) FROM reports").fetchone()[0])
        connection.close()
        return count

    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while stored() < 3_000 and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    kept = stored()
    assert 0 < kept < 12_000
    assert kept % 1000 == 0
    again = subprocess.run(arguments, capture_output=True, text=True)
    assert again.returncode == 0, again.stderr
    assert f"Imported {12_000 - kept:,} reports" in again.stdout
    assert f"There already: {kept:,} reports" in again.stdout
    connection = sqlite3.connect(place)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    told = connection.execute("SELECT sum(json_extract(details, '$.reports')) FROM audit_entries").fetchone()
    assert told == (12_000,)
    connection.close()
