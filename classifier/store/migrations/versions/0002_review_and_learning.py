"""Review assignments, training snapshots, model versions and promotions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from classifier.store.migrations.append_only import append_only, drop_append_only

revision = "0002"
down_revision = "0001"

MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Make the tables of the review loop; snapshots and promotions are append-only, but for an erasure."""
    op.create_table(
        "promotions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(length=100), nullable=False),
        sa.Column("who", sa.String(length=200), nullable=False),
        sa.Column("promoted_at", MOMENT, nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("rollback", sa.Boolean(), nullable=False),
        sa.Column("comparison", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promotions")),
    )
    op.create_table(
        "snapshots",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("examples", sa.Integer(), nullable=False),
        sa.Column("settings", JSON, nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_snapshots")),
        sa.UniqueConstraint("digest", name=op.f("uq_snapshots_digest")),
    )
    op.create_table(
        "assignments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.Column("annotator", sa.String(length=200), nullable=False),
        sa.Column("dealt_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.Column("blind", sa.Boolean(), nullable=False),
        sa.Column("reasons", JSON, nullable=False),
        sa.CheckConstraint("expires_at > dealt_at", name=op.f("ck_assignments_lease_has_length")),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name=op.f("fk_assignments_report_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignments")),
    )
    op.create_index(op.f("ix_assignments_annotator"), "assignments", ["annotator"], unique=False)
    op.create_index(op.f("ix_assignments_report_id"), "assignments", ["report_id"], unique=False)
    op.create_index(
        "uq_assignments_open",
        "assignments",
        ["report_id"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "model_versions",
        sa.Column("version", sa.String(length=100), nullable=False),
        sa.Column("snapshot_number", sa.Integer(), nullable=True),
        sa.Column("trained_at", MOMENT, nullable=False),
        sa.Column("training_data_digest", sa.String(length=100), nullable=False),
        sa.Column("comparison", JSON, nullable=False),
        sa.Column("saw_erased_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["snapshot_number"], ["snapshots.number"], name=op.f("fk_model_versions_snapshot_number")),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_model_versions")),
    )
    op.create_table(
        "snapshot_examples",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("snapshot_number", sa.Integer(), nullable=False),
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.Column("decision_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("category", sa.String(length=100), nullable=False),
        sa.Column("channel", sa.String(length=100), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("provenance", sa.String(length=20), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("text_group", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(["decision_id"], ["decisions.id"], name=op.f("fk_snapshot_examples_decision_id")),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name=op.f("fk_snapshot_examples_report_id")),
        sa.ForeignKeyConstraint(["snapshot_number"], ["snapshots.number"], name=op.f("fk_snapshot_examples_snapshot_number")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_snapshot_examples")),
        sa.UniqueConstraint("snapshot_number", "report_id", name=op.f("uq_snapshot_examples_snapshot_number_report_id")),
    )
    op.create_index(op.f("ix_snapshot_examples_report_id"), "snapshot_examples", ["report_id"], unique=False)
    op.create_index(op.f("ix_snapshot_examples_snapshot_number"), "snapshot_examples", ["snapshot_number"], unique=False)
    permitted = "EXISTS (SELECT 1 FROM erasure_permits WHERE erasure_permits.report_id = OLD.report_id)"
    append_only("promotions")
    append_only("snapshots")
    append_only("snapshot_examples", delete_if=permitted)
    same = "NEW.version = OLD.version AND NEW.training_data_digest = OLD.training_data_digest"
    append_only("model_versions", update_if=f"NEW.saw_erased_at IS NOT NULL AND {same}")


def downgrade() -> None:
    """Drop the tables with what they hold."""
    drop_append_only("promotions")
    drop_append_only("snapshots")
    drop_append_only("snapshot_examples")
    drop_append_only("model_versions")
    op.drop_table("snapshot_examples")
    op.drop_table("model_versions")
    op.drop_table("assignments")
    op.drop_table("snapshots")
    op.drop_table("promotions")
