"""What a report shows, made from incidents: tables and figures with what must be hidden left out, in the shape of the memo.

Pure: it neither reads nor writes. `report_page`, `report_files` and `report_figures` render it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from classifier.model.estimator import Target
from classifier.taxonomy import CHANNEL_GROUPS
from classifier.trends.counting import Counts, Dimension, count, group_places, period_places, period_range
from classifier.trends.history import History
from classifier.trends.ledger import Key, Ledger
from classifier.trends.ledger_entries import (
    MONTHLY,
    cell_key,
    dimension_of,
    enter,
    enter_totals,
    tie_groups,
    tie_kinds,
    tie_months,
    tie_slices,
)
from classifier.trends.periods import By, Period
from classifier.trends.quantification import Correction, Interval
from classifier.trends.report_parts import HIDDEN, Cell, Chart, Panel, Report, ReportSettings, ReportTable, Section

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

MONTHS_SHOWN = 24

TITLES: dict[Dimension, str] = {
    "category": "Antall hendelser etter type",
    "channel": "Hvor skjer hendelsene?",
    "group": "Hvor skjer hendelsene? Grupper av kanaler",
    "kind": "Hendelser etter type enhet",
    "unit": "Hendelser etter enhet",
}
NAMES: dict[Dimension, str] = {
    "category": "Type",
    "channel": "Kanal",
    "group": "Kanalgruppe",
    "kind": "Type enhet",
    "unit": "Enhet",
}
IN_WORDS: dict[By, str] = {"year": "år", "quarter": "kvartal", "month": "måned"}
_CORRECTED: dict[Dimension, Target] = {"category": "category", "channel": "channel", "group": "channel"}


def make_report(
    history: History,
    settings: ReportSettings,
    *,
    source: str,
    made: date,
    correct: Callable[[History, tuple[Period, ...]], Correction] | None = None,
    notes: Sequence[str] = (),
) -> Report:
    """Return the report of a history, which must hold an incident; `correct` corrects counts for a model's errors."""
    periods = period_range(history, settings.by)
    counts = {dimension: count(history, dimension, periods) for dimension in settings.dimensions}
    chosen = {name: _of_unit(history, name) for name in settings.units}
    slices = {name: history.where(its) for name, its in chosen.items()}
    months = period_range(history, "month")[-MONTHS_SHOWN:]
    monthly: dict[str, dict[Dimension, Counts]] = {
        name: {dimension: count(part, dimension, months) for dimension in MONTHLY} for name, part in slices.items()
    }
    ledger = Ledger(settings.smallest)
    totals = count(history, "kind", periods).counts.sum(axis=0)
    enter_totals(ledger, periods, [int(total) for total in totals])
    entered = dict(counts)
    if monthly and "channel" in counts:
        # Channels give their groups away, which a monthly analysis is held against.
        entered.setdefault("group", count(history, "group", periods))
    for dimension, found in entered.items():
        enter(ledger, (), found, len(history), published=dimension in counts)
    tie_groups(ledger, entered, periods)
    tie_kinds(ledger, history, counts, periods)
    for name, tables in monthly.items():
        for found in tables.values():
            enter(ledger, ("months", name), found, int(found.counts.sum()))
        if (dimension := dimension_of(history, name)) in counts:
            tie_months(ledger, name, counts[dimension], months)
    tie_slices(ledger, chosen, entered, periods, monthly)
    ledger.close()
    correction = None if correct is None else correct(history, periods)
    sections = [_overview(ledger, periods, settings.by)]
    sections += [_by_dimension(ledger, found, correction, settings) for found in counts.values()]
    for name, tables in monthly.items():
        of_slice = None if correct is None else correct(slices[name], months)
        sections.append(_monthly(ledger, name, tables, months, of_slice, settings))
    return Report(
        source,
        made,
        settings,
        ledger.shown(("all", "")),
        periods,
        ledger.hidden_count,
        correct is not None,
        tuple(sections),
        tuple(notes),
    )


def change_in_percent(before: int | None, after: int | None) -> float | None:
    """Return by how many percent a count has changed; None where either is hidden, or there was nothing before."""
    return None if not before or after is None else 100 * (after - before) / before


def _of_unit(history: History, name: str) -> NDArray[np.bool_]:
    """Return which incidents are of a unit, or of a kind of unit."""
    import numpy as np

    if dimension_of(history, name) == "unit":
        return np.equal(history.unit, history.units.index(name))
    return np.equal(history.kind, history.kinds.index(name))


