"""The Norwegian spaCy pipeline: find it, load it, and read texts with it into small frozen values.

Whoever reads uses only what both the shipped pipeline and the official `nb_core_news_*` provide: lemma, part of speech,
morphology, sentences, entities. Offsets always count characters of the text as it was given.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from classifier.errors import PipelineError
from classifier.language_id import LanguageGuess, identify
from classifier.normalisation import NormalisedText, normalise
from classifier.settings import DEFAULT_PIPELINE

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

Part = Literal["tags", "lemmas", "sentences", "entities"]
"""What a caller can ask the pipeline for; words and offsets always come."""

ALL_PARTS: frozenset[Part] = frozenset(("tags", "lemmas", "sentences", "entities"))

_FACTORIES: dict[Part, frozenset[str]] = {
    "tags": frozenset({"tok2vec", "transformer", "morphologizer", "tagger", "attribute_ruler"}),
    "lemmas": frozenset(
        {
            "tok2vec",
            "transformer",
            "morphologizer",
            "tagger",
            "attribute_ruler",
            "lemmatizer",
            "trainable_lemmatizer",
            "asys_lemma_table",
        }
    ),
    "sentences": frozenset({"tok2vec", "transformer", "parser", "senter", "sentencizer"}),
    "entities": frozenset({"tok2vec", "transformer", "ner"}),
}
"""Which component factories a part needs; a component that listens to shared vectors needs tok2vec before it."""

CHUNK_CHARACTERS = 20_000
"""Longer texts are read in pieces cut at white space, so that memory stays bounded and no component meets its limit."""

_NORWEGIAN = frozenset({"nb", "nn", "no"})
_OFFICIAL = ("nb_core_news_sm", "nb_core_news_md", "nb_core_news_lg")


@dataclass(frozen=True)
class Entity:
    """A named entity of the original text, `[start, end)` in characters, with its NorNE label."""

    start: int
    end: int
    label: str


@dataclass(frozen=True)
class AnalysedText:
    """One text as the pipeline reads it.

    `words`, `starts`, `ends`, `lemmas`, `pos` and `morphs` are parallel, one entry a token without white space; offsets are
    characters of `text`, which is the text as given. `lemmas`, `pos` and `morphs` are empty where they were not asked for.
    `sentences` holds token ranges `(first, past the last)`, and is empty if not asked for.
    """

    text: str
    words: tuple[str, ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    lemmas: tuple[str, ...]
    pos: tuple[str, ...]
    morphs: tuple[str, ...]
    sentences: tuple[tuple[int, int], ...]
    entities: tuple[Entity, ...]
    language: LanguageGuess


@dataclass(frozen=True)
class LoadedPipeline:
    """A spaCy pipeline with the identity that manifests record: name, version and a digest of its files.

    `words_only` says that its components were left on the disk: it can divide texts into words, and nothing else.
    """

    name: str
    version: str
    digest: str
    nlp: Language
    words_only: bool = False

    def unneeded(self, parts: frozenset[Part]) -> list[str]:
        """Return the names of the active components that none of `parts` needs."""
        needed = frozenset().union(*(_FACTORIES[part] for part in parts)) if parts else frozenset()
        if parts == {"entities"} and not self._ner_listens():
            needed -= {"tok2vec", "transformer"}
        factories = self.nlp.pipe_factories
        return [name for name in self.nlp.pipe_names if factories[name] not in needed]

    def _ner_listens(self) -> bool:
        models = (getattr(self.nlp.get_pipe(name), "model", None) for name, f in self.nlp.pipe_factories.items() if f == "ner")
        return any("listener" in node.name for model in models if model is not None for node in model.walk())


@dataclass(frozen=True)
class _Piece:
    """A stretch of one text on its way through spaCy: `content` stands at `offset` of the whole normalised text."""

    content: str
    offset: int
    whole: NormalisedText
    original: str
    last: bool


def shipped_models() -> Path:
    """Return the folder of the artefacts that travel with the package: inside the wheel, or in the checkout beside it."""
    inside = Path(__file__).parent / "shipped" / "models"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "models"


def load_pipeline(name: str | None = None, *, words_only: bool = False) -> LoadedPipeline:
    """Load the pipeline `name`: the shipped one by default, an installed package, or a folder.

    `words_only` leaves the components of a folder on the disk, for whoever needs only words and wants them soon. Raises
    PipelineError, saying what to do, if there is none of that name, if it is not Norwegian, or if it cannot be read.
    """
    import spacy
    from spacy.util import is_package, load_config

    import classifier.lemma_table  # noqa: F401  (registers the component that the shipped pipeline names)

    wanted = name or DEFAULT_PIPELINE
    source: str | Path
    if wanted == DEFAULT_PIPELINE:
        source = shipped_models() / DEFAULT_PIPELINE
        if not source.is_dir():
            raise PipelineError(
                wanted, f"not found in {source.parent}; reinstall the package, or train it as models/README.md says"
            )
    elif Path(wanted).is_dir():
        source = Path(wanted)
    elif is_package(wanted):
        source = wanted
    else:
        raise PipelineError(wanted, _how_to_install(wanted))
    left_out: list[str] = []
    try:
        if words_only and isinstance(source, Path):
            left_out = list(load_config(source / "config.cfg").get("components", {}))
        nlp = spacy.load(source, exclude=left_out)
    except (OSError, ValueError, KeyError) as error:
        raise PipelineError(wanted, f"cannot be read from {source}: {error}") from error
    if nlp.lang not in _NORWEGIAN:
        raise PipelineError(wanted, f"reads language {nlp.lang!r}; expected a Norwegian pipeline (lang 'nb', 'nn' or 'no')")
    return LoadedPipeline(
        name=f"{nlp.lang}_{nlp.meta.get('name', 'pipeline')}",
        version=str(nlp.meta.get("version", "0")),
        digest=folder_digest(Path(nlp.path)) if nlp.path else "",
        nlp=nlp,
        words_only=bool(left_out),
    )


def _how_to_install(name: str) -> str:
    if name in _OFFICIAL:
        return (
            f"not installed. Run `python -m spacy download {name}` where the internet is open, or `pip install` its wheel "
            f"from a folder; or leave ASYS_PIPELINE unset to use the shipped {DEFAULT_PIPELINE}."
        )
    return f"neither an installed package nor a folder; expected {DEFAULT_PIPELINE}, one of {', '.join(_OFFICIAL)}, or a path"


def folder_digest(folder: Path) -> str:
    """Return the SHA-256, in hexadecimal, of the names and contents of all files below `folder`."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*"), key=lambda path: path.relative_to(folder).as_posix()):
        if path.is_file() and "__pycache__" not in path.parts:
            content = path.read_bytes()
            digest.update(f"{path.relative_to(folder).as_posix()}\0{len(content)}\0".encode())
            digest.update(content)
    return digest.hexdigest()


