"""A tiny stand-in for spaCy's official Norwegian packages, with their exact layout: components, labels, disabled senter.

The official packages are not on the package index, so nothing here can fetch one. What differs is only how well it reads: it is
trained for a few steps on a handful of sentences. It is built and installed as `spacy package` and pip do it.
"""

import subprocess
import sys
from pathlib import Path

import spacy
from spacy.language import Language
from spacy.lookups import Lookups
from spacy.tokens import Doc
from spacy.training import Example

NAME = "core_news_sm"
COMPONENTS = ["tok2vec", "morphologizer", "parser", "lemmatizer", "attribute_ruler", "ner"]
ENTITY_LABELS = ("DRV", "EVT", "GPE_LOC", "GPE_ORG", "LOC", "MISC", "ORG", "PER", "PROD")

_SENTENCES = (
    (
        ["Kari", "Nordmann", "ringte", "fra", "Bergen", ".", "Hun", "truet", "en", "veileder", "."],
        ["PROPN", "PROPN", "VERB", "ADP", "PROPN", "PUNCT", "PRON", "VERB", "DET", "NOUN", "PUNCT"],
        [2, 0, 2, 4, 2, 2, 7, 7, 9, 7, 7],
        ["nsubj", "flat", "ROOT", "case", "obl", "punct", "nsubj", "ROOT", "det", "obj", "punct"],
        ["B-PER", "I-PER", "O", "O", "B-GPE_LOC", "O", "O", "O", "O", "O", "O"],
    ),
    (
        ["Mannen", "kastet", "stoler", "i", "NAV", ".", "Ole", "Hansen", "så", "det", "."],
        ["NOUN", "VERB", "NOUN", "ADP", "PROPN", "PUNCT", "PROPN", "PROPN", "VERB", "PRON", "PUNCT"],
        [1, 1, 1, 4, 1, 1, 8, 6, 8, 8, 8],
        ["nsubj", "ROOT", "obj", "case", "obl", "punct", "nsubj", "flat", "ROOT", "obj", "punct"],
        ["O", "O", "O", "O", "B-ORG", "O", "B-PER", "I-PER", "O", "O", "O"],
    ),
)


def build_pipeline() -> Language:
    """Return the trained stand-in."""
    nlp = spacy.blank("nb")
    for component in ("tok2vec", "morphologizer", "parser", "senter", "attribute_ruler", "lemmatizer", "ner"):
        config: dict[str, object] = {}
        if component == "lemmatizer":
            config = {"mode": "rule"}
        elif component != "attribute_ruler" and component != "tok2vec":
            config = {"model": {"tok2vec": {"@architectures": "spacy.Tok2VecListener.v1", "width": 96, "upstream": "tok2vec"}}}
        if component == "parser":
            # The default drops arc labels rarer than thirty; here every label is.
            config["min_action_freq"] = 1
        nlp.add_pipe(component, config=config)
    examples = [
        Example(
            nlp.make_doc(" ".join(words)),
            Doc(nlp.vocab, words=words, pos=pos, morphs=[""] * len(words), heads=heads, deps=deps, ents=ents),
        )
        for words, pos, heads, deps, ents in _SENTENCES
    ]
    tables = Lookups()
    tables.add_table("lemma_rules", {"verb": [["et", "e"], ["te", "e"]], "noun": [["er", ""]]})
    tables.add_table("lemma_exc", {"noun": {"mannen": ["mann"]}})
    tables.add_table("lemma_index", {})
    for label in ENTITY_LABELS:
        nlp.get_pipe("ner").add_label(label)  # type: ignore[attr-defined]
    nlp.initialize(lambda: examples)
    nlp.get_pipe("attribute_ruler").add([[{"ORTH": "NAV"}]], {"POS": "PROPN"})  # type: ignore[attr-defined]
    nlp.get_pipe("lemmatizer").initialize(lambda: examples, lookups=tables)  # type: ignore[attr-defined]
    optimizer = nlp.resume_training()
    for _ in range(60):
        nlp.update(examples, sgd=optimizer)
    nlp.disable_pipe("senter")
    nlp.meta["name"] = NAME
    nlp.meta["version"] = "3.8.0"
    return nlp


def install(folder: Path) -> Path:
    """Build the package in `folder`, install it with pip, and return the directory to put on the path."""
    trained, packaged, site = folder / "trained", folder / "packaged", folder / "site"
    packaged.mkdir()
    build_pipeline().to_disk(trained)
    _python("-m", "spacy", "package", str(trained), str(packaged), "--build", "none")
    (source,) = packaged.iterdir()
    _python("-m", "pip", "install", "--no-deps", "--no-build-isolation", "--target", str(site), str(source))
    return site


def _python(*arguments: str) -> None:
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
