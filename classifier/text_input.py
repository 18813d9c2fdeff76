"""Read the texts a command is given: an argument, standard input, a file with a text a line, or JSON Lines."""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from classifier.errors import InputError

LONGEST_TEXT = 20_000
"""Characters that a report may have; the agency's form allows 3,000."""


@dataclass(frozen=True)
class InputText:
    """One text to work on; `id` is its own, or its line number, and `extra` the other keys it came with."""

    id: object
    text: str
    extra: dict[str, object] = field(default_factory=dict)


def read_lines(stream: BinaryIO, source: str) -> Iterator[InputText]:
    """Yield a text for each line that is not blank; raises InputError for bytes that are not UTF-8."""
    for number, line in _decoded(stream, source):
        if line.strip():
            yield InputText(number, line)


def read_whole(stream: BinaryIO, source: str) -> InputText:
    """Return all of a stream as one text; raises InputError for bytes that are not UTF-8."""
    return InputText(1, "\n".join(line for _, line in _decoded(stream, source)))


def read_json_lines(stream: BinaryIO, source: str, reject: Callable[[InputError], None]) -> Iterator[InputText]:
    """Yield a text for each JSON object with a `text`; hand an InputError to `reject` for every line that is none."""
    for number, raw in enumerate(stream, start=1):
        if not raw.strip():
            continue
        try:
            yield _from_json(_strip_mark(raw, number), source, number)
        except InputError as error:
            reject(error)


def looks_like_json_lines(text: str) -> bool:
    """Return whether the first line of a text is a JSON object with a `text`, as a line of JSON Lines is."""
    try:
        value = json.loads(text.strip().partition("\n")[0])
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and isinstance(value.get("text"), str)


def open_input(path: Path) -> BinaryIO:
    """Open a file for reading; raises InputError if that cannot be done."""
    try:
        return path.open("rb")
    except OSError as error:
        raise InputError(str(path), error.strerror or "an unreadable file", "a readable file") from error


def _from_json(raw: bytes, source: str, number: int) -> InputText:
    try:
        value = json.loads(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise InputError(source, f"a byte that is not UTF-8 (0x{raw[error.start]:02x})", "UTF-8", line=number) from None
    except (ValueError, RecursionError):
        raise InputError(source, "no valid JSON", 'an object such as {"text": "…"}', line=number) from None
    if not isinstance(value, dict):
        raise InputError(source, f"JSON of type {type(value).__name__}", 'an object such as {"text": "…"}', line=number)
    text = value.pop("text", None)
    if not isinstance(text, str):
        found = "no key 'text'" if text is None else f"a 'text' of type {type(text).__name__}"
        raise InputError(source, found, "a key 'text' with a string", line=number)
    return InputText(value.pop("id", number), text, value)


def _decoded(stream: BinaryIO, source: str) -> Iterator[tuple[int, str]]:
    for number, raw in enumerate(stream, start=1):
        raw = _strip_mark(raw, number)
        try:
            yield number, raw.decode("utf-8").rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise InputError(source, f"a byte that is not UTF-8 (0x{raw[error.start]:02x})", "UTF-8", line=number) from None


def _strip_mark(raw: bytes, number: int) -> bytes:
    return raw.removeprefix(codecs.BOM_UTF8) if number == 1 else raw
