"""Record what people decide about a report: a label, a settled disagreement, a question to clear up, or a step back.

Nothing is overwritten. Two people who decide at once both keep their word; the second is told what came first. Whoever sends a
decision again, not knowing whether it arrived, gets the one that did.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from classifier.errors import ClassifierError, ConflictError, InputError, UnknownLabelError
from classifier.review.standing import PastDecision, Standing, last_labels, standing_of
from classifier.store import audit
from classifier.store.tables import ROLES, Assignment, Decision, Report, StoredSuggestion
from classifier.taxonomy import CATEGORY_IDS, CHANNEL_IDS

Kind = Literal["label", "adjudication", "park", "undo"]

LONGEST_REASON = 2000
"""Characters; a reason is a note beside a report, not another report."""

LONGEST_NAME = 200
"""Characters, as the tables have it."""

_MAY_SETTLE = ("quality_checker", "administrator")
_IDS_A_STATEMENT = 5000


@dataclass(frozen=True)
class NewDecision:
    """What a person decides about a report.

    A label and an adjudication carry a category and a channel, "park" the reason for it, "undo" the sequence number of the
    decision that it takes back. `suggestion_id` is the suggestion that was shown, `blind` that none was.
    `expected_sequence` is the number of the last decision the person saw, 0 for none and None if nobody can tell.
    """

    report_id: int
    annotator: str
    role: str
    decided_at: datetime
    kind: Kind = "label"
    category: str | None = None
    channel: str | None = None
    reason: str | None = None
    undoes: int | None = None
    suggestion_id: int | None = None
    blind: bool = False
    expected_sequence: int | None = None
    origin: str = "review"


@dataclass(frozen=True)
class Recorded:
    """A decision that is kept, and what it met.

    `meanwhile` holds what others decided since the person looked, oldest first; with anything there, this one came second.
    `repeated` says that the same person had sent the same before, so that nothing was added.
    """

    decision: PastDecision
    standing: Standing
    meanwhile: tuple[PastDecision, ...] = ()
    repeated: bool = False

    @property
    def came_second(self) -> bool:
        """Whether somebody decided between this person's look and word."""
        return bool(self.meanwhile)


@dataclass(frozen=True)
class Refused:
    """A decision of several that was not kept, and why."""

    report_id: int
    error: ClassifierError


def record_decision(session: Session, new: NewDecision) -> Recorded:
    """Keep a decision, close the person's assignment of the report, and note it in the audit trail, all in one transaction.

    `session` must be one for writing. Raises UnknownLabelError for a label that the taxonomy does not hold, InputError for a
    decision that makes no sense (a reason or a label missing, an undo of nothing), ConflictError for a report that was erased
    or is not there, for an adjudication where nothing is disputed or by one of those who disagree, and for an undo of somebody
    else's decision by a registrar or of one that was taken back already. A decision by somebody else meanwhile is no error.
    """
    _check(new)
    # Who decides on a report waits here for the other who does; SQLite has let only one in to write.
    report = session.get(Report, new.report_id, with_for_update=True)
    if report is None or report.erased_at is not None:
        raise ConflictError(f"report number {new.report_id} was erased; there is nothing left to decide about")
    before = history(session, new.report_id)
    since = [] if new.expected_sequence is None else [past for past in before if past.sequence > new.expected_sequence]
    again = next((past for past in since if _same(past, new, before)), None)
    meanwhile = tuple(past for past in since if past.annotator != new.annotator)
    if again is not None:
        _close_assignment(session, new)
        earlier = tuple(past for past in meanwhile if past.sequence < again.sequence)
        return Recorded(again, standing_of(before), earlier, repeated=True)
    undone = _undone(new, before)
    _check_settling(new, before)
    _check_suggestion(session, new)
    row = Decision(
        report_id=new.report_id,
        sequence=before[-1].sequence + 1 if before else 1,
        kind=new.kind,
        category=new.category,
        channel=new.channel,
        annotator=new.annotator,
        role=new.role,
        decided_at=new.decided_at,
        suggestion_id=new.suggestion_id,
        blind=new.blind,
        reason=_plain(new.reason),
        undoes_id=None if undone is None else undone.id,
        origin=new.origin,
    )
    session.add(row)
    _close_assignment(session, new)
    details = {"kind": new.kind, "sequence": row.sequence, "origin": new.origin, "blind": new.blind, "second": bool(meanwhile)}
    audit.record(session, "decide", who=new.annotator, at=new.decided_at, report_id=new.report_id, details=details)
    session.flush()
    after = history(session, new.report_id)
    return Recorded(after[-1], standing_of(after), meanwhile)


