import hashlib
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from classifier.errors import ArtifactError, InputError
from classifier.language import shipped_models
from classifier.model.artifact import ESTIMATOR, MANIFEST, Artifact, read_manifest, write_artifact
from classifier.model.registry import (
    REGISTRY,
    Promotion,
    champion_version,
    check_room,
    default_models,
    earlier_champion,
    find_artifact,
    load_model,
    next_version,
    promote,
    promotions,
    register,
    registered,
    roll_back,
)
from tests import small_model

VERSIONS = ("2026.1.1", "2026.1.2", "2026.2.1")
TEXT = "Brukeren ringte og sa at han vet hvor jeg bor."
WHEN = "2026-10-01T12:00:00+00:00"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_artifact(
        tmp_path_factory.mktemp("registry") / "2026.1.1",
        small_model.trained()[0],
        version_="2026.1.1",
        created=WHEN,
        pipeline=small_model.pipeline(),
        training_data_digest="d" * 64,
        metrics={},
        evaluation_html="",
    ).folder


def copy(written: Path, folder: Path) -> Artifact:
    """Return an artefact of its own version, made of a written one."""
    shutil.copytree(written, folder)
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    (folder / MANIFEST).write_text(json.dumps(manifest | {"version": folder.name}), encoding="utf-8")
    return read_manifest(folder)


@pytest.fixture
def models(written: Path, tmp_path: Path) -> Path:
    """A folder with three registered versions and no champion."""
    folder = tmp_path / "models"
    for version in VERSIONS:
        register(copy(written, folder / version))
    return folder


def promotion(version: str, why: str = "better") -> Promotion:
    return Promotion(version=version, who="Kari", when=WHEN, why=why, comparison={"macro_f1": 0.7})


def back(models: Path) -> str:
    return roll_back(models, who="Ola", when=WHEN, why="worse")


def refusal(act: Callable[[], object]) -> ArtifactError:
    with pytest.raises(ArtifactError) as caught:
        act()
    return caught.value


def test_registered_versions_are_listed_oldest_first_without_a_champion(models: Path) -> None:
    assert [(item.version, item.champion) for item in registered(models)] == [(version, False) for version in VERSIONS]
    assert [item.artifact and item.artifact.manifest.version for item in registered(models)] == list(VERSIONS)
    assert champion_version(models) is None
    assert promotions(models) == []


def test_a_folder_without_a_registry_has_no_models(tmp_path: Path) -> None:
    assert (registered(tmp_path), promotions(tmp_path), champion_version(tmp_path)) == ([], [], None)
    assert "has no champion; train a model and promote it" in str(refusal(lambda: find_artifact(None, tmp_path)))


def test_where_no_champion_is_the_candidates_are_named_or_the_folder_that_is_missing(models: Path, tmp_path: Path) -> None:
    waiting = refusal(lambda: find_artifact(None, models))
    assert str(waiting).endswith(f"has no champion; promote one of its versions: {', '.join(VERSIONS)}")
    assert "has no champion, as there is no such folder" in str(refusal(lambda: find_artifact(None, tmp_path / "mistyped")))


def test_the_version_promoted_last_is_the_champion(models: Path) -> None:
    promote(models, promotion("2026.1.1"))
    promote(models, promotion("2026.2.1", why="much better"))
    assert champion_version(models) == "2026.2.1"
    assert [item.version for item in registered(models) if item.champion] == ["2026.2.1"]
    assert promotions(models) == [promotion("2026.1.1"), promotion("2026.2.1", why="much better")]


def test_promoting_loses_no_registered_version_and_registering_no_promotion(models: Path, written: Path) -> None:
    promote(models, promotion("2026.1.2"))
    register(copy(written, models / "2026.3.1"))
    assert [item.version for item in registered(models)] == [*VERSIONS, "2026.3.1"]
    assert champion_version(models) == "2026.1.2"


def test_rolling_back_promotes_the_champion_before_again_and_tells_why(models: Path) -> None:
    promote(models, promotion("2026.1.1"))
    promote(models, promotion("2026.1.2"))
    assert back(models) == "2026.1.1"
    assert champion_version(models) == "2026.1.1"
    assert promotions(models)[-1] == Promotion(version="2026.1.1", who="Ola", when=WHEN, why="worse", rollback=True)
    assert [entry.rollback for entry in promotions(models)] == [False, False, True]


