"""Labelled examples: read them, check their form, split and version them.

An example is a report's text with its label and where both came from. The corpus under `training_data/` is JSON Lines, one
example a line; an agency's own history comes as a table (see `corpus_table`). Everything is checked when it is read, and an
error says file, line, what was found and what was expected, never the text.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from classifier.errors import InputError
from classifier.taxonomy import CATEGORY_IDS, CHANNEL_IDS, by_severity

Split = Literal["train", "test"]

_TEST_FILE = re.compile(r"test(_.*)?\.jsonl")
"""Files of a corpus folder that hold its frozen test split, and nothing else; training never opens them."""

ENCODING_DAMAGE = ("\ufffd", "Ã¦", "Ã¸", "Ã¥", "Ã˜", "Ã…", "Ã†", "â€", "\x00")
"""What Norwegian letters and quotes turn into when UTF-8 is read as Latin-1, and the characters that stand for lost ones."""


@dataclass(frozen=True)
class Example:
    """A text with its label, as training reads it, with its provenance.

    `acts` holds every category whose act occurs in the incident, most severe first, and is None where nobody said more than the
    category. `group` is shared by near-duplicates and by variations of one story; `source` names who wrote the text.
    """

    id: str
    text: str
    category: str
    channel: str
    acts: tuple[str, ...] | None
    language: str
    split: Split
    group: str
    source: str
    note: str = ""


@dataclass(frozen=True)
class Located:
    """An example and the file and line it stands on; without `has_channel` that says none, and `ukjent` stands for it."""

    example: Example
    source: str
    line: int
    has_channel: bool = True


def _known(known: tuple[str, ...]) -> Callable[[str], str]:
    def check(label: str) -> str:
        if label not in known:
            raise ValueError(f"found {label!r}; expected one of {', '.join(known)}")
        return label

    return check


def _undamaged(text: str) -> str:
    for sign in ENCODING_DAMAGE:
        if sign in text:
            raise ValueError(f"found encoding damage ({sign!r}); expected clean UTF-8 text")
    if not text.strip():
        raise ValueError("found an empty text; expected a report")
    return text


class _Record(BaseModel):
    """The form of one line."""

    model_config = ConfigDict(extra="forbid", strict=True)

    id: str = Field(min_length=1)
    text: Annotated[str, AfterValidator(_undamaged)]
    category: Annotated[str, AfterValidator(_known(CATEGORY_IDS))]
    channel: Annotated[str, AfterValidator(_known(CHANNEL_IDS))]
    acts: list[Annotated[str, AfterValidator(_known(CATEGORY_IDS))]] | None = None
    language: Literal["nb", "nn"]
    split: Split = "train"
    group: str = ""
    source: str = Field(min_length=1)
    note: str = ""

    @model_validator(mode="after")
    def _category_leads_the_acts(self) -> _Record:
        if self.acts is None:
            return self
        if len(set(self.acts)) != len(self.acts):
            raise ValueError(f"acts: found {self.acts} with a repeat; expected each act once")
        if self.category not in self.acts:
            raise ValueError(f"acts: found {self.acts} without the category {self.category!r}; expected it among them")
        first = by_severity(tuple(self.acts))[0]
        if first != self.category:
            raise ValueError(f"category: found {self.category!r} beside the act {first!r}; expected the most severe act")
        return self


def shipped_corpus() -> Path:
    """Return the folder of the seed corpus: inside the wheel, or in the checkout beside the package."""
    inside = Path(__file__).parent / "shipped" / "training_data"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "training_data"


def read_corpus(path: Path, reject: Callable[[InputError], None], *, split: Split | None = None) -> Iterator[Located]:
    """Yield the examples of a corpus file, or of all in a folder, in order; hand an InputError to `reject` for each bad line.

    With `split`, only examples of that one. The test split of a folder is what its files `test.jsonl` and `test_*.jsonl` hold:
    for `train`, as training reads, they are not opened, and for `test` no others are; a line of another split in them is a bad
    one. Raises InputError if there is no file.
    """
    for file in corpus_files(path):
        of_test = path.is_dir() and bool(_TEST_FILE.fullmatch(file.name))
        if split and path.is_dir() and (split == "test") != of_test:
            continue
        try:
            lines = file.read_bytes().split(b"\n")
        except OSError as error:
            raise InputError(str(file), error.strerror or "an unreadable file", "a readable file") from error
        for number, raw in enumerate(lines, start=1):
            if raw.strip():
                try:
                    located = Located(_example(raw, str(file), number), str(file), number)
                except InputError as error:
                    reject(error)
                    continue
                if of_test and located.example.split != "test":
                    reject(InputError(str(file), "the split 'train'", "'test', or a file of another name", line=number))
                    continue
                if split in (None, located.example.split):
                    yield located


def _example(raw: bytes, source: str, number: int) -> Example:
    try:
        fields = json.loads(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        found = f"a byte that is not UTF-8 (0x{raw[error.start]:02x})"
        raise InputError(source, found, "UTF-8", line=number) from None
    except (ValueError, RecursionError):
        raise InputError(source, "no valid JSON", "an object with an example", line=number) from None
    return example_from_fields(fields, source, number)


def example_from_fields(fields: object, source: str, number: int) -> Example:
    """Return the example that these fields describe; raises InputError, naming source, line and field, if they do not hold."""
    try:
        record = _Record.model_validate(fields)
    except ValidationError as error:
        raise InputError(source, _told(error), "an example as training_data/README.md says", line=number) from None
    acts = None if record.acts is None else by_severity(tuple(record.acts))
    checked = record.model_dump(exclude={"acts", "group"})
    return Example(**checked, acts=acts, group=record.group or record.id)


def _told(error: ValidationError) -> str:
    """Return what is wrong, field by field, without quoting the text."""
    parts = []
    for item in error.errors(include_input=False, include_url=False):
        field = ".".join(str(part) for part in item["loc"])
        message = item["msg"].removeprefix("Value error, ")
        parts.append(f"{field}: {message}" if field else message)
    return "; ".join(parts)


def corpus_files(folder: Path) -> list[Path]:
    """Return the corpus files of a folder in the order of their names, or the one file that was named."""
    if folder.is_file():
        return [folder]
    files = sorted(folder.glob("*.jsonl"))
    if not files:
        raise InputError(str(folder), "no *.jsonl file", "a corpus file or a folder of them")
    return files


def digest(examples: Iterable[Example]) -> str:
    """Return a SHA-256, in hexadecimal, of the examples' content; the order of files and lines does not matter."""
    lines = sorted(
        json.dumps([e.id, e.text, e.category, e.channel, e.acts, e.language, e.split, e.group, e.source], ensure_ascii=False)
        for e in examples
    )
    return hashlib.sha256("\n".join(lines).encode("utf-8")).hexdigest()
