"""What can go wrong, as problem details (RFC 9457): Bokmål for people, a stable `type` for machines, one place for both.

No problem quotes what was sent: it may be incident text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from classifier.errors import (
    ArtifactError,
    ClassifierError,
    ConflictError,
    InputError,
    StoreError,
    TrainingError,
    UnknownLabelError,
    UnknownReportError,
)
from classifier.store.idempotency import ReusedKeyError


@dataclass(frozen=True)
class Kind:
    """A kind of problem: `name` ends its type, `title` never changes with the occasion."""

    name: str
    status: int
    title: str

    @property
    def type(self) -> str:
        """The stable URI reference that machines know the kind by."""
        return f"/problems/{self.name}"


KINDS: dict[str, Kind] = {
    name: Kind(name, status, title)
    for name, status, title in (
        ("invalid-request", 422, "Forespørselen har feil eller mangler"),
        ("invalid-json", 400, "Innholdet er ikke gyldig JSON"),
        ("invalid-encoding", 400, "Innholdet er ikke gyldig UTF-8"),
        ("wrong-content-type", 415, "Innholdet har en type som ikke støttes"),
        ("too-long", 422, "Teksten er for lang"),
        ("too-many-texts", 422, "For mange tekster på én gang"),
        ("too-large", 413, "Forespørselen er for stor"),
        ("too-many-requests", 429, "For mange forespørsler"),
        ("login-needed", 401, "Du må logge inn"),
        ("login-failed", 401, "Innloggingen mislyktes"),
        ("no-access", 403, "Du har ikke tilgang"),
        ("stale-form", 403, "Skjemaet er fra en eldre økt"),
        ("foreign-origin", 403, "Forespørselen kommer fra et annet nettsted"),
        ("local-only", 403, "Tjenesten svarer bare på denne maskinen"),
        ("not-found", 404, "Siden finnes ikke"),
        ("unknown-report", 404, "Rapporten finnes ikke"),
        ("unknown-label", 422, "Ukjent kategori eller kanal"),
        ("method-not-allowed", 405, "Metoden støttes ikke her"),
        ("conflict", 409, "Noen andre kom først"),
        ("report-exists", 409, "Rapporten finnes med en annen tekst"),
        ("key-reused", 422, "Idempotensnøkkelen er brukt til noe annet"),
        ("no-model", 503, "Ingen modell er tilgjengelig"),
        ("unavailable", 503, "Tjenesten er ikke klar"),
        ("provider-unavailable", 503, "Innloggingstjenesten svarer ikke"),
        ("internal", 500, "Noe gikk galt hos oss"),
        ("http", 400, "Forespørselen kunne ikke behandles"),
    )
}


class ProblemError(ClassifierError):
    """A request that is answered with a problem; `detail` is Bokmål, `members` are further members for machines."""

    def __init__(
        self,
        kind: str,
        detail: str = "",
        *,
        status: int | None = None,
        members: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Name the kind, and say what is special about this occasion."""
        self.kind = KINDS[kind]
        super().__init__(self.kind.title)
        self.detail = detail
        self.status = status or self.kind.status
        self.members = dict(members or {})
        self.headers = dict(headers or {})

    def as_dict(self, request_id: str) -> dict[str, Any]:
        """Return the problem as RFC 9457 has it; `instance` is what the log knows the request by."""
        shown: dict[str, Any] = {"type": self.kind.type, "title": self.kind.title, "status": self.status}
        if self.detail:
            shown["detail"] = self.detail
        return {**shown, "instance": f"urn:uuid:{request_id}", **self.members}


@dataclass(frozen=True)
class _Meaning:
    kind: str
    detail: str
    technical: bool = field(default=True)
    """Whether the error's own words, in English and without incident text, help whoever programs against the API."""


_MEANINGS: dict[type[ClassifierError], _Meaning] = {
    ReusedKeyError: _Meaning("key-reused", "Bruk en ny nøkkel for hver forespørsel.", technical=False),
    UnknownReportError: _Meaning("unknown-report", "Det finnes ingen rapport med denne id-en.", technical=False),
    UnknownLabelError: _Meaning("unknown-label", "Bruk en av id-ene i taksonomien."),
    ConflictError: _Meaning("conflict", "Se på rapporten en gang til; den kan ha fått en avgjørelse i mellomtiden."),
    InputError: _Meaning("invalid-request", "En verdi kan ikke brukes slik den er."),
    TrainingError: _Meaning("invalid-request", "Eksemplene er ikke nok å lære av."),
    ArtifactError: _Meaning(
        "no-model", "Modellen finnes ikke eller er skadet. Si fra til dem som drifter tjenesten.", technical=False
    ),
    StoreError: _Meaning("unavailable", "Databasen kan ikke brukes nå. Si fra til dem som drifter tjenesten.", technical=False),
}


def problem_of(error: ClassifierError) -> ProblemError:
    """Return the problem that one of the package's errors is; a kind that nobody foresaw is an internal one."""
    if isinstance(error, ProblemError):
        return error
    for kind in type(error).__mro__:
        meaning = _MEANINGS.get(kind)
        if meaning is not None:
            members = {"technical": str(error)} if meaning.technical else {}
            return ProblemError(meaning.kind, meaning.detail, members=members)
    return internal()


def internal() -> ProblemError:
    """Return the problem of a bug: it says nothing, and the log knows more."""
    return ProblemError(
        "internal", "Feilen er logget. Prøv igjen, og si fra til dem som drifter tjenesten hvis den kommer igjen."
    )


def of_status(status: int) -> ProblemError:
    """Return the problem of a status that the framework answered with."""
    by_status = {404: "not-found", 405: "method-not-allowed", 413: "too-large", 415: "wrong-content-type"}
    if status in by_status:
        return ProblemError(by_status[status])
    phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else ""
    return ProblemError("http", members={"technical": phrase} if phrase else {}, status=status)