def test_rolling_back_walks_back_to_the_first_champion(models: Path) -> None:
    for version in VERSIONS:
        promote(models, promotion(version))
    for version in ("2026.1.2", "2026.1.1"):
        assert back(models) == version
        assert champion_version(models) == version
    assert "has no earlier champion to roll back to" in str(refusal(lambda: back(models)))
    assert [entry.version for entry in promotions(models)] == [*VERSIONS, "2026.1.2", "2026.1.1"]


def test_what_was_rolled_back_is_not_come_back_to(models: Path) -> None:
    promote(models, promotion("2026.1.1"))
    promote(models, promotion("2026.1.2"))
    back(models)
    promote(models, promotion("2026.2.1"))
    assert back(models) == "2026.1.1"


def test_a_version_promoted_again_by_hand_is_a_promotion_like_any(models: Path) -> None:
    for version in ("2026.1.1", "2026.1.2", "2026.1.1"):
        promote(models, promotion(version))
    assert [back(models), back(models)] == ["2026.1.2", "2026.1.1"]


def test_the_version_that_serves_is_not_promoted_again(models: Path) -> None:
    promote(models, promotion("2026.1.1"))
    promote(models, promotion("2026.1.2"))
    error = refusal(lambda: promote(models, promotion("2026.1.2")))
    assert error.place == str(models / "2026.1.2")
    assert "serves already" in str(error)
    assert back(models) == "2026.1.1"


def test_a_rollback_keeps_the_comparison_and_goes_back_only_to_the_version_it_is_about(models: Path) -> None:
    for version in VERSIONS:
        promote(models, promotion(version))
    assert earlier_champion(models) == "2026.1.2"
    figures = {"after": {"version": "2026.1.2"}}
    assert "was changed meanwhile" in str(
        refusal(lambda: roll_back(models, who="Ola", when=WHEN, why="worse", comparison=figures, expected="2026.1.1"))
    )
    assert champion_version(models) == "2026.2.1"
    roll_back(models, who="Ola", when=WHEN, why="worse", comparison=figures, expected="2026.1.2")
    assert promotions(models)[-1].comparison == figures


def test_a_registry_in_which_a_version_was_promoted_twice_in_a_row_goes_back_to_it_first(models: Path) -> None:
    written = json.loads((models / REGISTRY).read_text(encoding="utf-8"))
    history = [promotion(version).model_dump() for version in ("2026.1.1", "2026.1.2", "2026.1.2")]
    (models / REGISTRY).write_text(json.dumps(written | {"promotions": history}), encoding="utf-8")
    assert [back(models), back(models)] == ["2026.1.2", "2026.1.1"]


def test_a_registry_written_before_rollbacks_were_told_apart_is_read(models: Path) -> None:
    for version in VERSIONS:
        promote(models, promotion(version))
    written = json.loads((models / REGISTRY).read_text(encoding="utf-8"))
    for entry in written["promotions"]:
        del entry["rollback"]
    (models / REGISTRY).write_text(json.dumps(written), encoding="utf-8")
    assert back(models) == "2026.1.2"


def test_a_registry_that_begins_with_a_rollback_is_refused(models: Path) -> None:
    entry = promotion("2026.1.1").model_copy(update={"rollback": True})
    written = json.loads((models / REGISTRY).read_text(encoding="utf-8"))
    (models / REGISTRY).write_text(json.dumps(written | {"promotions": [entry.model_dump()]}), encoding="utf-8")
    refusal(lambda: back(models))


@pytest.mark.parametrize("history", [(), ("2026.1.1",)])
def test_without_an_earlier_champion_there_is_no_rolling_back(models: Path, history: tuple[str, ...]) -> None:
    for version in history:
        promote(models, promotion(version))
    assert "has no earlier champion to roll back to" in str(refusal(lambda: back(models)))
    assert len(promotions(models)) == len(history)


