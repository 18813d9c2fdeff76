import json
from pathlib import Path

import pytest
from sqlalchemy import select

from classifier.errors import ArtifactError, ConflictError
from classifier.model.artifact import ESTIMATOR
from classifier.model.registry import champion_version, promotions, registered
from classifier.review.publication import NOTE, alone, finish_interrupted, promote_version, roll_back
from classifier.store.database import Database, open_database
from classifier.store.tables import AuditEntry, ModelVersion, Promotion
from tests.review.published import AT, publish_and_die, publish_and_promote, write_template


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_template(tmp_path_factory.mktemp("template"))


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return tmp_path / "models"


def on_record(database: Database) -> tuple[set[str], list[tuple[str, bool]]]:
    """Return the versions and the promotions that the store knows."""
    with database.reading() as session:
        versions = set(session.scalars(select(ModelVersion.version)))
        rows = session.scalars(select(Promotion).order_by(Promotion.id)).all()
    return versions, [(row.version, row.rollback) for row in rows]


def in_folder(models: Path) -> tuple[set[str], list[tuple[str, bool]]]:
    """Return the versions and promotions that the registry knows."""
    return {entry.version for entry in registered(models)}, [(entry.version, entry.rollback) for entry in promotions(models)]


def clean(models: Path) -> bool:
    """Return whether nothing but versions, the registry and locks is in the folder."""
    known = {entry.version for entry in registered(models)} | {"registry.json", ".registry.json.lock", ".retrain.lock"}
    return {path.name for path in models.iterdir()} <= known


def test_a_version_and_its_promotion_are_on_record_in_both_places(database: Database, models: Path, template: Path) -> None:
    assert publish_and_promote(database, models, template, "1") is None
    publish_and_promote(database, models, template, "2")
    with alone(models):
        assert roll_back(database, models, who="ola", at=AT, why="for mange feil") == "1"
    assert on_record(database) == in_folder(models) == ({"1", "2"}, [("1", False), ("2", False), ("1", True)])
    with database.reading() as session:
        actions = [entry.action for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.id))]
    assert actions == ["train", "promote", "train", "promote", "rollback"]
    assert clean(models)


KILLED_AT = (
    "classifier.review.publication._write_note",
    "tests.review.published.copy",
    "shutil.copytree",
    "classifier.store.audit.record",
    "classifier.model.registry.register",
    "classifier.review.publication._forget",
    "classifier.model.registry.promote",
    "classifier.review.publication._record_promotion",
)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("place", KILLED_AT)
def test_a_kill_at_any_point_leaves_a_champion_and_is_put_right_by_the_next(
    tmp_path: Path, models: Path, template: Path, place: str, when: str
) -> None:
    url = f"sqlite:///{tmp_path}/asys.db"
    database = open_database(url)
    publish_and_promote(database, models, template, "1")
    publish_and_die(place, when, url, models, template)
    assert champion_version(models) in ("1", "2"), "somebody serves, whatever happened"
    with alone(models):
        finish_interrupted(database, models)
    assert on_record(database) == in_folder(models), "both places tell the same"
    assert clean(models)
    assert publish_and_promote(database, models, template, "3") is None
    assert champion_version(models) == "3"
    database.close()


def test_only_one_process_at_a_time_retrains_or_promotes(database: Database, models: Path, template: Path) -> None:
    with alone(models), pytest.raises(ConflictError, match="another process"):
        publish_and_promote(database, models, template, "1")


def test_an_unknown_version_is_not_promoted_and_leaves_no_note(database: Database, models: Path, template: Path) -> None:
    publish_and_promote(database, models, template, "1")
    with alone(models), pytest.raises(ArtifactError, match="nobody vouches"):
        promote_version(database, models, "9", who="kari", at=AT, why="?")
    with alone(models), pytest.raises(ArtifactError, match="no earlier champion"):
        roll_back(database, models, who="kari", at=AT, why="?")
    assert on_record(database)[1] == [("1", False)]
    assert clean(models)


def test_what_was_begun_with_another_database_is_finished_only_there(tmp_path: Path, models: Path, template: Path) -> None:
    one, other = (open_database(str(tmp_path / name)) for name in ("one.db", "other.db"))
    publish_and_promote(one, models, template, "1")
    note = {"doing": "candidate", "database": str(tmp_path / "one.db"), "version": "2", "who": "kari", "when": AT.isoformat()}
    (models / NOTE).write_text(json.dumps(note), encoding="utf-8")
    with alone(models), pytest.raises(ConflictError, match=r"one\.db"):
        finish_interrupted(other, models)
    with alone(models):
        assert finish_interrupted(one, models) == "took back 2, which was not finished"
    one.close()
    other.close()


def test_a_candidate_that_was_altered_meanwhile_is_not_vouched_for(tmp_path: Path, models: Path, template: Path) -> None:
    url = f"sqlite:///{tmp_path}/asys.db"
    publish_and_die("classifier.model.registry.register", "before", url, models, template)
    database = open_database(url)
    (models / "2" / ESTIMATOR).unlink()
    manifest = models / "2" / "manifest.json"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace("d" * 64, "e" * 64), encoding="utf-8")
    with alone(models), pytest.raises(ArtifactError, match="damaged or altered"):
        finish_interrupted(database, models)
    database.close()


def test_a_damaged_note_asks_for_a_person(database: Database, models: Path) -> None:
    with alone(models):
        (models / NOTE).write_text("{", encoding="utf-8")
        with pytest.raises(ArtifactError, match="a person has to look"):
            finish_interrupted(database, models)
