import csv
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner, Result

from classifier.cli import app
from classifier.errors import InputError
from classifier.model.artifact import write_artifact
from classifier.model.own_prior import NOTED, OwnPrior, Prior, name_of, noted
from classifier.model.registry import register
from classifier.review.decisions import NewDecision, record_decision
from classifier.store.database import open_database
from classifier.store.reports import IncomingReport, add_reports
from classifier.store.suggestions import add_suggestions
from classifier.store.tables import Report
from tests import small_model
from tests.trends.made_up import held_out, reclassified, write_table


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["report", *map(str, arguments)])


def rows_of(folder: Path, name: str) -> list[list[str]]:
    with (folder / "tabeller" / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file, delimiter=";"))


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A registry whose one model comes with its answers to held-out texts."""
    artifact = write_artifact(
        tmp_path / "modeller" / "2026.11.1",
        small_model.trained()[0],
        version_="2026.11.1",
        created="2026-10-01T12:00:00+00:00",
        pipeline=small_model.pipeline(),
        training_data_digest="d" * 64,
        metrics={},
        evaluation_html="<p></p>",
        held_out=held_out(),
    )
    register(artifact)
    return tmp_path / "modeller"


def test_an_agencys_table_becomes_a_report(tmp_path: Path) -> None:
    rows = [[f"0{1 + place % 9}.02.{2020 + place % 2}", "Nav Ytrevik", "trussel", "Telefon"] for place in range(40)]
    path = write_table(tmp_path / "a.csv", ["Dato", "Enhet", "Kategori", "Kanal"], rows)
    result = run(path, "-o", tmp_path / "rapport", "--dimension", "category")
    assert result.exit_code == 0, result.output
    assert "40 incidents, 2020 to 2021" in result.output
    assert "date from 'Dato'" in result.stderr
    assert rows_of(tmp_path / "rapport", "registrerte")[1:] == [["2020", "20", ""], ["2021", "20", "0,0"]]


def test_what_reclassify_wrote_is_corrected_with_the_answers_of_the_model_it_names(tmp_path: Path, models: Path) -> None:
    path = reclassified(tmp_path / "a.csv")
    folder = tmp_path / "rapport"
    result = run(path, "-o", folder, "--models", models, "--monthly", "nav ytrevik", "--dimension", "category")
    assert result.exit_code == 0, result.output
    assert "corrected for the model's errors" in result.output
    true = {name: sum(int(row["Kategori"] == name) for row in _table(path)) for name in ("trussel", "hatytringer")}
    found = {"trussel": 0, "hatytringer": 0}
    raw = dict(found)
    names = {"Truende atferd eller trussel": "trussel", "Hatytringer": "hatytringer"}
    for label, _, counted, value, low, high in rows_of(folder, "type_korrigert")[1:]:
        if label in names:
            assert float(low) <= float(value) <= float(high)
            found[names[label]] += int(value)
            raw[names[label]] += int(counted)
    for name, count in true.items():
        assert abs(found[name] - count) < abs(raw[name] - count)
    page = (folder / "rapport.html").read_text(encoding="utf-8")
    assert "95 prosent sikkerhet" in page
    assert "4000 rapporter" in page


def test_a_table_by_several_models_is_corrected_only_as_one_says(tmp_path: Path, models: Path) -> None:
    path = reclassified(tmp_path / "a.csv")
    header, *rows = path.read_text(encoding="utf-8").splitlines(keepends=True)
    later = [row.replace("2026.11.1", "2026.12.1") for row in rows[len(rows) // 2 :]]
    assert later != rows[len(rows) // 2 :]
    path.write_text("".join([header, *rows[: len(rows) // 2], *later]), encoding="utf-8")
    plain = run(path, "-o", tmp_path / "rapport", "--models", models, "--dimension", "category")
    assert plain.exit_code == 0, plain.output
    assert "corrected" not in plain.output
    page = (tmp_path / "rapport" / "rapport.html").read_text(encoding="utf-8")
    assert "flere modeller (2026.11.1, 2026.12.1)" in page
    asked = run(path, "-o", tmp_path / "en", "--models", models, "--dimension", "category", "--model", "2026.11.1")
    assert "corrected for the model's errors" in asked.output


def test_an_agencys_own_labelled_reports_can_stand_for_the_models_answers(tmp_path: Path) -> None:
    measured = reclassified(tmp_path / "maalt.csv", incidents=600, seed=9)
    result = run(reclassified(tmp_path / "a.csv"), "-o", tmp_path / "r", "--errors", measured, "--dimension", "channel")
    assert result.exit_code == 0, result.output
    assert "fra maalt.csv" in (tmp_path / "r" / "rapport.html").read_text(encoding="utf-8")


def test_a_model_from_before_answers_were_kept_gives_raw_counts_and_says_so(tmp_path: Path, models: Path) -> None:
    manifest = models / "2026.11.1" / "manifest.json"
    fields = json.loads(manifest.read_text(encoding="utf-8"))
    del fields["held_out"]
    manifest.write_text(json.dumps(fields), encoding="utf-8")
    _vouch_again(models)
    result = run(reclassified(tmp_path / "a.csv", 300), "-o", tmp_path / "r", "--models", models, "--dimension", "category")
    assert result.exit_code == 0, result.output
    assert not (tmp_path / "r" / "tabeller" / "type_korrigert.csv").exists()
    assert "ikke rettet for feilene" in (tmp_path / "r" / "rapport.html").read_text(encoding="utf-8")


def test_rows_that_cannot_be_read_are_told_of_a_few_at_a_time_and_end_the_command_with_one(tmp_path: Path) -> None:
    rows = [["01.02.2021", "trussel"], *(["ukjent dato", "trussel"] for _ in range(50))]
    path = write_table(tmp_path / "a.csv", ["Dato", "Kategori"], rows)
    result = run(path, "-o", tmp_path / "r", "--dimension", "category")
    assert result.exit_code == 1
    assert result.stderr.count("Rejected: ") == 21
    assert "rejected 50 of the input's lines" in result.stderr
    assert "50 rader" in (tmp_path / "r" / "rapport.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        ("", (), "no rows"),
        ("Dato;Kategori\n", (), "a header and no rows"),
        ("Kategori\ntrussel\n", (), "no column that looks like the date"),
        ("Dato\ni går\n", (), "no row with a date in column 'Dato'"),
        ("Dato\n01.02.2021\n", ("--monthly", "Nav Ukjent"), "no unit or kind of unit 'Nav Ukjent'"),
        ("Dato\n01.02.2021\n", ("--dimension", "color"), "expected one of category, channel, group, kind, unit"),
        ("Dato\n01.02.2021\n", ("--labels", "mine"), "expected registered or model"),
        ("Dato\n01.02.2021\n", ("--labels", "model"), "reclassify"),
    ],
)
def test_input_that_cannot_be_counted_is_told_plainly(
    tmp_path: Path, content: str, options: tuple[str, ...], message: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(content, encoding="utf-8")
    result = run(path, "-o", tmp_path / "r", *options)
    assert isinstance(result.exception, InputError)
    assert message in str(result.exception)
    assert not (tmp_path / "r").exists()


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    """A database of forty reports that came as threats, of which people decided that the first ten are vandalism."""
    path = tmp_path / "asys.db"
    database = open_database(str(path))
    now = datetime(2026, 3, 1, tzinfo=UTC)
    incoming = [
        IncomingReport(
            "arkiv",
            str(place),
            "Han truet meg på telefon og knuste så en rute.",
            incident_date=date(2020 + place % 2, 2, 1),
            unit="Nav Ytrevik",
            label_category="trussel",
            label_channel="telefon",
        )
        for place in range(40)
    ]
    with database.writing() as session:
        add_reports(session, incoming, now)
        ids = session.scalars(select(Report.id).order_by(Report.id)).all()
        for report in ids[:10]:
            decided = NewDecision(report, "kari", "quality_checker", now, category="haerverk", channel="publikumsmottak")
            record_decision(session, decided)
    database.close()
    return path


def types_in(folder: Path) -> dict[str, str]:
    return {row[0]: row[-1] for row in rows_of(folder, "type")[1:]}


@pytest.mark.parametrize(
    ("labels", "threats", "vandalism", "without"),
    [
        ((), "30", "10", None),
        (("--labels", "decided"), "0", "10", "30"),
        (("--labels", "imported"), "40", "0", None),
    ],
)
def test_the_stores_reports_are_counted_by_whose_labels_one_asks_for(
    tmp_path: Path, stored: Path, labels: tuple[str, ...], threats: str, vandalism: str, without: str | None
) -> None:
    folder = tmp_path / "r"
    result = run("--from-store", "--database", stored, "-o", folder, "--dimension", "category", *labels)
    assert result.exit_code == 0, result.output
    assert "40 incidents, 2020 to 2021" in result.output
    counted = types_in(folder)
    assert counted["Truende atferd eller trussel"] == threats
    assert counted["Fysisk angrep på bygning eller inventar (hærverk)"] == vandalism
    assert counted.get("Uten kategori") == without


def test_the_champions_stored_suggestions_are_counted_and_corrected(tmp_path: Path, stored: Path, models: Path) -> None:
    (suggestion,) = small_model.model().suggest(["Han truet meg på telefon og knuste så en rute."])
    database = open_database(str(stored))
    with database.writing() as session:
        made = [(report, replace(suggestion, model_version="2026.11.1")) for report in session.scalars(select(Report.id))]
        add_suggestions(session, made, prior="corpus", created_at=datetime(2026, 3, 1, tzinfo=UTC))
    database.close()
    folder = tmp_path / "r"
    options = ("--database", stored, "--models", models, "--model", "2026.11.1", "--labels", "model", "--dimension", "category")
    result = run("--from-store", *options, "-o", folder)
    assert result.exit_code == 0, result.output
    assert "corrected for the model's errors" in result.output
    assert "40" in types_in(folder).values()
    assert len(rows_of(folder, "type_korrigert")) > 1
    refused = run("--from-store", *options, "--prior", "uniform", "-o", tmp_path / "r2")
    assert isinstance(refused.exception, InputError)
    assert "no suggestion by model 2026.11.1 under the prior 'uniform'" in str(refused.exception)
    measured = reclassified(tmp_path / "maalt.csv", 300, seed=9)
    note(measured, OWN)
    contradicted = run("--from-store", *options, "--errors", measured, "-o", tmp_path / "r3")
    assert isinstance(contradicted.exception, InputError)
    assert "expected the prior of the store, 'corpus'" in str(contradicted.exception)
    note(measured, "corpus")
    assert run("--from-store", *options, "--errors", measured, "-o", tmp_path / "r3").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "neither a table nor --from-store"),
        (("a.csv", "--from-store"), "--from-store and a table"),
        (("--from-store", "--unit", "Enhet"), "--from-store and a table or its columns"),
        (("a.csv", "--database", "x.db"), "a table and --database"),
        (("--from-store", "--labels", "mine"), "registered, decided, imported, model"),
        (("--from-store",), "no report with a date"),
    ],
)
def test_a_store_and_a_table_are_not_mixed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(*arguments)
    assert isinstance(result.exception, InputError)
    assert message in str(result.exception)


def _table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def _vouch_again(models: Path) -> None:
    """Enter the altered manifest's digest in the registry."""
    import hashlib

    registry = models / "registry.json"
    fields = json.loads(registry.read_text(encoding="utf-8"))
    digest = hashlib.sha256((models / "2026.11.1" / "manifest.json").read_bytes()).hexdigest()
    registry.write_text(json.dumps(_with_digest(fields, digest)), encoding="utf-8")


