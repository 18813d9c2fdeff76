"""A model's answers to reports that people have labelled too: an agency's own measure of how the model errs.

The table is one that `classifier reclassify` wrote, of reports the model was not trained on, with people's labels in it. Best
are a few hundred drawn at random from the very history that is counted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from classifier.batch.sources import open_source
from classifier.errors import InputError
from classifier.model.estimator import LABELS
from classifier.model.held_out import HeldOutAnswers
from classifier.taxonomy import CATEGORY_IDS, CHANNEL_IDS
from classifier.trends.incident_table import map_incidents, read_incidents

FEWEST = 200
"""With fewer labelled reports, the correction would add more error than it takes away."""


def read_labelled(path: Path, chosen: Mapping[str, str | None], reject: Callable[[InputError], None]) -> HeldOutAnswers:
    """Return the answers and the people's labels of a table, each row as if by a writer of its own: it is a random sample.

    Raises InputError for a table that lacks either, or has fewer than FEWEST rows with both.
    """
    import numpy as np

    source = open_source(path)
    of_people = map_incidents(source.columns, chosen, source.name, labels="registered")
    of_model = map_incidents(source.columns, {"date": of_people.date}, source.name, labels="model")
    if not of_model.probabilities or of_people.category is None or of_people.channel is None:
        expected = "people's category and channel beside the model's probabilities, as `classifier reclassify` writes them"
        raise InputError(str(path), "a table without them", expected, line=1)
    probabilities, categories, channels = [], [], []
    both = zip(read_incidents(source, of_people, reject), read_incidents(source, of_model, _pass_over), strict=True)
    for person, model in both:
        if person.category is None or person.channel is None or not model.probabilities:
            continue
        probabilities.append(model.probabilities)
        categories.append(CATEGORY_IDS.index(person.category))
        channels.append(CHANNEL_IDS.index(person.channel))
    if len(probabilities) < FEWEST:
        raise InputError(
            str(path), f"{len(probabilities)} rows with both people's labels and the model's", f"at least {FEWEST}"
        )
    shares = np.array(probabilities)
    split = len(LABELS["category"])
    return HeldOutAnswers(
        {"category": shares[:, :split], "channel": shares[:, split:]},
        {"category": np.array(categories), "channel": np.array(channels)},
        np.arange(len(probabilities)),
    )


def _pass_over(error: InputError) -> None:
    """Say nothing: the same row was rejected when people's labels were read."""
