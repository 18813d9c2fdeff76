"""The tables, with their constraints in the database itself.

Decisions, promotions, snapshots and the audit trail are append-only: triggers refuse to change or delete a row of theirs, but
for a report that `erasure_permits` names, within the transaction that erases it (see the migrations).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, MetaData, String, Text, UniqueConstraint, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from classifier.store.column_types import Json, UtcDateTime
from classifier.taxonomy import CATEGORY_IDS, CHANNEL_IDS

DECISION_KINDS = ("label", "adjudication", "park", "undo")
"""A label; the label that settles a disagreement; "trenger avklaring"; and one that takes an earlier decision back."""

ROLES = ("registrar", "quality_checker", "administrator", "system")

AUDIT_ACTIONS = (
    "read",
    "register",
    "import",
    "suggest",
    "deal",
    "decide",
    "export",
    "snapshot",
    "train",
    "promote",
    "rollback",
    "erase",
)


def _one_of(column: str, known: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(label) for label in known)})"


class Base(DeclarativeBase):
    """What all tables share: names for constraints, so that migrations can speak of them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime, dict[str, Any]: Json, list[Any]: Json}  # noqa: RUF012  (SQLAlchemy's form)


class Report(Base):
    """One incident as it was written, and the label it came with, if any.

    `extra` keeps what else the source told, column by column, so that an export loses nothing. Once erased, `text`,
    `text_digest` and `extra` are empty and `erased_at` says when.
    """

    __tablename__ = "reports"
    __table_args__ = (
        UniqueConstraint("source", "external_id"),
        CheckConstraint("(erased_at IS NULL) = (text IS NOT NULL)", name="text_unless_erased"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(String(200))
    external_id: Mapped[str] = mapped_column(String(200))
    text: Mapped[str | None] = mapped_column(Text)
    text_digest: Mapped[str | None] = mapped_column(String(64), index=True)
    language: Mapped[str | None] = mapped_column(String(8))
    incident_date: Mapped[date | None] = mapped_column(index=True)
    unit: Mapped[str | None] = mapped_column(String(200), index=True)
    unit_kind: Mapped[str | None] = mapped_column(String(100))
    received_at: Mapped[datetime] = mapped_column(index=True)
    label_category: Mapped[str | None] = mapped_column(String(100))
    """As the source had it: an id of today's taxonomy where it could be read as one, else the source's own word."""
    label_channel: Mapped[str | None] = mapped_column(String(100))
    labelled_by: Mapped[str | None] = mapped_column(String(200))
    label_taxonomy: Mapped[str | None] = mapped_column(String(50))
    extra: Mapped[dict[str, Any]] = mapped_column(default=dict)
    erased_at: Mapped[datetime | None]

    suggestions: Mapped[list[StoredSuggestion]] = relationship(back_populates="report", order_by="StoredSuggestion.id")
    decisions: Mapped[list[Decision]] = relationship(back_populates="report", order_by="Decision.sequence")


class StoredSuggestion(Base):
    """What one model version proposed for a report: the best labels, every probability, warnings, and evidence as offsets."""

    __tablename__ = "suggestions"
    __table_args__ = (
        UniqueConstraint("report_id", "model_version", "prior"),
        CheckConstraint("(outcome = 'ok') = (category IS NOT NULL AND channel IS NOT NULL)", name="labels_if_ok"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("reports.id"), index=True)
    model_version: Mapped[str] = mapped_column(String(100))
    prior: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime]
    outcome: Mapped[str] = mapped_column(String(20))
    category: Mapped[str | None] = mapped_column(String(100), index=True)
    channel: Mapped[str | None] = mapped_column(String(100))
    category_confident: Mapped[bool] = mapped_column(default=False)
    channel_confident: Mapped[bool] = mapped_column(default=False)
    category_proba: Mapped[dict[str, Any]] = mapped_column(default=dict)
    channel_proba: Mapped[dict[str, Any]] = mapped_column(default=dict)
    warnings: Mapped[list[Any]] = mapped_column(default=list)
    evidence: Mapped[list[Any]] = mapped_column(default=list)

    report: Mapped[Report] = relationship(back_populates="suggestions")


class Decision(Base):
    """What a person decided about a report; never changed, a later one supersedes it.

    `sequence` counts a report's decisions from 1: two people who both decide on what they saw cannot both become number n, and
    the store tells the second so. `blind` says that no suggestion was shown; `suggestion_id` which one was.
    """

    __tablename__ = "decisions"
    __table_args__ = (
        UniqueConstraint("report_id", "sequence"),
        CheckConstraint("sequence > 0", name="sequence_from_one"),
        CheckConstraint(_one_of("kind", DECISION_KINDS), name="known_kind"),
        CheckConstraint(_one_of("role", ROLES), name="known_role"),
        CheckConstraint(f"category IS NULL OR {_one_of('category', CATEGORY_IDS)}", name="known_category"),
        CheckConstraint(f"channel IS NULL OR {_one_of('channel', CHANNEL_IDS)}", name="known_channel"),
        CheckConstraint(
            "(kind IN ('label', 'adjudication')) = (category IS NOT NULL AND channel IS NOT NULL)", name="label_if_labelled"
        ),
        CheckConstraint("(kind = 'undo') = (undoes_id IS NOT NULL)", name="undo_names_what"),
        CheckConstraint("NOT (blind AND suggestion_id IS NOT NULL)", name="blind_saw_nothing"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("reports.id"), index=True)
    sequence: Mapped[int]
    kind: Mapped[str] = mapped_column(String(20), default="label")
    category: Mapped[str | None] = mapped_column(String(100))
    channel: Mapped[str | None] = mapped_column(String(100))
    annotator: Mapped[str] = mapped_column(String(200), index=True)
    role: Mapped[str] = mapped_column(String(20))
    decided_at: Mapped[datetime] = mapped_column(index=True)
    suggestion_id: Mapped[int | None] = mapped_column(ForeignKey("suggestions.id"))
    blind: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str | None] = mapped_column(Text)
    undoes_id: Mapped[int | None] = mapped_column(ForeignKey("decisions.id"))
    origin: Mapped[str] = mapped_column(String(50), default="review")
    """Where it was made: "registration", "review", "bulk", or the name of a tool it was imported from."""

    report: Mapped[Report] = relationship(back_populates="decisions")
    suggestion: Mapped[StoredSuggestion | None] = relationship()


class Assignment(Base):
    """A report dealt to one person for review until `expires_at`; open while `closed_at` is empty.

    At most one is open for a report at a time: a partial unique index, not good manners, keeps two people from the same item.
    """

    __tablename__ = "assignments"
    __table_args__ = (
        Index(
            "uq_assignments_open",
            "report_id",
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
        CheckConstraint("expires_at > dealt_at", name="lease_has_length"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("reports.id"), index=True)
    annotator: Mapped[str] = mapped_column(String(200), index=True)
    dealt_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    blind: Mapped[bool]
    reasons: Mapped[list[Any]] = mapped_column(default=list)


class Snapshot(Base):
    """A numbered, immutable set of examples made from decisions, with the digest of its content."""

    __tablename__ = "snapshots"

    number: Mapped[int] = mapped_column(primary_key=True)
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(200))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    examples: Mapped[int]
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)


class SnapshotExample(Base):
    """An example of a snapshot: a masked text with its label, and the decision it came from; gone once its report is erased."""

    __tablename__ = "snapshot_examples"
    __table_args__ = (UniqueConstraint("snapshot_number", "report_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    snapshot_number: Mapped[int] = mapped_column(ForeignKey("snapshots.number"), index=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("reports.id"), index=True)
    decision_id: Mapped[int] = mapped_column(ForeignKey("decisions.id"))
    text: Mapped[str] = mapped_column(Text)
    category: Mapped[str] = mapped_column(String(100))
    channel: Mapped[str] = mapped_column(String(100))
    language: Mapped[str] = mapped_column(String(8))
    provenance: Mapped[str] = mapped_column(String(20))
    """"confirmation", "correction" or "adjudication"."""
    source: Mapped[str] = mapped_column(String(200))
    text_group: Mapped[str] = mapped_column(String(100))


class ModelVersion(Base):
    """A trained model version known to this store: its snapshot, and whether it saw a text that has since been erased."""

    __tablename__ = "model_versions"

    version: Mapped[str] = mapped_column(String(100), primary_key=True)
    snapshot_number: Mapped[int | None] = mapped_column(ForeignKey("snapshots.number"))
    trained_at: Mapped[datetime]
    training_data_digest: Mapped[str] = mapped_column(String(100))
    comparison: Mapped[dict[str, Any]] = mapped_column(default=dict)
    saw_erased_at: Mapped[datetime | None]
    """When a text that it had learned from was erased; the next retrain leaves that text out."""


class Promotion(Base):
    """Which version was put to use, by whom, when and why; the registry beside the models is what serves."""

    __tablename__ = "promotions"

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(String(100))
    who: Mapped[str] = mapped_column(String(200))
    promoted_at: Mapped[datetime]
    why: Mapped[str] = mapped_column(Text)
    rollback: Mapped[bool] = mapped_column(default=False)
    comparison: Mapped[dict[str, Any]] = mapped_column(default=dict)


class AuditEntry(Base):
    """Who did what, when, to which report or other subject; `details` holds counts and ids, never incident text."""

    __tablename__ = "audit_entries"
    __table_args__ = (CheckConstraint(_one_of("action", AUDIT_ACTIONS), name="known_action"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    who: Mapped[str] = mapped_column(String(200), index=True)
    action: Mapped[str] = mapped_column(String(20))
    report_id: Mapped[int | None] = mapped_column(ForeignKey("reports.id"), index=True)
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)


class ErasurePermit(Base):
    """A report that the present transaction erases; the triggers let its history be cut only while it is named here."""

    __tablename__ = "erasure_permits"

    report_id: Mapped[int] = mapped_column(ForeignKey("reports.id"), primary_key=True)


class WebSession(Base):
    """A browser's login: known by the digest of the token in its cookie, so that a copy of the table lets nobody in."""

    __tablename__ = "web_sessions"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    subject: Mapped[str] = mapped_column(String(200))
    name: Mapped[str] = mapped_column(String(200))
    roles: Mapped[list[Any]] = mapped_column(default=list)
    csrf: Mapped[str] = mapped_column(String(64))
    """What every form of this browser must send along."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class LoginAttempt(Base):
    """A login under way: what the provider's answer must fit, for the browser that began it."""

    __tablename__ = "login_attempts"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    """Of the `state` that the provider sends back, together with the token in the browser's cookie."""
    nonce: Mapped[str] = mapped_column(String(100))
    verifier: Mapped[str] = mapped_column(String(100))
    return_to: Mapped[str] = mapped_column(String(2000))
    expires_at: Mapped[datetime] = mapped_column(index=True)


class IdempotentAnswer(Base):
    """What a request with an idempotency key was answered, for the day that it may be sent again; never incident text."""

    __tablename__ = "idempotent_answers"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    """Of the caller and the key."""
    request: Mapped[str] = mapped_column(String(64))
    """A digest of the request, keyed with the idempotency key, so that it cannot be compared with a guess."""
    status: Mapped[int]
    answer: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(index=True)
