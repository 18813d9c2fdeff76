"""What the model page says: versions with their figures, what changed, how people and model agree, and drift, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from classifier.model.evaluation import Estimate
from classifier.model.registry import Promotion
from classifier.review.agreement import FEWEST, Figure
from classifier.review.drift import FEWEST as FEWEST_INCOMING
from classifier.review.drift import Drift
from classifier.web.model_figures import Version, Waiting
from classifier.web.pages.report_view import Event
from classifier.web.pages.wording import count, interval, moment, number, percent, sentence
from classifier.web.retrain_job import JobStatus

FIGURE_NAMES = ("Kategori, F1", "Kanal, F1", "Kategori rett", "Kanal rett", "Avvik i sikkerhet")
_PATHS = (
    ("category", "macro_f1"),
    ("channel", "macro_f1"),
    ("category", "accuracy"),
    ("channel", "accuracy"),
    ("category", "expected_calibration_error"),
)
_STAGES = {
    "": "Starter",
    "snapshot": "Skjuler personopplysninger i det som er avgjort",
    "reading": "Leser tekstene",
    "folds": "Lærer",
    "comparing": "Sammenlikner med den som er i bruk",
    "saving": "Lagrer kandidaten",
    "done": "Ferdig",
}
_PROBLEMS = {
    "nothing_to_learn": "Det er ikke avgjort noe som modellen kan lære av ennå. Avgjør noen rapporter i Kvalitet først.",
    "busy": "En annen opplæring eller et bytte av modell var i gang. Prøv igjen om litt.",
    "died": "Opplæringen stoppet uten å bli ferdig. Ingenting er endret. Start den på nytt.",
}


@dataclass(frozen=True)
class VersionRow:
    """A line of the table of versions; `figures` in the order of FIGURE_NAMES."""

    version: str
    created: str
    examples: str
    figures: tuple[str, ...]
    champion: bool
    verdict: str


@dataclass(frozen=True)
class Tile:
    """One figure that stands out, with what it is of."""

    title: str
    figure: str
    note: str


@dataclass(frozen=True)
class AgreementRow:
    """How well two sides agree on category and on channel."""

    name: str
    note: str
    count: str
    category: str
    channel: str


@dataclass(frozen=True)
class PartView:
    """A part of a distribution, then and now."""

    name: str
    expected: str
    observed: str


@dataclass(frozen=True)
class DriftView:
    """A drift in words; `kind` colours its tag."""

    title: str
    verdict: str
    kind: str
    explanation: str
    part_name: str
    parts: tuple[PartView, ...]
    index: str
    by_chance: str


@dataclass(frozen=True)
class JobView:
    """A retraining in words; `kind` colours its tag."""

    running: bool
    state: str
    kind: str
    started: str
    progress: str
    share: float
    verdict: tuple[str, ...]


def version_rows(versions: Sequence[Version], verdicts: Mapping[str, str]) -> tuple[VersionRow, ...]:
    """Return the versions, newest first; `verdicts` says, by version, what its comparison came to."""
    return tuple(
        VersionRow(
            found.version,
            moment(found.created),
            number(found.examples),
            tuple(_written(_metric(found, path), path[1]) for path in _PATHS),
            found.champion,
            verdicts.get(found.version, ""),
        )
        for found in sorted(versions, key=lambda found: found.created, reverse=True)
    )


def changes(versions: Sequence[Version], promotions: Sequence[Promotion]) -> tuple[str, ...]:
    """Return in words what changed when the champion took over from the one before it."""
    named = {found.version: found for found in versions}
    used = [entry.version for entry in promotions]
    after = named.get(used[-1]) if used else None
    before = next((named[version] for version in reversed(used[:-1]) if version != used[-1] and version in named), None)
    if after is None:
        return ("Ingen modell er tatt i bruk ennå.",)
    if before is None:
        return (f"{after.version} er den første modellen som er tatt i bruk.",)
    more = after.examples - before.examples
    lines = [f"{after.version} avløste {before.version}."]
    if more:
        lines.append(f"Den har lært av {number(abs(more))} {'flere' if more > 0 else 'færre'} eksempler.")
    for name, path in zip(FIGURE_NAMES[:2], _PATHS[:2], strict=True):
        new, old = _metric(after, path), _metric(before, path)
        if new is not None and old is not None:
            lines.append(f"{name}: fra {number(old, 3)} til {number(new, 3)} ({_signed(new - old)}).")
    return tuple(lines)


def promotion_events(promotions: Sequence[Promotion], most: int = 8) -> tuple[Event, ...]:
    """Return who took which version into use, newest first."""
    return tuple(
        Event(
            f"Gikk tilbake til {entry.version}" if entry.rollback else f"Tok i bruk {entry.version}",
            entry.who,
            moment(datetime.fromisoformat(entry.when)),
            reason=entry.why,
        )
        for entry in reversed(promotions[-most:])
    )


def share_tile(title: str, estimate: Estimate | None, how_many: int, of_what: str) -> Tile:
    """Return a share with its interval, or that there are too few to tell."""
    if estimate is None:
        return Tile(title, "–", f"{number(how_many)} {of_what}. Vises fra {FEWEST}.")
    return Tile(title, percent(estimate.value), f"{interval(estimate.low, estimate.high)} · {number(how_many)} {of_what}")


def agreement_row(name: str, note: str, category: Figure, channel: Figure) -> AgreementRow:
    """Return how well two sides agree, or that there are too few to tell."""
    return AgreementRow(name, note, number(max(category.count, channel.count)), figure(category), figure(channel))


def figure(found: Figure) -> str:
    """Return a measure with its interval: a share as percent, kappa and alpha as they are."""
    if found.estimate is None:
        return "bare én kategori" if found.why_not == "one_label" else "for få"
    value = found.estimate
    if found.measure == "share":
        return f"{percent(value.value)} ({interval(value.low, value.high)})"
    return f"{number(value.value, 2)} ({number(value.low, 2)}–{number(value.high, 2)})"


def drift_view(title: str, found: Drift, part_name: str, names: Mapping[str, str], what: str) -> DriftView:
    """Return a drift in words; `names` says what each part is called, `what` what was counted."""
    moved = found.moved_most
    moved_name = names.get(moved.name, moved.name)
    shares = f"{moved_name}: {percent(moved.expected)} i opplæringen, {percent(moved.observed)} nå."
    verdict, kind, explanation = {
        "too_few": (
            "For få til å si noe",
            "note",
            sentence(f"{count(found.count, 'én rapport', 'rapporter')} så langt. Vises fra {FEWEST_INCOMING}."),
        ),
        "none": ("Som før", "good", f"{what} er fordelt omtrent som i opplæringen."),
        "small": ("Litt annerledes", "warning", f"{what} er fordelt litt annerledes. Mest endret er {shares}"),
        "large": (
            "Klart annerledes",
            "bad",
            f"{what} er fordelt klart annerledes. Mest endret er {shares} Tallene fra opplæringen gjelder kanskje ikke lenger.",
        ),
    }[found.verdict]
    parts = (
        ()
        if found.verdict == "too_few"
        else tuple(
            PartView(names.get(part.name, part.name), percent(part.expected), percent(part.observed)) for part in found.parts
        )
    )
    return DriftView(title, verdict, kind, explanation, part_name, parts, number(found.index, 3), number(found.by_chance, 3))


def job_view(status: JobStatus) -> JobView:
    """Return a retraining in words."""
    started = f"Startet av {status.who}, {moment(datetime.fromisoformat(status.started_at))}"
    if status.running:
        share = round(100 * status.done / status.total, 1) if status.total else 0.0
        step = f" ({status.done} av {status.total})" if status.total else ""
        return JobView(True, "I gang", "note", started, f"{_STAGES.get(status.stage, status.stage)}{step}", share, ())
    if status.problem:
        told = _PROBLEMS.get(status.problem, f"Opplæringen feilet ({status.problem}). Si fra til dem som drifter tjenesten.")
        return JobView(False, "Ikke fullført", "warning", started, "", 0.0, (told,))
    advice = "kan tas i bruk" if status.promote else "bør ikke tas i bruk uten at noen har sett på hvorfor"
    return JobView(
        False,
        "Ferdig",
        "good" if status.promote else "warning",
        started,
        "",
        100.0,
        (f"{status.version} {advice}.", status.verdict),
    )


def waiting_words(waiting: Waiting) -> str:
    """Return what people decided that the next retraining would learn from, and the present model has not."""
    corrections, confirmations, settled = waiting.corrections, waiting.confirmations, waiting.settled
    if confirmations + corrections + settled == 0:
        return "Ingen nye avgjørelser venter på opplæring."
    parts = [
        count(corrections, "én rettelse", "rettelser") if corrections else "",
        count(confirmations, "én bekreftelse", "bekreftelser") if confirmations else "",
        count(settled, "én avgjort uenighet", "avgjorte uenigheter") if settled else "",
    ]
    named = [part for part in parts if part]
    listed = named[0] if len(named) == 1 else f"{', '.join(named[:-1])} og {named[-1]}"
    return sentence(f"{listed} venter på neste opplæring.")


def _metric(found: Version, path: tuple[str, str]) -> float | None:
    part = found.metrics.get("out_of_fold", {}).get(path[0], {}).get(path[1])
    return float(part) if isinstance(part, int | float) else None


def _written(value: float | None, name: str) -> str:
    if value is None:
        return "–"
    return percent(value) if name in ("accuracy", "confident_share") else number(value, 3)


def _signed(value: float) -> str:
    if abs(value) < 0.0005:
        return "uendret"
    return f"{'+' if value >= 0 else '−'}{number(abs(value), 3)}"
