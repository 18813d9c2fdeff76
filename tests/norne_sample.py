"""A handful of invented sentences in NorNE's format, to train a tiny pipeline on."""

import gzip
from pathlib import Path

_NOB = (
    "Kari/Kari/PROPN/Gender=Fem/B-PER Hansen/Hansen/PROPN//I-PER ringte/ringe/VERB/Tense=Past/O fra/fra/ADP//O "
    "Bergen/Bergen/PROPN//B-GPE_LOC",
    "Mannen/mann/NOUN/Definite=Def/O slo/slå/VERB/Tense=Past/O i/i/ADP//O skranken/skranke/NOUN/Definite=Def/O",
    "Hun/hun/PRON/Case=Nom/O ropte/rope/VERB/Tense=Past/O og/og/CCONJ//O gikk/gå/VERB/Tense=Past/O",
)
_NNO = (
    "Brukaren/brukar/NOUN/Definite=Def/O ringde/ringje/VERB/Tense=Past/O frå/frå/ADP//O Førde/Førde/PROPN//B-GPE_LOC",
    "Ola/Ola/PROPN//B-PER kasta/kaste/VERB/Tense=Past/O stolen/stol/NOUN/Definite=Def/O",
    "Ho/ho/PRON/Case=Nom/O skreik/skrike/VERB/Tense=Past/O og/og/CCONJ//O gjekk/gå/VERB/Tense=Past/O",
)


def write(folder: Path) -> None:
    """Write the six files that training and evaluation read."""
    for standard, sentences in (("nob", _NOB), ("nno", _NNO)):
        for split in ("train", "dev", "test"):
            # Some components want to see a label several times before they keep it.
            repeated = sentences * (10 if split == "train" else 1)
            with gzip.open(folder / f"{standard}-{split}.conllu.gz", "wt", encoding="utf-8") as file:
                for sentence in repeated:
                    file.write("\n".join(_rows(sentence)) + "\n\n")


def _rows(sentence: str) -> list[str]:
    tokens = [token.split("/") for token in sentence.split()]
    tokens[-1].append("|SpaceAfter=No")
    rows = []
    for number, (word, lemma, pos, morph, entity, *more) in enumerate([*tokens, [".", ".", "PUNCT", "", "O"]], start=1):
        columns = [str(number), word, lemma, pos, "_", morph or "_", "_", "_", "_", f"name={entity}{''.join(more)}"]
        rows.append("\t".join(columns))
    return rows
