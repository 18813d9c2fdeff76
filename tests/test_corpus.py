import json
from pathlib import Path

import pytest

from classifier.corpus import Example, Located, corpus_files, digest, example_from_fields, read_corpus
from classifier.corpus_check import find_problems, kept_together, near_duplicates, similar_pairs
from classifier.corpus_figure import draw_corpus
from classifier.corpus_stats import count_tables
from classifier.errors import InputError
from tests.test_privacy import with_check_digits

GOOD: dict[str, object] = {
    "id": "a-1",
    "text": "Hun ropte og kastet koppen mot meg, den traff veggen.",
    "category": "fysisk_angrep_person",
    "channel": "samtalerom",
    "acts": ["verbal_utskjelling", "fysisk_angrep_person"],
    "language": "nb",
    "split": "train",
    "group": "cup",
    "source": "office",
}


def write(path: Path, *rows: object) -> Path:
    lines = (row if isinstance(row, bytes) else json.dumps(row, ensure_ascii=False).encode() for row in rows)
    path.write_bytes(b"\n".join(lines) + b"\n")
    return path


def read(path: Path) -> tuple[list[Located], list[str]]:
    errors: list[str] = []
    return list(read_corpus(path, lambda error: errors.append(str(error)))), errors


def test_an_example_is_read_with_its_acts_most_severe_first(tmp_path: Path) -> None:
    (located,), errors = read(write(tmp_path / "a.jsonl", GOOD))
    assert errors == []
    assert located.example.acts == ("fysisk_angrep_person", "verbal_utskjelling")
    assert (located.line, located.example.group) == (1, "cup")


def test_an_agencys_example_needs_no_acts_and_no_group(tmp_path: Path) -> None:
    row = {key: GOOD[key] for key in ("id", "text", "category", "channel", "language", "source")}
    (located,), errors = read(write(tmp_path / "a.jsonl", row))
    assert errors == []
    assert (located.example.acts, located.example.group, located.example.split) == (None, "a-1", "train")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"category": "mobbing"}, "category: found 'mobbing'; expected one of fysisk_angrep_person"),
        ({"channel": "faks"}, "channel: found 'faks'; expected one of telefon"),
        ({"acts": ["verbal_utskjelling"]}, "without the category 'fysisk_angrep_person'"),
        ({"category": "verbal_utskjelling"}, "expected the most severe act"),
        ({"acts": ["fysisk_angrep_person"] * 2}, "with a repeat"),
        ({"acts": ["fysisk_angrep_person", "bråk"]}, "found 'bråk'"),
        ({"language": "da"}, "language: "),
        ({"split": "dev"}, "split: "),
        ({"text": "  "}, "found an empty text"),
        ({"text": "Han sa pÃ¥ telefon"}, "encoding damage"),
        ({"text": 3}, "text: "),
        ({"id": ""}, "id: "),
        ({"source": None}, "source: "),
        ({"sauce": "x"}, "sauce: "),
    ],
)
def test_each_kind_of_damage_is_named_with_file_and_line(tmp_path: Path, change: dict[str, object], message: str) -> None:
    good, errors = read(write(tmp_path / "a.jsonl", GOOD, GOOD | change))
    assert len(good) == 1
    assert len(errors) == 1
    assert errors[0].startswith(f"{tmp_path / 'a.jsonl'}, line 2: found ")
    assert message in errors[0]
    assert "kastet koppen" not in errors[0]


def test_lines_that_are_no_json_or_no_utf_8_are_named(tmp_path: Path) -> None:
    good, errors = read(write(tmp_path / "a.jsonl", b"{not json", GOOD, b'{"text": "\xe6"}'))
    assert len(good) == 1
    assert [error.split(", ")[1].split(":")[0] for error in errors] == ["line 1", "line 3"]


def test_a_folder_without_a_corpus_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"found no \*\.jsonl file"):
        corpus_files(tmp_path)


def problems(tmp_path: Path, *rows: dict[str, object]) -> list[str]:
    corpus, errors = read(write(tmp_path / "a.jsonl", *rows))
    assert errors == []
    return [str(problem) for problem in find_problems(corpus)]


def test_a_sound_corpus_has_no_problems(tmp_path: Path) -> None:
    other = GOOD | {"id": "a-2", "text": "Brukaren ringde og banna i ti minutt.", "group": "call", "split": "test"}
    assert problems(tmp_path, GOOD, other) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"text": "Noe helt annet skjedde her i dag."}, "found the id 'a-1' again"),
        ({"id": "a-2", "text": "hun ropte  og kastet koppen mot meg, den traff veggen."}, "found the same text as"),
        ({"id": "a-2", "text": "Noe helt annet skjedde her.", "split": "test"}, "found the group 'cup' in test"),
        (
            {"id": "a-2", "text": "Hun ropte og kastet koppen mot meg, den traff gulvet.", "split": "test", "group": "x"},
            "which is in train",
        ),
    ],
)
def test_problems_of_the_whole_are_named_with_the_line(tmp_path: Path, change: dict[str, object], message: str) -> None:
    found = problems(tmp_path, GOOD, GOOD | change)
    assert len(found) == 1
    assert "a.jsonl, line 2: " in found[0]
    assert message in found[0]


