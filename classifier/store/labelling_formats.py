"""Reports as Argilla and Label Studio read them, and what people chose there as both write it. Pure: no store, no files.

Argilla: the records of `dataset.records.to_json`, with the field `text` and the label questions `category` and `channel`. Label
Studio: tasks of its JSON format, for the labelling interface that `label_studio_config` returns. Both carry the report's source
and id, and the version of the suggestion that was shown, so that the answer finds its way back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from xml.sax.saxutils import quoteattr

from classifier.errors import UnknownLabelError
from classifier.label_names import category_named, channel_named
from classifier.store.history_records import RecordError, moment
from classifier.taxonomy import CATEGORIES, CHANNELS

Tool = Literal["argilla", "label-studio"]

_QUESTIONS = ("category", "channel")


@dataclass(frozen=True)
class Shown:
    """The suggestion that goes along with a report: the best labels, their probabilities, and who made it under which prior."""

    model_version: str
    prior: str
    category: str
    category_probability: float
    channel: str
    channel_probability: float


@dataclass(frozen=True)
class Annotation:
    """What one person chose for one report in a labelling tool; no `model_version` if no suggestion was shown."""

    source: str
    external_id: str
    category: str
    channel: str
    annotator: str
    decided_at: datetime | None
    model_version: str | None
    prior: str | None
    tool: Tool


def argilla_record(source: str, external_id: str, text: str, shown: Shown | None) -> dict[str, Any]:
    """Return a report as a record of Argilla."""
    suggestions = {}
    if shown is not None:
        chosen = ((shown.category, shown.category_probability), (shown.channel, shown.channel_probability))
        suggestions = {
            question: {"value": label, "score": round(probability, 4), "agent": shown.model_version}
            for question, (label, probability) in zip(_QUESTIONS, chosen, strict=True)
        }
    return {
        "id": f"{source}/{external_id}",
        "fields": {"text": text},
        "metadata": _origin(source, external_id, shown),
        "suggestions": suggestions,
        "responses": {},
        "vectors": {},
    }


def label_studio_task(source: str, external_id: str, text: str, shown: Shown | None) -> dict[str, Any]:
    """Return a report as a task of Label Studio."""
    task: dict[str, Any] = {"data": {"text": text, **_origin(source, external_id, shown)}}
    if shown is not None:
        result = [_choice("category", shown.category), _choice("channel", shown.channel)]
        task["predictions"] = [
            {"model_version": shown.model_version, "score": round(shown.category_probability, 4), "result": result}
        ]
    return task


def label_studio_config() -> str:
    """Return the labelling interface, in XML, that a Label Studio project needs for these tasks."""
    lines = ["<View>", '  <Text name="text" value="$text"/>']
    names = ([(one.id, one.name) for one in CATEGORIES], [(one.id, one.name) for one in CHANNELS])
    for question, labels in zip(_QUESTIONS, names, strict=True):
        lines.append(f'  <Choices name="{question}" toName="text" choice="single" required="true">')
        lines += [f"    <Choice value={quoteattr(label)} hint={quoteattr(name)}/>" for label, name in labels]
        lines.append("  </Choices>")
    return "\n".join([*lines, "</View>", ""])


def annotations_of(item: object, reject: Callable[[str], None]) -> Iterator[Annotation]:
    """Yield what people chose for one record or task; hand the reason to `reject` for each answer that cannot be used.

    What was skipped, discarded or only drafted is passed over. Raises RecordError for an item of neither tool, or without the
    source and id that the export gave it.
    """
    if isinstance(item, dict) and isinstance(item.get("responses"), dict):
        yield from _argilla_annotations(item, reject)
    elif isinstance(item, dict) and isinstance(item.get("annotations"), list):
        yield from _label_studio_annotations(item, reject)
    else:
        raise RecordError("neither a record of Argilla nor a task of Label Studio", "what either writes as JSON")


def _origin(source: str, external_id: str, shown: Shown | None) -> dict[str, str]:
    version = {} if shown is None else {"asys_model_version": shown.model_version, "asys_prior": shown.prior}
    return {"asys_source": source, "asys_id": external_id, **version}


def _choice(question: str, label: str) -> dict[str, Any]:
    return {"id": question, "from_name": question, "to_name": "text", "type": "choices", "value": {"choices": [label]}}


def _argilla_annotations(item: Mapping[str, Any], reject: Callable[[str], None]) -> Iterator[Annotation]:
    answers: dict[str, dict[str, list[object]]] = {}
    for question, responses in item["responses"].items():
        for response in responses if isinstance(responses, list) else []:
            if isinstance(response, dict) and response.get("status") not in ("draft", "discarded"):
                person = str(response.get("user_id") or "argilla")
                answers.setdefault(person, {}).setdefault(question, []).append(response.get("value"))
    for person, chosen in answers.items():
        yield from _annotation(item.get("metadata"), chosen, person, None, "argilla", reject)


def _label_studio_annotations(item: Mapping[str, Any], reject: Callable[[str], None]) -> Iterator[Annotation]:
    for annotation in item["annotations"]:
        if not isinstance(annotation, dict) or annotation.get("was_cancelled"):
            continue
        chosen: dict[str, list[object]] = {}
        for result in annotation.get("result") or []:
            if isinstance(result, dict) and result.get("type") == "choices":
                choices = (result.get("value") or {}).get("choices") or []
                chosen.setdefault(str(result.get("from_name")), []).extend(choices)
        when = annotation.get("updated_at") or annotation.get("created_at")
        person = _label_studio_person(annotation.get("completed_by"))
        yield from _annotation(item.get("data"), chosen, person, when, "label-studio", reject)


def _label_studio_person(value: object) -> str:
    if isinstance(value, dict):
        value = value.get("email") or value.get("username") or value.get("id")
    return "label-studio" if value is None else f"user {value}" if isinstance(value, int) else str(value)


def _annotation(
    origin: object, chosen: Mapping[str, list[object]], person: str, when: object, tool: Tool, reject: Callable[[str], None]
) -> Iterator[Annotation]:
    if not isinstance(origin, dict) or not origin.get("asys_source") or not origin.get("asys_id"):
        raise RecordError("no asys_source and asys_id", "both, as the export wrote them")
    try:
        labels = [_single(question, chosen.get(question, [])) for question in _QUESTIONS]
        decided_at = None if when is None else moment(when, "updated_at")
    except RecordError as error:
        reject(str(error))
        return
    yield Annotation(
        source=str(origin["asys_source"]),
        external_id=str(origin["asys_id"]),
        category=labels[0],
        channel=labels[1],
        annotator=person[:200],
        decided_at=decided_at,
        model_version=origin.get("asys_model_version"),
        prior=origin.get("asys_prior"),
        tool=tool,
    )


def _single(question: str, chosen: list[object]) -> str:
    if len(chosen) != 1 or not isinstance(chosen[0], str):
        raise RecordError(f"{len(chosen)} answers to {question!r}", "one label")
    try:
        return category_named(chosen[0]) if question == "category" else channel_named(chosen[0])
    except UnknownLabelError as error:
        raise RecordError(f"an unknown {question}", f"one of {', '.join(error.known)}") from None
