"""Incidents as columns, so that a million of them fit in little memory and are counted at once."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from classifier.model.estimator import LABELS
from classifier.taxonomy import CATEGORY_IDS, CHANNEL_IDS
from classifier.trends.incidents import Incident

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NONE = -1
"""Stands for a label that an incident does not have."""

_PROBABILITIES = len(LABELS["category"]) + len(LABELS["channel"])


@dataclass(frozen=True)
class History:
    """Incidents by column, an entry each.

    `month` counts months from year 0. `unit` and `kind` are places among `units` and `kinds`, which are in alphabetical order,
    `category` and `channel` places in the taxonomy or NONE. `probabilities` has the model's for all labels, categories first,
    and no columns where there is no model; `answered` says who has them.
    """

    month: NDArray[np.int32]
    unit: NDArray[np.int32]
    kind: NDArray[np.int32]
    category: NDArray[np.int8]
    channel: NDArray[np.int8]
    answered: NDArray[np.bool_]
    probabilities: NDArray[np.float32]
    units: tuple[str, ...]
    kinds: tuple[str, ...]

    def __len__(self) -> int:
        """Return how many incidents there are."""
        return len(self.month)

    @property
    def has_answers(self) -> bool:
        """Return whether any incident has a model's probabilities."""
        return bool(self.answered.any())

    def where(self, chosen: NDArray[np.bool_]) -> History:
        """Return the incidents that are chosen."""
        names = ("month", "unit", "kind", "category", "channel", "answered")
        columns = {name: getattr(self, name)[chosen] for name in names}
        probabilities = self.probabilities[chosen] if self.has_answers else self.probabilities
        return replace(self, **columns, probabilities=probabilities)


def history_of(incidents: Iterable[Incident]) -> History:
    """Return incidents as columns, reading them once. Units whose names differ by case or spaces only are one."""
    import numpy as np

    month, unit, kind, category, channel = (array("i") for _ in range(5))
    answered, probabilities = array("b"), array("f")
    units, kinds = _Names(), _Names()
    categories = {label: place for place, label in enumerate(CATEGORY_IDS)}
    channels = {label: place for place, label in enumerate(CHANNEL_IDS)}
    nothing = (0.0,) * _PROBABILITIES
    for incident in incidents:
        month.append(incident.day.year * 12 + incident.day.month - 1)
        unit.append(units.place(incident.unit))
        kind.append(kinds.place(incident.kind))
        category.append(NONE if incident.category is None else categories[incident.category])
        channel.append(NONE if incident.channel is None else channels[incident.channel])
        if incident.probabilities and not probabilities:
            probabilities.extend(nothing * len(answered))
        answered.append(bool(incident.probabilities))
        if probabilities or incident.probabilities:
            probabilities.extend(incident.probabilities or nothing)
    unit_order, kind_order = units.order(), kinds.order()
    return History(
        np.array(month, dtype=np.int32),
        unit_order[np.array(unit, dtype=np.int32)],
        kind_order[np.array(kind, dtype=np.int32)],
        np.array(category, dtype=np.int8),
        np.array(channel, dtype=np.int8),
        np.array(answered, dtype=bool),
        np.frombuffer(probabilities, dtype=np.float32).reshape(-1, _PROBABILITIES) if probabilities else _no_probabilities(),
        units.sorted(),
        kinds.sorted(),
    )


def _no_probabilities() -> NDArray[np.float32]:
    import numpy as np

    return np.zeros((0, _PROBABILITIES), dtype=np.float32)


class _Names:
    """Numbers names in the order they come; remembers how each was first written."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}
        self._written: list[str] = []

    def place(self, name: str) -> int:
        key = " ".join(name.split()).casefold()
        place = self._places.setdefault(key, len(self._written))
        if place == len(self._written):
            self._written.append(" ".join(name.split()))
        return place

    def sorted(self) -> tuple[str, ...]:
        return tuple(sorted(self._written))

    def order(self) -> NDArray[np.int32]:
        """Return, for each name as it came, its place in the alphabet."""
        import numpy as np

        places = {name: place for place, name in enumerate(self.sorted())}
        return np.array([places[name] for name in self._written], dtype=np.int32)
