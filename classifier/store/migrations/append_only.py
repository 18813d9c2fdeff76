"""Triggers that keep a table append-only, for SQLite and PostgreSQL."""

from __future__ import annotations

from alembic import op


def append_only(table: str, *, update_if: str = "FALSE", delete_if: str = "FALSE") -> None:
    """Make every update and delete of a table's rows fail, but for those where the condition holds.

    Conditions are SQL over OLD and, for updates, NEW.
    """
    refusal = f"{table} is append-only"
    if op.get_bind().dialect.name == "sqlite":
        for verb, condition in (("UPDATE", update_if), ("DELETE", delete_if)):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} WHEN NOT ({condition}) "
                f"BEGIN SELECT RAISE(ABORT, '{refusal}'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP = 'UPDATE' THEN IF {update_if} THEN RETURN NEW; END IF; "
        f"ELSIF TG_OP = 'DELETE' THEN IF {delete_if} THEN RETURN OLD; END IF; END IF; "
        f"RAISE EXCEPTION '{refusal}' USING ERRCODE = 'restrict_violation'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_append_only()"
    )
    op.execute(f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} EXECUTE FUNCTION {table}_append_only()")


def drop_append_only(table: str) -> None:
    """Take the triggers away."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"DROP TRIGGER {table}_no_update")
        op.execute(f"DROP TRIGGER {table}_no_delete")
        return
    op.execute(f"DROP TRIGGER {table}_append_only ON {table}")
    op.execute(f"DROP TRIGGER {table}_no_truncate ON {table}")
    op.execute(f"DROP FUNCTION {table}_append_only()")
