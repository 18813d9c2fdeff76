import pytest

from classifier.errors import SettingsError
from classifier.review.quotas import DEFAULT_QUOTAS, read_quotas
from classifier.review.reasons import RULES


def test_every_rule_has_a_quota_unless_told_otherwise() -> None:
    assert set(read_quotas("")) == set(RULES)
    assert min(DEFAULT_QUOTAS.values()) > 0


@pytest.mark.parametrize(
    "text", ["tull=1", "mislabelled", "random=-1", "random=0", "random=mye", "random=nan", "random=inf", ","]
)
def test_quotas_that_make_no_sense_are_refused_with_an_example(text: str) -> None:
    with pytest.raises(SettingsError, match=r"ASYS_QUEUE_QUOTAS.*such as 'mislabelled=8,random=1'"):
        read_quotas(text)
