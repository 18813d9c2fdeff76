"""The report of an erasure, as JSON and in Bokmål to read; it names the reports, and holds none of their words."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from classifier.store.erasure import Erasure
from classifier.store.erasure_proof import Proof

_NOT_REACHED = (
    "sikkerhetskopier av databasen",
    "filer som er eksportert tidligere, og filene rapportene ble importert fra",
    "modellmappene til versjonene som er nevnt over: slett dem når en ny versjon er tatt i bruk",
)
_POSTGRESQL = (
    "plassen som PostgreSQL har gitt fri, men ikke brukt på nytt: VACUUM FULL skriver tabellene på nytt",
    "WAL-arkivet til PostgreSQL",
)


@dataclass(frozen=True)
class ErasureReport:
    """An erasure with what led to it and what was found afterwards."""

    database: str
    dialect: str
    who: str
    why: str
    at: datetime
    asked_for: str
    erasure: Erasure
    proof: Proof


def as_dict(report: ErasureReport) -> dict[str, Any]:
    """Return the report as JSON."""
    erasure, proof = report.erasure, report.proof
    return {
        "database": report.database,
        "who": report.who,
        "why": report.why,
        "at": report.at.isoformat(),
        "asked_for": report.asked_for,
        "erased": {
            "reports": [asdict(one) for one in erasure.reports],
            "suggestions": erasure.suggestions,
            "reasons": erasure.reasons,
            "training_examples": erasure.examples,
            "open_reviews": erasure.assignments,
        },
        "had_seen_it": {"snapshots": erasure.snapshots, "model_versions": erasure.versions},
        "copies_left": [asdict(copy) for copy in erasure.copies],
        "proof": {**asdict(proof), "clean": proof.clean},
        "not_reached": list(_not_reached(report)),
    }


def as_text(report: ErasureReport) -> str:
    """Return the report as a page of Markdown in Bokmål."""
    erasure, proof = report.erasure, report.proof
    lines = [
        "# Rapport om sletting",
        "",
        f"- Database: {report.database}",
        f"- Slettet av: {report.who}, {report.at.astimezone():%d.%m.%Y kl. %H.%M}",
        f"- Grunn: {report.why}",
        f"- Bestilt: {report.asked_for}",
        "",
        "## Slettet",
        "",
        f"- {len(erasure.reports)} rapporter: tekst, fingeravtrykk av teksten og andre kolonner fra kilden",
        f"- {erasure.suggestions} forslag: sannsynligheter og begrunnelser (hvilke ord som telte)",
        f"- {erasure.reasons} begrunnelser som var skrevet til avgjørelser",
        f"- {erasure.examples} treningseksempler",
        "",
        "Kategori, kanal, dato, enhet og hvem som avgjorde hva og når, er beholdt for statistikken.",
        "",
        "## Hvem hadde sett tekstene",
        "",
        f"- Treningssett: {', '.join(map(str, erasure.snapshots)) or 'ingen'}",
        f"- Modellversjoner: {', '.join(erasure.versions) or 'ingen'}",
    ]
    if erasure.versions:
        lines += ["", "Versjonene er merket. Neste trening (`classifier retrain`) bruker ikke tekstene."]
    if erasure.copies:
        lines += ["", "## Samme tekst finnes fortsatt i", ""]
        lines += [f"- {copy.source}: {copy.external_id}" for copy in erasure.copies]
        lines += ["", "De ble ikke bestilt slettet. `--copies` sletter slike også."]
    lines += ["", "## Kontroll etterpå", "", *_proof_lines(proof), "", "## Dette når slettingen ikke", ""]
    lines += [f"- {place}" for place in _not_reached(report)]
    lines += ["", "## Rapportene", "", "| kilde | id | dato |", "|---|---|---|"]
    lines += [f"| {one.source} | {one.external_id} | {one.incident_date or ''} |" for one in erasure.reports]
    return "\n".join(lines) + "\n"


def _proof_lines(proof: Proof) -> list[str]:
    lines = [
        f"- Rader om slettede rapporter som ikke er tømt: {proof.not_emptied}",
        f"- Lette etter {proof.searched_words} tekstbiter i {proof.searched_columns} kolonner i alle tabeller; "
        f"funnet i {len(proof.found)}",
    ]
    lines += [f"  - {place.table}.{place.column}: {place.rows} rader" for place in proof.found]
    if proof.file_checked:
        lines.append("- Lette i databasefilen, byte for byte" + ("" if proof.file_problem else ": ingenting funnet"))
    if proof.file_problem:
        lines.append(f"- Ikke i orden: {proof.file_problem}. Kjør kommandoen på nytt når databasen ikke er i bruk.")
    lines.append(f"- Konklusjon: {'ingenting igjen i databasen' if proof.clean else 'IKKE FERDIG, se over'}")
    return lines


def _not_reached(report: ErasureReport) -> tuple[str, ...]:
    return (*_NOT_REACHED, *_POSTGRESQL) if report.dialect == "postgresql" else _NOT_REACHED
