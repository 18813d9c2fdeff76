"""Word lists that travel with the package, a word a line, all lower case; compiled for this project.

`first_names` and `last_names` hold names common in Norway, long-established ones and those immigration has made common;
`ambiguous_names` are the first names that are everyday words or places too, `distinct_last_names` the last names that are
neither and so count alone; `titles` announce a name;
`not_persons` never are one, and `not_announced` are no name where a frame such as "heter …" would make them one.
`function_words_*` are the small words of a language.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def word_list(name: str) -> frozenset[str]:
    """Return the words of the list `name`."""
    return frozenset((files("classifier") / "data" / f"{name}.txt").read_text(encoding="utf-8").split())
