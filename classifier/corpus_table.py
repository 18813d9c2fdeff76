"""An agency's own history as examples: a CSV or Excel table, its columns mapped by option or guessed by their names."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from classifier.column_names import map_fields
from classifier.corpus import Located, Split, example_from_fields, read_corpus
from classifier.errors import InputError, UnknownLabelError
from classifier.label_names import category_named, channel_named
from classifier.language_id import identify
from classifier.tabular import CSV_SUFFIXES, EXCEL_SUFFIXES, Row, column_names, read_rows

_REQUIRED = ("text", "category")
_LONGEST_SHOWN = 40
_MOST_WORDS_SHOWN = 3


@dataclass(frozen=True)
class ColumnMapping:
    """Which column of a table holds which field of an example; None where there is none."""

    text: str
    category: str
    channel: str | None = None
    id: str | None = None
    acts: str | None = None
    language: str | None = None
    split: str | None = None
    group: str | None = None
    source: str | None = None


def map_columns(
    columns: tuple[str, ...], chosen: Mapping[str, str | None], source: str, *, needed: Collection[str] = ()
) -> ColumnMapping:
    """Return the mapping for a table with these columns: what was `chosen` for a field, else a guess by the column's name.

    `needed` names fields beside text and category that the table must have. Raises InputError, naming the columns there are,
    if a chosen one is missing or a needed one cannot be guessed.
    """
    names = [field.name for field in fields(ColumnMapping)]
    mapping = map_fields(columns, names, chosen, required=(*_REQUIRED, *needed), source=source)
    return ColumnMapping(**mapping)  # type: ignore[arg-type]


def read_examples(
    path: Path,
    reject: Callable[[InputError], None],
    chosen: Mapping[str, str | None],
    *,
    split: Split | None = None,
    needed: Collection[str] = (),
) -> Iterator[Located]:
    """Yield the examples of a corpus (JSON Lines, or a folder of it) or of a CSV or Excel table; hand bad lines to `reject`.

    `chosen` names columns by field, as for `map_columns`. A table without ids gets line numbers, without a channel `ukjent`,
    without a language the one its text is in, without a source the file's name. Labels may be ids or names. `split` is
    as for `read_corpus`, `needed` as for `map_columns`.
    """
    if path.suffix.lower() not in (*CSV_SUFFIXES, *EXCEL_SUFFIXES):
        yield from read_corpus(path, reject, split=split)
        return
    mapping = map_columns(column_names(path), chosen, str(path), needed=needed)
    for row in read_rows(path):
        try:
            example = example_from_fields(_fields(row, mapping, path), str(path), row.line)
        except InputError as error:
            reject(error)
            continue
        if split in (None, example.split):
            yield Located(example, str(path), row.line, has_channel=bool(_cell(row, mapping.channel)))


def _cell(row: Row, column: str | None) -> str:
    return row.cells.get(column or "", "").strip()


def _fields(row: Row, mapping: ColumnMapping, path: Path) -> dict[str, object]:
    cells = {field.name: _cell(row, getattr(mapping, field.name)) for field in fields(mapping)}
    written = identify(cells["text"]).standard
    try:
        found: dict[str, object] = {
            "id": cells["id"] or f"{path.stem}-{row.line}",
            "text": cells["text"],
            "category": category_named(cells["category"]),
            "channel": channel_named(cells["channel"]),
            "language": cells["language"] or ("nn" if written == "nn" else "nb"),
            "split": cells["split"] or "train",
            "group": cells["group"],
            "source": cells["source"] or path.stem,
        }
        if cells["acts"]:
            found["acts"] = [category_named(act) for act in cells["acts"].replace(";", ",").split(",")]
    except UnknownLabelError as error:
        unknown = f"the {error.kind} {_shown(error.label)}"
        expected = f"one of {', '.join(error.known)}, or a label's name"
        raise InputError(str(path), unknown, expected, line=row.line, unknown=unknown) from None
    return found


def _shown(label: str) -> str:
    """Return a label for an error message; a long one may be incident text from a column mapped wrongly, and is not shown."""
    if len(label) <= _LONGEST_SHOWN and len(label.split()) <= _MOST_WORDS_SHOWN:
        return repr(label)
    return f"of {len(label)} characters (is the column the right one?)"
