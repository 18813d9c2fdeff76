import csv
import json
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path

import pytest
from typer.testing import CliRunner

from classifier import cli
from classifier.corpus import read_corpus, shipped_corpus
from classifier.errors import ArtifactError, InputError
from classifier.model.artifact import ESTIMATOR, MANIFEST, write_artifact
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


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("labelled") / "fasit.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(["Tekst", "Kategori", "Kanal"])
        writer.writerows([e.text, e.category, e.channel] for e in small_model.unseen()[:60])
    return path


def promote(models: Path, version: str, *options: str) -> tuple[int, str, str]:
    return run("promote", version, "--why", "prøve", "--who", "Kari", "--models", str(models), *options)


def test_both_models_are_measured_shown_and_on_record_by_the_same_texts(models: Path, labelled: Path) -> None:
    test = ("--test", str(labelled))
    promote(models, "a", *test)
    code, shown, _ = promote(models, "b", *test)
    assert code == 0
    assert "F1 on 60 texts" in shown
    assert "kategoriene samlet" in shown
    recorded = promotions(models)[-1].comparison
    assert recorded["test_texts"]["count"] == recorded["test"]["count"] == 60
    assert recorded["before"]["test"] == recorded["after"]["test"], "a and b are copies of one model"
    assert recorded["before"]["out_of_fold"] == OUT_OF_FOLD["out_of_fold"]
    assert recorded["test"]["differences"][0]["difference"]["value"] == 0
    first = promotions(models)[0].comparison
    assert "before" not in first
    assert first["test"] is None
    assert first["after"]["test"] == recorded["after"]["test"]


