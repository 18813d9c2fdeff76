"""The log: a JSON object a line on standard error, with what happened and never what was written.

An exception is told by its kind and where it came from; its message may hold incident text, or a query with it.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

from classifier.web.observation import frames_of

_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message", "taskName"}


class JsonLines(logging.Formatter):
    """Writes a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line: time, level, logger, event, and what else the record was given."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        line |= {key: value for key, value in vars(record).items() if key not in _OWN and value is not None}
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            line |= {"kind": type(error).__name__, "where": frames_of(error)}
        return json.dumps(line, ensure_ascii=False, default=str)


def log_as_json(level: str = "INFO") -> None:
    """Let every logger of the process write lines of JSON; replaces what was set up before."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # These would log addresses with their queries; the service logs each request itself.
    for name in ("uvicorn.access", "httpx", "httpx2", "httpcore"):
        logging.getLogger(name).setLevel("WARNING")
    for name in ("uvicorn", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
