"""A prior of an agency's own: its numbers, the file they were estimated from, and how both are written down and read back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from classifier.errors import InputError
from classifier.model.estimator import LABELS, TARGETS, Target
from classifier.model.priors import named_prior
from classifier.settings import PRIOR_SUFFIX

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Source = Literal["decisions", "texts"]

NOTED = "own_prior"
"""The key of a JSON file under which such a prior stands; its name stands under "prior", as that of any other does."""

_ROUNDING = 1e-6
_DIGITS = 9
"""Decimals that are kept, so that the same file gives the same prior however a processor rounds the last bits of a sum."""


@dataclass(frozen=True)
class OwnPrior:
    """How common the labels are, by what was estimated from a file: its name, and its SHA-256 in hexadecimal.

    The shares are in the order of the taxonomy. None leaves channels, where the file says too little of them, as common as in
    the corpus. Raises InputError if a share is missing, negative, or they do not add up to 1.
    """

    source: Source
    file: str
    sha256: str
    category: tuple[float, ...]
    channel: tuple[float, ...] | None

    def __post_init__(self) -> None:
        """Check the shares."""
        for target in TARGETS:
            shares = self.shares(target)
            if shares is None:
                continue
            # Written so that a share that is no number fails too.
            whole = all(share >= 0 for share in shares) and abs(sum(shares) - 1) <= _ROUNDING
            if len(shares) != len(LABELS[target]) or not whole:
                raise InputError("prior", f"shares of {target} labels that are none", "one a label, adding up to 1")

    @property
    def name(self) -> str:
        """What answers under it are known by: its source and a digest of its numbers, so that other numbers are told apart."""
        numbers = json.dumps([self.shares(target) for target in TARGETS])
        return f"{self.source}:{hashlib.sha256(numbers.encode()).hexdigest()[:16]}"

    def shares(self, target: Target) -> tuple[float, ...] | None:
        """Return the share of each label, None where they are as common as in the corpus."""
        return self.category if target == "category" else self.channel


Prior: TypeAlias = str | OwnPrior
"""How common the labels are: a name that `named_prior` knows, or an agency's own numbers."""


def own_prior(source: Source, file: str, sha256: str, shares: Mapping[Target, NDArray[np.float64]]) -> OwnPrior:
    """Return the prior with these shares, which were estimated from a file; raises InputError if they are none.

    Without those of channels, channels stay as common as in the corpus.
    """
    kept = {target: tuple(round(share, _DIGITS) for share in estimated.tolist()) for target, estimated in shares.items()}
    return OwnPrior(source, file, sha256, kept["category"], kept.get("channel"))


def name_of(prior: Prior) -> str:
    """Return what answers under a prior are known by."""
    return prior.name if isinstance(prior, OwnPrior) else prior


def shares_under(prior: Prior, target: Target, corpus: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the share of each label under a prior; `corpus` is that of training. Raises InputError for an unknown name."""
    import numpy as np

    if not isinstance(prior, OwnPrior):
        return named_prior(prior, target, corpus)
    shares = prior.shares(target)
    return corpus if shares is None else np.array(shares)


def noted(prior: Prior) -> dict[str, object] | None:
    """Return what to note of a prior beside its name, under NOTED: if of one's own, its numbers by label, and its file.

    None stands for channels that are as common as in the corpus.
    """
    if not isinstance(prior, OwnPrior):
        return None
    found = {"source": prior.source, "file": prior.file, "sha256": prior.sha256}
    by_target = {target: prior.shares(target) for target in TARGETS}
    by_label: dict[str, object] = {
        target: shares and dict(zip(LABELS[target], shares, strict=True)) for target, shares in by_target.items()
    }
    return {**found, **by_label}


def prior_called(name: str) -> Prior:
    """Return the prior of this name, or the one in the file of this name; raises InputError for a file without one.

    An unknown name is refused where its shares are asked for.
    """
    return read_prior(Path(name)) if name.endswith(PRIOR_SUFFIX) else name


def read_prior(path: Path) -> Prior:
    """Return the prior that a JSON file notes, such as the summary of a history that was read under it.

    Raises InputError if the file cannot be read, notes none, or holds numbers that are not those of the name beside them.
    """
    try:
        found = json.loads(path.read_bytes())
    except OSError as error:
        raise InputError(str(path), error.strerror or "an unreadable file", "a readable file") from error
    except (ValueError, RecursionError):
        raise InputError(str(path), "no valid JSON", "the summary that reclassify wrote") from None
    name, record = (found.get("prior"), found.get(NOTED)) if isinstance(found, dict) else (None, None)
    if not isinstance(name, str):
        raise InputError(str(path), "no prior", "the summary that reclassify wrote")
    if record is None:
        return name
    prior = _of_record(record)
    if prior is None or prior.name != name:
        raise InputError(str(path), f"other numbers than those of the prior {name!r}", "the file as it was written")
    return prior


def _of_record(record: object) -> OwnPrior | None:
    """Return the prior that `noted` wrote down, None if this is none."""
    try:
        source, file, sha256 = (record[key] for key in ("source", "file", "sha256"))  # type: ignore[index]
        category, channel = (record[target] for target in TARGETS)  # type: ignore[index]
        if source not in get_args(Source):
            return None
        of_channel = None if channel is None else _read_shares(channel, "channel")
        return OwnPrior(source, str(file), str(sha256), _read_shares(category, "category"), of_channel)
    except (InputError, KeyError, TypeError, ValueError):
        return None


def _read_shares(record: Mapping[str, float], target: Target) -> tuple[float, ...]:
    return tuple(float(record[label]) for label in LABELS[target])
