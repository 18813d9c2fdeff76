"""An incident as statistics see it, whatever it was read from: when, where, and with which labels. No text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

NO_UNIT = "Ikke oppgitt"

CONTACT_CENTRE = "Kontaktsenter"
_KINDS = (
    (re.compile(r"kontaktsent|kundesent|servicesent"), CONTACT_CENTRE),
    (re.compile(r"arbeid og ytelser|familie|pensjon|forvaltning|klageinstans|ytelsesenhet|spesialenhet"), "Forvaltning"),
    (re.compile(r"hjelpemiddel"), "Hjelpemiddelsentral"),
    (re.compile(r"arbeidslivssenter|avdeling|direktorat|arbeidsrådgivning|tiltak"), "Annen enhet"),
    (re.compile(r"^nav\b"), "Nav-kontor"),
)
"""What a unit's name says about its kind, the telling words first; the kinds are those the memo tells apart, and the rest."""


@dataclass(frozen=True)
class Incident:
    """One registered incident.

    `category` and `channel` are ids, None where there is none. `unit` and `kind` of unit are NO_UNIT where nothing is said.
    `probabilities` are a model's for every category, then for every channel, in the order of the taxonomy; empty where a person
    chose the labels or the model gave no answer.
    """

    day: date
    unit: str
    kind: str
    category: str | None
    channel: str | None
    probabilities: tuple[float, ...] = ()


def kind_of_unit(unit: str) -> str:
    """Return the kind that a unit's name speaks for, NO_UNIT if it speaks for none."""
    name = unit.strip().casefold()
    return next((kind for pattern, kind in _KINDS if pattern.search(name)), NO_UNIT)
