"""Cells that a spreadsheet cannot take for a formula, and the way back to what stood in them.

A cell that begins with a sign by which spreadsheets know a formula (= + - @, tab, line break) gets an apostrophe in front. So
that this can be undone, one that begins with apostrophes before such a sign, or holds nothing else, gets one more. What has no
value is an empty cell, an empty text a single apostrophe.
"""

from __future__ import annotations

import re

_NEEDS_GUARD = re.compile(r"'*(?:[=+\-@\t\r\n]|\Z)")
_GUARDED = re.compile(r"'+(?:[=+\-@\t\r\n]|\Z)")
_NOT_IN_XML = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_XML_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")


def guarded(value: str | None) -> str:
    """Return a value as a cell that no spreadsheet takes for a formula.

    >>> guarded("=1+1"), guarded("'-nei'"), guarded("Han ropte."), guarded(""), guarded(None)
    ("'=1+1", "''-nei'", 'Han ropte.', "'", '')
    """
    if value is None:
        return ""
    return f"'{value}" if _NEEDS_GUARD.match(value) else value


def unguarded(cell: str) -> str | None:
    """Return the value of a cell that `guarded` made.

    >>> [unguarded(guarded(value)) for value in ("=1+1", "'-nei'", "Han ropte.", "", None)]
    ['=1+1', "'-nei'", 'Han ropte.', '', None]
    """
    if not cell:
        return None
    return cell[1:] if _GUARDED.match(cell) else cell


def for_workbook(cell: str) -> str:
    r"""Return a cell with what XML cannot hold written as Excel writes it.

    >>> for_workbook("a\r\nb")
    'a_x000D_\nb'
    """
    return _NOT_IN_XML.sub(lambda found: f"_x{ord(found.group()):04X}_", cell)


def from_workbook(cell: str) -> str:
    r"""Return what `for_workbook` was given.

    >>> from_workbook("a_x000D_\nb"), from_workbook(for_workbook("_x000D_"))
    ('a\r\nb', '_x000D_')
    """
    return _XML_ESCAPE.sub(lambda found: chr(int(found[1], 16)), cell)