def _with_digest(value: object, digest: str) -> object:
    if isinstance(value, dict):
        return {key: _with_digest(item, digest) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_digest(item, digest) for item in value]
    return digest if isinstance(value, str) and len(value) == 64 else value


def test_counts_are_corrected_under_the_prior_that_the_summary_beside_the_table_names(tmp_path: Path, models: Path) -> None:
    path, folders = reclassified(tmp_path / "a.csv"), [tmp_path / name for name in ("gjettet", "valgt", "lest")]
    options = ("--models", models, "--dimension", "category", "-o")
    assert run(path, *options, folders[0]).exit_code == 0
    assert run(path, *options, folders[1], "--prior", "uniform").exit_code == 0
    path.with_name("a.csv.summary.json").write_text('{"prior": "uniform"}', encoding="utf-8")
    assert run(path, *options, folders[2]).exit_code == 0
    guessed, chosen, read = (rows_of(folder, "type_korrigert") for folder in folders)
    assert read == chosen != guessed


OWN = OwnPrior("decisions", "vedtak.csv", "d" * 64, (0.7, *[0.05] * 6), (0.5, *[0.05] * 10))
"""A prior under which the first category and the first channel are the most common."""


def note(table: Path, prior: Prior) -> Path:
    """Write the part of a summary that says under which prior a table was made."""
    path = table.with_name(f"{table.name}.summary.json")
    path.write_text(json.dumps({"prior": name_of(prior), NOTED: noted(prior)}), encoding="utf-8")
    return path


