"""The review queue: what waits, the next report, and handing it back; deciding is the same as for any report."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse

from classifier.review.dealing import DealtItem
from classifier.review.queue import Filters
from classifier.review.reasons import REASONS
from classifier.suggestion import as_dict
from classifier.web.access import QualityChecker
from classifier.web.api.reports import Word, plain
from classifier.web.api.routing import api_router, as_json
from classifier.web.api.shapes import CategoryId, ChannelId, Name, SuggestionShape
from classifier.web.service import TheService

router = api_router("kvalitet")

ReasonId = Literal[REASONS]  # type: ignore[valid-type]  # the rules' own ids, in the description too


class ReasonShape(BaseModel):
    """Why a report is to be looked at: an id, and the same in words."""

    id: Annotated[str, Field(examples=["mislabelled"])]
    text: str


class QueueLine(BaseModel):
    """A report that waits, with its place in the queue."""

    id: int
    source: str
    external_id: str
    rank: int
    blind: bool
    reasons: list[ReasonShape]


class QueueShape(BaseModel):
    """The queue as it stood at `built_at`, and how many reports waited then."""

    model_version: str
    built_at: str
    waiting: int
    items: list[QueueLine]


class Wanted(BaseModel):
    """Which reports to be dealt; nothing asks for any."""

    unit: Name | None = None
    first_date: date | None = None
    last_date: date | None = None
    category: CategoryId | None = None
    channel: ChannelId | None = None
    reason: ReasonId | None = None


class DealtShape(BaseModel):
    """A report that is yours until `expires_at`; a blind one comes without suggestion and old label.

    Send `sequence` back as `expected_sequence`, and `suggestion_id`, with the decision.
    """

    id: int
    source: str
    external_id: str
    text: str
    incident_date: date | None
    unit: str | None
    given_category: str | None
    given_channel: str | None
    labelled_by: str | None
    suggestion_id: int | None
    suggestion: SuggestionShape | None
    reasons: list[ReasonShape]
    blind: bool
    expires_at: str
    sequence: int


class Dealt(BaseModel):
    """The next report, or null if none waits for you."""

    report: DealtShape | None


class Released(BaseModel):
    """The reports that were handed back."""

    released: list[int]


@router.get("/review/queue", response_model=QueueShape, summary="Se kontrollkøen")
def queue(
    user: QualityChecker,  # noqa: ARG001  (the role is what counts)
    service: TheService,
    unit: Word = None,
    first_date: date | None = None,
    last_date: date | None = None,
    category: CategoryId | None = None,
    channel: ChannelId | None = None,
    reason: ReasonId | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> JSONResponse:
    """List hva som bør ses på, og hvorfor, uten tekst. Rapporter i den blinde andelen sier bare at de er trukket ut."""
    found = service.desk.queue(Filters(plain(unit), first_date, last_date, category, channel, reason))
    content = {
        "model_version": found.model_version,
        "built_at": found.built_at.isoformat(),
        "waiting": found.waiting,
        "items": [
            {
                "id": item.report_id,
                "source": item.source,
                "external_id": item.external_id,
                "rank": item.rank,
                "blind": item.blind,
                "reasons": [asdict(reason) for reason in item.reasons],
            }
            for item in found.items[:limit]
        ],
    }
    return as_json(content)


@router.post("/review/next", response_model=Dealt, summary="Få neste rapport")
def next_(user: QualityChecker, service: TheService, given: Wanted | None = None) -> JSONResponse:
    """Få den neste rapporten, eller den du har fra før. Den er din en stund; avgjør den under `/reports/{id}/decisions`."""
    asked = given or Wanted()
    filters = Filters(asked.unit, asked.first_date, asked.last_date, asked.category, asked.channel, asked.reason)
    dealt = service.desk.deal(user.subject, filters)
    return as_json({"report": None if dealt is None else _dealt(dealt)})


@router.post("/review/skip", response_model=Released, summary="Legg tilbake rapporten")
def skip(user: QualityChecker, service: TheService) -> JSONResponse:
    """Legg tilbake rapporten du har, uten å avgjøre den. Du får den ikke igjen; noen andre kan få den med én gang."""
    return as_json({"released": service.desk.skip(user.subject)})


def _dealt(dealt: DealtItem) -> dict[str, Any]:
    return {
        "id": dealt.report_id,
        "source": dealt.source,
        "external_id": dealt.external_id,
        "text": dealt.text,
        "incident_date": None if dealt.incident_date is None else dealt.incident_date.isoformat(),
        "unit": dealt.unit,
        "given_category": dealt.label_category,
        "given_channel": dealt.label_channel,
        "labelled_by": dealt.labelled_by,
        "suggestion_id": dealt.suggestion_id,
        "suggestion": None if dealt.suggestion is None else as_dict(dealt.suggestion),
        "reasons": [asdict(reason) for reason in dealt.reasons],
        "blind": dealt.blind,
        "expires_at": dealt.expires_at.isoformat(timespec="seconds"),
        "sequence": dealt.sequence,
    }
