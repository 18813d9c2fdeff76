"""Train the Norwegian pipeline nb_asys_sm on NorNE and write it, with its scores, under models/.

    python -m scripts.train_pipeline --data ../shared/norne

The parts are fitted side by side (`--jobs`), each going on from its last checkpoint if there is one. Then
the lemma tables are built, corpus words are dropped from the string store, and the result is measured with spaCy's own scorer
on the dev and test splits of both standards. NorNE itself is not part of the project (see models/README.md).
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import shutil
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from importlib.resources import files
from multiprocessing import get_context
from pathlib import Path

import spacy
import srsly
from spacy.attrs import ORTH
from spacy.language import Language
from spacy.training import Example

from classifier.language import folder_digest
from classifier.lemma_table import FACTORY, LemmaTable, LemmaTableComponent
from scripts.fit_stage import DEV_SENTENCES_PER_DOC, Plan, fit, swap
from scripts.norne import grouped, read_sentences, to_example

PIPELINE_NAME = "asys_sm"
PIPELINE_VERSION = "1.0.0"
STANDARDS = {"nob": "Bokmål", "nno": "Nynorsk"}

PLANS: tuple[Plan, ...] = (
    Plan("syntax", 14_000, 1000, 1000, width=128, depth=4, dropout=0.1, seed=7),
    Plan("ner", 14_000, 1000, 1000, width=96, depth=4, dropout=0.2, seed=7, patience=2),
)

SURE_SHARE = 0.95
"""A form seen in training enters the lemma table if at least this share of its uses has one lemma; else context decides."""

ABBREVIATIONS = (
    "br.",
    "brk.",
    "sbh.",
    "saksbeh.",
    "ifm.",
    "mtp.",
    "vedr.",
    "øk.sos.",
    "øk.",
    "tlf.",
    "mnd.",
    "avd.",
    "pga.",
    "p.g.a.",
    "evt.",
    "iht.",
    "ang.",
    "opplys.",
    "forts.",
)
"""Abbreviations of reports that the tokenizer would cut at the full stop, and the sentence splitter with it."""

COMPONENT_ORDER = ("tok2vec", "morphologizer", "trainable_lemmatizer", FACTORY, "senter", "ner")
NO_TREE = 2**32 - 1
"""What spaCy writes where an edit tree has no subtree."""

CONTENT_POS = frozenset({"ADJ", "ADV", "NOUN", "VERB"})


def main() -> None:
    """Parse the command line and run the steps."""
    root = Path(__file__).resolve().parent.parent
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the six NorNE files (*.conllu.gz)")
    parser.add_argument("--output", type=Path, default=root / "models" / "nb_asys_sm")
    parser.add_argument("--work", type=Path, default=root / "build" / "train_pipeline", help="checkpoints live here")
    parser.add_argument("--steps", type=int, help="train each part this many steps only, for a trial")
    parser.add_argument("--steps-per-round", type=int, help="evaluate and save this often; for a trial")
    parser.add_argument("--jobs", type=int, default=2, help="parts trained side by side, one core each")
    given = parser.parse_args()

    plans = PLANS
    if given.steps:
        per_round = given.steps_per_round or min(given.steps, 1000)
        plans = tuple(replace(plan, steps=given.steps, steps_per_round=per_round) for plan in PLANS)
    # One thread a part: the parts run side by side, and more threads would only make them wait for each other.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    started = time.monotonic()
    with ProcessPoolExecutor(given.jobs, mp_context=get_context("spawn")) as pool:
        trained = dict(
            zip(
                (plan.stage for plan in plans),
                pool.map(fit, plans, [given.data] * len(plans), [given.work] * len(plans)),
                strict=True,
            )
        )
    print(f"fitted in {(time.monotonic() - started) / 60:.0f} minutes", file=sys.stderr)

    fresh = given.output.with_name(given.output.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    nlp = assemble(trained, lemma_tables(given.data))
    nlp.to_disk(fresh)
    drop_unused_trees(fresh)
    drop_corpus_words(fresh)
    scores = {
        f"{standard}-{split}": evaluate(spacy.load(fresh), given.data / f"{standard}-{split}.conllu.gz")
        for standard in STANDARDS
        for split in ("dev", "test")
    }
    write_meta(fresh, scores, plans)
    swap(fresh, given.output)
    size = sum(path.stat().st_size for path in given.output.rglob("*") if path.is_file())
    print(f"{given.output}: {size / 1e6:.1f} MB, digest {folder_digest(given.output)[:12]}", file=sys.stderr)
    print(results_table(scores))


def lemma_tables(data: Path) -> dict[str, LemmaTable]:
    """Return a lemma table for each written standard, from what NorNE's train split says of the forms it holds.

    Bokmål starts from Norsk Ordbank's forms, which training overrules; no such list of Nynorsk comes with spaCy.
    """
    packed = (files("spacy_lookups_data") / "data" / "nb_lemma_exc.json.gz").read_bytes()
    listed: dict[tuple[str, str], str | None] = {
        (pos.upper(), form): options[0]
        for pos, forms in json.loads(gzip.decompress(packed)).items()
        for form, options in forms.items()
        if len(set(options)) == 1
    }
    return {
        "nb": LemmaTable.build(listed | seen_lemmas(data / "nob-train.conllu.gz")),
        "nn": LemmaTable.build(seen_lemmas(data / "nno-train.conllu.gz")),
    }


def seen_lemmas(path: Path) -> dict[tuple[str, str], str | None]:
    """Return the lemma of each part of speech and lower-cased form in a NorNE file, None where it has several."""
    seen: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for sentence in read_sentences(path):
        for word, lemma, pos in zip(sentence.words, sentence.lemmas, sentence.pos, strict=True):
            if pos in CONTENT_POS:
                seen[pos, word.lower()][lemma.lower()] += 1
    lemmas: dict[tuple[str, str], str | None] = {}
    for key, uses in seen.items():
        lemma, count = uses.most_common(1)[0]
        lemmas[key] = lemma if count >= SURE_SHARE * uses.total() else None
    return lemmas


def assemble(trained: dict[str, Path], tables: dict[str, LemmaTable]) -> Language:
    """Return one pipeline of the trained parts and the lemma tables."""
    nlp = spacy.blank("nb")
    add_special_case = getattr(nlp.tokenizer, "add_special_case")  # noqa: B009  (typed as a plain callable)
    for abbreviation in ABBREVIATIONS:
        for written in (abbreviation, abbreviation.capitalize()):
            add_special_case(written, [{ORTH: written}])
    sources = {name: spacy.load(path) for name, path in trained.items()}
    for component in COMPONENT_ORDER:
        if component == FACTORY:
            added = nlp.add_pipe(FACTORY)
            assert isinstance(added, LemmaTableComponent)
            added.tables = tables
            continue
        source = next(source for source in sources.values() if component in source.pipe_names)
        nlp.add_pipe(component, source=source)
    return nlp


def drop_unused_trees(folder: Path) -> None:
    """Remove from a saved pipeline the lemma trees that no label of the lemmatizer uses.

    Training meets trees too rare for a label and keeps them all; they are nine tenths of the file.
    """
    part = folder / "trainable_lemmatizer"
    trees = srsly.msgpack_loads((part / "trees").read_bytes())["trees"]
    config = srsly.read_json(part / "cfg")
    new_index: dict[int, int] = {}
    kept: list[dict[str, int]] = []

    def keep(index: int) -> int:
        if index not in new_index:
            tree = dict(trees[index])
            for side in ("prefix_tree", "suffix_tree"):
                if tree.get(side, NO_TREE) != NO_TREE:
                    tree[side] = keep(tree[side])
            kept.append(tree)
            new_index[index] = len(kept) - 1
        return new_index[index]

    config["labels"] = [keep(label) for label in config["labels"]]
    (part / "trees").write_bytes(srsly.msgpack_dumps({"trees": kept}))
    srsly.write_json(part / "cfg", config)


def drop_corpus_words(folder: Path) -> None:
    """Remove from the string store of a saved pipeline every string that no label, tree or language default needs.

    The corpus's words are three quarters of the store, and nothing reads them: spaCy looks words up by hash.
    """
    nlp = spacy.load(folder)
    needed = set(spacy.blank("nb").vocab.strings)
    for _, pipe in nlp.pipeline:
        for label in getattr(pipe, "labels", ()):
            needed.add(str(label))
            needed.update(str(label).replace("=", "|").split("|"))
    for mapped, morph in srsly.read_json(folder / "morphologizer" / "cfg")["labels_morph"].items():
        needed.update((mapped, morph))
    trees = srsly.msgpack_loads((folder / "trainable_lemmatizer" / "trees").read_bytes())["trees"]
    by_hash = {nlp.vocab.strings[string]: string for string in nlp.vocab.strings}
    needed.update(by_hash[tree[side]] for tree in trees for side in ("orig", "subst") if tree.get(side) in by_hash)
    kept = [string for string in nlp.vocab.strings if string in needed]
    srsly.write_json(folder / "vocab" / "strings.json", kept)


def evaluate(nlp: Language, path: Path) -> dict[str, float]:
    """Return the scores of `nlp` on a NorNE file, ten sentences a document."""
    sentences = list(read_sentences(path))
    return scores_of(nlp, [to_example(group, nlp) for group in grouped(sentences, DEV_SENTENCES_PER_DOC)])


def scores_of(nlp: Language, examples: list[Example]) -> dict[str, float]:
    """Return the scores that models/README.md compares, by spaCy's own scorer."""
    result = nlp.evaluate(examples)
    scores = {name: round(float(result[name]), 4) for name in ("pos_acc", "morph_acc", "lemma_acc", "sents_f", "ents_f")}
    scores["per_f"] = round(float(result["ents_per_type"].get("PER", {"f": 0.0})["f"]), 4)
    return scores