def test_counts_under_a_prior_of_ones_own_are_corrected_by_its_numbers(tmp_path: Path, models: Path) -> None:
    path, folders = reclassified(tmp_path / "a.csv", 300), [tmp_path / name for name in ("uten", "med", "valgt")]
    options = ("--models", models, "--dimension", "category", "-o")
    said = run(path, *options, folders[0])
    assert "No summary beside a.csv: its labels count as made under the prior 'corpus'" in said.stderr
    summary = note(path, OWN)
    said = run(path, *options, folders[1])
    assert said.exit_code == 0, said.output
    assert "corrected for the model's errors" in said.output
    assert "No summary" not in said.stderr
    elsewhere = summary.rename(tmp_path / "forrige.json")
    assert run(path, *options, folders[2], "--prior", elsewhere).exit_code == 0
    without, with_it, chosen = (rows_of(folder, "type_korrigert") for folder in folders)
    assert with_it == chosen != without


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            '{"prior": "decisions:0123"}',
            "found 'decisions:0123'; expected corpus, uniform or asys-2020",
        ),
        ('{"prior": "decisions:0123", "own_prior": {}}', "other numbers than those of the prior"),
        ("{", "no valid JSON"),
        ("{}", "no prior"),
    ],
)
def test_a_summary_whose_prior_cannot_be_had_is_refused_where_counts_are_to_be_corrected(
    tmp_path: Path, models: Path, content: str, message: str
) -> None:
    path = reclassified(tmp_path / "a.csv", 300)
    path.with_name("a.csv.summary.json").write_text(content, encoding="utf-8")
    options = (path, "--models", models, "--dimension", "category", "-o", tmp_path / "r")
    refused = run(*options)
    assert isinstance(refused.exception, InputError)
    assert message in str(refused.exception)
    assert not (tmp_path / "r").exists()
    assert run(*options, "--labels", "registered").exit_code == 0


