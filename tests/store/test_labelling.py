import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from sqlalchemy import select

from classifier.errors import InputError
from classifier.store.database import Database, open_database
from classifier.store.labelling import AnnotationCounts, export_for_labelling, import_annotations, read_annotations
from classifier.store.labelling_formats import Tool, label_studio_config
from classifier.store.tables import AuditEntry, Decision, Report
from classifier.taxonomy import CATEGORY_IDS, CHANNEL_IDS
from tests.store.histories import THREAT, filled

NOW = datetime(2026, 4, 1, tzinfo=UTC)


def exported(database: Database, path: Path, tool: Tool, blind: set[str] | None = None) -> list[dict[str, Any]]:
    export_for_labelling(
        database,
        path,
        tool,
        prepared=lambda texts: [text.replace("jeg", "[PERSON]") for text in texts],
        is_blind=lambda source, external_id: f"{source}/{external_id}" in (blind or set()),
    )
    items: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return items


def imported(database: Database, path: Path, items: object) -> tuple[AnnotationCounts, list[tuple[int, str]]]:
    path.write_text(json.dumps(items), encoding="utf-8")
    rejected: list[tuple[int, str]] = []

    def reject(place: int, reason: str) -> None:
        rejected.append((place, reason))

    counts = import_annotations(database, read_annotations(path, reject), reject, file=path.name, who="ola", now=NOW)
    return counts, rejected


def argilla_answer(item: dict[str, Any], user: str, category: str, channel: str) -> None:
    for question, value in (("category", category), ("channel", channel)):
        item["responses"].setdefault(question, []).append({"value": value, "user_id": user})


def studio_answer(category: str, channel: str, **fields: Any) -> dict[str, Any]:
    result = [
        {"from_name": question, "to_name": "text", "type": "choices", "value": {"choices": [label]}}
        for question, label in (("category", category), ("channel", channel))
    ]
    return {"result": result, "was_cancelled": False, "completed_by": 10, "updated_at": "2026-03-20T10:00:00Z", **fields}


def of(database: Database, source: str, external_id: str) -> list[Decision]:
    with database.reading() as session:
        query = select(Decision).join(Report).where(Report.source == source, Report.external_id == external_id)
        return list(session.scalars(query.order_by(Decision.sequence)))


def test_argilla_gets_masked_texts_with_suggestions_and_gives_decisions_back(database: Database, tmp_path: Path) -> None:
    filled(database)
    items = exported(database, tmp_path / "ut.json", "argilla")
    first = items[0]
    assert first["id"] == "arkiv/17"
    assert first["fields"] == {"text": THREAT.replace("jeg", "[PERSON]")}
    assert first["suggestions"]["category"] == {"value": "trussel", "score": 0.9125, "agent": "2026.3.1"}
    assert set(first) == {"id", "fields", "metadata", "suggestions", "responses", "vectors"}
    argilla_answer(first, "u-1", "haerverk", "telefon")
    argilla_answer(items[1], "u-1", "trussel", "sms")
    argilla_answer(items[1], "u-2", "trussel", "sms")
    items[2]["responses"] = {"category": [{"value": "trussel", "user_id": "u-1", "status": "draft"}]}
    counts, rejected = imported(database, tmp_path / "inn.json", items)
    assert (counts, rejected) == (AnnotationCounts(decisions=3), [])
    added = of(database, "arkiv", "17")[-1]
    assert (added.sequence, added.category, added.annotator, added.origin) == (5, "haerverk", "u-1", "argilla")
    assert (added.role, added.decided_at, added.blind, added.suggestion_id is None) == ("quality_checker", NOW, False, False)
    assert [(one.annotator, one.blind) for one in of(database, "arkiv", "-18")] == [("u-1", True), ("u-2", True)]
    assert imported(database, tmp_path / "inn.json", items)[0] == AnnotationCounts(there=3)
    with database.reading() as session:
        assert session.scalars(select(AuditEntry)).one().details == {"file": "inn.json", "decisions": 3}


