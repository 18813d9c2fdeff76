from importlib.resources import files

import pytest

from classifier.cues import concepts, find_cues
from classifier.language import LoadedPipeline, analyse
from classifier.word_forms import plain_form


def lines() -> dict[str, list[str]]:
    folder = files("classifier") / "data" / "cues"
    return {file.name: file.read_text(encoding="utf-8").splitlines() for file in folder.iterdir()}


def entries() -> list[tuple[str, str]]:
    found = []
    for content in lines().values():
        concept = ""
        for line in content:
            if line.startswith("["):
                concept = line[1:-1]
            elif line:
                found.append((concept, line))
    return found


def cues(text: str) -> list[tuple[str, int, int]]:
    return [(cue.concept, cue.first, cue.last) for cue in find_cues([plain_form(word) for word in text.split()])]


def not_found(wanted: list[tuple[str, str]], pipeline: LoadedPipeline) -> list[tuple[str, str]]:
    missing = []
    for (concept, line), read in zip(
        wanted, analyse([line.replace("*", "") for _, line in wanted], pipeline=pipeline, parts=frozenset()), strict=True
    ):
        forms = [plain_form(word) for word in read.words]
        if (concept, 0, len(forms)) not in [(cue.concept, cue.first, cue.last) for cue in find_cues(forms)]:
            missing.append((concept, line))
    return missing


@pytest.mark.parametrize(
    ("text", "cue"),
    [
        ("så slo han meg", ("strike", 1, 3)),
        ("SLO HAN", ("strike", 0, 2)),
        ("da gikk til angrep", ("strike", 1, 4)),
        ("fikk et slag", ("strike", 0, 3)),
    ],
)
def test_a_phrase_is_found_where_it_stands(text: str, cue: tuple[str, int, int]) -> None:
    assert cue in cues(text)


@pytest.mark.parametrize("text", ["slo", "slo hans", "han slo", "slo nå han", "fikk et", "et slagmot"])
def test_a_phrase_is_not_found_in_part_or_parted(text: str) -> None:
    assert [cue for cue in cues(text) if cue[0] == "strike"] == []


@pytest.mark.parametrize("word", ["slåsskamp", "slåsskampen", "SLÅSSKAMPENE", "slaasskamper", "slasskamp", "knyttneven"])
def test_an_open_ending_takes_any_ending(word: str) -> None:
    assert ("strike", 0, 1) in cues(word)


@pytest.mark.parametrize("word", ["slåsskam", "enslåsskamp", "grunnjuling", "jullingen"])
def test_an_open_ending_opens_no_other_place(word: str) -> None:
    assert [cue for cue in cues(word) if cue[0] == "strike"] == []


@pytest.mark.parametrize("word", ["telefonene", "faenskapets", "julingen"])
def test_a_word_without_a_star_takes_no_ending(word: str) -> None:
    stem = {"telefonene": "telefonen", "faenskapets": "faen", "julingen": "juling"}[word]
    closed = {concept for concept, line in entries() if line == stem}
    opened = {concept for concept, line in entries() if line.endswith("*") and word.startswith(line[:-1])}
    assert closed
    assert {cue[0] for cue in cues(stem)} >= closed
    assert {cue[0] for cue in cues(word)} <= opened


@pytest.mark.parametrize(
    ("with_letters", "without"),
    [("slår løs på", "slaar loes paa"), ("slår løs på", "slar los pa"), ("ørefik", "orefik"), ("øretæv", "oeretaev")],
)
def test_spellings_without_norwegian_letters_are_found(with_letters: str, without: str) -> None:
    found = cues(without)
    assert ("strike", 0, len(without.split())) in found
    assert found == cues(with_letters)


def test_cues_come_in_the_order_of_the_words_and_may_overlap() -> None:
    found = cues("han ringte og slo til meg og slo han")
    assert [first for _, first, _ in found] == sorted(first for _, first, _ in found)
    assert {("phone", 1, 2), ("strike", 3, 6), ("strike", 7, 9)} <= set(found)
    overlapping = cues("slo løs på meg og ringte opp")
    assert {("phone", 5, 6), ("phone", 5, 7)} <= set(overlapping)
    assert len(found) == len(set(found))


@pytest.mark.parametrize("text", ["", "xyz", "😡 !"])
def test_nothing_is_found_in_nothing(text: str) -> None:
    assert cues(text) == []


def test_the_concepts_are_the_sections_of_the_files() -> None:
    headers = [line[1:-1] for content in lines().values() for line in content if line.startswith("[")]
    assert len(set(headers)) == len(headers)
    assert sorted(concepts()) == sorted(headers)
    assert {concept for concept, _ in entries()} == set(headers)


def test_every_line_of_the_files_is_a_section_or_an_entry() -> None:
    for content in lines().values():
        assert content[0].startswith("[")
        for line in content:
            assert line == " ".join(line.split())
            assert not line.startswith("[") or (line.endswith("]") and line[1:-1].isidentifier())


def test_every_word_of_every_entry_has_letters_and_a_star_only_at_its_end() -> None:
    assert len(entries()) > 20_000
    for _, line in entries():
        for word in line.split():
            assert plain_form(word.removesuffix("*"))
            assert "*" not in word.removesuffix("*")


def test_an_open_ending_stands_on_at_least_three_letters() -> None:
    assert [line for _, line in entries() for word in line.split() if word.endswith("*") and len(word) < 4] == []


def test_every_entry_is_found_in_a_text_that_says_it(pipeline: LoadedPipeline) -> None:
    assert not_found(entries(), pipeline) == []


@pytest.mark.parametrize(
    ("word", "concept"), [("webkameraet", "video_meeting"), ("klageskjemaet", "case_system"), ("nettskjemaer", "internet")]
)
def test_an_ending_after_a_is_taken(word: str, concept: str) -> None:
    assert (concept, 0, 1) in cues(word)
    assert (concept, 0, 1) in cues(word[:-2])


@pytest.mark.parametrize(("word", "concept"), [("modig", "case_system"), ("remse", "other_premises")])
def test_an_ending_after_a_leaves_the_a_in_its_place(word: str, concept: str) -> None:
    assert concept not in {cue[0] for cue in cues(word)}
