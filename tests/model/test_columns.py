import numpy as np
import pytest

from classifier.language import analyse
from classifier.model.columns import Columns
from classifier.model.features import BLOCKS, read_forms
from tests import small_model

STRANGE = ["", "qwxz zzxy", "faen faen faen faen", "😡😡 «Eg tek livet mitt»", "½ ½ ²", "å"]


@pytest.mark.parametrize("texts", [[""], STRANGE, [text.text for text in small_model.texts()[:100]]])
def test_the_rows_are_those_of_the_vectorisers_to_the_last_bit(texts: list[str]) -> None:
    features = small_model.model().trained.estimator.named_steps["features"]
    readings = read_forms(analyse(texts, pipeline=small_model.pipeline(), parts=frozenset()))
    rows = Columns(features).rows(readings).matrix
    expected = features.transform(readings)
    for part in ("data", "indices", "indptr"):
        np.testing.assert_array_equal(getattr(rows, part), getattr(expected, part))
    assert rows.shape == expected.shape


def test_terms_stand_where_the_blocks_say() -> None:
    features = small_model.model().trained.estimator.named_steps["features"]
    (reading,) = read_forms(analyse(["Han slo i skranken og slo igjen."], pipeline=small_model.pipeline(), parts=frozenset()))
    (located,) = Columns(features).rows([reading]).located
    found = list(zip(located.columns.tolist(), located.first.tolist(), located.widths.tolist(), strict=True))
    expected = []
    offset = 0
    for name, vectoriser in features.transformer_list:
        known = vectoriser.vocabulary_
        expected += [
            (known[term] + offset, first, last - first) for term, first, last in BLOCKS[name](reading) if term in known
        ]
        offset += len(known)
    assert found == expected
    assert located.words == len(reading.forms)


def test_a_suggestion_does_not_depend_on_the_texts_beside_it() -> None:
    model = small_model.model()
    texts = [text.text for text in small_model.texts()[:150]]
    together = model.suggest(texts)
    assert together == [suggestion for text in texts for suggestion in model.suggest([text])]
    assert together == list(reversed(model.suggest(list(reversed(texts)))))
