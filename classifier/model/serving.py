"""The champion as a running service uses it: a promotion is picked up within seconds, without a restart or a pause.

A thread looks at the registry's file. A new champion is read beside the old one, which answers meanwhile, and takes its place
in one step; one that cannot be trusted or read is refused, and the old one stays.
"""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path
from types import TracebackType

from classifier.errors import ClassifierError
from classifier.language import LoadedPipeline
from classifier.model.incident_model import IncidentModel
from classifier.model.own_prior import Prior
from classifier.model.priors import CORPUS
from classifier.model.registry import REGISTRY, find_artifact, load_model

LOOK_SECONDS = 1.0
"""How often the registry's file is looked at; that is one `stat`."""

RETRY_SECONDS = 10.0
"""How often a champion that was refused is tried again, as its files may have been put right."""

_LOG = logging.getLogger(__name__)

_Stamp = tuple[int, int, int] | None


class ChampionModel:
    """Holds the champion of a folder of models, and follows its promotions until it is closed.

    `model` is safe to read from any thread; whoever keeps what it returned goes on with that version, so take it once for each
    request. `problem` says why the present champion is not the one that serves, and is None if it is.
    """

    def __init__(
        self,
        models: Path,
        pipeline: LoadedPipeline,
        *,
        prior: Prior = CORPUS,
        other_pipeline: bool = False,
        look_seconds: float = LOOK_SECONDS,
        retry_seconds: float = RETRY_SECONDS,
    ) -> None:
        """Load the champion and start to watch; raises what `load_model` does if there is none that can be trusted."""
        self._models = models
        self._pipeline = pipeline
        self._prior = prior
        self._other_pipeline = other_pipeline
        self._look_seconds = look_seconds
        self._retry_seconds = retry_seconds
        # The stamp is taken first: a promotion while the model loads is then seen at the first look.
        self._stamp = self._look()
        self._digest = find_artifact(None, models).digest
        self._model = self._load()
        self._problem: str | None = None
        self._tried = time.monotonic()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="champion", daemon=True)
        self._thread.start()

    @property
    def model(self) -> IncidentModel:
        """The model that serves now."""
        return self._model

    @property
    def problem(self) -> str | None:
        """Why the champion that the registry names is not the model that serves, if so."""
        return self._problem

    def close(self) -> None:
        """Stop watching; the model goes on to serve."""
        self._closing.set()
        self._thread.join()

    def __enter__(self) -> ChampionModel:
        """Return itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Stop watching."""
        self.close()

    def _watch(self) -> None:
        while not self._closing.wait(self._look_seconds):
            stamp = self._look()
            refused = self._problem is not None and time.monotonic() - self._tried >= self._retry_seconds
            if stamp != self._stamp or refused:
                self._stamp = stamp
                self._follow()

    def _follow(self) -> None:
        self._tried = time.monotonic()
        try:
            artifact = find_artifact(None, self._models)
            if artifact.digest != self._digest:
                model = self._load()
                _LOG.info("model %s serves in place of %s", model.version, self._model.version)
                self._model, self._digest = model, artifact.digest
        except ClassifierError as error:
            self._refuse(str(error))
        except Exception as error:
            # Whatever a new model does to its reader, the old one must go on and this thread must live to see the next.
            self._refuse(f"the champion cannot be loaded ({type(error).__name__})")
            _LOG.exception("the champion cannot be loaded")
        else:
            self._problem = None

    def _refuse(self, problem: str) -> None:
        if problem != self._problem:
            _LOG.error("model %s goes on to serve: %s", self._model.version, problem)
        self._problem = problem

    def _load(self) -> IncidentModel:
        return load_model(models=self._models, pipeline=self._pipeline, prior=self._prior, other_pipeline=self._other_pipeline)

    def _look(self) -> _Stamp:
        """Return what changes whenever the registry's file is replaced, or None while there is none."""
        try:
            found = (self._models / REGISTRY).stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino
