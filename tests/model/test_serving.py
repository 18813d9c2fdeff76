import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from classifier.errors import ArtifactError
from classifier.model.artifact import ESTIMATOR, write_artifact
from classifier.model.registry import REGISTRY, Promotion, promote, register, roll_back
from classifier.model.serving import ChampionModel
from tests import small_model

SECONDS = 10.0


def publish(models: Path, version: str) -> None:
    """Write and register a version, without promoting it."""
    artifact = write_artifact(
        models / version,
        small_model.trained()[0],
        version_=version,
        created="2026-03-01T12:00:00+00:00",
        pipeline=small_model.pipeline(),
        training_data_digest="",
        metrics={},
        evaluation_html="",
    )
    register(artifact)


def put_to_use(models: Path, version: str) -> None:
    promote(models, Promotion(version=version, who="kari", when="2026-03-01T12:00:00+00:00", why="prøve"))


def within_seconds(holds: Callable[[], bool]) -> bool:
    """Return whether something comes true within SECONDS."""
    end = time.monotonic() + SECONDS
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


@pytest.fixture
def models(tmp_path: Path) -> Path:
    for version in ("a", "b"):
        publish(tmp_path, version)
    put_to_use(tmp_path, "a")
    return tmp_path


@pytest.fixture
def champion(models: Path) -> Iterator[ChampionModel]:
    with ChampionModel(models, small_model.pipeline(), look_seconds=0.02, retry_seconds=0.2) as holder:
        yield holder


def test_a_promotion_and_a_rollback_are_picked_up_without_a_restart(models: Path, champion: ChampionModel) -> None:
    before = champion.model
    assert before.version == "a"
    put_to_use(models, "b")
    assert within_seconds(lambda: champion.model.version == "b")
    assert before.suggest(["Hun slo etter meg i skranken."])[0].model_version == "a", "a request that began goes on"
    roll_back(models, who="kari", when="2026-03-01T13:00:00+00:00", why="prøve")
    assert within_seconds(lambda: champion.model.version == "a")
    assert champion.problem is None


def test_somebody_always_answers_while_champions_change(models: Path, champion: ChampionModel) -> None:
    versions: set[str] = set()
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            (suggestion,) = champion.model.suggest(["Han truet med å drepe meg på telefonen."])
            versions.add(suggestion.model_version)

    asking = threading.Thread(target=ask)
    asking.start()
    assert within_seconds(lambda: "a" in versions)
    put_to_use(models, "b")
    assert within_seconds(lambda: "b" in versions)
    stop.set()
    asking.join()
    assert versions == {"a", "b"}


def test_a_damaged_champion_is_refused_and_the_old_one_goes_on(models: Path, champion: ChampionModel) -> None:
    whole = (models / "b" / ESTIMATOR).read_bytes()
    (models / "b" / ESTIMATOR).write_bytes(whole[:-1])
    put_to_use(models, "b")
    assert within_seconds(lambda: champion.problem is not None)
    assert "damaged or altered" in str(champion.problem)
    assert champion.model.version == "a"
    (models / "b" / ESTIMATOR).write_bytes(whole)
    assert within_seconds(lambda: champion.model.version == "b"), "a champion put right is tried again"
    assert within_seconds(lambda: champion.problem is None)


def test_a_damaged_or_missing_registry_changes_nothing_but_is_told(models: Path, champion: ChampionModel) -> None:
    whole = (models / REGISTRY).read_bytes()
    (models / REGISTRY).write_bytes(whole[:20])
    assert within_seconds(lambda: "damaged" in str(champion.problem))
    (models / REGISTRY).unlink()
    assert within_seconds(lambda: "no champion" in str(champion.problem))
    assert champion.model.version == "a"
    (models / REGISTRY).write_bytes(whole)
    assert within_seconds(lambda: champion.problem is None)


def test_a_registry_without_news_loads_nothing(models: Path, champion: ChampionModel) -> None:
    before = champion.model
    publish(models, "c")
    (models / "registry.json").touch()
    time.sleep(0.3)
    assert champion.model is before


def test_without_a_champion_there_is_nothing_to_hold(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="no champion"):
        ChampionModel(tmp_path, small_model.pipeline())


def test_a_closed_one_goes_on_to_serve_but_follows_no_more(models: Path) -> None:
    holder = ChampionModel(models, small_model.pipeline(), look_seconds=0.02)
    holder.close()
    put_to_use(models, "b")
    time.sleep(0.1)
    assert holder.model.version == "a"
