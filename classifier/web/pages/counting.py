"""The statistics page: counts over time from the store, with the same tables as files.

Routes are plain functions, which the service runs in its pool of threads: counting takes seconds, and must not hold up others.
"""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from classifier.trends.report import IN_WORDS
from classifier.trends.report_files import table_as_csv, tables_as_workbook, tables_of
from classifier.trends.report_page import cell_in_words
from classifier.trends.report_parts import HIDDEN
from classifier.trends.stored import Reader
from classifier.web.access import AnyRole
from classifier.web.api.models import models_folder
from classifier.web.pages.bar_chart import drawings_of
from classifier.web.pages.review_filter import Option
from classifier.web.pages.statistics_filter import Asked, asked_for
from classifier.web.problems import ProblemError
from classifier.web.rendering import page
from classifier.web.service import Service, TheService
from classifier.web.statistics import Statistics

router = APIRouter(include_in_schema=False)

Given = Annotated[Asked, Depends(asked_for)]

_EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@router.get("/statistikk")
def show(request: Request, _user: AnyRole, service: TheService, given: Given) -> Response:
    """Show what is counted, with its figures."""
    counted = _counted(service, given)
    report = counted.report
    return page(
        request,
        "statistics.html",
        title="Statistikk",
        asked=given,
        units=[Option(unit, unit, unit == given.enhet) for unit in counted.units],
        kinds=[Option(kind, kind, kind == given.enhetstype) for kind in counted.kinds],
        report=report,
        by=IN_WORDS[given.selection.by],
        drawn={chart.name: drawings_of(chart) for section in report.sections for chart in section.charts} if report else {},
        saved={table.name for table in tables_of(report)} if report else set(),
        cell=cell_in_words,
        hidden=HIDDEN,
    )


@router.get("/statistikk/tabeller.xlsx")
def workbook(_user: AnyRole, service: TheService, given: Given) -> Response:
    """Return all tables as a workbook, a sheet each."""
    report = _counted(service, given).report
    if report is None:
        raise ProblemError("not-found", "Ingen hendelser passer til utvalget.")
    return _file(tables_as_workbook(tables_of(report)), _EXCEL, "statistikk.xlsx")


@router.get("/statistikk/tabell/{name}.csv")
def table(_user: AnyRole, service: TheService, given: Given, name: str) -> Response:
    """Return one table as CSV."""
    report = _counted(service, given).report
    found = next((its for its in tables_of(report) if its.name == name), None) if report else None
    if found is None:
        raise ProblemError("not-found", "Utvalget har ingen slik tabell.")
    return _file(table_as_csv(found), "text/csv; charset=utf-8", f"{name}.csv")


def _counted(service: Service, given: Asked) -> Statistics:
    model = service.champion.model
    return service.statistics.statistics(given.selection, Reader(model.version, model.answers_under), models_folder(service))


def _file(content: bytes, media_type: str, name: str) -> Response:
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
    return Response(content, media_type=media_type, headers=headers)
