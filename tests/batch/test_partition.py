from classifier.batch.engines import InProcess
from classifier.batch.partition import Partition, learn_common_words, reclassify_partition
from classifier.batch.remembered import Remembered, text_digest
from tests import small_model
from tests.batch.fakes import answer_to

TEXTS = tuple(dict.fromkeys(example.text for example in small_model.unseen()[:120]))


def test_an_answer_does_not_depend_on_the_partition() -> None:
    together = reclassify_partition(Partition(0, TEXTS), small_model.model()).answers
    apart = [
        answer
        for first in range(0, len(TEXTS), 17)
        for answer in reclassify_partition(Partition(first, TEXTS[first : first + 17]), small_model.model()).answers
    ]
    assert list(together) == apart


def test_without_evidence_the_rest_is_the_same() -> None:
    with_words = reclassify_partition(Partition(0, TEXTS[:20]), small_model.model()).answers
    without = reclassify_partition(Partition(0, TEXTS[:20], evidence=False), small_model.model()).answers
    assert any(answer.evidence for answer in with_words)
    assert [answer.category_top3 for answer in with_words] == [answer.category_top3 for answer in without]
    assert {answer.evidence for answer in without} == {""}


def test_an_empty_partition_has_no_answers() -> None:
    assert reclassify_partition(Partition(3, ()), small_model.model()).answers == ()


def test_no_text_shows_where_a_worker_would_log_it() -> None:
    partition = Partition(3, ("Han slo i bordet",))
    result = reclassify_partition(partition, small_model.model())
    assert "slo" not in repr(partition) + repr(result)


def test_words_of_one_partition_do_not_stay_in_the_pipeline() -> None:
    strings = small_model.pipeline().nlp.vocab.strings
    reclassify_partition(Partition(0, ("Qwxzzy brølte zzxqwy i skranken",)), small_model.model())
    assert "Qwxzzy" not in strings


def test_common_words_are_kept_once_and_change_no_answer() -> None:
    strings = small_model.pipeline().nlp.vocab.strings
    before = reclassify_partition(Partition(0, TEXTS), small_model.model())
    learn_common_words(Partition(0, TEXTS), small_model.model())
    assert "Qvxzzy" not in strings
    learn_common_words(Partition(0, ("Qvxzzy brølte i skranken",)), small_model.model())
    assert "Qvxzzy" in strings
    assert reclassify_partition(Partition(0, TEXTS), small_model.model()) == before


def test_a_process_learns_the_words_of_its_first_partition_with_texts_and_no_others() -> None:
    strings = small_model.pipeline().nlp.vocab.strings
    texts = ((), ("Bqvxzzyen sto i skranken",), ("Cqvxzzyen sto i skranken",))
    partitions = [Partition(number, held) for number, held in enumerate(texts)]
    assert [len(result.answers) for result in InProcess(small_model.model()).run(partitions)] == [0, 1, 1]
    assert "Bqvxzzyen" in strings
    assert "Cqvxzzyen" not in strings


def test_answers_are_remembered_by_text(tmp_path) -> None:  # type: ignore[no-untyped-def]
    remembered = Remembered(tmp_path / "answers.sqlite")
    answers = {text_digest(text): answer_to(text) for text in TEXTS}
    remembered.put(answers)
    remembered.put(answers)
    remembered.close()
    again = Remembered(tmp_path / "answers.sqlite")
    assert again.known([*answers, text_digest("ny")]) == set(answers)
    assert again.get([*answers, text_digest("ny")]) == answers
    again.close()
