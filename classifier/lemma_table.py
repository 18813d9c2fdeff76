"""A spaCy component that corrects lemmas from a compact table of word forms, keyed by the ends of words.

The trained lemmatizer guesses from context and does well on forms it has met; on rare inflections and compounds a dictionary
knows better. The table holds rewrite rules (drop n letters, add a tail) under reversed word forms in a MARISA trie, pruned so
that a form is stored only when the longest shorter ending does not already give its lemma. A compound nobody has listed
("ansvarsfraskrivelsen") thus follows its last element, which in Norwegian carries the inflection.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import marisa_trie
from spacy.language import Language
from spacy.tokens import Doc
from spacy.vocab import Vocab

from classifier.language_id import identify

FACTORY = "asys_lemma_table"
STANDARDS = ("nb", "nn")
SHORTEST_ENDING = 4
"""Shorter endings are too ambiguous to carry a rule over to an unlisted word (measured on NorNE's dev splits)."""

_RULE_NUMBER = "<H"
"""How the trie stores the number of a rule: two bytes, unsigned."""

_CONTENT_POS = frozenset({"ADJ", "ADV", "NOUN", "VERB"})


@dataclass(frozen=True)
class Rewrite:
    """A lemma rule: drop the last `drop` letters of the lower-cased form, then add `tail`."""

    drop: int
    tail: str

    def apply(self, form: str) -> str:
        """Return the lemma that the rule gives for a lower-cased form."""
        return form[: len(form) - self.drop] + self.tail

    @classmethod
    def between(cls, form: str, lemma: str) -> Rewrite:
        """Return the shortest rule that turns `form` into `lemma`."""
        shared = 0
        while shared < min(len(form), len(lemma)) and form[shared] == lemma[shared]:
            shared += 1
        return cls(len(form) - shared, lemma[shared:])


ABSTAIN = Rewrite(0, "?")
"""Stands where a form has several lemmas; no real rule adds a question mark."""


class LemmaTable:
    """Lemmas by part of speech and word form, exact or by the longest listed ending."""

    def __init__(self, trie: marisa_trie.RecordTrie, rules: tuple[Rewrite, ...]) -> None:
        """Take a trie of rule numbers under reversed forms, and the rules."""
        self._trie = trie
        self._rules = rules

    @classmethod
    def build(cls, lemmas: Mapping[tuple[str, str], str | None]) -> LemmaTable:
        """Return a table of `lemmas`, which maps (part of speech, lower-cased form) to a lower-cased lemma.

        None instead of a lemma marks a form that only context can settle: `lookup` then gives None.
        """
        kept: dict[tuple[str, str], Rewrite] = {}
        for (pos, form), lemma in sorted(lemmas.items(), key=lambda entry: (len(entry[0][1]), entry[0])):
            rule = ABSTAIN if lemma is None else Rewrite.between(form, lemma)
            if _by_ending(kept, pos, form) != rule:
                kept[pos, form] = rule
        rules = tuple(sorted(set(kept.values()), key=lambda rule: (rule.drop, rule.tail)))
        number = {rule: index for index, rule in enumerate(rules)}
        records = [(_key(pos, form), (number[rule],)) for (pos, form), rule in kept.items()]
        return cls(marisa_trie.RecordTrie(_RULE_NUMBER, records), rules)

    def lookup(self, pos: str, form: str) -> str | None:
        """Return the lemma of a lower-cased form read as `pos`, or None if the table has nothing to say."""
        endings = self._trie.prefixes(_key(pos, form))
        if not endings:
            return None
        longest = endings[-1]
        ending_length = len(longest) - 1
        if ending_length < len(form) and ending_length < SHORTEST_ENDING:
            return None
        rule = self._rules[self._trie[longest][0][0]]
        return None if rule == ABSTAIN else rule.apply(form)

    def save(self, folder: Path) -> None:
        """Write the table into `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        self._trie.save(str(folder / "forms.marisa"))
        lines = (f"{rule.drop}\t{rule.tail}" for rule in self._rules)
        (folder / "rules.tsv").write_text("\n".join(lines), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> LemmaTable:
        """Read what `save` wrote."""
        trie = marisa_trie.RecordTrie(_RULE_NUMBER)
        trie.mmap(str(folder / "forms.marisa"))
        lines = (folder / "rules.tsv").read_text(encoding="utf-8").split("\n")
        pairs = (line.split("\t") for line in lines)
        return cls(trie, tuple(Rewrite(int(drop), tail) for drop, tail in pairs))


class LemmaTableComponent:
    """Overwrites the lemma of content words wherever the table of the document's written standard knows one.

    The standards inflect alike and yet have lemmas of their own ("kom" is of "komme" in Bokmål, of "kome" in Nynorsk), which
    a short text's context does not always give away; the small words of the whole document do.
    """

    def __init__(self, vocab: Vocab, name: str = FACTORY) -> None:
        """Start empty; `from_disk` fills the tables."""
        self.vocab = vocab
        self.name = name
        self.tables = {standard: LemmaTable(marisa_trie.RecordTrie(_RULE_NUMBER), ()) for standard in STANDARDS}

    def __call__(self, doc: Doc) -> Doc:
        """Set lemmas on `doc` in place and return it."""
        table = self.tables["nn" if identify(doc.text).standard == "nn" else "nb"]
        for token in doc:
            if token.pos_ in _CONTENT_POS:
                lemma = table.lookup(token.pos_, token.lower_)
                if lemma:
                    token.lemma_ = lemma
        return doc

    def to_disk(self, path: Path, **_: object) -> None:
        """Write the tables; called by spaCy."""
        for standard, table in self.tables.items():
            table.save(Path(path) / standard)

    def from_disk(self, path: Path, **_: object) -> LemmaTableComponent:
        """Read the tables; called by spaCy."""
        self.tables = {standard: LemmaTable.load(Path(path) / standard) for standard in STANDARDS}
        return self


@Language.factory(FACTORY, assigns=["token.lemma"], requires=["token.pos"])
def make_lemma_table(nlp: Language, name: str) -> LemmaTableComponent:
    """Return an empty component for `nlp`; spaCy fills it from disk."""
    return LemmaTableComponent(nlp.vocab, name)


def _key(pos: str, form: str) -> str:
    # One letter for the part of speech first, so that one trie serves all of them: A(dj), D (adv), N, V.
    return ("D" if pos == "ADV" else pos[0]) + form[::-1]


def _by_ending(kept: Mapping[tuple[str, str], Rewrite], pos: str, form: str) -> Rewrite | None:
    for start in range(1, len(form) - SHORTEST_ENDING + 1):
        rule = kept.get((pos, form[start:]))
        if rule is not None:
            return rule
    return None
