from pathlib import Path

import pytest

from classifier.batch.forms import guarded
from classifier.errors import InputError
from classifier.review.id_list import read_ids
from classifier.store.database import Database
from classifier.store.reports import known_ids
from tests.review.reports import TEXT, add


def written(path: Path, *ids: str, header: str = "id") -> Path:
    lines = [f"{header};reason;probability", *(f"{id_};unsure_category;0.31" for id_ in ids)]
    path.write_text("\n".join(lines), encoding="utf-8-sig")
    return path


def test_the_list_that_a_history_leaves_is_read_back_as_it_was_before_it_was_guarded(tmp_path: Path) -> None:
    given = ("S-1", "-17", "=4", "'s-Hertogenbosch", "S-1")
    assert read_ids(written(tmp_path / "ny.review.csv", *map(guarded, given))) == set(given)


def test_a_column_named_as_people_do_is_found(tmp_path: Path) -> None:
    assert read_ids(written(tmp_path / "liste.csv", "12", header="Saksnummer")) == {"12"}


def test_a_table_without_ids_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="looks like the id"):
        read_ids(written(tmp_path / "liste.csv", "12", header="hvem"))
    with pytest.raises(InputError, match="nothing in column 'id'"):
        read_ids(written(tmp_path / "liste.csv", "", ""))


def test_the_store_knows_its_ids_whatever_their_source(database: Database) -> None:
    add(database, TEXT, TEXT)
    add(database, TEXT, source="skjema")
    with database.reading() as session:
        assert known_ids(session, ["1", "2", "3"]) == {"1", "2"}
