"""What a comparison comes to, in words that the people who use the model understand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from classifier.model.comparison import FEWEST, Comparison, Difference
from classifier.taxonomy import CHANNELS

_NAMES = {
    "fysisk_angrep_person": "fysisk angrep på person",
    "haerverk": "hærverk",
    "trussel": "trussel",
    "trussel_selvskading": "trussel om selvskading",
    "hatytringer": "hatytringer",
    "sjikane_trakassering": "sjikane og trakassering",
    "verbal_utskjelling": "verbal utskjelling",
    "nb": "bokmål",
    "nn": "nynorsk",
} | {channel.id: channel.name if channel.name[:2].isupper() else channel.name.lower() for channel in CHANNELS}
"""Short names: several stand in one sentence."""

RULE = (
    "En kandidat forfremmes ikke når den er sikkert dårligere på en kategori, en målform eller samlet, i testsettet eller i "
    "blindandelen. Sikkert betyr parvis bootstrap, med høyst ti prosent ventede falske funn blant det som kalles bedre eller "
    f"dårligere. Det som færre enn {FEWEST} hendelser handler om, dømmes ikke."
)


@dataclass(frozen=True)
class Verdict:
    """Whether a candidate may be promoted, and why, in Norwegian; `worse` names what speaks against it."""

    promote: bool
    words: str
    worse: tuple[str, ...] = ()


NOTHING_TO_COMPARE = Verdict(True, "Ingen modell er i bruk, så det er ingenting å sammenligne med: kan forfremmes.")


def verdict(test: Comparison, blind: Comparison | None) -> Verdict:
    """Return the verdict on a candidate by the frozen test split, and by the blind share where people have labelled any."""
    guarding = [found for part in (test, blind) if part is not None for found in part.those("worse") if found.guards]
    better = [found for part in (test, blind) if part is not None for found in part.those("better")]
    conclusion = "ikke forfrem" if guarding else "forfrem" if better else "kan forfremmes"
    words = _sentence(_findings(test), conclusion)
    if blind is None or blind.count < FEWEST:
        words += f" Blindandelen har {0 if blind is None else blind.count} hendelser, for få til å måle på ({FEWEST} trengs)."
    else:
        words += f" På blindandelens {blind.count} hendelser: {_findings(blind)}."
    return Verdict(not guarding, words, tuple(dict.fromkeys(name_of(found) for found in guarding)))


def name_of(found: Difference) -> str:
    """Return what a difference is about, as one would say it."""
    if found.kind == "overall":
        return "kategoriene samlet" if found.target == "category" else "kanalene samlet"
    name = _NAMES[found.name]
    if found.kind == "language":
        return name if found.target == "category" else f"kanaler på {name}"
    return name if found.target == "category" else f"kanalen {name}"


def _findings(comparison: Comparison) -> str:
    better, worse = (_listed(comparison.those(outcome)) for outcome in ("better", "worse"))
    if not better and not worse:
        return "likt overalt"
    parts = [f"bedre på {better}"] if better else []
    parts.append("likt ellers")
    if worse:
        parts.append(f"dårligere på {worse}")
    return ", ".join(parts)


def _listed(differences: Sequence[Difference]) -> str:
    names = [name_of(found) for found in differences]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} og {names[-1]}" if names else ""


def _sentence(findings: str, conclusion: str) -> str:
    return f"{findings[0].upper()}{findings[1:]}: {conclusion}."