def test_label_studio_does_so_too_with_its_own_times_and_people(database: Database, tmp_path: Path) -> None:
    filled(database)
    tasks = exported(database, tmp_path / "ut.json", "label-studio")
    prediction = tasks[0]["predictions"][0]
    assert (prediction["model_version"], prediction["score"]) == ("2026.3.1", 0.9125)
    assert [result["value"]["choices"] for result in prediction["result"]] == [["trussel"], ["telefon"]]
    assert "predictions" not in tasks[1]
    tasks[0]["annotations"] = [
        studio_answer("haerverk", "brev", completed_by={"id": 3, "email": "kari@example.com"}),
        studio_answer("trussel", "brev", was_cancelled=True),
    ]
    tasks[1]["annotations"] = [studio_answer("trussel", "sms")]
    counts, rejected = imported(database, tmp_path / "inn.json", tasks[:2])
    assert (counts.decisions, rejected) == (2, [])
    added = of(database, "arkiv", "17")[-1]
    assert (added.annotator, added.origin) == ("kari@example.com", "label-studio")
    assert added.decided_at == datetime(2026, 3, 20, 10, tzinfo=UTC)
    assert of(database, "arkiv", "-18")[0].annotator == "user 10"


@pytest.mark.parametrize("tool", ["argilla", "label-studio"])
def test_the_blind_share_goes_without_a_suggestion_and_comes_back_blind(tmp_path: Path, tool: Tool) -> None:
    database = open_database(str(tmp_path / "asys.db"))
    filled(database)
    first = exported(database, tmp_path / "ut.json", tool, blind={"arkiv/17"})[0]
    assert not first.get("suggestions")
    assert not first.get("predictions")
    assert "2026.3.1" not in json.dumps(first)
    if tool == "argilla":
        argilla_answer(first, "u-1", "trussel", "telefon")
    else:
        first["annotations"] = [studio_answer("trussel", "telefon")]
    imported(database, tmp_path / "inn.json", [first])
    added = of(database, "arkiv", "17")[-1]
    assert (added.blind, added.suggestion_id) == (True, None)
    database.close()


def test_answers_that_cannot_be_used_are_told_and_the_others_kept(tmp_path: Path) -> None:
    database = open_database(str(tmp_path / "asys.db"))
    filled(database)
    with database.writing() as session:
        erased = session.scalars(select(Report).where(Report.external_id == "19")).one()
        erased.text, erased.text_digest, erased.erased_at = None, None, NOW
    origin = {"asys_source": "arkiv", "asys_id": "-18"}
    items: list[object] = [
        "tekst",
        {"data": {"text": "x"}, "annotations": [studio_answer("trussel", "sms")]},
        {"data": origin, "annotations": [studio_answer("mobbing", "sms")]},
        {"data": origin, "annotations": [{"result": [], "completed_by": 1}]},
        {"data": origin, "annotations": [studio_answer("trussel", "sms", updated_at="i går")]},
        {"data": origin | {"asys_id": "99"}, "annotations": [studio_answer("trussel", "sms")]},
        {"data": {"asys_source": "skjema", "asys_id": "19"}, "annotations": [studio_answer("trussel", "sms")]},
        {"data": origin | {"asys_model_version": "x", "asys_prior": "y"}, "annotations": [studio_answer("trussel", "sms")]},
        {"data": origin, "annotations": [studio_answer("trussel", "sms")]},
    ]
    counts, rejected = imported(database, tmp_path / "inn.json", items)
    assert counts.decisions == 1
    expected = (
        "neither",
        "no asys_source",
        "unknown category",
        "0 answers",
        "no moment",
        "not there",
        "erased",
        "does not hold",
    )
    assert [place for place, _ in rejected] == [1, 2, 3, 4, 5, 6, 7, 8]
    for (_, reason), words in zip(rejected, expected, strict=True):
        assert words in reason
    (tmp_path / "x.json").write_text("{}")
    with pytest.raises(InputError, match="no JSON array"):
        read_annotations(tmp_path / "x.json", lambda _place, _reason: None)
    with pytest.raises(InputError, match=r"'.jsonl'; expected .json"):
        exported(database, tmp_path / "ut.jsonl", "argilla")
    database.close()


def test_the_labelling_interface_offers_every_label() -> None:
    view = ElementTree.fromstring(label_studio_config())
    choices = {one.get("name"): tuple(choice.get("value") for choice in one) for one in view.findall("Choices")}
    assert choices == {"category": CATEGORY_IDS, "channel": CHANNEL_IDS}