def test_labelled_reports_that_were_read_under_another_prior_correct_nothing(tmp_path: Path) -> None:
    path, measured = reclassified(tmp_path / "a.csv", 300), reclassified(tmp_path / "maalt.csv", 300, seed=9)
    note(path, OWN)
    options = (path, "-o", tmp_path / "r", "--errors", measured, "--dimension", "channel")
    note(measured, "corpus")
    refused = run(*options)
    assert isinstance(refused.exception, InputError)
    assert "maalt.csv: found answers under the prior 'corpus'; expected the prior of a.csv" in str(refused.exception)
    note(measured, OWN)
    assert run(*options).exit_code == 0
    contradicted = run(*options, "--prior", "uniform")
    assert isinstance(contradicted.exception, InputError)
    assert f"found answers under the prior {OWN.name!r}; expected the prior of a.csv, 'uniform'" in str(contradicted.exception)


def test_a_table_without_a_summary_counts_as_read_under_the_usual_prior_beside_labelled_reports_that_have_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, measured = reclassified(tmp_path / "a.csv", 300), reclassified(tmp_path / "maalt.csv", 300, seed=9)
    options = (path, "-o", tmp_path / "r", "--errors", measured, "--dimension", "channel")
    summary = note(measured, OWN)
    refused = run(*options)
    assert isinstance(refused.exception, InputError)
    assert "expected the prior of a.csv, 'corpus' (where no summary tells that, --prior does)" in str(refused.exception)
    assert not (tmp_path / "r").exists()
    assert run(*options, "--prior", summary).exit_code == 0
    note(measured, "corpus")
    assert run(*options).exit_code == 0
    monkeypatch.setenv("ASYS_PRIOR", "uniform")
    assert isinstance(run(*options).exception, InputError)


def test_labelled_reports_need_no_prior_to_correct_by_and_nothing_is_said_of_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, measured = reclassified(tmp_path / "a.csv", 300), reclassified(tmp_path / "maalt.csv", 300, seed=9)
    monkeypatch.setenv("ASYS_PRIOR", str(tmp_path / "borte.json"))
    options = (path, "-o", tmp_path / "r", "--errors", measured, "--dimension", "channel")
    for _ in range(2):
        made = run(*options)
        assert made.exit_code == 0, made.output
        assert "corrected for the model's errors" in made.output
        assert "No summary" not in made.stderr
        note(measured, OWN)


def test_stored_suggestions_under_a_prior_of_ones_own_need_its_numbers(tmp_path: Path, stored: Path, models: Path) -> None:
    (suggestion,) = small_model.model().under(OWN).suggest(["Han truet meg på telefon og knuste så en rute."])
    database = open_database(str(stored))
    with database.writing() as session:
        made = [(report, replace(suggestion, model_version="2026.11.1")) for report in session.scalars(select(Report.id))]
        add_suggestions(session, made, prior=OWN.name, created_at=datetime(2026, 3, 1, tzinfo=UTC))
    database.close()
    model = ("--models", models, "--model", "2026.11.1", "--labels", "model", "--dimension", "category")
    options = ("--from-store", "--database", stored, *model, "-o", tmp_path / "r", "--prior")
    refused = run(*options, OWN.name)
    assert isinstance(refused.exception, InputError)
    assert "or the summary (.json) of a run under one of your own" in str(refused.exception)
    counted = run(*options, note(tmp_path / "ny.csv", OWN))
    assert counted.exit_code == 0, counted.output
    assert "40 incidents, 2020 to 2021, corrected for the model's errors" in counted.output
