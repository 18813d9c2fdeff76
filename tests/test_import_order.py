"""A module imports only from those above it in DESIGN's order, which this list spells out."""

import ast
from pathlib import Path

import classifier

ORDER = (
    "errors",
    "late_import",
    "settings",
    "table",
    "dates",
    "column_names",
    "taxonomy",
    "taxonomy_view",
    "label_names",
    "word_lists",
    "word_forms",
    "cues",
    "normalisation",
    "language_id",
    "lemma_table",
    "language",
    "analysis_view",
    "spans",
    "identifiers",
    "person_names",
    "privacy",
    "corpus",
    "corpus_check",
    "corpus_stats",
    "figures",
    "corpus_figure",
    "tabular",
    "corpus_table",
    "cell_text",
    "table_writer",
    "row_scan",
    "rejected_file",
    "text_input",
    "suggestion",
    "suggestion_view",
    "model.features",
    "model.estimator",
    "model.calibration",
    "model.priors",
    "model.own_prior",
    "model.thresholds",
    "model.training",
    "model.columns",
    "model.held_out",
    "model.explanation",
    "model.incident_model",
    "model.local_prior",
    "model.evaluation",
    "model.assessment",
    "model.comparison",
    "model.verdict",
    "model.comparison_report",
    "model.evaluation_report",
    "model.artifact",
    "model.registry",
    "model.promotion_record",
    "model.serving",
    "store.column_types",
    "store.tables",
    "store.database",
    "store.audit",
    "store.reports",
    "store.suggestions",
    "store.history_records",
    "store.incoming",
    "store.importing",
    "store.exporting",
    "store.labelling_formats",
    "store.labelling",
    "store.erasure",
    "store.erasure_proof",
    "store.erasure_report",
    "store.status",
    "store.search",
    "store.registration",
    "store.idempotency",
    "review.blind",
    "review.standing",
    "review.decisions",
    "review.drift",
    "review.progress",
    "review.similar",
    "review.reasons",
    "review.quotas",
    "review.rules",
    "review.mislabelled",
    "review.familiarity",
    "review.missing",
    "review.leases",
    "review.columns",
    "review.strengths",
    "review.ranking",
    "review.queue",
    "review.id_list",
    "review.dealing",
    "review.thermometer",
    "review.feedback",
    "review.snapshots",
    "review.agreement",
    "review.acceptance",
    "review.agreement_view",
    "review.training_set",
    "review.publication",
    "review.retraining",
    "batch.sources",
    "batch.mapping",
    "batch.answers",
    "batch.forms",
    "batch.partition",
    "batch.worker",
    "batch.engines",
    "batch.dask_plugin",
    "batch.dask_engine",
    "batch.remembered",
    "batch.tally",
    "batch.rows",
    "batch.journal",
    "batch.run",
    "batch.summary",
    "batch.summary_report",
    "batch.store_source",
    "trends.periods",
    "trends.incidents",
    "trends.incident_table",
    "trends.labelled",
    "trends.history",
    "trends.stored",
    "trends.counting",
    "trends.error_model",
    "trends.quantification",
    "trends.suppression",
    "trends.ledger",
    "trends.ledger_entries",
    "trends.report_parts",
    "trends.report",
    "trends.correction",
    "trends.report_figures",
    "trends.report_page",
    "trends.report_files",
    "web.settings",
    "web.users",
    "web.navigation",
    "web.problems",
    "web.sessions",
    "web.rate_limit",
    "web.suggester",
    "web.desk",
    "web.metrics",
    "web.decided_reports",
    "web.retrain_job",
    "web.model_figures",
    "web.statistics",
    "web.rendering",
    "web.auth.entry",
    "web.auth.local",
    "web.auth.tokens",
    "web.auth.provider",
    "web.auth.oidc",
    "web.service",
    "web.forgery",
    "web.access",
    "web.answers",
    "web.security",
    "web.observation",
    "web.logs",
    "web.excerpts",
    "web.api.shapes",
    "web.api.routing",
    "web.api.suggestions",
    "web.api.reports",
    "web.api.review",
    "web.api.models",
    "web.api.health",
    "web.api.all_routes",
    "web.auth.routes",
    "web.pages.wording",
    "web.pages.choices",
    "web.pages.guide",
    "web.pages.marked_text",
    "web.pages.suggestion_panel",
    "web.pages.report_view",
    "web.pages.registration_form",
    "web.pages.registering",
    "web.pages.review_filter",
    "web.pages.review_item",
    "web.pages.reviewing",
    "web.pages.bulk_choice",
    "web.pages.bulk",
    "web.pages.searching",
    "web.pages.model_view",
    "web.pages.modelling",
    "web.pages.bar_chart",
    "web.pages.statistics_filter",
    "web.pages.counting",
    "web.pages.help",
    "web.pages.routes",
    "web.app",
    "web.lingering",
    "web.worker",
    "console",
    "prior_options",
    "model_commands",
    "registry_commands",
    "dealt_view",
    "queue_commands",
    "decision_commands",
    "review_commands",
    "retrain_command",
    "intake_commands",
    "erase_command",
    "database_commands",
    "batch_commands",
    "trends_commands",
    "serve_command",
    "cli",
)
HEAVY = {
    "alembic",
    "authlib",
    "cleanlab",
    "dask",
    "distributed",
    "fastapi",
    "jinja2",
    "joblib",
    "joserfc",
    "krippendorff",
    "matplotlib",
    "numpy",
    "openpyxl",
    "highspy",
    "pandas",
    "pyarrow",
    "rich",
    "scipy",
    "sklearn",
    "spacy",
    "sqlalchemy",
    "starlette",
    "thinc",
    "uvicorn",
}
MAY_IMPORT_HEAVY = {"batch.dask_plugin", "lemma_table", "model.estimator"}
MAY_IMPORT = {
    "batch.store_source": {"sqlalchemy"},
    "store.": {"alembic", "sqlalchemy"},
    "review.": {"alembic", "sqlalchemy"},
    "trends.stored": {"sqlalchemy"},
    "web.": {"alembic", "authlib", "fastapi", "jinja2", "joserfc", "sqlalchemy", "starlette"},
}
"""The packages that are themselves imported inside functions by whoever needs a database or the service."""