def _overview(ledger: Ledger, periods: tuple[Period, ...], by: By) -> Section:
    shown = [ledger.shown(("all", period.short_name)) for period in periods]
    before = [None, *shown[:-1]]
    changes = [change_in_percent(*pair) for pair in zip(before, shown, strict=True)]
    rows: list[tuple[Cell, ...]] = [
        (period.name, _cell(value), change) for period, value, change in zip(periods, shown, changes, strict=True)
    ]
    table = ReportTable("registrerte", "Registrerte hendelser", ("Periode", "Antall", "Endring i prosent"), tuple(rows))
    marks = tuple("" if change is None else f"{change:+.0f} %".replace("-", "−") for change in changes)
    panel = Panel("", tuple(shown), marks=marks)
    names = tuple(period.short_name for period in periods)
    told = in_words(shown, names)
    chart = Chart("registrerte", "Registrerte hendelser", told, names, "hendelser", (panel,))
    text = (
        f"Tallet over hver søyle er endringen fra {IN_WORDS[by]}et før." if by != "month" else "Endringen er fra måneden før."
    )
    return Section("Registrerte hendelser", (text,), (chart,), (table,))


def _by_dimension(ledger: Ledger, found: Counts, correction: Correction | None, settings: ReportSettings) -> Section:
    """Return the section of a dimension: counts, shares, and corrected counts beside the raw."""
    dimension = found.dimension
    names = tuple(period.short_name for period in found.periods)
    target = _CORRECTED.get(dimension)
    tables = [_count_table(ledger, (), found)]
    corrected: list[list[Interval]] = []
    if correction is not None and target is not None:
        corrected = _intervals(correction, dimension)
        tables += _corrected_tables(ledger, (), found, corrected, settings.smallest)
    tables.append(_share_table(ledger, found))
    charts = [] if dimension == "unit" else [_chart(ledger, (), found, corrected, names, settings.smallest)]
    paragraphs = ("Hver rute er en rad i tabellen. " + _LEGEND,) if corrected else ()
    return Section(TITLES[dimension], paragraphs, tuple(charts), tuple(tables))


_LEGEND = (
    "Fylt søyle er antallet modellen talte. Punktet med strek er det korrigerte antallet og hvor det med 95 prosent sikkerhet "
    "ligger."
)


def _monthly(
    ledger: Ledger,
    name: str,
    tables: dict[Dimension, Counts],
    months: tuple[Period, ...],
    correction: Correction | None,
    settings: ReportSettings,
) -> Section:
    """Return a unit's monthly analysis: how many, how many in the same month a year before, and of which type and channel."""
    scope = ("months", name)
    shown = {month: ledger.shown((*scope, "all", month.short_name)) for month in months}
    rows: list[tuple[Cell, ...]] = []
    for month in months:
        year_before = shown.get(month.later(-12))
        rows.append((month.name, _cell(shown[month]), change_in_percent(year_before, shown[month])))
    columns = ("Måned", "Antall", "Endring fra samme måned året før, prosent")
    stem = f"maaned_{_file_name(name)}"
    found = [ReportTable(stem, f"{name}: hendelser per måned", columns, tuple(rows))]
    names = tuple(month.short_name for month in months)
    values = list(shown.values())
    title = f"{name}: hendelser per måned"
    charts = [Chart(stem, title, in_words(values, names), names, "hendelser", (Panel("", tuple(values)),))]
    for dimension, counts in tables.items():
        found.append(_count_table(ledger, scope, counts, stem))
        if correction is not None:
            intervals = _intervals(correction, counts.dimension)
            found += _corrected_tables(ledger, scope, counts, intervals, settings.smallest, stem)
        elif dimension == "group":
            charts.append(_chart(ledger, scope, counts, [], names, settings.smallest, stem))
    text = f"De siste {len(months)} månedene." if len(months) > 1 else "Den eneste måneden i tallene."
    return Section(f"Månedsanalyse: {name}", (text,), tuple(charts), tuple(found))


def _count_table(ledger: Ledger, scope: Key, found: Counts, stem: str = "") -> ReportTable:
    names = [period.short_name for period in found.periods]
    rows: list[tuple[Cell, ...]] = []
    for row in found.rows:
        cells = [_cell(ledger.shown(cell_key(scope, found.dimension, row, name))) for name in (*names, "")]
        rows.append((row, *cells))
    rows.append(("Alle", *(_cell(ledger.shown((*scope, "all", name))) for name in (*names, ""))))
    title = " – ".join((*scope[1:], TITLES[found.dimension]))
    return ReportTable(_stem(stem, found), title, (NAMES[found.dimension], *names, "I alt"), tuple(rows))


def _share_table(ledger: Ledger, found: Counts) -> ReportTable:
    names = [period.short_name for period in found.periods]
    rows: list[tuple[Cell, ...]] = []
    for row in found.rows:
        shares: list[Cell] = []
        for name in names:
            value, total = ledger.shown((found.dimension, row, name)), ledger.shown(("all", name))
            shares.append(HIDDEN if value is None or total is None else 100 * value / total if total else None)
        rows.append((row, *shares))
    title = _titled(found, "Prosent av hendelsene")
    return ReportTable(f"{_stem('', found)}_prosent", title, (NAMES[found.dimension], *names), tuple(rows))


