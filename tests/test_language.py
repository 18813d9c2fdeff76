import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import spacy
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from classifier.errors import PipelineError
from classifier.language import ALL_PARTS, CHUNK_CHARACTERS, AnalysedText, LoadedPipeline, analyse, folder_digest, load_pipeline
from classifier.normalisation import normalise
from tests import official_standin


def read(text: str, pipeline: LoadedPipeline, **options: object) -> AnalysedText:
    (analysed,) = analyse([text], pipeline=pipeline, **options)  # type: ignore[arg-type]
    return analysed


def assert_offsets_lead_back(analysed: AnalysedText) -> None:
    assert len(analysed.words) == len(analysed.starts) == len(analysed.ends)
    last = 0
    for start, end in zip(analysed.starts, analysed.ends, strict=True):
        assert last <= start < end <= len(analysed.text)
        last = start
    if analysed.sentences:
        assert [stop for _, stop in analysed.sentences[:-1]] == [first for first, _ in analysed.sentences[1:]]
        assert (analysed.sentences[0][0], analysed.sentences[-1][1]) == (0, len(analysed.words))
    for entity in analysed.entities:
        assert 0 <= entity.start < entity.end <= len(analysed.text)


def test_a_nynorsk_report_is_read(pipeline: LoadedPipeline) -> None:
    analysed = read("Brukaren ringde og sa at eg skulle få svi.", pipeline)
    assert analysed.words == ("Brukaren", "ringde", "og", "sa", "at", "eg", "skulle", "få", "svi", ".")
    assert (analysed.lemmas[0], analysed.lemmas[3]) == ("brukar", "seie")
    assert analysed.pos[:2] == ("NOUN", "VERB")
    assert "Tense=Past" in analysed.morphs[1]
    assert analysed.language.standard == "nn"


def test_sentences_and_entities_are_found(pipeline: LoadedPipeline) -> None:
    text = "Kari Nordmann slo i skranken på NAV i Bergen. Vekteren kom etter fem minutter. Da gikk hun."
    analysed = read(text, pipeline)
    assert [text[analysed.starts[first] : analysed.ends[stop - 1]] for first, stop in analysed.sentences] == [
        "Kari Nordmann slo i skranken på NAV i Bergen.",
        "Vekteren kom etter fem minutter.",
        "Da gikk hun.",
    ]
    assert ("Kari Nordmann", "PER") in [(text[entity.start : entity.end], entity.label) for entity in analysed.entities]


def test_order_is_kept_and_input_is_read_no_faster_than_output_is_taken(pipeline: LoadedPipeline) -> None:
    taken = 0

    def texts() -> Iterator[str]:
        nonlocal taken
        for number in range(100):
            taken += 1
            yield f"Sak {number} ble ropt opp."

    results = analyse(texts(), pipeline=pipeline, batch_size=10, parts=frozenset())
    assert next(results).words[1] == "0"
    assert taken < 100
    assert [analysed.words[1] for analysed in results] == [str(number) for number in range(1, 100)]


def test_two_processes_give_what_one_gives(pipeline: LoadedPipeline) -> None:
    texts = ["Hun la på.", "", "Han slo i bordet. Så gikk han."] * 5
    assert list(analyse(texts, pipeline=pipeline, processes=2, batch_size=4)) == list(analyse(texts, pipeline=pipeline))


def test_only_what_was_asked_for_runs(pipeline: LoadedPipeline) -> None:
    assert set(pipeline.unneeded(frozenset())) == set(pipeline.nlp.pipe_names)
    assert "ner" in pipeline.unneeded(frozenset({"sentences"}))
    assert "morphologizer" in pipeline.unneeded(frozenset({"entities"}))
    assert pipeline.unneeded(ALL_PARTS) == []
    bare = read("Han ropte.", pipeline, parts=frozenset())
    assert (bare.lemmas, bare.pos, bare.sentences, bare.entities) == ((), (), (), ())
    assert bare.words == ("Han", "ropte", ".")


@pytest.mark.parametrize("part", sorted(ALL_PARTS))
def test_a_part_alone_reads_as_it_does_among_all(pipeline: LoadedPipeline, part: str) -> None:
    text = "Ole Hansen truet meg. Eg vart redd."
    alone = read(text, pipeline, parts=frozenset({part}))
    whole = read(text, pipeline)
    field = {"tags": "pos", "lemmas": "lemmas", "sentences": "sentences", "entities": "entities"}[part]
    assert getattr(alone, field) == getattr(whole, field) != ()


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\t ",
        "🤬🤬🤬",
        "\x00\x01\x02ÿþ\x7f" * 50,
        "שלום העולם, הוא איים עליי בטלפון",
        "\u202eהוא\u202c",
        "\ud800 hei",
        "a" * 30_000,
        "http://" + "a.b/" * 3_000,
    ],
)
def test_odd_texts_are_read_without_a_crash(pipeline: LoadedPipeline, text: str) -> None:
    analysed = read(text, pipeline)
    assert analysed.text == text
    assert_offsets_lead_back(analysed)