MIGRATIONS = "store/migrations"
"""Alembic loads these by their path."""

PACKAGE = Path(classifier.__file__).parent
FOLDERS = ("batch", "model", "review", "store", "trends", "web", "web.api", "web.auth", "web.pages")
PACKAGES = {"classifier", *(f"classifier.{folder}" for folder in FOLDERS)}


def _file(module: str) -> Path:
    return PACKAGE.joinpath(*module.split(".")).with_suffix(".py")


def _imports(path: Path) -> list[tuple[str, bool]]:
    """Return the modules that a file imports, each with whether the import runs when the file is loaded."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    type_checking = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"
        for node in ast.walk(block)
    }
    deferred = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(block)
    }
    found: list[tuple[str, bool]] = []
    for node in ast.walk(tree):
        at_load = id(node) not in deferred and id(node) not in type_checking
        if isinstance(node, ast.Import):
            found += [(alias.name, at_load) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names] if node.module in PACKAGES else [node.module or ""]
            found += [(name, at_load) for name in names]
    return found


def test_the_order_names_every_module() -> None:
    files = (
        path.relative_to(PACKAGE).with_suffix("")
        for path in PACKAGE.rglob("*.py")
        if path.stem != "__init__" and MIGRATIONS not in path.as_posix()
    )
    modules = {".".join(file.parts) for file in files}
    assert modules == set(ORDER)


def test_a_module_imports_only_from_those_above_it() -> None:
    for index, name in enumerate(ORDER):
        for imported, _ in _imports(_file(name)):
            if imported.startswith("classifier."):
                target = imported.removeprefix("classifier.")
                assert target in ORDER[:index], f"{name} imports {target}, which stands below it"


def test_heavy_libraries_are_imported_inside_functions() -> None:
    for name in (*ORDER, "__init__"):
        if name not in MAY_IMPORT_HEAVY:
            loaded = {imported.split(".")[0] for imported, at_load in _imports(_file(name)) if at_load}
            allowed = set().union(*(libraries for package, libraries in MAY_IMPORT.items() if name.startswith(package)))
            assert not loaded & (HEAVY - allowed), name
