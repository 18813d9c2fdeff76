import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from classifier.errors import InputError
from classifier.store.database import Database, open_database
from classifier.store.exporting import ExportCounts, export_file
from classifier.store.tables import Decision, Report
from tests.databases import KINDS, new_database_url
from tests.store.histories import NOW, filled
from tests.store.intake import import_file

REPORT_COLUMNS = [column.name for column in Report.__table__.columns if column.name != "id"]
DECISION_COLUMNS = [
    column.name for column in Decision.__table__.columns if column.name not in ("id", "report_id", "suggestion_id", "undoes_id")
]


def content(database: Database) -> tuple[list[Any], list[Any]]:
    """Return every report and decision, whatever numbers the database gave them."""
    with database.reading() as session:
        reports = session.scalars(select(Report).order_by(Report.source, Report.external_id)).all()
        told = [{name: getattr(report, name) for name in REPORT_COLUMNS} for report in reports]
        history = []
        for report in reports:
            sequences = {decision.id: decision.sequence for decision in report.decisions}
            for decision in report.decisions:
                fields = {name: getattr(decision, name) for name in DECISION_COLUMNS}
                seen = decision.suggestion and (decision.suggestion.model_version, decision.suggestion.category_proba)
                undoes = sequences.get(decision.undoes_id or 0)
                history.append((report.source, report.external_id, fields, seen, undoes))
        return told, history


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".xlsx"])
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_exported_comes_back_the_same_in_an_empty_database(
    database: Database, tmp_path: Path, suffix: str, kind: Any
) -> None:
    if suffix != ".jsonl" and kind != database.dialect:
        pytest.skip("one crossing of databases is enough")
    filled(database)
    path = tmp_path / f"alt{suffix}"
    assert export_file(database, path) == ExportCounts(reports=4, decisions=5)
    other = open_database(new_database_url(kind, tmp_path))
    done = import_file(other, path)
    assert (done.counts.reports, done.counts.decisions, done.rejected) == (4, 5, [])
    assert content(other) == content(database)
    again = import_file(other, path)
    assert (again.counts.reports_there, again.counts.decisions_there, again.rejected) == (4, 5, [])
    other.close()


def test_no_cell_is_a_formula(database: Database, tmp_path: Path) -> None:
    filled(database)
    export_file(database, tmp_path / "alt.csv")
    export_file(database, tmp_path / "alt.xlsx")
    written = (tmp_path / "alt.csv").read_text(encoding="utf-8-sig")
    assert "\"'=HYPERLINK" in written
    assert ";'-18;" in written
    book = load_workbook(tmp_path / "alt.xlsx")
    cells = [cell for row in book.worksheets[0].iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert not [cell.value for cell in cells if str(cell.value)[0] in "=+-@"]


def test_since_leaves_out_what_is_older(database: Database, tmp_path: Path) -> None:
    filled(database)
    path = tmp_path / "nytt.jsonl"
    assert export_file(database, path, since=NOW + timedelta(minutes=3)) == ExportCounts(reports=1, decisions=2)
    assert export_file(database, path, what="decisions", since=NOW) == ExportCounts(decisions=5)
    assert export_file(database, path, what="reports", since=NOW + timedelta(days=1)) == ExportCounts()


def test_decisions_that_do_not_fit_the_history_are_rejected(database: Database, tmp_path: Path) -> None:
    filled(database)
    path = tmp_path / "alt.jsonl"
    export_file(database, path)
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    decision = next(line for line in lines if line["asys_record"] == "decision")
    changes: list[tuple[dict[str, Any], str]] = [
        ({"category": "haerverk"}, "another decision 1 than the one that is there"),
        ({"sequence": 9}, "decision 9 after 4"),
        ({"id": "99"}, "a report that is not there"),
        ({"kind": "vet ikke"}, "unknown kind"),
        ({"category": "mobbing"}, "unknown category"),
        ({"category": None}, "label without a label"),
        ({"decided_at": "2026-03-01 12:00"}, "no moment in 'decided_at'"),
        ({"blind": "kanskje"}, "neither true nor false"),
        ({"blind": True}, "blind decision with a suggestion"),
        ({"sequence": "1.5"}, "no whole number"),
        ({"suggestion": {"prior": "corpus"}}, "suggestion without"),
        ({"asys_record": "vurdering"}, "no known kind of record"),
    ]
    path.write_text("".join(json.dumps(decision | change) + "\n" for change, _ in changes), encoding="utf-8")
    done = import_file(database, path)
    assert done.counts.decisions == 0
    for (_, expected), (_, reason) in zip(changes, sorted(done.rejected), strict=True):
        assert expected in reason


def test_a_file_that_cannot_be_is_refused_and_none_is_left_behind(tmp_path: Path) -> None:
    database = open_database(str(tmp_path / "asys.db"))
    filled(database)

    def fail(_: ExportCounts) -> None:
        raise InputError("audit", "no place", "one")

    with pytest.raises(InputError, match="audit"):
        export_file(database, tmp_path / "ut.csv", before_kept=fail)
    with pytest.raises(InputError, match=r"found a file name ending in '.pdf'"):
        export_file(database, tmp_path / "ut.pdf")
    with pytest.raises(InputError, match="No such file"):
        export_file(database, tmp_path / "mangler" / "ut.csv")
    assert sorted(path.suffix for path in tmp_path.iterdir() if "asys.db" not in path.name) == []
    database.close()


def test_a_file_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    database = open_database(str(tmp_path / "asys.db"))
    export_file(database, tmp_path / "ut.jsonl")
    assert (tmp_path / "ut.jsonl").stat().st_mode & 0o077 == 0
    database.close()


def test_a_text_that_excel_cannot_hold_is_refused_with_the_way_out(tmp_path: Path) -> None:
    database = open_database(str(tmp_path / "asys.db"))
    filled(database)
    with database.writing() as session:
        session.scalars(select(Report)).first().extra = {"a": "a" * 40_000}  # type: ignore[union-attr]
    with pytest.raises(InputError, match=r"found a cell of 40,009 characters in row 2; expected less; write .csv or .jsonl"):
        export_file(database, tmp_path / "ut.xlsx")
    database.close()
