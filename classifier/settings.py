"""Settings, read once from an environment mapping that the caller passes in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from classifier.errors import SettingsError

DEFAULT_PIPELINE = "nb_asys_sm"
DEFAULT_DATABASE = "asys.db"

PRIORS = ("corpus", "uniform", "asys-2020")
"""How common the labels can be taken to be: as in training, all the same, or as the agency counted in 2020."""

PRIOR_SUFFIX = ".json"
"""What the name of a prior ends in if it is a file to read one from."""


@dataclass(frozen=True)
class Settings:
    """What the environment decides.

    `pipeline` is the spaCy pipeline to read with: the shipped `nb_asys_sm`, an installed package such as
    `nb_core_news_lg`, or a path. `batch_size` is how many texts the pipeline reads at a time, `processes` how many
    operating-system processes share the reading. `models` is the folder of trained models, the shipped one if empty,
    `prior` how common the labels are where the model works: corpus, uniform, asys-2020, or a JSON file, as reclassify and
    evaluate write it, that holds a prior of one's own, and `database` where reports and
    decisions are kept: the path of a SQLite file or a SQLAlchemy URL. `blind_share` is the share of reports that people label
    without a suggestion, `blind_salt` what that draw is keyed with, and `lease_minutes` how long a report that was dealt for
    review is kept from others. `queue_quotas` says how the reasons for a review share its turns, as "mislabelled=8,random=1";
    empty means as was measured to be good.
    """

    pipeline: str = DEFAULT_PIPELINE
    batch_size: int = 64
    processes: int = 1
    models: str = ""
    prior: str = "corpus"
    database: str = DEFAULT_DATABASE
    blind_share: float = 0.1
    blind_salt: str = "asys"
    lease_minutes: int = 30
    queue_quotas: str = ""

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Settings:
        """Return the settings that `env` holds under the keys ASYS_PIPELINE, ASYS_BATCH_SIZE, ASYS_PROCESSES, ASYS_MODELS,
        ASYS_PRIOR, ASYS_DATABASE, ASYS_BLIND_SHARE, ASYS_BLIND_SALT, ASYS_LEASE_MINUTES and ASYS_QUEUE_QUOTAS.

        Raises SettingsError, naming key and value, for a value that cannot be used.
        """
        return cls(
            pipeline=_non_blank(env, "ASYS_PIPELINE", cls.pipeline),
            batch_size=positive_integer(env, "ASYS_BATCH_SIZE", cls.batch_size),
            processes=positive_integer(env, "ASYS_PROCESSES", cls.processes),
            models=env.get("ASYS_MODELS", cls.models).strip(),
            prior=_prior(env, cls.prior),
            database=_non_blank(env, "ASYS_DATABASE", cls.database),
            blind_share=_share(env, "ASYS_BLIND_SHARE", cls.blind_share),
            blind_salt=_non_blank(env, "ASYS_BLIND_SALT", cls.blind_salt),
            lease_minutes=positive_integer(env, "ASYS_LEASE_MINUTES", cls.lease_minutes),
            queue_quotas=env.get("ASYS_QUEUE_QUOTAS", cls.queue_quotas),
        )


def _non_blank(env: Mapping[str, str], key: str, default: str) -> str:
    value = env.get(key, default)
    if not value.strip():
        raise SettingsError(key, value, "a name or a path")
    return value.strip()


def one_of(env: Mapping[str, str], key: str, default: str, known: tuple[str, ...]) -> str:
    """Return the value under a key, one of those known; raises SettingsError."""
    value = env.get(key, default)
    if value not in known:
        raise SettingsError(key, value, f"one of {', '.join(known)}")
    return value


def _prior(env: Mapping[str, str], default: str) -> str:
    value = env.get("ASYS_PRIOR", default)
    if value not in PRIORS and not value.endswith(PRIOR_SUFFIX):
        raise SettingsError("ASYS_PRIOR", value, f"one of {', '.join(PRIORS)}, or a file ending in {PRIOR_SUFFIX}")
    return value


def positive_integer(env: Mapping[str, str], key: str, default: int) -> int:
    """Return the whole number under a key, at least 1; raises SettingsError."""
    if key not in env:
        return default
    try:
        number = int(env[key])
    except ValueError:
        number = 0
    if number < 1:
        raise SettingsError(key, env[key], "a whole number of at least 1")
    return number


def _share(env: Mapping[str, str], key: str, default: float) -> float:
    if key not in env:
        return default
    try:
        share = float(env[key])
    except ValueError:
        share = -1.0
    if not 0 <= share < 1:
        raise SettingsError(key, env[key], "a share of at least 0 and below 1, such as 0.1")
    return share