def _corrected_tables(
    ledger: Ledger, scope: Key, found: Counts, corrected: list[list[Interval]], smallest: int, stem: str = ""
) -> list[ReportTable]:
    """Return counts as the model made them beside corrected ones: wide for reading, long for reckoning on."""
    names = [period.short_name for period in found.periods]
    wide: list[tuple[Cell, ...]] = []
    long: list[tuple[Cell, ...]] = []
    for row, intervals in zip(found.rows, corrected, strict=False):
        cells: list[Cell] = []
        for name, interval in zip(names, intervals, strict=True):
            raw = ledger.shown(cell_key(scope, found.dimension, row, name))
            kept = _publishable(interval, raw, smallest)
            told = HIDDEN if kept is None else f"{_whole(kept.value)}\n({_whole(kept.low)}–{_whole(kept.high)})"
            cells.append(f"{HIDDEN if raw is None else _whole(raw)} → {told}")
            figures: tuple[Cell, ...] = (HIDDEN,) * 3 if kept is None else tuple(map(round, (kept.value, kept.low, kept.high)))
            long.append((row, name, _cell(raw), *figures))
        wide.append((row, *cells))
    title = " – ".join((*scope[1:], _titled(found, "Talt av modellen → korrigert (95 prosent intervall)")))
    name = f"{_stem(stem, found)}_korrigert"
    columns = (NAMES[found.dimension], "Periode", "Talt av modellen", "Korrigert", "Fra", "Til")
    return [
        ReportTable(name, title, (NAMES[found.dimension], *names), tuple(wide), in_files=False),
        ReportTable(name, title, columns, tuple(long), on_page=False),
    ]


def _titled(found: Counts, what: str) -> str:
    """Return a dimension's title and what a table says of it, as two sentences."""
    title = TITLES[found.dimension]
    return f"{title} {what}" if title.endswith("?") else f"{title}. {what}"


def _whole(count: float) -> str:
    """Return a count with thousands apart, as a figure that is not broken over lines."""
    return f"{round(count):,}".replace(",", "\u00a0")


def _publishable(interval: Interval, raw: int | None, smallest: int) -> Interval | None:
    """Return an estimate unless it, or the count it was made from, is too small to be shown."""
    return None if raw is None or 0 < round(interval.value) < smallest else interval


def _intervals(correction: Correction, dimension: Dimension) -> list[list[Interval]]:
    """Return the corrected counts of each row of a dimension."""
    if dimension == "group":
        places = group_places()
        members = [tuple(p for p, group in enumerate(places) if group == wanted) for wanted in range(len(CHANNEL_GROUPS))]
        return [correction.of_group("channel", part) for part in members]
    return correction.of_labels("category" if dimension == "category" else "channel")


def _chart(
    ledger: Ledger,
    scope: Key,
    found: Counts,
    corrected: list[list[Interval]],
    names: tuple[str, ...],
    smallest: int,
    stem: str = "",
) -> Chart:
    panels: list[Panel] = []
    for place, row in enumerate(found.rows):
        values = tuple(ledger.shown(cell_key(scope, found.dimension, row, name)) for name in names)
        intervals: tuple[Interval | None, ...] = ()
        if place < len(corrected):
            intervals = tuple(_publishable(i, raw, smallest) for i, raw in zip(corrected[place], values, strict=True))
        panels.append(Panel(row, values, intervals))
    told = "; ".join(f"{panel.title}: {in_words(list(panel.heights), names)}" for panel in panels)
    title = " – ".join((*scope[1:], TITLES[found.dimension]))
    return Chart(_stem(stem, found), title, told, names, "hendelser", tuple(panels))


def in_words(values: Sequence[float | None], names: Sequence[str]) -> str:
    """Return in words where a series begins and ends, and where it is highest, if anything was counted."""
    known = [(value, name) for value, name in zip(values, names, strict=True) if value is not None]
    if not known:
        return "alle tall er skjult"
    most, when = max(known, key=lambda item: item[0])
    (first, begins), (last, ends) = known[0], known[-1]
    if begins == ends:
        return f"{first:.0f} i {begins}"
    if not most and len(known) == len(values):
        return f"ingen fra {begins} til {ends}"
    ends_told = f"{first:.0f} i {begins}, {last:.0f} i {ends}"
    return f"{ends_told}, flest i {when} med {most:.0f}" if most else ends_told


def _cell(value: int | None) -> Cell:
    return HIDDEN if value is None else value


def _stem(stem: str, found: Counts) -> str:
    own = {"category": "type", "channel": "kanal", "group": "kanalgruppe", "kind": "enhetstype", "unit": "enhet"}[
        found.dimension
    ]
    return f"{stem}_{own}" if stem else own


def _file_name(name: str) -> str:
    """Return a name as a file name has it: small letters, figures and underscores."""
    plain = name.casefold().replace("æ", "ae").replace("ø", "o").replace("å", "a")
    return "_".join("".join(sign if sign.isascii() and sign.isalnum() else " " for sign in plain).split()) or "enhet"


def incidents_per_period(history: History, periods: tuple[Period, ...]) -> list[History]:
    """Return the incidents of each period that have a model's probabilities."""
    places = period_places(history, periods)
    return [history.where((places == place) & history.answered) for place in range(len(periods))]