def test_a_megabyte_is_read_in_pieces_with_offsets_kept(pipeline: LoadedPipeline) -> None:
    text = "Han ropte og skreik i telefonen. " * 31_000
    assert len(text) > 1_000_000
    analysed = read(text, pipeline, parts=frozenset({"sentences"}))
    assert_offsets_lead_back(analysed)
    assert len(analysed.words) == 31_000 * 7
    at = analysed.starts[CHUNK_CHARACTERS]
    assert text[at : analysed.ends[CHUNK_CHARACTERS]] == analysed.words[CHUNK_CHARACTERS]


def test_entities_keep_their_offsets_with_emoji_and_combining_letters(pipeline: LoadedPipeline) -> None:
    text = "😡😡  Na\u030a kom  Kari Nordmann  hit."
    analysed = read(text, pipeline)
    assert "Kari Nordmann" in [text[entity.start : entity.end] for entity in analysed.entities]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(codec=None), max_size=200))
@example(text="Han\u00a0\u00a0sa «nei».\u2028Så e\u0301n til")
def test_any_text_leads_back_to_itself(pipeline: LoadedPipeline, text: str) -> None:
    analysed = read(text, pipeline)
    assert analysed.text == text
    assert_offsets_lead_back(analysed)
    assert "".join("".join(analysed.words).split()) == "".join(normalise(text).text.split())


def test_the_digest_names_content_and_file_names(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    before = folder_digest(tmp_path)
    (tmp_path / "a").rename(tmp_path / "b")
    assert folder_digest(tmp_path) != before


def test_a_missing_pipeline_says_how_to_install_it() -> None:
    with pytest.raises(PipelineError, match="python -m spacy download nb_core_news_lg"):
        load_pipeline("nb_core_news_lg")
    with pytest.raises(PipelineError, match="neither an installed package nor a folder"):
        load_pipeline("nb_core_nwes_sm")


def test_a_folder_that_is_no_pipeline_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match="cannot be read"):
        load_pipeline(str(tmp_path))


def test_a_pipeline_of_another_language_is_refused(tmp_path: Path) -> None:
    spacy.blank("sv").to_disk(tmp_path)
    with pytest.raises(PipelineError, match="reads language 'sv'"):
        load_pipeline(str(tmp_path))


@pytest.fixture(scope="module")
def official(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoadedPipeline]:
    """The stand-in for nb_core_news_sm, installed where Python finds it."""
    site = official_standin.install(tmp_path_factory.mktemp("official"))
    sys.path.insert(0, str(site))
    try:
        yield load_pipeline("nb_core_news_sm")
    finally:
        sys.path.remove(str(site))


def test_the_stand_in_has_the_official_layout(official: LoadedPipeline) -> None:
    assert sorted(official.nlp.pipe_names) == sorted(official_standin.COMPONENTS)
    assert official.nlp.disabled == ["senter"]
    assert official.nlp.get_pipe("ner").labels == official_standin.ENTITY_LABELS  # type: ignore[attr-defined]


def test_an_official_pipeline_is_loaded_by_name_with_its_version_and_digest(official: LoadedPipeline) -> None:
    assert (official.name, official.version) == ("nb_core_news_sm", "3.8.0")
    assert len(official.digest) == 64


def test_an_official_pipeline_reads_all_parts_and_takes_sentences_from_its_parser(official: LoadedPipeline) -> None:
    text = "Mannen kastet stoler i NAV. Ole Hansen så det."
    analysed = read(text, official)
    assert_offsets_lead_back(analysed)
    assert len(analysed.sentences) == 2
    assert analysed.lemmas[:3] == ("mann", "kaste", "stol")
    assert ("Ole Hansen", "PER") in [(text[entity.start : entity.end], entity.label) for entity in analysed.entities]
    assert "parser" not in official.unneeded(frozenset({"sentences"}))
    assert "parser" in official.unneeded(frozenset({"entities"}))
    assert "tok2vec" not in official.unneeded(frozenset({"entities"}))


@pytest.mark.parametrize("part", sorted(ALL_PARTS))
def test_an_official_pipeline_gives_a_part_alone(official: LoadedPipeline, part: str) -> None:
    text = "Kari Nordmann ringte fra Bergen. Hun truet en veileder."
    field = {"tags": "pos", "lemmas": "lemmas", "sentences": "sentences", "entities": "entities"}[part]
    assert getattr(read(text, official, parts=frozenset({part})), field) == getattr(read(text, official), field) != ()


def test_a_pipeline_for_words_only_divides_texts_as_the_whole_one_does(pipeline: LoadedPipeline) -> None:
    words_only = load_pipeline(words_only=True)
    texts = ["Brukaren ringde kl. 10.15 og sa at eg skulle få svi!", "ok", ""]
    found = list(analyse(texts, pipeline=words_only, parts=frozenset()))
    assert found == list(analyse(texts, pipeline=pipeline, parts=frozenset()))
    assert words_only.digest == pipeline.digest
    assert words_only.nlp.pipe_names == []


def test_a_pipeline_for_words_only_does_not_pretend_to_find_more() -> None:
    with pytest.raises(PipelineError, match="words only; entities, tags asked for"):
        list(analyse(["Kari ringte."], pipeline=load_pipeline(words_only=True), parts=frozenset({"tags", "entities"})))
