"""One Annif project, trained and asked in an environment of Annif's own, which pins other library versions than this project.

    python -m scripts.annif_peer train BACKEND FOLDER < rows.json
    python -m scripts.annif_peer serve BACKEND FOLDER < texts.json

`train` takes {"texts": [...], "labels": [[category, channel], ...]}; `serve` takes {"texts": [...]} and prints predictions and
timings as JSON. Needs only Annif and the standard library.
"""

import functools
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from scripts.serving import Answer, serve

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


def answerer(backend: str, folder: Path) -> Answer:
    """Load both projects, and return what answers texts."""
    from annif.corpus import Document
    from annif.project import Access

    found = registry(backend, folder)
    projects = [found.get_project(f"{backend}-{target}", Access.hidden) for target in TARGETS]

    def answer(texts: list[str]) -> list[list[str]]:
        columns = []
        for project in projects:
            batch = project.suggest([Document(text=" ".join(text.split())) for text in texts])
            column = []
            for result in batch:
                best = max(result, key=lambda suggestion: suggestion.score, default=None)
                column.append(project.subjects[best.subject_id].uri.rsplit("/", 1)[1] if best else "ukjent")
            columns.append(column)
        return [list(row) for row in zip(*columns, strict=True)]

    return answer


if __name__ == "__main__":
    action, backend_name, place_ = sys.argv[1:]
    if action == "train":
        train(backend_name, Path(place_))
    else:
        serve(lambda: answerer(backend_name, Path(place_)))
