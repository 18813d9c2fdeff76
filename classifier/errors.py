"""The package's errors: one base, a few kinds, each naming the offending thing, what was found and what was expected."""

from __future__ import annotations


class ClassifierError(Exception):
    """Base of every error this package raises on purpose; anything else that escapes is a bug."""


class SettingsError(ClassifierError):
    """A setting has a value that cannot be used."""

    def __init__(self, key: str, value: str, expected: str) -> None:
        """Name the setting, the value found and what was expected."""
        super().__init__(f"setting {key} has value {value!r}; expected {expected}")
        self.key = key
        self.value = value


class InputError(ClassifierError):
    """Input that cannot be read or is not what it should be; never quotes incident text."""

    def __init__(self, source: str, found: str, expected: str, *, line: int | None = None, unknown: str = "") -> None:
        """Name the source, the line where there is one, what was found and what was expected.

        `unknown` is a label that was not known, in words that are the same wherever it stands, so that it can be counted.
        """
        place = source if line is None else f"{source}, line {line}"
        self.reason = f"found {found}; expected {expected}"
        super().__init__(f"{place}: {self.reason}")
        self.source = source
        self.line = line
        self.unknown = unknown


class UnknownLabelError(ClassifierError):
    """An identifier that the taxonomy does not hold."""

    def __init__(self, kind: str, label: str, known: tuple[str, ...]) -> None:
        """Name the kind of label, the label found and those known."""
        super().__init__(f"unknown {kind} {label!r}; expected one of: {', '.join(known)}")
        self.kind = kind
        self.label = label
        self.known = known


class PipelineError(ClassifierError):
    """A spaCy pipeline that is missing, or lacks something the caller asked for; carries its name."""

    def __init__(self, name: str, message: str) -> None:
        """Name the pipeline and say what is wrong with it."""
        super().__init__(f"spaCy pipeline {name!r}: {message}")
        self.name = name


class MissingExtraError(ClassifierError):
    """Something asked for needs an optional library that is not installed."""

    def __init__(self, library: str, extra: str) -> None:
        """Name the library and the extra that brings it."""
        super().__init__(f"this needs {library}, which is not installed; run: pip install 'asys-classifier[{extra}]'")
        self.library = library
        self.extra = extra


class TrainingError(ClassifierError):
    """Examples that nothing can be learned from; says why."""


class ArtifactError(ClassifierError):
    """A model artefact that is missing, damaged, unknown or does not fit what is installed; carries its place."""

    def __init__(self, place: str, message: str) -> None:
        """Name the artefact's place and say what is wrong with it."""
        super().__init__(f"model {place}: {message}")
        self.place = place


class StoreError(ClassifierError):
    """A database that cannot be opened, read or written as asked; carries its place, without any password."""

    def __init__(self, place: str, message: str) -> None:
        """Name the database and say what is wrong."""
        super().__init__(f"database {place}: {message}")
        self.place = place


class ConflictError(ClassifierError):
    """Somebody else decided first; carries who and when, so that a person can look again."""


class UnknownReportError(ClassifierError):
    """A report that the store does not hold; carries its external id."""

    def __init__(self, external_id: str) -> None:
        """Name the report."""
        super().__init__(f"no report {external_id!r} in the database")
        self.external_id = external_id


class JobError(ClassifierError):
    """A batch job that cannot begin, go on or be finished; carries the place of its output. What is done is kept."""

    def __init__(self, place: str, message: str) -> None:
        """Name the output and say what is wrong."""
        super().__init__(f"{place}: {message}")
        self.place = place


class EngineError(ClassifierError):
    """Workers that are missing, do not fit, or failed at a partition too often; says which and what to do."""
