"""Score a Norwegian pipeline on NorNE files with spaCy's own scorer, clean and with the noise of hasty writing.

    python -m scripts.evaluate_pipeline --data ../shared/norne [--pipeline NAME] [--splits nob-dev nno-dev]

Documents hold ten sentences, as `spacy convert -n 10` makes them. `noise` rewrites every document in one of the ways that
`norne.noisy` knows: no capitals, no Norwegian letters, typing errors and so on.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

from classifier.language import load_pipeline
from scripts.fit_stage import DEV_SENTENCES_PER_DOC
from scripts.norne import always_noisy, grouped, read_sentences, to_example
from scripts.train_pipeline import results_table, scores_of

NOISE_SEED = 11


def main() -> None:
    """Parse the command line, score, and print a Markdown table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the NorNE files")
    parser.add_argument("--pipeline", help="spaCy pipeline: a name or a folder; the shipped one by default")
    parser.add_argument("--splits", nargs="+", default=["nob-dev", "nno-dev", "nob-test", "nno-test"])
    given = parser.parse_args()
    nlp = load_pipeline(given.pipeline).nlp
    scores = {}
    for split in given.splits:
        groups = list(grouped(list(read_sentences(given.data / f"{split}.conllu.gz")), DEV_SENTENCES_PER_DOC))
        rng = random.Random(NOISE_SEED)
        scores[split] = scores_of(nlp, [to_example(group, nlp) for group in groups])
        scores[f"{split}, noise"] = scores_of(nlp, [to_example(always_noisy(group, rng), nlp) for group in groups])
    print(results_table(scores))


if __name__ == "__main__":
    main()
