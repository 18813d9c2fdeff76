import pytest

from classifier.errors import SettingsError
from classifier.settings import Settings


def test_an_empty_environment_gives_the_defaults() -> None:
    assert Settings.from_env({}) == Settings(pipeline="nb_asys_sm", batch_size=64, processes=1)


def test_values_are_read_from_the_mapping_given_and_nowhere_else() -> None:
    settings = Settings.from_env({"ASYS_PIPELINE": " nb_core_news_lg ", "ASYS_BATCH_SIZE": "8", "ASYS_PROCESSES": "2"})
    assert settings == Settings(pipeline="nb_core_news_lg", batch_size=8, processes=2)


@pytest.mark.parametrize("prior", ["corpus", "uniform", "asys-2020", "egen.json"])
def test_a_prior_is_a_known_name_or_a_file(prior: str) -> None:
    assert Settings.from_env({"ASYS_PRIOR": prior}).prior == prior


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("ASYS_BATCH_SIZE", "many"),
        ("ASYS_PRIOR", "asys-2021"),
        ("ASYS_PRIOR", "egen.csv"),
        ("ASYS_BATCH_SIZE", "0"),
        ("ASYS_PROCESSES", "-1"),
        ("ASYS_PIPELINE", "  "),
        ("ASYS_BLIND_SHARE", "ti"),
        ("ASYS_BLIND_SHARE", "1"),
        ("ASYS_BLIND_SHARE", "nan"),
        ("ASYS_LEASE_MINUTES", "0"),
    ],
)
def test_an_unusable_value_is_named_with_its_key(key: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"setting {key} has value ") as caught:
        Settings.from_env({key: value})
    assert (caught.value.key, caught.value.value) == (key, value)