def test_rolling_back_to_a_damaged_version_is_refused_and_changes_nothing(models: Path) -> None:
    promote(models, promotion("2026.1.1"))
    promote(models, promotion("2026.1.2"))
    (models / "2026.1.1" / MANIFEST).unlink()
    assert refusal(lambda: back(models)).place == str(models / "2026.1.1")
    assert champion_version(models) == "2026.1.2"


def test_the_next_version_comes_after_those_of_its_month(models: Path, tmp_path: Path) -> None:
    assert next_version(models, 2026, 1) == "2026.1.3"
    assert next_version(models, 2026, 2) == "2026.2.2"
    assert next_version(models, 2026, 12) == "2026.12.1"
    assert next_version(tmp_path / "none", 2026, 1) == "2026.1.1"
    assert next_version(tmp_path / "none", 2026, 1, {"2026.1.7", "2026.2.9", "2026.1.x"}) == "2026.1.8"


def test_a_registered_version_is_not_given_again_when_its_folder_is_gone(models: Path, written: Path) -> None:
    shutil.rmtree(models / "2026.1.2")
    shutil.rmtree(models / "2026.2.1")
    assert (next_version(models, 2026, 1), next_version(models, 2026, 2)) == ("2026.1.3", "2026.2.2")
    copy(written, models / "2026.1.3")
    assert next_version(models, 2026, 1) == "2026.1.4"


def test_another_model_is_not_registered_under_a_version_that_was_given(models: Path) -> None:
    artifact = find_artifact("2026.1.1", models)
    before = (models / REGISTRY).read_bytes()
    error = refusal(lambda: register(replace(artifact, digest="0" * 64)))
    assert error.place == str(models / "2026.1.1")
    assert "another model was registered under this version before" in str(error)
    register(artifact)
    assert (models / REGISTRY).read_bytes() == before


