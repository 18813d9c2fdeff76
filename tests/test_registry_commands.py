import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from classifier import cli
from classifier.errors import ArtifactError
from classifier.model.artifact import MANIFEST, write_artifact
from classifier.model.registry import champion_version, promotions, register
from tests import small_model
from tests.review.published import AT, copy

RUNNER = CliRunner()
OUT_OF_FOLD = {"out_of_fold": {"category": {"macro_f1": 0.5}, "channel": {"macro_f1": 0.25}}}


def run(*arguments: str) -> tuple[int, str, str]:
    done = RUNNER.invoke(cli.app, ["models", *arguments], env={"COLUMNS": "200"})
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout, done.stderr


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_artifact(
        tmp_path_factory.mktemp("template") / "template",
        small_model.trained()[0],
        version_="template",
        created=AT.isoformat(),
        pipeline=small_model.pipeline(),
        training_data_digest="d" * 64,
        metrics=OUT_OF_FOLD,
        evaluation_html="",
    ).folder


@pytest.fixture
def models(template: Path, tmp_path: Path) -> Path:
    """A folder with the versions a, b and c, of which none serves."""
    folder = tmp_path / "models"
    folder.mkdir()
    for version in ("a", "b", "c"):
        register(copy(template, folder / version))
    return folder


def promote(models: Path, version: str, *options: str) -> tuple[int, str, str]:
    return run("promote", version, "--why", "prøve", "--who", "Kari", "--models", str(models), *options)


def test_a_damaged_champion_is_replaced_and_on_record_without_figures(models: Path) -> None:
    promote(models, "b")
    (models / "b" / MANIFEST).write_text("{", encoding="utf-8")
    assert promote(models, "a")[0] == 0
    assert champion_version(models) == "a"
    recorded = promotions(models)[-1].comparison
    assert recorded["before"] == {"version": "b"}
    assert recorded["after"]["version"] == "a"
    assert recorded["after"]["out_of_fold"] == OUT_OF_FOLD["out_of_fold"]


def test_a_damaged_version_is_not_promoted(models: Path) -> None:
    (models / "b" / MANIFEST).write_text("{", encoding="utf-8")
    with pytest.raises(ArtifactError, match="damaged"):
        promote(models, "b")
    assert promotions(models) == []


def test_damaged_and_missing_versions_are_listed_with_the_others(models: Path) -> None:
    promote(models, "b")
    (models / "b" / MANIFEST).write_text("{", encoding="utf-8")
    shutil.rmtree(models / "a")
    code, shown, said = run("list", "--models", str(models))
    rows = {line.split("│")[1].strip(): line for line in shown.splitlines() if line.count("│") > 2}
    assert code == 1
    assert "damaged or missing" in rows["a"]
    assert "champion, damaged or missing" in rows["b"]
    assert "0.500" in rows["c"]
    assert "damaged" not in rows["c"]
    assert f"model {models / 'a'}: has no readable manifest.json" in said
    assert "damaged manifest.json" in said
    for version in ("a", "b"):
        shutil.rmtree(models / version, ignore_errors=True)
        shutil.copytree(models / "c", models / version)
    assert run("list", "--models", str(models))[0] == 1, "copies of another version are damaged too"


def test_a_version_is_shown_with_its_promotions(models: Path) -> None:
    assert run("list", "--models", str(models))[0] == 0
    promote(models, "c")
    shown = json.loads(run("show", "--models", str(models))[1])
    assert (shown["version"], [entry["who"] for entry in shown["promotions"]]) == ("c", ["Kari"])
