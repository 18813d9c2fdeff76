from pathlib import Path

import pytest

from classifier.errors import InputError
from classifier.trends.error_model import learn_errors
from classifier.trends.labelled import read_labelled
from tests.trends.made_up import reclassified, write_table


def refuse(error: InputError) -> None:
    raise error


def test_peoples_labels_and_the_models_answers_are_read_side_by_side(tmp_path: Path) -> None:
    found = read_labelled(reclassified(tmp_path / "a.csv", incidents=400), {}, refuse)
    assert found.probabilities["category"].shape == (400, 7)
    assert found.probabilities["channel"].shape == (400, 11)
    agreeing = (found.probabilities["category"].argmax(axis=1) == found.truth["category"]).mean()
    assert 0.5 < agreeing < 1
    assert len(set(found.writers.tolist())) == 400
    assert learn_errors(found).shares.sum() == pytest.approx(1, abs=0.01)


def test_a_table_without_both_or_with_too_few_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no columns 'asys_category' and 'asys_channel'"):
        read_labelled(write_table(tmp_path / "a.csv", ["Dato", "Kategori"], [["01.02.2021", "trussel"]]), {}, refuse)
    with pytest.raises(InputError, match="found 50 rows with both people's labels and the model's; expected at least 200"):
        read_labelled(reclassified(tmp_path / "b.csv", incidents=50), {}, refuse)
