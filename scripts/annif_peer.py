"""One Annif project, trained and asked in an environment of Annif's own, which pins other library versions than this project.

    python scripts/annif_peer.py train BACKEND FOLDER < rows.json
    python scripts/annif_peer.py serve BACKEND FOLDER < texts.json

`train` takes {"texts": [...], "labels": [[category, channel], ...]}; `serve` takes {"texts": [...]} and prints predictions and
timings as JSON. Needs only Annif and the standard library.
"""

import functools
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

TARGETS = ("category", "channel")
SETTINGS = {
    "svc": "backend=svc\nmin_df=2\nngram=2",
    "fasttext": "backend=fasttext\ndim=100\nlr=0.5\nepoch=40\nloss=softmax\nminn=3\nmaxn=5\nwordNgrams=2\nthread=1",
}
"""Annif's documented settings for documents as short as these; they were not searched."""


def registry(backend: str, folder: Path) -> Any:
    """Return Annif's registry over projects in `folder`."""
    import annif
    import nltk.data
    import nltk.tokenize

    # NLTK's sentence model would have to be fetched; a report is short enough to be cut into words as one sentence.
    nltk.data.find = lambda *_: None
    nltk.tokenize.sent_tokenize = lambda text: [text]
    nltk.tokenize.word_tokenize = functools.partial(nltk.tokenize.word_tokenize, preserve_line=True)
    projects = "\n".join(
        f"[{backend}-{target}]\nname={target}\nlanguage=nb\nanalyzer=snowball(norwegian)\nvocab={target}\nlimit=1\n{SETTINGS[backend]}\n"
        for target in TARGETS
    )
    (folder / "projects.cfg").write_text(projects, encoding="utf-8")
    application = annif.create_flask_app(config_name="annif.default_config.Config")
    application.config.update(DATADIR=str(folder / "data"), PROJECTS_CONFIG_PATH=str(folder / "projects.cfg"))
    application.app_context().push()
    from annif.registry import AnnifRegistry

    return AnnifRegistry(str(folder / "projects.cfg"), str(folder / "data"), init_projects=False)


def uri(label: str) -> str:
    """Return the address that stands for a label."""
    return f"http://example.org/{label}"


def train(backend: str, folder: Path) -> None:
    """Train a project for each target."""
    from annif.corpus import DocumentFileTSV
    from annif.project import Access
    from annif.vocab import VocabFileTSV

    given = json.load(sys.stdin)
    found = registry(backend, folder)
    for place, target in enumerate(TARGETS):
        project = found.get_project(f"{backend}-{target}", Access.hidden)
        labels = sorted({row[place] for row in given["labels"]})
        with tempfile.TemporaryDirectory() as work:
            vocabulary, documents = Path(work) / "vocab.tsv", Path(work) / "documents.tsv"
            vocabulary.write_text("".join(f"<{uri(label)}>\t{label}\n" for label in labels), encoding="utf-8")
            rows = zip(given["texts"], given["labels"], strict=True)
            lines = (f"{' '.join(text.split())}\t<{uri(row[place])}>\n" for text, row in rows)
            documents.write_text("".join(lines), encoding="utf-8")
            project.vocab.load_vocabulary(VocabFileTSV(str(vocabulary), "nb"))
            project.train(DocumentFileTSV(str(documents), project.subjects))


def serve(backend: str, folder: Path) -> None:
    """Answer every text one at a time and all together, and print what it took."""
    started = time.perf_counter()
    from annif.project import Access

    given = json.load(sys.stdin)
    found = registry(backend, folder)
    projects = [found.get_project(f"{backend}-{target}", Access.hidden) for target in TARGETS]

    def answer(texts: list[str]) -> list[list[str]]:
        from annif.corpus import Document

        columns = []
        for project in projects:
            batch = project.suggest([Document(text=" ".join(text.split())) for text in texts])
            column = []
            for result in batch:
                best = max(result, key=lambda suggestion: suggestion.score, default=None)
                column.append(project.subjects[best.subject_id].uri.rsplit("/", 1)[1] if best else "ukjent")
            columns.append(column)
        return [list(row) for row in zip(*columns, strict=True)]

    texts = given["texts"]
    answer(texts[:1])
    first = time.perf_counter() - started
    singles = []
    for text in texts[: given["singles"]]:
        start = time.perf_counter()
        answer([text])
        singles.append(time.perf_counter() - start)
    start = time.perf_counter()
    predicted = answer(texts)
    batch = time.perf_counter() - start
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))
    print(json.dumps({"predicted": predicted, "first": first, "singles": singles, "batch": batch, "peak_kib": peak}))


if __name__ == "__main__":
    action, backend_name, place_ = sys.argv[1:]
    {"train": train, "serve": serve}[action](backend_name, Path(place_))