def write_meta(folder: Path, scores: dict[str, dict[str, float]], plans: Sequence[Plan]) -> None:
    """Write what the pipeline is made from, under which licence, and how well it does, into its meta.json."""
    meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
    meta |= {
        "name": PIPELINE_NAME,
        "version": PIPELINE_VERSION,
        "description": "Norwegian, Bokmål and Nynorsk, small and for the CPU: morphology, lemmas, sentences, entities.",
        "author": "The ASYS incident classifier's authors",
        "license": "MIT",
        "sources": [
            {
                "name": "NorNE: Annotating Named Entities for Norwegian",
                "author": "Jørgensen, Aasmoe, Husevåg, Øvrelid & Velldal (LREC 2020)",
                "url": "https://github.com/ltgoslo/norne",
                "license": "CC0 1.0 (annotation)",
            },
            {
                "name": "Norsk Ordbank in Norwegian Bokmål 2005, through spacy-lookups-data",
                "url": "https://www.nb.no/sprakbanken/",
                "license": "CC BY 4.0",
                "author": "Språkbanken, Nasjonalbiblioteket",
            },
        ],
        "training": {plan.stage: {"steps": plan.steps, "width": plan.width, "seed": plan.seed} for plan in plans},
        "performance": scores,
    }
    (folder / "meta.json").write_text(json.dumps(meta, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def results_table(scores: dict[str, dict[str, float]]) -> str:
    """Return the scores as a Markdown table, a column for each split."""
    splits = list(scores)
    lines = ["| | " + " | ".join(splits) + " |", "|---|" + "---|" * len(splits)]
    lines += [
        f"| {name} | " + " | ".join(f"{scores[split][name]:.3f}" for split in splits) + " |" for name in scores[splits[0]]
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
