import json
from dataclasses import asdict
from pathlib import Path

import pytest
from typer.testing import CliRunner

from classifier import cli
from classifier.corpus import Example
from classifier.errors import ArtifactError, InputError
from classifier.store.database import open_database
from tests import small_model
from tests.review.reports import add, decide

RUNNER = CliRunner()
TEXT = "Noen hadde tagget hatske ord med rødmaling på døra."


def lines(examples: tuple[Example, ...], split: str) -> str:
    rows = []
    for example in examples:
        fields = asdict(example) | {"split": split}
        if fields["acts"] is None:
            del fields["acts"]
        rows.append(json.dumps(fields, ensure_ascii=False))
    return "\n".join(rows)


def run(*arguments: str) -> tuple[int, str, str]:
    done = RUNNER.invoke(cli.app, ["retrain", *arguments], env={"ASYS_BLIND_SHARE": "0"})
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout, done.stderr


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "train.jsonl").write_text(lines(small_model.examples()[::8], "train"), encoding="utf-8")
    (folder / "test.jsonl").write_text(lines(small_model.unseen()[::6], "test"), encoding="utf-8")
    return folder


def test_a_worse_candidate_is_trained_shown_and_not_promoted(corpus: Path, tmp_path: Path) -> None:
    database, models = str(tmp_path / "asys.db"), tmp_path / "models"
    opened = open_database(database)
    (report,) = add(opened, TEXT)
    decide(opened, report, label=("haerverk", "annet"))
    opened.close()
    # A folder without a champion of its own is compared with the shipped one, which seventy-five examples cannot match.
    code, shown, said = run(str(corpus), "--database", database, "--models", str(models), "--folds", "2", "--promote")
    assert code == 3
    assert "ikke forfrem" in shown
    assert "Not promoted, as it got worse at" in said
    assert "Snapshot 1 holds 1 decisions" in said
    with pytest.raises(ArtifactError, match="no champion"):
        RUNNER.invoke(cli.app, ["suggest", TEXT, "--models", str(models)], catch_exceptions=False)


def test_a_weight_that_is_none_is_refused_before_anything_is_read(corpus: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="weight of a correction"):
        run(str(corpus), "--database", str(tmp_path / "asys.db"), "--weight-correction", "-1")
