"""Keep what a model proposed for a report: once for each model version and prior."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from classifier.store import audit
from classifier.store.tables import Report, StoredSuggestion
from classifier.suggestion import Evidence, Outcome, Proposal, Ranked, Suggestion, as_dict

if TYPE_CHECKING:
    from classifier.store.database import Database

_ROWS_A_STATEMENT = 500
_IDS_A_STATEMENT = 10_000


def add_suggestions(session: Session, suggested: Sequence[tuple[int, Suggestion]], *, prior: str, created_at: datetime) -> None:
    """Keep suggestions by the id of their report; one that the same version made under the same prior stays as it is."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    for start in range(0, len(suggested), _ROWS_A_STATEMENT):
        rows = [
            _row(report, suggestion, prior, created_at) for report, suggestion in suggested[start : start + _ROWS_A_STATEMENT]
        ]
        session.execute(
            insert(StoredSuggestion).values(rows).on_conflict_do_nothing(index_elements=["report_id", "model_version", "prior"])
        )


def keep_suggestions(
    database: Database,
    suggested: Sequence[tuple[int, Suggestion]],
    *,
    model_version: str,
    prior: str,
    who: str,
    now: datetime,
) -> int:
    """Keep suggestions in a transaction of their own, with an entry in the audit trail, and return for how many reports.

    A report that was erased since its text was read gets none.
    """
    with database.writing() as session:
        there: set[int] = set()
        ids = [report for report, _ in suggested]
        for start in range(0, len(ids), _IDS_A_STATEMENT):
            some = ids[start : start + _IDS_A_STATEMENT]
            there.update(session.scalars(select(Report.id).where(Report.id.in_(some), Report.erased_at.is_(None))))
        kept = [item for item in suggested if item[0] in there]
        add_suggestions(session, kept, prior=prior, created_at=now)
        details = {"reports": len(kept), "model_version": model_version, "prior": prior}
        audit.record(session, "suggest", who=who, at=now, details=details)
    return len(kept)


def suggestion_of(session: Session, report_id: int, model_version: str, prior: str) -> StoredSuggestion | None:
    """Return what a version proposed for a report under a prior, if it did."""
    return session.scalars(
        select(StoredSuggestion).where(
            StoredSuggestion.report_id == report_id,
            StoredSuggestion.model_version == model_version,
            StoredSuggestion.prior == prior,
        )
    ).one_or_none()


def restored(stored: StoredSuggestion) -> Suggestion:
    """Return a stored suggestion as the model made it, but for the sentence that spoke most, which is not kept."""
    proposals = (
        _proposal(stored.category_proba, stored.category_confident),
        _proposal(stored.channel_proba, stored.channel_confident),
    )
    evidence = tuple(Evidence(item["start"], item["end"], item["weight"], item["label"]) for item in stored.evidence)
    outcome = cast(Outcome, stored.outcome)
    return Suggestion(outcome, *proposals, tuple(stored.warnings), evidence, None, stored.model_version)


def suggestions_by_id(session: Session, ids: Iterable[int]) -> dict[int, StoredSuggestion]:
    """Return the suggestions of these ids; an id that there is not is left out."""
    wanted, found = sorted(set(ids)), {}
    for start in range(0, len(wanted), _IDS_A_STATEMENT):
        query = select(StoredSuggestion).where(StoredSuggestion.id.in_(wanted[start : start + _IDS_A_STATEMENT]))
        found.update({suggestion.id: suggestion for suggestion in session.scalars(query)})
    return found


def reports_without(session: Session, model_version: str, prior: str, *, after: int = 0, limit: int = 1000) -> Sequence[Report]:
    """Return reports with a text that a version has not read yet, by ascending id above `after`."""
    read = select(StoredSuggestion.report_id).where(
        StoredSuggestion.model_version == model_version, StoredSuggestion.prior == prior
    )
    query = select(Report).where(Report.id > after, Report.erased_at.is_(None), Report.id.not_in(read))
    return session.scalars(query.order_by(Report.id).limit(limit)).all()


def _proposal(probabilities: Mapping[str, float], confident: bool) -> Proposal | None:
    if not probabilities:
        return None
    ranked = sorted(probabilities.items(), key=lambda item: -item[1])
    return Proposal(tuple(Ranked(label, probability) for label, probability in ranked), confident)


def _row(report_id: int, suggestion: Suggestion, prior: str, created_at: datetime) -> dict[str, Any]:
    shape = as_dict(suggestion)
    return {
        "report_id": report_id,
        "model_version": suggestion.model_version,
        "prior": prior,
        "created_at": created_at,
        "outcome": suggestion.outcome,
        "category": None if suggestion.category is None else suggestion.category.label,
        "channel": None if suggestion.channel is None else suggestion.channel.label,
        "category_confident": suggestion.category is not None and suggestion.category.confident,
        "channel_confident": suggestion.channel is not None and suggestion.channel.confident,
        "category_proba": _probabilities(suggestion.category),
        "channel_proba": _probabilities(suggestion.channel),
        "warnings": list(suggestion.warnings),
        "evidence": shape["evidence"],
    }


def _probabilities(proposal: Proposal | None) -> dict[str, float]:
    return {} if proposal is None else {item.label: item.probability for item in proposal.ranked}
