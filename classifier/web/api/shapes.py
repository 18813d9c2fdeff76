"""What the API takes and gives, with examples: the forms behind its OpenAPI description."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from classifier.model.incident_model import LONGEST_TEXT
from classifier.taxonomy import CATEGORY_IDS, CHANNEL_IDS

MOST_TEXTS = 1_000
LARGEST_ID = 2**31 - 1

Text = Annotated[str, StringConstraints(max_length=LONGEST_TEXT)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True, pattern=r"^[^\x00]*$")]
CategoryId = Literal[CATEGORY_IDS]  # type: ignore[valid-type]  # the taxonomy's own ids, in the description too
ChannelId = Literal[CHANNEL_IDS]  # type: ignore[valid-type]

_EXAMPLE = "Bruker ringte og sa at han visste hvor jeg bor."


class _Given(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Texts(_Given):
    """Texts to propose labels for; nothing is kept."""

    texts: Annotated[list[Text], Field(min_length=1, max_length=MOST_TEXTS, examples=[[_EXAMPLE]])]


class RankedLabel(BaseModel):
    """A label and its calibrated probability."""

    label: str
    probability: float


class LabelProposal(BaseModel):
    """The labels of one kind, best first; a confident one may be chosen beforehand."""

    label: str
    probability: float
    confident: bool
    ranked: list[RankedLabel]


class EvidenceSpan(BaseModel):
    """Characters `[start, end)` of the text, and how much they spoke for a label."""

    start: int
    end: int
    weight: float
    label: str


class Span(BaseModel):
    """Characters `[start, end)` of the text."""

    start: int
    end: int


class SuggestionShape(BaseModel):
    """What the model proposes for a text; no labels where the outcome is not "ok"."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "outcome": "ok",
                    "category": {
                        "label": "trussel",
                        "probability": 0.97,
                        "confident": True,
                        "ranked": [{"label": "trussel", "probability": 0.97}],
                    },
                    "channel": {
                        "label": "telefon",
                        "probability": 0.95,
                        "confident": True,
                        "ranked": [{"label": "telefon", "probability": 0.95}],
                    },
                    "warnings": [],
                    "evidence": [{"start": 23, "end": 46, "weight": 1.2, "label": "trussel"}],
                    "sentence": {"start": 0, "end": 47},
                    "model_version": "2026.11.1",
                }
            ]
        }
    )

    outcome: Literal["ok", "too_short", "not_norwegian"]
    category: LabelProposal | None
    channel: LabelProposal | None
    warnings: list[str]
    evidence: list[EvidenceSpan]
    sentence: Span | None
    model_version: str


class Suggestions(BaseModel):
    """A suggestion for each text, in the order given."""

    suggestions: list[SuggestionShape]


class NewReport(_Given):
    """A report to keep; its source and external id name it, and sending it again changes nothing."""

    source: Annotated[Name, Field(examples=["asys"])]
    external_id: Annotated[Name, Field(examples=["2026-000417"])]
    text: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_TEXT), Field(examples=[_EXAMPLE])]
    incident_date: Annotated[date | None, Field(examples=["2026-03-01"])] = None
    unit: Annotated[Name | None, Field(examples=["Nav Vik"])] = None
    unit_kind: Annotated[Name | None, Field(examples=["kontor"])] = None


class RegisteredReport(BaseModel):
    """A report that is kept, and what was proposed; a report of the blind share is decided without seeing that."""

    id: int
    source: str
    external_id: str
    blind: bool
    suggestion_id: int | None
    suggestion: SuggestionShape | None


class ReportLine(BaseModel):
    """A report as a list shows it, with the labels that stand for it."""

    id: int
    source: str
    external_id: str
    incident_date: date | None
    unit: str | None
    category: str | None
    channel: str | None
    decided: bool
    excerpt: str


class ReportList(BaseModel):
    """Reports, newest first; `next` asks for those that follow, and is null where there are none."""

    reports: list[ReportLine]
    next: str | None


class PastDecisionShape(BaseModel):
    """What was decided about a report: by whom, when, and whether it was taken back."""

    sequence: int
    kind: str
    category: str | None
    channel: str | None
    annotator: str
    role: str
    decided_at: datetime
    blind: bool
    suggestion_id: int | None
    reason: str | None
    undoes: int | None
    undone: bool
    origin: str


class ReportShape(BaseModel):
    """A report with its history: the suggestions that were made and what people decided, oldest first."""

    id: int
    source: str
    external_id: str
    text: str | None
    incident_date: date | None
    unit: str | None
    unit_kind: str | None
    received_at: datetime
    erased_at: datetime | None
    given_category: str | None
    given_channel: str | None
    state: Literal["open", "settled", "disputed", "parked"]
    category: str | None
    channel: str | None
    blind: bool
    suggestions: list[dict[str, Any]]
    decisions: list[PastDecisionShape]


class NewDecisionShape(_Given):
    """What a person decides: a label, or that something must be cleared up, or to take a decision back.

    `expected_sequence` is the number of the last decision that the person saw, 0 for none.
    """

    kind: Literal["label", "adjudication", "park", "undo"] = "label"
    category: Annotated[CategoryId | None, Field(examples=["trussel"])] = None
    channel: Annotated[ChannelId | None, Field(examples=["telefon"])] = None
    reason: Annotated[str | None, StringConstraints(max_length=2000)] = None
    undoes: Annotated[int | None, Field(ge=1, le=LARGEST_ID)] = None
    suggestion_id: Annotated[int | None, Field(ge=1, le=LARGEST_ID)] = None
    blind: bool = False
    expected_sequence: Annotated[int | None, Field(ge=0, le=LARGEST_ID)] = None
    origin: Literal["registration", "review"] = "registration"


class RecordedDecision(BaseModel):
    """A decision that is kept, what stands for the report now, and what others decided since the person looked."""

    decision: PastDecisionShape
    state: Literal["open", "settled", "disputed", "parked"]
    came_second: bool
    meanwhile: list[PastDecisionShape]


class ProblemShape(BaseModel):
    """Problem details (RFC 9457): `type` is stable, `title` and `detail` are Bokmål for people."""

    model_config = ConfigDict(extra="allow")

    type: Annotated[str, Field(examples=["/problems/too-long"])]
    title: Annotated[str, Field(examples=["Teksten er for lang"])]
    status: Annotated[int, Field(examples=[422])]
    detail: Annotated[str | None, Field(examples=["En tekst kan ha høyst 20000 tegn."])] = None
    instance: Annotated[str, Field(examples=["urn:uuid:6b1f2c5e-6f0c-4c53-8a08-2b3f6f6d7f11"])]