def test_a_missing_models_folder_is_named_and_not_made(models: Path, tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    artifact = replace(find_artifact("2026.1.1", models), folder=missing / "2026.1.1")
    acts: list[Callable[[], object]] = [
        lambda: register(artifact),
        lambda: promote(missing, promotion("2026.1.1")),
        lambda: back(missing),
    ]
    for act in acts:
        error = refusal(act)
        assert error.place == str(missing)
        assert "cannot be written: No such file or directory" in str(error)
    assert not missing.exists()


@pytest.mark.parametrize(
    "name", ["", " ", ".", "..", "../out", "a/b", "a\\b", "/out", ".hidden", "a\n", "registry.json", "a" * 101]
)
def test_a_version_that_is_no_name_of_a_folder_is_refused(models: Path, name: str) -> None:
    with pytest.raises(InputError, match="--version: found"):
        check_room(models, name)


def test_room_for_a_version_is_made_sure_of_before_long_work(models: Path, tmp_path: Path) -> None:
    check_room(models, "2026.3.1")
    check_room(tmp_path / "new" / "models")
    assert "exists already" in str(refusal(lambda: check_room(models, "2026.1.1")))
    shutil.rmtree(models / "2026.1.1")
    assert "exists already" in str(refusal(lambda: check_room(models, "2026.1.1")))
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert "cannot be written" in str(refusal(lambda: check_room(tmp_path / "file")))
    (models / REGISTRY).write_text("{", encoding="utf-8")
    assert "damaged registry.json" in str(refusal(lambda: check_room(models)))


def test_an_unknown_version_is_refused_with_those_there_are(models: Path) -> None:
    for act in (
        lambda: find_artifact("2025.1.1", models),
        lambda: load_model("2025.1.1", models=models, pipeline=small_model.pipeline()),
    ):
        error = refusal(act)
        assert error.place == "2025.1.1"
        assert str(error).endswith(f"not found; versions in {models}: 2026.1.1, 2026.1.2, 2026.2.1")


def test_promoting_an_unknown_version_is_refused_and_changes_nothing(models: Path) -> None:
    error = refusal(lambda: promote(models, promotion("2025.1.1")))
    assert error.place == str(models / "2025.1.1")
    assert champion_version(models) is None


def test_an_unregistered_folder_is_refused_however_it_is_named(models: Path, written: Path) -> None:
    copy(written, models / "2026.9.1")
    for name in ("2026.9.1", str(models / "2026.9.1")):
        error = refusal(lambda name=name: find_artifact(name, models))  # type: ignore[misc]
        assert error.place == str(models / "2026.9.1")
        assert "nobody vouches for it" in str(error)
    assert "nobody vouches for it" in str(refusal(lambda: promote(models, promotion("2026.9.1"))))


def test_a_registered_version_moved_elsewhere_is_refused(models: Path, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere" / "2026.1.1"
    shutil.copytree(models / "2026.1.1", moved)
    assert "nobody vouches for it" in str(refusal(lambda: find_artifact(str(moved), models)))


def test_a_version_exchanged_for_another_registered_one_is_refused(models: Path) -> None:
    shutil.rmtree(models / "2026.1.1")
    shutil.copytree(models / "2026.1.2", models / "2026.1.1")
    assert "its manifest is not the one registered" in str(refusal(lambda: find_artifact("2026.1.1", models)))


@pytest.mark.parametrize(
    "act",
    [
        lambda models: find_artifact("2026.1.1", models),
        lambda models: find_artifact(str(models / "2026.1.1"), models),
        lambda models: promote(models, promotion("2026.1.1")),
        lambda models: load_model("2026.1.1", models=models, pipeline=small_model.pipeline()),
    ],
)
def test_an_altered_manifest_is_refused_everywhere(models: Path, act: Callable[[Path], object]) -> None:
    path = models / "2026.1.1" / MANIFEST
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["warn_from"] = {}
    path.write_text(json.dumps(manifest), encoding="utf-8")
    error = refusal(lambda: act(models))
    assert error.place == str(models / "2026.1.1")
    assert "its manifest is not the one registered; it was damaged or altered" in str(error)


def test_damaged_and_missing_versions_are_listed_as_such_among_the_others(models: Path) -> None:
    promote(models, promotion("2026.1.2"))
    shutil.rmtree(models / "2026.1.1")
    (models / "2026.1.2" / MANIFEST).write_text("{", encoding="utf-8")
    missing, damaged, sound = registered(models)
    assert (missing.version, missing.artifact, missing.champion) == ("2026.1.1", None, False)
    assert "has no readable manifest.json" in missing.problem
    assert (damaged.version, damaged.artifact, damaged.champion) == ("2026.1.2", None, True)
    assert "has a damaged manifest.json" in damaged.problem
    assert sound.artifact is not None
    assert (sound.version, sound.champion, sound.problem) == ("2026.2.1", False, "")


def test_a_manifest_made_to_fit_an_exchanged_estimator_is_refused(models: Path) -> None:
    folder = models / "2026.1.1"
    (folder / ESTIMATOR).write_bytes(b"other")
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    manifest["estimator_sha256"] = hashlib.sha256(b"other").hexdigest()
    (folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    error = refusal(lambda: load_model("2026.1.1", models=models, pipeline=small_model.pipeline()))
    assert "its manifest is not the one registered" in str(error)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b"\xff", b'{"manifests": {"a": 1}}', b'{"promotions": [{"version": "a"}]}', b'{"champion": 1}'],
)
def test_a_damaged_registry_is_refused_and_not_replaced(models: Path, content: bytes) -> None:
    artifact = find_artifact("2026.1.1", models)
    (models / REGISTRY).write_bytes(content)
    acts: list[Callable[[], object]] = [
        lambda: registered(models),
        lambda: champion_version(models),
        lambda: promotions(models),
        lambda: find_artifact(None, models),
        lambda: find_artifact("2026.1.1", models),
        lambda: register(artifact),
        lambda: promote(models, promotion("2026.1.1")),
        lambda: back(models),
    ]
    for act in acts:
        error = refusal(act)
        assert error.place == str(models)
        assert "has a damaged registry.json" in str(error)
    assert (models / REGISTRY).read_bytes() == content


def test_a_registry_that_cannot_be_read_is_not_taken_for_a_missing_one(models: Path) -> None:
    artifact = find_artifact("2026.1.1", models)
    (models / REGISTRY).unlink()
    (models / REGISTRY).mkdir()
    acts: list[Callable[[], object]] = [
        lambda: registered(models),
        lambda: champion_version(models),
        lambda: find_artifact(None, models),
        lambda: next_version(models, 2026, 1),
        lambda: register(artifact),
        lambda: promote(models, promotion("2026.1.1")),
        lambda: back(models),
    ]
    for act in acts:
        error = refusal(act)
        assert error.place == str(models)
        assert "has an unreadable registry.json: Is a directory" in str(error)


def test_a_registry_half_written_is_never_seen(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (models / REGISTRY).read_bytes()

    def full(_: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="disk full"):
        promote(models, promotion("2026.1.1"))
    assert (models / REGISTRY).read_bytes() == before


COUNT = 60


def register_many(models: Path, prefix: str, barrier: Barrier) -> None:
    artifacts = [read_manifest(models / f"{prefix}.{number}") for number in range(COUNT)]
    barrier.wait(60)
    for artifact in artifacts:
        register(artifact)


def test_two_processes_that_register_at_once_lose_nothing(written: Path, tmp_path: Path) -> None:
    manifest = json.loads((written / MANIFEST).read_text(encoding="utf-8"))
    names = [f"{prefix}.{number}" for prefix in ("2026.1", "2026.2") for number in range(COUNT)]
    for name in names:
        (tmp_path / name).mkdir()
        (tmp_path / name / MANIFEST).write_text(json.dumps(manifest | {"version": name}), encoding="utf-8")
    context = get_context("spawn")
    barrier = context.Barrier(2)
    workers = [context.Process(target=register_many, args=(tmp_path, prefix, barrier)) for prefix in ("2026.1", "2026.2")]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert sorted(item.version for item in registered(tmp_path)) == sorted(names)


def test_a_model_is_loaded_by_version_by_folder_and_as_champion(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    promote(models, promotion("2026.2.1"))
    (expected,) = small_model.model().suggest([TEXT])
    monkeypatch.chdir(models)
    for name, version in (
        (None, "2026.2.1"),
        ("2026.1.2", "2026.1.2"),
        (str(models / "2026.1.1"), "2026.1.1"),
        (f"{models / '2026.1.1'}/", "2026.1.1"),
        ("./2026.1.2", "2026.1.2"),
    ):
        model = load_model(name, models=models, pipeline=small_model.pipeline())
        (found,) = model.suggest([TEXT])
        assert (found.model_version, model.version) == (version, version)
        assert (found.category, found.channel, found.evidence) == (expected.category, expected.channel, expected.evidence)


def test_a_folder_is_vouched_for_by_the_registry_beside_it_not_by_the_one_asked(models: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    model = load_model(str(models / "2026.1.1"), models=tmp_path / "other", pipeline=small_model.pipeline())
    assert model.version == "2026.1.1"


def test_a_model_answers_under_the_prior_it_was_loaded_with(models: Path) -> None:
    own, other = (
        load_model("2026.1.1", models=models, pipeline=small_model.pipeline(), prior=prior) for prior in ("corpus", "uniform")
    )
    assert own.suggest([TEXT])[0].category != other.suggest([TEXT])[0].category
    with pytest.raises(InputError, match="prior: found 'guess'"):
        load_model("2026.1.1", models=models, pipeline=small_model.pipeline(), prior="guess")


def test_without_a_pipeline_the_shipped_one_is_taken(models: Path) -> None:
    assert load_model("2026.1.1", models=models).pipeline.digest == small_model.pipeline().digest


def test_another_pipeline_is_refused_unless_asked_for(models: Path, written: Path) -> None:
    copied = copy(written, models / "2026.9.1").folder
    manifest = json.loads((copied / MANIFEST).read_text(encoding="utf-8"))
    manifest["pipeline"]["digest"] = "0" * 64
    (copied / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    register(read_manifest(copied))
    assert "--other-pipeline" in str(refusal(lambda: load_model("2026.9.1", models=models, pipeline=small_model.pipeline())))
    model = load_model("2026.9.1", models=models, pipeline=small_model.pipeline(), other_pipeline=True)
    assert model.suggest([TEXT])[0].outcome == "ok"


def test_the_models_that_travel_with_the_package_stand_beside_its_pipeline() -> None:
    assert default_models().parent == shipped_models()
