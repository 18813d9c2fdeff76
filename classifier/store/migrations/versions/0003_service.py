"""Logins, answers that may be asked for again, and an index of the reports' words."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"

MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

FORGET = "INSERT INTO report_words (report_words, rowid, text) VALUES ('delete', OLD.id, OLD.text);"
LEARN = "INSERT INTO report_words (rowid, text) VALUES (NEW.id, NEW.text);"

SQLITE_SEARCH = (
    # The words only: the texts stay in `reports`. Letters with marks are letters of their own in Norwegian.
    "CREATE VIRTUAL TABLE report_words USING fts5"
    "(text, content='reports', content_rowid='id', tokenize='unicode61 remove_diacritics 0', prefix='2 3')",
    "INSERT INTO report_words (report_words) VALUES ('rebuild')",
    f"CREATE TRIGGER report_words_insert AFTER INSERT ON reports BEGIN {LEARN} END",
    f"CREATE TRIGGER report_words_delete AFTER DELETE ON reports BEGIN {FORGET} END",
    f"CREATE TRIGGER report_words_update AFTER UPDATE OF text ON reports BEGIN {FORGET} {LEARN} END",
    # A word that is deleted stays in the index's older segments until they are merged. An erasure does not wait for that: its
    # last permit is withdrawn when its texts are gone, however many those were.
    "CREATE TRIGGER report_words_erased AFTER DELETE ON erasure_permits "
    "WHEN NOT EXISTS (SELECT 1 FROM erasure_permits) "
    "BEGIN INSERT INTO report_words (report_words) VALUES ('optimize'); END",
)
SQLITE_TRIGGERS = ("report_words_insert", "report_words_delete", "report_words_update", "report_words_erased")

POSTGRESQL_SEARCH = (
    # PostgreSQL computes the words anew whenever the text changes. A word list may hold a megabyte, a text more; and what
    # looks like an address or a number with a sign would be one word to it.
    "ALTER TABLE reports ADD COLUMN words tsvector GENERATED ALWAYS AS "
    "(to_tsvector('simple', translate(left(coalesce(text, ''), 100000), '.@/-+_', '      '))) STORED",
    "CREATE INDEX ix_reports_words ON reports USING gin (words)",
)


def upgrade() -> None:
    """Make the tables, and the index with what keeps it true to the reports."""
    op.create_table(
        "web_sessions",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("roles", JSON, nullable=False),
        sa.Column("csrf", sa.String(length=64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_web_sessions")),
    )
    op.create_index(op.f("ix_web_sessions_expires_at"), "web_sessions", ["expires_at"], unique=False)
    op.create_table(
        "login_attempts",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("nonce", sa.String(length=100), nullable=False),
        sa.Column("verifier", sa.String(length=100), nullable=False),
        sa.Column("return_to", sa.String(length=2000), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_login_attempts")),
    )
    op.create_index(op.f("ix_login_attempts_expires_at"), "login_attempts", ["expires_at"], unique=False)
    op.create_table(
        "idempotent_answers",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("request", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("answer", JSON, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_idempotent_answers")),
    )
    op.create_index(op.f("ix_idempotent_answers_created_at"), "idempotent_answers", ["created_at"], unique=False)
    for statement in SQLITE_SEARCH if op.get_bind().dialect.name == "sqlite" else POSTGRESQL_SEARCH:
        op.execute(statement)


def downgrade() -> None:
    """Drop the tables and the index."""
    if op.get_bind().dialect.name == "sqlite":
        for trigger in SQLITE_TRIGGERS:
            op.execute(f"DROP TRIGGER {trigger}")
        op.execute("DROP TABLE report_words")
    else:
        op.execute("DROP INDEX ix_reports_words")
        op.execute("ALTER TABLE reports DROP COLUMN words")
    op.drop_table("idempotent_answers")
    op.drop_table("login_attempts")
    op.drop_table("web_sessions")
