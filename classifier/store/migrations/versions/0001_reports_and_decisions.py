"""Reports, suggestions, decisions and the audit trail."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from classifier.store.migrations.append_only import append_only, drop_append_only

revision = "0001"
down_revision = None

MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

ACTIONS = (
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

CATEGORIES = (
    "fysisk_angrep_person",
    "haerverk",
    "trussel",
    "trussel_selvskading",
    "hatytringer",
    "sjikane_trakassering",
    "verbal_utskjelling",
)

CHANNELS = (
    "telefon",
    "publikumsmottak",
    "samtalerom",
    "epost",
    "sms",
    "saksbehandlingssystem",
    "internett",
    "sosiale_medier",
    "brev",
    "annet",
    "ukjent",
)

UNCHANGED = (
    "id",
    "report_id",
    "sequence",
    "kind",
    "category",
    "channel",
    "annotator",
    "role",
    "decided_at",
    "suggestion_id",
    "blind",
    "undoes_id",
    "origin",
)
"""What an erasure leaves of a decision: everything but the words that were written beside it."""


def upgrade() -> None:
    """Make the tables, and triggers that keep decisions and the audit trail append-only."""
    op.create_table(
        "reports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("external_id", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("text_digest", sa.String(length=64), nullable=True),
        sa.Column("language", sa.String(length=8), nullable=True),
        sa.Column("incident_date", sa.Date(), nullable=True),
        sa.Column("unit", sa.String(length=200), nullable=True),
        sa.Column("unit_kind", sa.String(length=100), nullable=True),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("label_category", sa.String(length=100), nullable=True),
        sa.Column("label_channel", sa.String(length=100), nullable=True),
        sa.Column("labelled_by", sa.String(length=200), nullable=True),
        sa.Column("label_taxonomy", sa.String(length=50), nullable=True),
        sa.Column("extra", JSON, nullable=False),
        sa.Column("erased_at", MOMENT, nullable=True),
        sa.CheckConstraint("(erased_at IS NULL) = (text IS NOT NULL)", name=op.f("ck_reports_text_unless_erased")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
        sa.UniqueConstraint("source", "external_id", name=op.f("uq_reports_source_external_id")),
    )
    op.create_index(op.f("ix_reports_incident_date"), "reports", ["incident_date"], unique=False)
    op.create_index(op.f("ix_reports_received_at"), "reports", ["received_at"], unique=False)
    op.create_index(op.f("ix_reports_text_digest"), "reports", ["text_digest"], unique=False)
    op.create_index(op.f("ix_reports_unit"), "reports", ["unit"], unique=False)
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("who", sa.String(length=200), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("report_id", sa.Integer(), nullable=True),
        sa.Column("details", JSON, nullable=False),
        sa.CheckConstraint(
            f"action IN {ACTIONS}",
            name=op.f("ck_audit_entries_known_action"),
        ),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name=op.f("fk_audit_entries_report_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
    )
    op.create_index(op.f("ix_audit_entries_at"), "audit_entries", ["at"], unique=False)
    op.create_index(op.f("ix_audit_entries_report_id"), "audit_entries", ["report_id"], unique=False)
    op.create_index(op.f("ix_audit_entries_who"), "audit_entries", ["who"], unique=False)
    op.create_table(
        "erasure_permits",
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name=op.f("fk_erasure_permits_report_id")),
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_erasure_permits")),
    )
    op.create_table(
        "suggestions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.Column("model_version", sa.String(length=100), nullable=False),
        sa.Column("prior", sa.String(length=100), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("category", sa.String(length=100), nullable=True),
        sa.Column("channel", sa.String(length=100), nullable=True),
        sa.Column("category_confident", sa.Boolean(), nullable=False),
        sa.Column("channel_confident", sa.Boolean(), nullable=False),
        sa.Column("category_proba", JSON, nullable=False),
        sa.Column("channel_proba", JSON, nullable=False),
        sa.Column("warnings", JSON, nullable=False),
        sa.Column("evidence", JSON, nullable=False),
        sa.CheckConstraint(
            "(outcome = 'ok') = (category IS NOT NULL AND channel IS NOT NULL)", name=op.f("ck_suggestions_labels_if_ok")
        ),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name=op.f("fk_suggestions_report_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suggestions")),
        sa.UniqueConstraint("report_id", "model_version", "prior", name=op.f("uq_suggestions_report_id_model_version_prior")),
    )
    op.create_index(op.f("ix_suggestions_category"), "suggestions", ["category"], unique=False)
    op.create_index(op.f("ix_suggestions_report_id"), "suggestions", ["report_id"], unique=False)
    op.create_table(
        "decisions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("category", sa.String(length=100), nullable=True),
        sa.Column("channel", sa.String(length=100), nullable=True),
        sa.Column("annotator", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("decided_at", MOMENT, nullable=False),
        sa.Column("suggestion_id", sa.Integer(), nullable=True),
        sa.Column("blind", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("undoes_id", sa.Integer(), nullable=True),
        sa.Column("origin", sa.String(length=50), nullable=False),
        sa.CheckConstraint("(kind = 'undo') = (undoes_id IS NOT NULL)", name=op.f("ck_decisions_undo_names_what")),
        sa.CheckConstraint(
            "(kind IN ('label', 'adjudication')) = (category IS NOT NULL AND channel IS NOT NULL)",
            name=op.f("ck_decisions_label_if_labelled"),
        ),
        sa.CheckConstraint(
            f"category IS NULL OR category IN {CATEGORIES}",
            name=op.f("ck_decisions_known_category"),
        ),
        sa.CheckConstraint(
            f"channel IS NULL OR channel IN {CHANNELS}",
            name=op.f("ck_decisions_known_channel"),
        ),
        sa.CheckConstraint("kind IN ('label', 'adjudication', 'park', 'undo')", name=op.f("ck_decisions_known_kind")),
        sa.CheckConstraint(
            "role IN ('registrar', 'quality_checker', 'administrator', 'system')", name=op.f("ck_decisions_known_role")
        ),
        sa.CheckConstraint("NOT (blind AND suggestion_id IS NOT NULL)", name=op.f("ck_decisions_blind_saw_nothing")),
        sa.CheckConstraint("sequence > 0", name=op.f("ck_decisions_sequence_from_one")),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name=op.f("fk_decisions_report_id")),
        sa.ForeignKeyConstraint(["suggestion_id"], ["suggestions.id"], name=op.f("fk_decisions_suggestion_id")),
        sa.ForeignKeyConstraint(["undoes_id"], ["decisions.id"], name=op.f("fk_decisions_undoes_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
        sa.UniqueConstraint("report_id", "sequence", name=op.f("uq_decisions_report_id_sequence")),
    )
    op.create_index(op.f("ix_decisions_annotator"), "decisions", ["annotator"], unique=False)
    op.create_index(op.f("ix_decisions_decided_at"), "decisions", ["decided_at"], unique=False)
    op.create_index(op.f("ix_decisions_report_id"), "decisions", ["report_id"], unique=False)
    # NULL equals nothing in SQL, hence the comparison as text.
    same = " AND ".join(
        f"coalesce(CAST(NEW.{column} AS TEXT), '') = coalesce(CAST(OLD.{column} AS TEXT), '')" for column in UNCHANGED
    )
    permitted = "EXISTS (SELECT 1 FROM erasure_permits WHERE erasure_permits.report_id = OLD.report_id)"
    append_only("decisions", update_if=f"{permitted} AND NEW.reason IS NULL AND {same}")
    append_only("audit_entries")


def downgrade() -> None:
    """Drop the tables with what they hold."""
    drop_append_only("decisions")
    drop_append_only("audit_entries")
    op.drop_table("decisions")
    op.drop_table("suggestions")
    op.drop_table("erasure_permits")
    op.drop_table("audit_entries")
    op.drop_table("reports")
