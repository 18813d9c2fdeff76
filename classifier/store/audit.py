"""The audit trail: who read, decided, exported, trained, promoted or erased what, and when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from classifier.store.tables import AuditEntry


def record(
    session: Session,
    action: str,
    *,
    who: str,
    at: datetime,
    report_id: int | None = None,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Add an entry, kept or lost with the session's other changes; `action` is one of `AUDIT_ACTIONS`.

    `details` may hold counts, ids and settings, never incident text.
    """
    session.add(AuditEntry(at=at, who=who, action=action, report_id=report_id, details=dict(details or {})))