def test_a_living_persons_identity_number_is_a_problem_and_a_synthetic_one_is_not(tmp_path: Path) -> None:
    real, synthetic = with_check_digits("410190499"), with_check_digits("018190499")
    found = problems(
        tmp_path,
        GOOD | {"text": f"Fnr {synthetic} ble ropt opp."},
        GOOD | {"id": "a-2", "text": f"Noterte {real[:6]} {real[6:]} på lappen."},
    )
    assert len(found) == 1
    assert "line 2: found an identity number" in found[0]
    assert real not in found[0]


def test_similarity_is_the_jaccard_index_of_character_five_grams() -> None:
    ((left, right, similarity),) = similar_pairs(["abcdef"], ["xyzxyz", "abcdeg"], 0.1)
    assert (left, right) == (0, 1)
    assert similarity == pytest.approx(1 / 3)


def example(**changes: object) -> Example:
    fields = GOOD | {"acts": None, "note": ""} | changes
    return Example(**fields)  # type: ignore[arg-type]


def test_the_digest_follows_the_content_and_not_the_order() -> None:
    first, second = example(), example(id="a-2")
    assert digest([first, second]) == digest([second, first])
    assert digest([first]) != digest([example(channel="annet")])
    assert digest([first]) == digest([example(note="talked about")])


def test_the_tables_count_every_example() -> None:
    by_channel, by_split = count_tables([example(), example(id="a-2", split="test", channel="annet")])
    assert by_channel.rows[-1][-1] == "2"
    assert by_split.rows[0] == ("examples", "1", "1")
    assert all(len(row) == len(table.columns) for table in (by_channel, by_split) for row in table.rows)


def test_training_never_opens_the_test_file_nor_yields_a_test_example(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", GOOD, GOOD | {"id": "a-2", "split": "test"})
    # A folder in the file's place cannot be opened, whoever runs the test.
    (tmp_path / "test.jsonl").mkdir()
    (tmp_path / "test_more.jsonl").mkdir()
    errors: list[InputError] = []
    assert [located.example.id for located in read_corpus(tmp_path, errors.append, split="train")] == ["a-1"]
    assert errors == []
    with pytest.raises(InputError, match=r"test\.jsonl"):
        list(read_corpus(tmp_path, errors.append))


def test_a_line_of_another_split_in_a_test_file_is_a_bad_one(tmp_path: Path) -> None:
    write(tmp_path / "test_office.jsonl", GOOD, GOOD | {"id": "a-2", "split": "test"})
    for split in ("test", None):
        errors: list[InputError] = []
        assert [located.example.id for located in read_corpus(tmp_path, errors.append, split=split)] == ["a-2"]
        assert [(error.line, error.reason.partition(";")[0]) for error in errors] == [(1, "found the split 'train'")]
    # Named on its own, a file is whatever it holds.
    assert [located.example.id for located in read_corpus(tmp_path / "test_office.jsonl", errors.append)] == ["a-1", "a-2"]


def test_the_test_split_of_a_folder_is_read_from_its_files_alone(tmp_path: Path) -> None:
    write(tmp_path / "test.jsonl", GOOD | {"split": "test"})
    write(tmp_path / "test_more.jsonl", GOOD | {"id": "a-2", "split": "test"})
    (tmp_path / "testimonies.jsonl").mkdir()
    errors: list[InputError] = []
    assert [located.example.id for located in read_corpus(tmp_path, errors.append, split="test")] == ["a-1", "a-2"]
    assert errors == []


def test_the_figure_is_drawn_in_each_format_and_another_is_refused(tmp_path: Path) -> None:
    for suffix, start in ((".svg", b"<?xml"), (".png", b"\x89PNG"), (".pdf", b"%PDF")):
        draw_corpus([example(), example(split="test")], tmp_path / f"a{suffix}")
        assert (tmp_path / f"a{suffix}").read_bytes().startswith(start)
    with pytest.raises(InputError, match=r"found the ending '.gif'"):
        draw_corpus([example()], tmp_path / "a.gif")


LONG = "Brukeren ringte tre ganger og sa at han visste hvor saksbehandleren bor og når hun går hjem."


def test_near_duplicates_are_known_by_the_first_of_them_also_by_way_of_others() -> None:
    a_little_later = LONG.replace("tre ganger", "tre ganger i dag").replace("hjem.", "hjem fra jobb.")
    later_still = a_little_later.replace("Brukeren", "Den samme brukeren").replace("saksbehandleren", "en saksbehandler")
    texts = [LONG, "Noe helt annet.", a_little_later, later_still, f"  {LONG.upper()} "]
    assert near_duplicates(texts) == [0, 1, 0, 0, 0]
    assert near_duplicates([]) == []


def test_repeats_share_a_group_with_all_that_is_in_their_groups() -> None:
    texts = [LONG, "Noe helt annet.", LONG.lower(), "Noe tredje, som hører sammen med det første."]
    examples = [
        example_from_fields({**GOOD, "id": f"T{place}", "text": text, "group": group}, "a", place)
        for place, (text, group) in enumerate(zip(texts, ("", "", "historie", "historie"), strict=True))
    ]
    grouped, repeats = kept_together(examples)
    assert repeats == 1
    assert grouped[0].group == grouped[2].group == grouped[3].group != grouped[1].group
    assert [example.text for example in grouped] == texts
