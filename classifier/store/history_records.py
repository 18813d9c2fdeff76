"""Reports and decisions as flat records that a file can hold, and back: one form for export and import."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from classifier.row_scan import RECORD_COLUMN
from classifier.store.tables import DECISION_KINDS, ROLES, Decision, Report, StoredSuggestion
from classifier.taxonomy import CATEGORY_IDS, CHANNEL_IDS

REPORT_FIELDS = (
    "source",
    "id",
    "text",
    "date",
    "unit",
    "unit_kind",
    "category",
    "channel",
    "labelled_by",
    "language",
    "taxonomy",
    "received_at",
    "erased_at",
    "extra",
)
DECISION_FIELDS = (
    "sequence",
    "kind",
    "annotator",
    "role",
    "decided_at",
    "blind",
    "reason",
    "undoes",
    "origin",
    "suggestion",
)
COLUMNS = (RECORD_COLUMN, *REPORT_FIELDS, *DECISION_FIELDS)
"""A table's columns; a decision uses `source`, `id`, `category` and `channel` too."""

_SUGGESTION_FIELDS = (
    "model_version",
    "prior",
    "outcome",
    "category",
    "channel",
    "category_confident",
    "channel_confident",
    "category_proba",
    "channel_proba",
    "warnings",
    "evidence",
)
_LONGEST_NAME = 200


class RecordError(Exception):
    """A record that is not as it should be; says what was found and what was expected, never incident text."""

    def __init__(self, found: str, expected: str) -> None:
        """Say both."""
        super().__init__(f"found {found}; expected {expected}")
        self.found = found
        self.expected = expected


@dataclass(frozen=True)
class IncomingDecision:
    """A decision on its way into the store, by its report's source and id; `undoes` is the sequence of the one taken back.

    `suggestion` holds what the person had seen, field by field, if it was anything.
    """

    source: str
    external_id: str
    sequence: int
    kind: str
    category: str | None
    channel: str | None
    annotator: str
    role: str
    decided_at: datetime
    blind: bool
    reason: str | None
    undoes: int | None
    origin: str
    suggestion: Mapping[str, Any] | None


def report_record(report: Report) -> dict[str, Any]:
    """Return a report as a record; what is not known is None."""
    return {
        RECORD_COLUMN: "report",
        "source": report.source,
        "id": report.external_id,
        "text": report.text,
        "date": None if report.incident_date is None else report.incident_date.isoformat(),
        "unit": report.unit,
        "unit_kind": report.unit_kind,
        "category": report.label_category,
        "channel": report.label_channel,
        "labelled_by": report.labelled_by,
        "language": report.language,
        "taxonomy": report.label_taxonomy,
        "received_at": report.received_at.isoformat(),
        "erased_at": None if report.erased_at is None else report.erased_at.isoformat(),
        "extra": report.extra,
    }


def decision_record(
    decision: Decision, report: Report, undoes: int | None, suggestion: StoredSuggestion | None
) -> dict[str, Any]:
    """Return a decision as a record, with what its person had seen, so that it can be read without the store."""
    return {
        RECORD_COLUMN: "decision",
        "source": report.source,
        "id": report.external_id,
        "category": decision.category,
        "channel": decision.channel,
        "sequence": decision.sequence,
        "kind": decision.kind,
        "annotator": decision.annotator,
        "role": decision.role,
        "decided_at": decision.decided_at.isoformat(),
        "blind": decision.blind,
        "reason": decision.reason,
        "undoes": undoes,
        "origin": decision.origin,
        "suggestion": None if suggestion is None else suggestion_fields(suggestion),
    }


def suggestion_fields(suggestion: StoredSuggestion) -> dict[str, Any]:
    """Return a stored suggestion, field by field."""
    fields = {name: getattr(suggestion, name) for name in _SUGGESTION_FIELDS}
    return {**fields, "created_at": suggestion.created_at.isoformat()}


def stored_suggestion(fields: Mapping[str, Any], report_id: int) -> StoredSuggestion:
    """Return the suggestion that `suggestion_fields` told of, for a report."""
    known = {name: fields[name] for name in _SUGGESTION_FIELDS}
    return StoredSuggestion(report_id=report_id, created_at=moment(fields["created_at"], "suggestion"), **known)


