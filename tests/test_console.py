import re

import pytest

from classifier.console import print_table
from classifier.table import Table

PARTS = ("trussel om selvskading", "sjikane og trakassering", "kanalen digitalt saksbehandlingssystem")
COLUMNS = ("part", "texts", "2026.11.4", "2026.11.5", "difference", "95 %", "verdict")
ROWS = tuple((part, "1,200", "0.512", "0.498", "-0.014", "-0.031 to +0.002", "same") for part in PARTS)
TABLE = Table("Same texts", COLUMNS, ROWS, spare=("95 %", "difference"))


def shown(capsys: pytest.CaptureFixture[str]) -> str:
    print_table(TABLE)
    return re.sub("\x1b[^m]*m", "", capsys.readouterr().out)


def test_a_narrow_terminal_does_without_what_can_be_spared_and_breaks_no_word(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("FORCE_COLOR", "1")
    found = shown(capsys)
    assert max(map(len, found.splitlines())) <= 80
    for word in ("selvskading", "sjikane og trakassering", "saksbehandlingssystem", "2026.11.4", "2026.11.5", "verdict"):
        assert word in found
    assert "95 %" not in found


def test_a_wide_terminal_shows_every_column(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "-0.031 to +0.002" in shown(capsys)


def test_a_table_with_columns_to_spare_comes_whole_through_a_pipe(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = shown(capsys).splitlines()
    for row in ROWS:
        assert any(all(cell in line for cell in row) for line in lines)