def record_decisions(session: Session, new: Sequence[NewDecision]) -> list[Recorded | Refused]:
    """Keep several decisions in one transaction, and answer for each in the order given; one that is refused stops no other."""
    answers: dict[int, Recorded | Refused] = {}
    # Everybody takes the reports in the same order, or two of them could wait for each other for ever.
    for place, decision in sorted(enumerate(new), key=lambda item: (item[1].report_id, item[0])):
        try:
            answers[place] = record_decision(session, decision)
        except ClassifierError as error:
            answers[place] = Refused(decision.report_id, error)
    return [answers[place] for place in range(len(new))]


def history(session: Session, report_id: int) -> tuple[PastDecision, ...]:
    """Return everything that was decided about a report, oldest first."""
    return histories(session, [report_id]).get(report_id, ())


def histories(
    session: Session, report_ids: Collection[int] | None = None, *, until: int | None = None
) -> dict[int, tuple[PastDecision, ...]]:
    """Return the decisions about these reports, or all, oldest first by report; a report without any is left out.

    `until` is the id of the last decision that counts, as if nothing had been decided since.
    """
    query = select(Decision).order_by(Decision.report_id, Decision.sequence)
    if until is not None:
        query = query.where(Decision.id <= until)
    rows: list[Decision] = []
    if report_ids is None:
        rows.extend(session.scalars(query))
    else:
        wanted = sorted(set(report_ids))
        for first in range(0, len(wanted), _IDS_A_STATEMENT):
            rows.extend(session.scalars(query.where(Decision.report_id.in_(wanted[first : first + _IDS_A_STATEMENT]))))
    undone = {row.undoes_id for row in rows if row.undoes_id is not None}
    by_report: dict[int, list[PastDecision]] = defaultdict(list)
    for row in rows:
        by_report[row.report_id].append(_past(row, row.id in undone))
    return {report: tuple(decisions) for report, decisions in by_report.items()}


def standings(session: Session, report_ids: Collection[int] | None = None, *, until: int | None = None) -> dict[int, Standing]:
    """Return what stands for these reports, or all, by report, `until` as in `histories`; one never decided on is left out."""
    return {report: standing_of(decisions) for report, decisions in histories(session, report_ids, until=until).items()}


def suggestion_to_see(session: Session, report_id: int) -> int | None:
    """Return the id of the newest suggestion for a report, which is what a person is shown, or None if there is none."""
    query = select(func.max(StoredSuggestion.id)).where(StoredSuggestion.report_id == report_id)
    return session.scalars(query).one()


def dealt_blind(session: Session, report_id: int, annotator: str) -> bool:
    """Return whether the report was last dealt to this person without its suggestion."""
    query = select(Assignment.blind).where(Assignment.report_id == report_id, Assignment.annotator == annotator)
    return bool(session.scalars(query.order_by(Assignment.id.desc()).limit(1)).one_or_none())


def _past(row: Decision, undone: bool) -> PastDecision:
    return PastDecision(
        id=row.id,
        report_id=row.report_id,
        sequence=row.sequence,
        kind=row.kind,
        category=row.category,
        channel=row.channel,
        annotator=row.annotator,
        role=row.role,
        decided_at=row.decided_at,
        suggestion_id=row.suggestion_id,
        blind=row.blind,
        reason=row.reason,
        undoes_id=row.undoes_id,
        origin=row.origin,
        undone=undone,
    )


