import gc
from pathlib import Path

import pytest

from classifier.errors import InputError
from classifier.table_writer import LONGEST_WORKBOOK_CELL, workbook_writer


@pytest.mark.filterwarnings("error")
def test_a_workbook_that_is_given_up_leaves_no_file_and_nothing_to_complain_of(tmp_path: Path) -> None:
    path = tmp_path / "ut.xlsx"

    def write_too_much() -> None:
        with workbook_writer(path, ("id", "tekst")) as write:
            write(["1", "Han ropte."])
            write(["2", "x" * (LONGEST_WORKBOOK_CELL + 1)])

    with pytest.raises(InputError, match="in row 3"):
        write_too_much()
    gc.collect()
    assert list(tmp_path.iterdir()) == []