def test_every_step_of_measuring_two_models_is_shown(models: Path, labelled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    totals: dict[str, int | None] = {}
    steps: Counter[str] = Counter()

    @contextmanager
    def noted(label: str, total: int | None) -> Iterator[Callable[[], None]]:
        totals[label] = total
        yield lambda: steps.update([label])

    promote(models, "a", "--test", str(labelled))
    monkeypatch.setattr("classifier.registry_commands.progress_of", noted)
    assert promote(models, "b", "--test", str(labelled))[0] == 0
    assert totals == {"Reading": 60, "Measuring b": 60, "Measuring a": 60, "Comparing": None}
    assert steps == {label: total for label, total in totals.items() if total}


def test_a_worse_model_is_promoted_with_a_warning_that_says_how_much_worse(models: Path, labelled: Path) -> None:
    worse = deepcopy(small_model.trained()[0])
    worse.estimator.named_steps["scores"].coef_ *= -1
    written = write_artifact(
        models / "d",
        worse,
        version_="d",
        created=AT.isoformat(),
        pipeline=small_model.pipeline(),
        training_data_digest="d" * 64,
        metrics=OUT_OF_FOLD,
        evaluation_html="",
    )
    register(written)
    assert "Warning" not in promote(models, "a", "--test", str(labelled))[2]
    code, shown, said = promote(models, "d", "--test", str(labelled))
    assert code == 0
    assert "d serves from now on" in shown
    figures = r"category macro-F1 0\.\d+ before, 0\.\d+ now; channel macro-F1 0\.\d+ before, 0\.\d+ now"
    assert re.search(rf"Warning: d is worse than a on the same 60 texts: {figures} \(worse at .*kategoriene samlet", said)
    assert "Warning" not in run("rollback", "--why", "verre", "--models", str(models), "--test", str(labelled))[2]


def test_the_versions_fit_a_terminal_of_80_columns(models: Path, labelled: Path) -> None:
    promote(models, "b", "--test", str(labelled))
    narrow = {"COLUMNS": "80", "FORCE_COLOR": "1"}
    shown = RUNNER.invoke(cli.app, ["models", "list", "--models", str(models)], env=narrow, color=True).stdout
    lines = re.sub("\x1b[^m]*m", "", shown).splitlines()
    (row,) = (line for line in lines if "champion" in line)
    assert max(map(len, lines)) <= 80
    assert AT.strftime("%Y-%m-%d %H:%M │") in row


def test_a_folder_that_is_not_there_is_an_error_and_no_empty_list(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="mistyped: there is no such folder"):
        run("list", "--models", str(tmp_path / "mistyped"))
    assert run("list", "--models", str(tmp_path))[0] == 0


def test_a_rollback_keeps_figures_on_record_as_a_promotion_does(models: Path, labelled: Path) -> None:
    for version in ("a", "b"):
        promote(models, version, "--test", str(labelled))
    code, shown, _ = run(
        "rollback", "--why", "for mange feil", "--who", "Ola", "--models", str(models), "--test", str(labelled)
    )
    assert code == 0
    assert "a serves again" in shown
    last = promotions(models)[-1]
    assert (last.rollback, last.comparison["before"]["version"], last.comparison["after"]["version"]) == (True, "b", "a")
    assert last.comparison["test"]["count"] == 60


def test_the_shipped_test_split_is_what_is_measured_by_unless_a_file_is_named(models: Path) -> None:
    assert promote(models, "a")[0] == 0
    wrong: list[InputError] = []
    split = len(list(read_corpus(shipped_corpus(), wrong.append, split="test")))
    assert promotions(models)[-1].comparison["test_texts"]["count"] == split > 2_000


def test_without_the_shipped_corpus_figures_out_of_fold_are_all_there_is(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("classifier.corpus.shipped_corpus", lambda: tmp_path / "none")
    code, _, said = promote(models, "a")
    assert code == 0
    assert "Compared out of fold only" in said
    assert promotions(models)[-1].comparison == {"after": {"version": "a", **OUT_OF_FOLD}}


def test_bad_lines_among_the_labelled_texts_are_told_in_the_exit_code(models: Path, labelled: Path, tmp_path: Path) -> None:
    path = tmp_path / "fasit.csv"
    path.write_text(labelled.read_text(encoding="utf-8") + "Han slo.;Ukjent merkelapp;telefon\n", encoding="utf-8")
    assert promote(models, "a", "--test", str(path))[0] == 1
    assert champion_version(models) == "a"


def test_a_change_of_champion_needs_a_reason(models: Path) -> None:
    for command in (("promote", "a"), ("rollback",)):
        with pytest.raises(InputError, match="--why: found an empty reason"):
            run(*command, "--why", "  ", "--models", str(models))
    assert promotions(models) == []


def test_the_version_that_serves_is_not_promoted_again(models: Path, labelled: Path) -> None:
    promote(models, "a", "--test", str(labelled))
    with pytest.raises(InputError, match="serves already"):
        promote(models, "a")
    with pytest.raises(ArtifactError, match="not found"):
        promote(models, "./a", "--test", str(labelled))
    assert len(promotions(models)) == 1


def test_a_version_that_cannot_be_loaded_is_not_promoted(models: Path, labelled: Path) -> None:
    (models / "a" / ESTIMATOR).write_bytes(b"other")
    with pytest.raises(ArtifactError, match="damaged or altered"):
        promote(models, "a", "--test", str(labelled))
    assert promotions(models) == []


def test_a_damaged_champion_is_replaced_and_on_record_without_figures(models: Path, labelled: Path) -> None:
    promote(models, "b", "--test", str(labelled))
    (models / "b" / MANIFEST).write_text("{", encoding="utf-8")
    code, shown, said = promote(models, "a", "--test", str(labelled))
    assert code == 0
    assert "Only a is measured" in said
    assert "a: 60 texts" in shown
    assert champion_version(models) == "a"
    recorded = promotions(models)[-1].comparison
    assert recorded["before"] == {"version": "b"}
    assert recorded["after"]["version"] == "a"
    assert recorded["after"]["out_of_fold"] == OUT_OF_FOLD["out_of_fold"]
    assert set(recorded["after"]["test"]) == {"category", "channel"}
    assert recorded["test"] is None


def test_a_damaged_version_is_not_promoted(models: Path) -> None:
    (models / "b" / MANIFEST).write_text("{", encoding="utf-8")
    with pytest.raises(ArtifactError, match="damaged"):
        promote(models, "b")
    assert promotions(models) == []


def test_damaged_and_missing_versions_are_listed_with_the_others(models: Path, labelled: Path) -> None:
    promote(models, "b", "--test", str(labelled))
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


def test_a_version_is_shown_with_its_promotions(models: Path, labelled: Path) -> None:
    assert run("list", "--models", str(models))[0] == 0
    promote(models, "c", "--test", str(labelled))
    shown = json.loads(run("show", "--models", str(models))[1])
    assert (shown["version"], [entry["who"] for entry in shown["promotions"]]) == ("c", ["Kari"])
