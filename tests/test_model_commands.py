import csv
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from classifier import cli
from classifier.console import MOST_SHOWN
from classifier.corpus import Example, shipped_corpus
from classifier.errors import ArtifactError, InputError, MissingExtraError, TrainingError
from classifier.language import analyse
from classifier.model.estimator import LABELS
from classifier.model.incident_model import PARTS
from classifier.model.own_prior import NOTED, OwnPrior, noted
from classifier.model.registry import load_model
from tests import small_model

RUNNER = CliRunner()


def run(*arguments: str, stdin: str | None = None) -> tuple[int, str, str]:
    done = RUNNER.invoke(cli.app, list(arguments), input=stdin)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout, done.stderr


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A history of 200 reports as an office would have it: semicolons, Windows-1252, headings and labels of its own."""
    kept = [e for e in small_model.examples() if e.text.encode("cp1252", "ignore").decode("cp1252") == e.text][:200]
    return as_table(tmp_path_factory.mktemp("history") / "historikk.csv", kept)


def as_table(path: Path, examples: Sequence[Example]) -> Path:
    with path.open("w", encoding="cp1252", errors="replace", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(["Saksnummer", "Hva skjedde", "Hendelsestype", "Kanal"])
        writer.writerows([e.id, e.text, e.category, e.channel] for e in examples)
    return path


@pytest.fixture(scope="module")
def models(history: Path) -> Path:
    folder = history.parent / "mine modeller"
    for version in ("a", "b"):
        code, _, said = run(
            "train",
            str(history),
            "--text",
            "Hva skjedde",
            "--models",
            str(folder),
            "--version",
            version,
            "--seed",
            "1",
            "--precision",
            "0.9",
            "--warning-recall",
            "0.98",
        )
        assert code == 0, said
        assert "Never confident about category" in said
        assert f"classifier models promote {version} --why '…' --models '{folder}'\n" in said
    return folder


def test_a_new_user_trains_on_a_table_evaluates_promotes_and_rolls_back(models: Path, history: Path) -> None:
    at = ("--models", str(models))
    with pytest.raises(ArtifactError, match="no champion"):
        run("suggest", "Ho ringde og trua meg.", *at)
    for version in ("a", "b"):
        assert run("models", "promote", version, "--why", "prøve", "--who", "Kari", *at)[0] == 0
    shown = json.loads(run("models", "show", *at)[1])
    assert (shown["version"], shown["settings"]["precision"], shown["settings"]["warning_recall"]) == ("b", 0.9, 0.98)
    page = models.parent / "evaluation.html"
    at_page = ("--text", "Hva skjedde", "--format", "json", "--html", str(page), *at)
    code, shown, said = run("evaluate", str(history), *at_page)
    assert code == 0
    assert (json.loads(shown)["count"], json.loads(shown)["trained_on"]) == (200, 200)
    assert "these are the texts that the model was trained on: the figures say nothing of new ones" in said
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert "Modellen er trent på disse rapportene." in page.read_text(encoding="utf-8")
    later = as_table(models.parent / "nyere.csv", small_model.unseen()[:100])
    code, shown, said = run("evaluate", str(later), *at_page)
    assert code == 0
    assert json.loads(shown)["count"] == 100
    assert "trained on" not in said
    assert "Modellen er trent på" not in page.read_text(encoding="utf-8")
    assert "a serves again" in run("models", "rollback", "--why", "dårligere", "--who", "Kari", *at)[1]
    assert "champion" in run("models", "list", *at)[1]


def test_a_table_without_a_channel_cannot_be_trained_on_and_the_option_that_names_it_is_told(tmp_path: Path) -> None:
    table, at = tmp_path / "historikk.csv", ("--models", str(tmp_path / "modeller"))
    table.write_text("Tekst;Kategori;Rom\nHan slo i skranken.;Trussel;Telefon\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"looks like the channel; expected --channel with one of 'Tekst', .*'Rom'"):
        run("train", str(table), *at)
    with pytest.raises(TrainingError, match="1 examples"):
        run("train", str(table), "--channel", "Rom", *at)


def test_a_table_of_unknown_labels_is_told_label_by_label_and_not_row_by_row(tmp_path: Path) -> None:
    table, at = tmp_path / "historikk.csv", ("--models", str(tmp_path / "modeller"))
    rows = "Han slo i skranken.;Kode 7;Telefon\n" * 200 + "Han slo i skranken.;Kode 8;Telefon\n" * 30
    table.write_text(f"Tekst;Kategori;Kanal\n{rows}", encoding="utf-8")
    done = RUNNER.invoke(cli.app, ["train", str(table), *at])
    assert isinstance(done.exception, TrainingError)
    said = done.stderr.splitlines()
    assert sum(": found the category 'Kode 7'" in line for line in said) == MOST_SHOWN
    assert said[-2:] == ["Rejected: the category 'Kode 7': 200 rows", "Rejected: the category 'Kode 8': 30 rows"]


def test_counting_and_drawing_are_shown_too(models: Path, history: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []

    @contextmanager
    def noted(label: str, _total: int | None) -> Iterator[Callable[[], None]]:
        shown.append(label)
        yield lambda: None

    monkeypatch.setattr("classifier.model_commands.progress_of", noted)
    at = ("--text", "Hva skjedde", "--models", str(models), "--model", "a", "--html", str(models.parent / "side.html"))
    assert run("evaluate", str(history), *at)[0] == 0
    assert shown == ["Evaluating", "Counting and drawing"]


def test_repeats_in_a_history_are_not_trained_on_and_tried_on(history: Path, tmp_path: Path) -> None:
    with history.open(encoding="cp1252", newline="") as file:
        header, *rows = csv.reader(file, delimiter=";")
    doubled = tmp_path / "dobbelt.csv"
    with doubled.open("w", encoding="cp1252", newline="") as file:
        copies = [[f"K{number}", text.upper(), *labels] for number, text, *labels in rows[:120]]
        csv.writer(file, delimiter=";").writerows([header, *rows[:120], *copies])
    columns = ("--text", "Hva skjedde", "--models", str(tmp_path / "modeller"), "--version", "a")
    code, _, said = run("train", str(doubled), *columns)
    assert code == 0, said
    assert "120 of 240 texts are like an earlier one" in said
    out_of_fold = json.loads(run("models", "show", "a", "--models", str(tmp_path / "modeller"))[1])["metrics"]["out_of_fold"]
    assert out_of_fold["category"]["accuracy"] < 0.9


def test_training_never_opens_the_test_split(tmp_path: Path) -> None:
    corpus, models = tmp_path / "corpus", tmp_path / "modeller"
    corpus.mkdir()
    lines = (json.dumps(asdict(example), ensure_ascii=False) for example in small_model.examples()[:200])
    (corpus / "train_all.jsonl").write_text("\n".join(lines), encoding="utf-8")
    for name in ("test.jsonl", "test_more_writers.jsonl"):
        (corpus / name).write_bytes(b"{no json, and no UTF-8: \xff")
    code, _, said = run("train", str(corpus), "--models", str(models), "--version", "a")
    assert code == 0, said
    assert "Rejected" not in said
    assert json.loads(run("models", "show", "a", "--models", str(models))[1])["examples"] == 200


def test_the_shipped_model_knows_the_texts_it_was_trained_on_whatever_file_they_come_in(tmp_path: Path) -> None:
    lines = {
        "trained": (shipped_corpus() / "train_pilot.jsonl").read_text(encoding="utf-8").splitlines()[:30],
        "test": (shipped_corpus() / "test.jsonl").read_text(encoding="utf-8").splitlines()[:30],
    }
    found = {}
    for name, given in lines.items():
        path = tmp_path / f"{name}.jsonl"
        path.write_text("\n".join(given), encoding="utf-8")
        _, shown, said = run("evaluate", str(path), "--format", "json")
        found[name] = (json.loads(shown)["trained_on"], "trained on" in said)
    assert found == {"trained": (30, True), "test": (0, False)}


def test_an_evaluation_quotes_no_personal_data(models: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "feil.csv"
    wrong.write_text("Tekst;Kategori\nHan truet meg på telefon 22 22 55 55 i dag.;hatytringer\n", encoding="utf-8")
    page, at = tmp_path / "side.html", ("--models", str(models), "--model", "a")
    shown = run("evaluate", str(wrong), "--format", "json", "--html", str(page), *at)[1]
    mistake = json.loads(shown)["targets"][0]["mistakes"][0]
    assert mistake["text"].startswith("Han truet meg på telefon")
    for written in (shown, page.read_text(encoding="utf-8"), run("evaluate", str(wrong), *at)[1]):
        assert "22 55 55" not in written


def test_the_same_data_and_seed_give_the_same_predictions(models: Path) -> None:
    answers = [
        json.loads(
            run("suggest", "Ho ringde og trua meg.", "--format", "jsonl", "--models", str(models), "--model", version)[1]
        )
        for version in ("a", "b")
    ]
    assert {answer.pop("model_version") for answer in answers} == {"a", "b"}
    assert answers[0] == answers[1]


def test_what_would_fail_after_training_is_refused_before_texts_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    absent, folder = str(tmp_path / "absent.csv"), tmp_path / "modeller"
    (folder / "a").mkdir(parents=True)
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ArtifactError, match="exists already"):
        run("train", absent, "--models", str(folder), "--version", "a")
    with pytest.raises(InputError, match="--version: found"):
        run("train", absent, "--models", str(folder), "--version", "../out")
    with pytest.raises(ArtifactError, match="cannot be written"):
        run("train", absent, "--models", str(tmp_path / "file"))
    for option in ("--precision", "--warning-recall"):
        for value in ("0.5", "1", "nan"):
            with pytest.raises(InputError, match=f"{option}: found"):
                run("train", absent, "--models", str(folder), option, value)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    for command in ("train", "retrain"):
        with pytest.raises(MissingExtraError, match="matplotlib"):
            run(command, absent, "--models", str(folder))


def test_json_lines_keep_their_keys_and_order_and_bad_lines_are_said(tmp_path: Path) -> None:
    path = tmp_path / "reports.jsonl"
    rows = [{"id": "x", "text": "Han slo i skranken.", "unit": 7}, {"id": "y", "text": "hei"}]
    lines = [json.dumps(rows[0]), "{no json", json.dumps(rows[1]), json.dumps({"id": "z", "text": "å " * 15_000})]
    path.write_text("\n".join(lines), encoding="utf-8")
    code, shown, said = run("suggest", "--input", str(path), "--format", "jsonl")
    answers = [json.loads(line) for line in shown.splitlines()]
    assert code == 1
    assert [(answer["id"], answer.get("unit"), answer["outcome"]) for answer in answers] == [
        ("x", 7, "ok"),
        ("y", None, "too_short"),
    ]
    assert set(answers[0]) >= {"category", "channel", "warnings", "evidence", "model_version"}
    assert "line 2: found no valid JSON" in said
    assert "text z: found 30,000 characters; expected at most 20,000" in said
    assert "slo" not in said


def test_people_read_names_bars_and_how_sure_it_is() -> None:
    _, shown, _ = run("suggest", "Bruker ringte og sa at han visste hvor jeg bor.", "-v")
    assert "Truende atferd eller trussel" in shown
    assert "█" in shown
    assert "sikker" in shown
    assert "ser ikke norsk ut" in run("suggest", "All workers are liars and dogs here.")[1]


def test_people_read_which_prior_an_answer_was_given_under(models: Path, tmp_path: Path) -> None:
    at = ("suggest", "Han ringte og var sint på meg.", "--models", str(models), "--model", "a")
    assert "forhåndsfordeling" not in run(*at)[1]
    assert "Modell a, forhåndsfordeling asys-2020." in run(*at, "--prior", "asys-2020")[1]
    threats = tmp_path / "vedtak.csv"
    threats.write_text("Tekst;Kategori\n" + "Han truet meg på telefon.;Trussel\n" * 60, encoding="utf-8")
    assert "Modell a, forhåndsfordeling fra vedtak.csv." in run(*at, "--prior-decisions", str(threats))[1]


def test_json_is_the_shape_of_the_api() -> None:
    answer = json.loads(run("suggest", "Han slo i skranken.", "--format", "json")[1])
    assert list(answer) == ["suggestions"]
    assert answer["suggestions"][0]["category"]["ranked"][0]["label"] == answer["suggestions"][0]["category"]["label"]


def test_an_agencys_own_reports_say_how_common_the_labels_are(models: Path, tmp_path: Path) -> None:
    at = ("--models", str(models), "--model", "a", "--format", "json")
    threats = tmp_path / "vedtak.csv"
    threats.write_text("Tekst;Kategori\n" + "Han truet meg på telefon.;Trussel\n" * 60, encoding="utf-8")
    texts = tmp_path / "tekster.txt"
    texts.write_text("Han kalte meg idiot på telefonen.\n" * 60, encoding="utf-8")

    def threat_of(*options: str) -> float:
        answer = json.loads(run("suggest", "Han ringte og var sint på meg.", *at, *options)[1])["suggestions"][0]
        return float(next(item["probability"] for item in answer["category"]["ranked"] if item["label"] == "trussel"))

    assert threat_of("--prior-decisions", str(threats)) > threat_of() > 0
    assert threat_of("--prior-texts", str(texts)) != threat_of()
    with pytest.raises(InputError, match="more than one prior"):
        threat_of("--prior", "uniform", "--prior-texts", str(texts))


def test_the_environment_may_name_a_file_with_the_prior(models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = OwnPrior("decisions", "vedtak.csv", "d" * 64, (0.7, *[0.05] * 6), (0.5, *[0.05] * 10))
    path = tmp_path / "egen.json"
    path.write_text(json.dumps({"prior": own.name, NOTED: noted(own)}), encoding="utf-8")
    asked = ("suggest", "Han ringte og var sint på meg.", "--models", str(models), "--model", "a", "--format", "json")
    monkeypatch.setenv("ASYS_PRIOR", str(path))
    found = json.loads(run(*asked)[1])["suggestions"][0]["category"]["ranked"]
    model = load_model("a", models=models, pipeline=small_model.pipeline(), prior=own)
    (suggestion,) = model.suggest(["Han ringte og var sint på meg."])
    assert suggestion.category is not None
    expected = {item.label: item.probability for item in suggestion.category.ranked}
    assert {item["label"]: item["probability"] for item in found} == pytest.approx(expected, abs=1e-4)
    path.unlink()
    with pytest.raises(InputError, match=r"egen\.json: found No such file"):
        run(*asked)
    decisions = tmp_path / "vedtak.csv"
    decisions.write_text("Tekst;Kategori\n" + "Han truet meg på telefon.;Trussel\n" * 60, encoding="utf-8")
    assert run(*asked, "--prior-decisions", str(decisions))[0] == 0


def test_a_bad_row_among_the_decisions_for_the_prior_is_told_apart_from_the_input(models: Path, tmp_path: Path) -> None:
    decisions = tmp_path / "vedtak.csv"
    rows = "Han truet meg på telefon.;Trussel\n" * 60 + "Han truet meg på telefon.;Ukjent merkelapp\n"
    decisions.write_text("Tekst;Kategori\n" + rows, encoding="utf-8")
    at = ("--models", str(models), "--model", "a", "--prior-decisions", str(decisions))
    code, shown, said = run("suggest", "Han ringte og var sint på meg.", *at, "--format", "json")
    assert json.loads(shown)["suggestions"]
    assert code == 0
    assert f"Left out of the prior: {decisions}, line 62: found the category" in said
    assert "Rows left out of the prior: 1." in said
    assert "say (decisions:" in said
    assert "of the input's lines" not in said


def test_an_evaluation_under_a_prior_of_ones_own_has_the_figures_that_bayes_rule_gives(models: Path, tmp_path: Path) -> None:
    decisions, table = tmp_path / "vedtak.csv", tmp_path / "maalt.csv"
    decisions.write_text("Tekst;Kategori\n" + "Han truet meg på telefon.;Trussel\n" * 60, encoding="utf-8")
    as_table(table, small_model.unseen()[:120])
    at = ("--text", "Hva skjedde", "--format", "json", "--models", str(models), "--model", "a")
    plain = json.loads(run("evaluate", str(table), *at)[1])
    code, shown, said = run("evaluate", str(table), *at, "--prior-decisions", str(decisions))
    assert code == 0
    assert "Labels are taken to be as common as the decisions in vedtak.csv say (decisions:" in said
    own = json.loads(shown)
    assert own["own_prior"]["file"] == "vedtak.csv"
    assert plain["own_prior"] is None
    # 60 threats and a pseudo-count for each of seven categories.
    shares = [(60 * (label == "trussel") + 1) / 67 for label in LABELS["category"]]
    assert list(own["own_prior"]["category"].values()) == pytest.approx(shares)
    model = load_model("a", models=models, pipeline=small_model.pipeline())
    with table.open(encoding="cp1252", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    analysed = list(analyse([row["Hva skjedde"] for row in rows], pipeline=model.pipeline, parts=PARTS))
    answered = [suggestion.outcome == "ok" for suggestion in model.suggest_analysed(analysed)]
    truth = np.array([LABELS["category"].index(row["Hendelsestype"]) for row in rows])[answered]
    under_corpus = model.predict_proba(analysed).by_target["category"][answered]
    trained = np.array(model.trained.targets["category"].prior)
    weighed = under_corpus * np.divide(shares, trained, out=np.zeros(7), where=trained > 0)
    under_own = weighed / weighed.sum(axis=1, keepdims=True)
    for found, probabilities in ((plain, under_corpus), (own, under_own)):
        right = float((probabilities.argmax(axis=1) == truth).mean())
        loss = float(-np.log(probabilities[np.arange(len(truth)), truth]).mean())
        assert found["targets"][0]["accuracy"]["value"] == pytest.approx(right)
        assert found["targets"][0]["log_loss"] == pytest.approx(loss)
    assert own["targets"][0]["log_loss"] > plain["targets"][0]["log_loss"]
    written = tmp_path / "evaluering.json"
    written.write_text(shown, encoding="utf-8")
    assert json.loads(run("evaluate", str(table), *at, "--prior", str(written))[1]) == own


def test_an_unknown_prior_is_refused_with_those_there_are() -> None:
    with pytest.raises(InputError, match="corpus, uniform or asys-2020"):
        run("suggest", "Han slo i skranken.", "--prior", "2021")