def _check(new: NewDecision) -> None:
    labelled = new.kind in ("label", "adjudication")
    if labelled:
        for kind, label, known in (("category", new.category, CATEGORY_IDS), ("channel", new.channel, CHANNEL_IDS)):
            if label not in known:
                raise UnknownLabelError(kind, label or "", known)
    elif new.category is not None or new.channel is not None:
        raise InputError("decision", f"a label beside {new.kind!r}", "a label only in a label or an adjudication")
    if not 0 < len(new.annotator.strip()) <= LONGEST_NAME:
        raise InputError(
            "decision", f"a name of {len(new.annotator.strip())} characters", f"who decides, in 1 to {LONGEST_NAME}"
        )
    if new.role not in ROLES:
        raise InputError("decision", f"the role {new.role!r}", f"one of {', '.join(ROLES)}")
    if new.kind == "park" and not _plain(new.reason):
        raise InputError("decision", "no reason", "a few words on what has to be cleared up")
    if new.reason is not None and len(new.reason) > LONGEST_REASON:
        raise InputError("decision", f"a reason of {len(new.reason):,} characters", f"at most {LONGEST_REASON:,}")
    if (new.kind == "undo") != (new.undoes is not None):
        raise InputError("decision", f"{new.kind!r} of decision {new.undoes}", "the number of a decision with an undo only")
    if new.blind and new.suggestion_id is not None:
        raise InputError("decision", "a suggestion that was seen, and blind", "one of them")


def _plain(reason: str | None) -> str | None:
    return (reason or "").strip() or None


def _same(past: PastDecision, new: NewDecision, before: Sequence[PastDecision]) -> bool:
    """Return whether `past` is this decision sent before; one that was taken back is not, as deciding it anew means it."""
    if past.undone or (past.annotator, past.kind, past.label) != (new.annotator, new.kind, (new.category, new.channel)):
        return False
    undoes = next((decision.sequence for decision in before if decision.id == past.undoes_id), None)
    return (past.reason, undoes) == (_plain(new.reason), new.undoes)


def _undone(new: NewDecision, before: Sequence[PastDecision]) -> PastDecision | None:
    if new.undoes is None:
        return None
    found = next((past for past in before if past.sequence == new.undoes), None)
    if found is None or found.kind == "undo":
        raise InputError("decision", f"an undo of decision {new.undoes}", "the number of a label, an adjudication or a parking")
    if found.undone:
        raise ConflictError(f"decision {new.undoes} was taken back before")
    if found.annotator != new.annotator and new.role not in _MAY_SETTLE:
        raise ConflictError(f"decision {new.undoes} is {found.annotator}'s; a registrar takes back only one's own")
    return found


def _check_settling(new: NewDecision, before: Sequence[PastDecision]) -> None:
    if new.kind != "adjudication":
        return
    labels = last_labels(before)
    settled_before = any(past.kind == "adjudication" and not past.undone for past in before)
    if not settled_before and len({past.label for past in labels}) < 2:
        raise ConflictError("nobody disagrees about this report; decide it with a label")
    if new.annotator in {past.annotator for past in labels}:
        raise ConflictError(f"{new.annotator} gave one of the labels that disagree; a third person has to settle it")
    if new.role not in _MAY_SETTLE:
        raise ConflictError(f"a {new.role} does not settle disagreements; expected one of {', '.join(_MAY_SETTLE)}")


def _check_suggestion(session: Session, new: NewDecision) -> None:
    if new.suggestion_id is None:
        return
    suggestion = session.get(StoredSuggestion, new.suggestion_id)
    if suggestion is None or suggestion.report_id != new.report_id:
        raise InputError("decision", f"suggestion {new.suggestion_id}", "one that was made for this report")


def _close_assignment(session: Session, new: NewDecision) -> None:
    session.execute(
        update(Assignment)
        .where(Assignment.report_id == new.report_id, Assignment.annotator == new.annotator, Assignment.closed_at.is_(None))
        .values(closed_at=new.decided_at)
    )