def as_cells(record: Mapping[str, Any]) -> list[str | None]:
    """Return a record as the cells of a table with COLUMNS."""
    return [_cell(record.get(column)) for column in COLUMNS]


def decision_of(values: Mapping[str, Any]) -> IncomingDecision:
    """Return the decision that a record holds, from JSON or from a table's cells; raises RecordError."""
    category, channel = _label(values, "category", CATEGORY_IDS), _label(values, "channel", CHANNEL_IDS)
    decision = IncomingDecision(
        source=needed_name(values, "source"),
        external_id=needed_name(values, "id"),
        sequence=_number(values.get("sequence"), "sequence") or 0,
        kind=_of(values, "kind", DECISION_KINDS),
        category=category,
        channel=channel,
        annotator=needed_name(values, "annotator"),
        role=_of(values, "role", ROLES),
        decided_at=moment(values.get("decided_at"), "decided_at"),
        blind=_truth(values.get("blind")),
        reason=_text(values, "reason"),
        undoes=_number(values.get("undoes"), "undoes"),
        origin=needed_name(values, "origin", 50),
        suggestion=_suggestion(values.get("suggestion")),
    )
    labelled = decision.kind in ("label", "adjudication")
    if decision.sequence < 1:
        raise RecordError(f"the sequence {decision.sequence}", "a number from 1")
    if labelled != (category is not None and channel is not None):
        raise RecordError(
            f"a {decision.kind} {'without' if labelled else 'with'} a label", "a label exactly where one is given"
        )
    if (decision.kind == "undo") != (decision.undoes is not None):
        raise RecordError(f"a decision of kind {decision.kind} and `undoes` {decision.undoes}", "`undoes` for an undo only")
    if decision.blind and decision.suggestion is not None:
        raise RecordError("a blind decision with a suggestion", "none, as a blind one saw none")
    return decision


def moment(value: object, name: str) -> datetime:
    """Return a moment that is written in ISO 8601 with its zone; raises RecordError."""
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise RecordError(f"no moment in {name!r}", "ISO 8601 with a zone, such as 2026-03-01T12:30:00+00:00")
    return found.astimezone(UTC)


def mapping_of(value: object, name: str) -> dict[str, Any]:
    """Return a JSON object that stands there as one, or written out; raises RecordError."""
    if value is None:
        return {}
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            value = None
    if not isinstance(value, dict):
        raise RecordError(f"no JSON object in {name!r}", "one, as the export wrote it")
    return value


def needed_name(values: Mapping[str, Any], name: str, longest: int = _LONGEST_NAME) -> str:
    """Return a name that must be there and fit its column; raises RecordError."""
    value = values.get(name)
    if not isinstance(value, str) or not value or len(value) > longest:
        raise RecordError(f"no {name!r} of 1 to {longest} characters", "one")
    return value


def _cell(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _suggestion(value: object) -> dict[str, Any] | None:
    if value is None:
        return None
    fields = mapping_of(value, "suggestion")
    missing = sorted({*_SUGGESTION_FIELDS, "created_at"} - fields.keys())
    if missing:
        raise RecordError(f"a suggestion without {', '.join(missing)}", "every field, as the export wrote it")
    moment(fields["created_at"], "suggestion")
    if (fields["outcome"] == "ok") != (fields["category"] is not None and fields["channel"] is not None):
        raise RecordError("a suggestion whose outcome and labels do not go together", "labels if the outcome is ok")
    return fields


def _label(values: Mapping[str, Any], name: str, known: tuple[str, ...]) -> str | None:
    return None if values.get(name) is None else _of(values, name, known)


def _of(values: Mapping[str, Any], name: str, known: tuple[str, ...]) -> str:
    value = values.get(name)
    if not isinstance(value, str) or value not in known:
        raise RecordError(f"an unknown {name}", f"one of {', '.join(known)}")
    return value


def _text(values: Mapping[str, Any], name: str) -> str | None:
    value = values.get(name)
    if value is not None and not isinstance(value, str):
        raise RecordError(f"a {name!r} that is no text", "a text or nothing")
    return value


def _number(value: object, name: str) -> int | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    raise RecordError(f"a {name!r} that is no whole number", "one")


def _truth(value: object) -> bool:
    if value in (True, "true"):
        return True
    if value in (False, "false"):
        return False
    raise RecordError("a `blind` that is neither true nor false", "true or false")