def analyse(
    texts: Iterable[str],
    *,
    pipeline: LoadedPipeline,
    batch_size: int = 64,
    processes: int = 1,
    parts: frozenset[Part] = ALL_PARTS,
) -> Iterator[AnalysedText]:
    """Yield one AnalysedText for each text, in order, reading the input no faster than the output is taken.

    Only the components that `parts` needs run. Copes with any string: empty, a megabyte, binary-like, emoji only, right to
    left, lone surrogates. Raises PipelineError for parts that the pipeline was loaded without.
    """
    if parts and pipeline.words_only:
        raise PipelineError(pipeline.name, f"was loaded for words only; {', '.join(sorted(parts))} asked for")
    if processes > 1:
        yield from _analyse_in_processes(texts, pipeline, batch_size, processes, parts)
        return
    waiting: deque[_Piece] = deque()

    def contents() -> Iterator[str]:
        for text in texts:
            for piece in _cut(text):
                waiting.append(piece)
                yield piece.content

    read: list[tuple[_Piece, Doc]] = []
    for doc in pipeline.nlp.pipe(contents(), batch_size=batch_size, disable=pipeline.unneeded(parts)):
        piece = waiting.popleft()
        read.append((piece, doc))
        if piece.last:
            yield _assemble(read, parts)
            read = []


def keep_words(texts: Iterable[str], *, pipeline: LoadedPipeline) -> None:
    """Cut texts into words that spaCy then knows for good, whatever memory zones come after.

    Inside a zone it remembers no word but cuts each one anew, each time it stands there.
    """
    for text in texts:
        for piece in _cut(text):
            pipeline.nlp.make_doc(piece.content)


