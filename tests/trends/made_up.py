"""Incidents, tables and answers made up for tests."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import numpy as np

from classifier.model.estimator import LABELS, TARGETS, Target
from classifier.model.held_out import HeldOutAnswers
from classifier.taxonomy import CATEGORY_IDS, CHANNEL_IDS
from classifier.trends.incident_table import probability_columns
from classifier.trends.incidents import Incident
from classifier.trends.quantification import Answers

CATEGORIES, CHANNELS = len(CATEGORY_IDS), len(CHANNEL_IDS)


def incident(
    day: str = "2021-06-01",
    unit: str = "Nav Ytrevik",
    kind: str = "Nav-kontor",
    category: str | None = "trussel",
    channel: str | None = "telefon",
    probabilities: tuple[float, ...] = (),
) -> Incident:
    """Return an incident that differs from a usual one where said."""
    return Incident(date.fromisoformat(day), unit, kind, category, channel, probabilities)


def answers_to(
    category: np.ndarray, channel: np.ndarray, rng: np.random.Generator, *, sharpness: float = 2.0
) -> dict[Target, np.ndarray]:
    """Return calibrated probabilities, under equal shares, of texts with these labels: a noisy score decides them."""
    found: dict[Target, np.ndarray] = {}
    for name, truth, labels in ((TARGETS[0], category, CATEGORIES), (TARGETS[1], channel, CHANNELS)):
        # With unit noise and a bonus d for the right label, the likelihood ratio of a label is exp(d * score).
        scores = rng.normal(size=(len(truth), labels))
        scores[np.arange(len(truth)), truth] += sharpness
        weights = np.exp(sharpness * scores)
        found[name] = weights / weights.sum(axis=1, keepdims=True)
    return found


def held_out(texts: int = 4000, seed: int = 0) -> HeldOutAnswers:
    """Return answers to texts by forty writers with labels that are all as common."""
    rng = np.random.default_rng(seed)
    category, channel = rng.integers(CATEGORIES, size=texts), rng.integers(CHANNELS, size=texts)
    shares = answers_to(category, channel, rng)
    return HeldOutAnswers(
        {"category": shares["category"], "channel": shares["channel"]},
        {"category": category, "channel": channel},
        rng.integers(40, size=texts),
    )


def period(counts: np.ndarray, rng: np.random.Generator) -> Answers:
    """Return answers to a period with these counts of pairs, categories by channels."""
    pairs = np.repeat(np.arange(counts.size), counts.ravel())
    shares = answers_to(pairs // CHANNELS, pairs % CHANNELS, rng)
    return Answers(shares["category"], shares["channel"], said_by(shares))


def said_by(shares: Mapping[Target, np.ndarray]) -> dict[Target, np.ndarray]:
    """Return the labels that these probabilities speak for."""
    return {target: shares[target].argmax(axis=1) for target in TARGETS}


def write_table(path: Path, header: list[str], rows: list[list[str]], encoding: str = "utf-8") -> Path:
    """Write a CSV file with semicolons."""
    path.write_text("\n".join(";".join(row) for row in [header, *rows]) + "\n", encoding=encoding)
    return path


def reclassified(path: Path, incidents: int = 1200, seed: int = 5) -> Path:
    """Write a table as `classifier reclassify` does, of two years, in which most incidents are threats by telephone."""
    rng = np.random.default_rng(seed)
    mix = np.full((CATEGORIES, CHANNELS), 0.2 / (CATEGORIES * CHANNELS))
    mix[CATEGORY_IDS.index("trussel"), CHANNEL_IDS.index("telefon")] += 0.8
    counts = rng.multinomial(incidents, mix.ravel())
    pairs = rng.permutation(np.repeat(np.arange(counts.size), counts))
    shares = answers_to(pairs // CHANNELS, pairs % CHANNELS, rng)
    header = [
        "Dato",
        "Enhet",
        "Kategori",
        "Kanal",
        "asys_category",
        "asys_channel",
        "asys_model_version",
        *probability_columns(),
    ]
    rows = []
    for number, pair in enumerate(pairs.tolist()):
        category, channel = shares["category"][number], shares["channel"][number]
        rows.append(
            [
                f"{1 + number % 28:02d}.{1 + number % 12:02d}.{2020 + number % 2}",
                "Nav Kontaktsenter Nord" if number % 3 else "Nav Ytrevik",
                LABELS["category"][pair // CHANNELS],
                LABELS["channel"][pair % CHANNELS],
                LABELS["category"][category.argmax()],
                LABELS["channel"][channel.argmax()],
                "2026.11.1",
                *(f"{share:.6f}" for share in (*category, *channel)),
            ]
        )
    return write_table(path, header, rows)
