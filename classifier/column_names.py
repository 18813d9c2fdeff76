"""Which column of a table holds what: named by option, or guessed by the names that people give columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from classifier.errors import InputError

ADDED_PREFIX = "asys_"
"""What the names of columns that a model adds to a table begin with unless somebody says otherwise."""

USUAL_NAMES: dict[str, tuple[str, ...]] = {
    "text": ("text", "tekst", "beskrivelse", "hendelse", "hendelsesbeskrivelse", "description", "fritekst"),
    "category": ("category", "kategori", "hendelsestype", "type hendelse", "type"),
    "channel": ("channel", "kanal", "sted", "hvor", "arena"),
    "id": ("id", "saksnummer", "løpenummer", "nummer", "nr", "sak", "referanse"),
    "date": (
        "date",
        "dato",
        "hendelsesdato",
        "dato for hendelsen",
        "incident_date",
        "registrert",
        "registrert dato",
        "opprettet",
        "tidspunkt",
        "created",
        "når",
    ),
    "unit": ("unit", "enhet", "nav-enhet", "nav-kontor", "kontor", "avdeling", "enhetsnavn", "tjenestested", "office"),
    "unit_kind": ("unit_kind", "enhetstype", "type enhet", "resultatområde", "kind"),
    "labelled_by": ("labelled_by", "registrert av", "registrator", "kategorisert av", "merket av", "annotator"),
    "taxonomy": ("taxonomy", "taksonomi", "kodeverk"),
    "acts": ("acts", "handlinger"),
    "language": ("language", "språk", "målform"),
    "split": ("split",),
    "group": ("group", "gruppe"),
    "source": ("source", "kilde", "registrert av"),
}
"""Column names that people give a field, the likeliest first; compared without regard to case."""


def map_fields(
    columns: Sequence[str],
    fields: Sequence[str],
    chosen: Mapping[str, str | None],
    *,
    required: Sequence[str],
    source: str,
) -> dict[str, str | None]:
    """Return the column of each field: what was `chosen` for it, else a guess by the column's name, else None.

    A column is guessed for one field only. Raises InputError, naming the columns there are, if a chosen one is missing or a
    required one cannot be guessed. A field that is no key of `chosen` is one that no option names: its error tells the names
    that are understood instead.
    """
    by_name = {column.casefold(): column for column in columns}
    there = ", ".join(repr(column) for column in columns)
    mapping: dict[str, str | None] = dict.fromkeys(fields)
    for field in fields:
        wanted = chosen.get(field)
        if wanted is not None:
            if wanted.casefold() not in by_name:
                raise InputError(source, f"no column {wanted!r}", f"one of {there}", line=1)
            mapping[field] = by_name[wanted.casefold()]
    for field in fields:
        if mapping[field] is None:
            free = (by_name[name] for name in USUAL_NAMES[field] if name in by_name)
            mapping[field] = next((column for column in free if column not in mapping.values()), None)
        if field in required and mapping[field] is None:
            option = f"--{field.replace('_', '-')} with one of {there}"
            renamed = f"one named {', '.join(USUAL_NAMES[field])}; it has {there}"
            raise InputError(source, f"no column that looks like the {field}", option if field in chosen else renamed, line=1)
    return mapping