def _analyse_in_processes(
    texts: Iterable[str], pipeline: LoadedPipeline, batch_size: int, processes: int, parts: frozenset[Part]
) -> Iterator[AnalysedText]:
    """Yield what `analyse` yields, reading batches in fresh processes; no more than two batches a process are under way.

    spaCy's own `n_process` forks, which hangs once a numerical library has started threads; starting afresh does not.
    """
    from concurrent.futures import Future, ProcessPoolExecutor
    from multiprocessing import get_context

    if pipeline.nlp.path is None:
        raise PipelineError(pipeline.name, "was made in memory; expected one on disk, which other processes can load")
    source = iter(texts)
    under_way: deque[Future[list[AnalysedText]]] = deque()
    with ProcessPoolExecutor(
        processes, mp_context=get_context("spawn"), initializer=_start_worker, initargs=(str(pipeline.nlp.path),)
    ) as pool:
        while batch := list(islice(source, batch_size)):
            under_way.append(pool.submit(_analyse_batch, batch, parts))
            if len(under_way) >= 2 * processes:
                yield from under_way.popleft().result()
        while under_way:
            yield from under_way.popleft().result()


_worker_pipelines: list[LoadedPipeline] = []
"""The one pipeline of a worker process; stays empty in every other process."""


def _start_worker(path: str) -> None:
    _worker_pipelines.append(load_pipeline(path))


def _analyse_batch(texts: list[str], parts: frozenset[Part]) -> list[AnalysedText]:
    return list(analyse(texts, pipeline=_worker_pipelines[0], batch_size=len(texts), parts=parts))


def _cut(text: str) -> Iterator[_Piece]:
    """Yield the normalised text whole, or in pieces of at most CHUNK_CHARACTERS cut after white space where there is any."""
    whole = normalise(text)
    start = 0
    while True:
        stop = start + CHUNK_CHARACTERS
        if stop >= len(whole.text):
            yield _Piece(whole.text[start:], start, whole, text, last=True)
            return
        space = max(whole.text.rfind("\n", start, stop), whole.text.rfind(" ", start, stop))
        stop = space + 1 if space > start else stop
        yield _Piece(whole.text[start:stop], start, whole, text, last=False)
        start = stop


def _assemble(read: list[tuple[_Piece, Doc]], parts: frozenset[Part]) -> AnalysedText:
    """Join the documents of one text's pieces, with offsets of the text as it was given."""
    words: list[str] = []
    spans: list[tuple[int, int]] = []
    lemmas: list[str] = []
    pos: list[str] = []
    morphs: list[str] = []
    sentences: list[tuple[int, int]] = []
    entities: list[Entity] = []
    for piece, doc in read:
        first = len(words)
        # White-space tokens are spaCy's way to keep the text whole; nobody reads them.
        tokens = [token for token in doc if not token.is_space]
        for token in tokens:
            start = piece.offset + token.idx
            words.append(token.text)
            spans.append(piece.whole.original_span(start, start + len(token)))
        if "tags" in parts:
            pos.extend(token.pos_ for token in tokens)
            morphs.extend(str(token.morph) for token in tokens)
        if "lemmas" in parts:
            lemmas.extend(token.lemma_ or token.text for token in tokens)
        if "sentences" in parts and tokens:
            starts = _sentence_starts(doc)
            stops = [*starts[1:], len(tokens)]
            sentences.extend((first + start, first + stop) for start, stop in zip(starts, stops, strict=True))
        if "entities" in parts:
            for entity in doc.ents:
                start = piece.offset + entity.start_char
                entities.append(Entity(*piece.whole.original_span(start, start + len(entity.text)), entity.label_))
    return AnalysedText(
        text=read[0][0].original,
        words=tuple(words),
        starts=tuple(start for start, _ in spans),
        ends=tuple(end for _, end in spans),
        lemmas=tuple(lemmas),
        pos=tuple(pos),
        morphs=tuple(morphs),
        sentences=tuple(sentences),
        entities=tuple(entities),
        language=identify(read[0][0].whole.text),
    )


def _sentence_starts(doc: Doc) -> list[int]:
    """Return which of the tokens that are no white space begin a sentence; white space may hold the mark for the next one."""
    starts: list[int] = []
    index = 0
    pending = True
    for token in doc:
        pending = pending or bool(token.is_sent_start)
        if not token.is_space:
            if pending:
                starts.append(index)
            pending = False
            index += 1
    return starts
