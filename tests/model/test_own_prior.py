import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from classifier.errors import InputError
from classifier.model.estimator import LABELS, TARGETS
from classifier.model.own_prior import (
    NOTED,
    OwnPrior,
    name_of,
    noted,
    own_prior,
    prior_called,
    read_prior,
    shares_under,
)

SHARES = {target: np.arange(1.0, len(LABELS[target]) + 1) / sum(range(1, len(LABELS[target]) + 1)) for target in TARGETS}
OWN = own_prior("decisions", "vedtak.csv", "d" * 64, SHARES)


def written(path: Path, **changed: object) -> Path:
    told = {"prior": OWN.name, NOTED: noted(OWN), **changed}
    path.write_text(json.dumps(told), encoding="utf-8")
    return path


def test_a_prior_that_was_written_down_is_read_back_to_the_last_digit(tmp_path: Path) -> None:
    path = written(tmp_path / "ny.csv.summary.json")
    assert read_prior(path) == OWN
    assert prior_called(str(path)) == OWN
    assert prior_called("uniform") == "uniform"
    assert read_prior(written(path, prior="uniform", own_prior=noted("uniform"))) == "uniform"


def test_channels_that_the_file_says_nothing_of_stay_as_common_as_in_the_corpus(tmp_path: Path) -> None:
    without = own_prior("decisions", "vedtak.csv", "d" * 64, {"category": SHARES["category"]})
    path = written(tmp_path / "ny.csv.summary.json", prior=without.name, own_prior=noted(without))
    assert json.loads(path.read_text(encoding="utf-8"))[NOTED]["channel"] is None
    assert read_prior(path) == without
    assert without.name != OWN.name
    np.testing.assert_array_equal(shares_under(without, "channel", SHARES["channel"]), SHARES["channel"])
    np.testing.assert_array_equal(shares_under(without, "category", SHARES["category"]), np.array(without.category))


def test_its_name_tells_other_numbers_apart_and_nothing_else() -> None:
    assert OWN.name.startswith("decisions:")
    assert name_of(replace(OWN, file="kopi.csv", sha256="e" * 64)) == OWN.name
    turned = replace(OWN, category=tuple(reversed(OWN.category)))
    assert len({OWN.name, turned.name, replace(OWN, source="texts").name}) == 3
    assert name_of("corpus") == "corpus"


def test_its_shares_stand_where_those_of_a_named_prior_would() -> None:
    for target in TARGETS:
        corpus = np.full(len(LABELS[target]), 1 / len(LABELS[target]))
        np.testing.assert_allclose(shares_under(OWN, target, corpus), SHARES[target], atol=1e-9)
        np.testing.assert_array_equal(shares_under("corpus", target, corpus), corpus)
    with pytest.raises(InputError, match=r"'decisions:1'; expected .* or the summary \(\.json\)"):
        shares_under("decisions:1", "category", SHARES["category"])


@pytest.mark.parametrize("category", [OWN.category[:-1], (1.5, -0.5, *[0.0] * 5), tuple(2 * share for share in OWN.category)])
def test_shares_that_are_none_are_refused(category: tuple[float, ...]) -> None:
    with pytest.raises(InputError, match="shares of category labels that are none; expected one a label, adding up to 1"):
        OwnPrior("texts", "a.txt", "", category, OWN.channel)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("{", "no valid JSON"),
        ("[]", "no prior"),
        ("{}", "no prior"),
        (json.dumps({"prior": "decisions:1", NOTED: noted(OWN)}), "other numbers than those of the prior 'decisions:1'"),
        (json.dumps({"prior": OWN.name, NOTED: {"source": "decisions"}}), "other numbers"),
        (json.dumps({"prior": OWN.name, NOTED: {**noted(OWN), "category": {"trussel": 1.0}}}), "other numbers"),  # type: ignore[dict-item]
        (json.dumps({"prior": OWN.name, NOTED: {**noted(OWN), "source": "guesses"}}), "other numbers"),  # type: ignore[dict-item]
        (json.dumps({"prior": OWN.name, NOTED: {**noted(OWN), "category": None}}), "other numbers"),  # type: ignore[dict-item]
        (json.dumps({"prior": OWN.name, NOTED: {**noted(OWN), "channel": None}}), "other numbers"),  # type: ignore[dict-item]
        (json.dumps({"prior": OWN.name, NOTED: 3}), "other numbers"),
    ],
)
def test_a_damaged_or_altered_file_is_refused(tmp_path: Path, content: str, found: str) -> None:
    path = tmp_path / "ny.csv.summary.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=found) as caught:
        read_prior(path)
    assert str(path) in str(caught.value)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"borte\.json: found No such file"):
        prior_called(str(tmp_path / "borte.json"))
