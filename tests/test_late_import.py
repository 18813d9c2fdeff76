import subprocess
import sys

IMPORTED_BY_OTHERS = """
import sys
import sklearn.base, sklearn.preprocessing, spacy
unused = ("scipy.stats._distn_infrastructure", "scipy.interpolate._bsplines", "pandas.core", "spacy.cli.info")
assert all(name in sys.modules for name in unused), "they are not imported any more"
"""
LATE = """
import sys
from classifier.late_import import importing_late
unused = {"scipy.stats": (), "scipy.interpolate": ("BSpline",), "pandas": (), "spacy.cli.info": ("info",)}
deep = ("scipy.stats._distn_infrastructure", "scipy.interpolate._bsplines", "pandas.core", "spacy.cli.info", "spacy.cli")
with importing_late(unused):
    import scipy.stats as before
    import sklearn.base, sklearn.preprocessing, spacy
assert not [name for name in deep if name in sys.modules], "they were loaded"
"""


def in_a_process_of_its_own(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_libraries_that_import_it_without_need_do_not_load_it() -> None:
    in_a_process_of_its_own(IMPORTED_BY_OTHERS)
    assert in_a_process_of_its_own(LATE) == ""


def test_it_is_the_real_module_once_something_in_it_is_asked_for() -> None:
    told = in_a_process_of_its_own(
        LATE
        + """
print(before.norm.cdf(0), hasattr(before, "nothing"))
from scipy.stats import norm
import scipy.stats.qmc
print(before.norm is norm, scipy.stats is before, scipy.stats.qmc.Sobol.__name__)
"""
    )
    assert told.split() == ["0.5", "False", "True", "False", "Sobol"]


def test_a_function_or_class_that_was_taken_out_of_it_works() -> None:
    told = in_a_process_of_its_own(
        LATE
        + """
import numpy as np
from sklearn.preprocessing import SplineTransformer
print(SplineTransformer(n_knots=3, degree=1).fit_transform(np.array([[0.0], [1.0], [2.0]])).sum())
print(spacy.info(silent=True)["spacy_version"] == spacy.__version__)
"""
    )
    assert told.split() == ["3.0", "True"]


def test_a_module_that_is_there_stays_and_one_that_is_not_installed_is_not_found() -> None:
    told = in_a_process_of_its_own(
        """
import json, sys
from classifier.late_import import importing_late
with importing_late({"json": (), "no_such_library": ()}):
    print(sys.modules["json"] is json)
    try:
        import no_such_library
    except ModuleNotFoundError:
        print("not found")
"""
    )
    assert told.splitlines() == ["True", "not found"]


def test_a_suggestion_does_without_what_its_libraries_import_unused() -> None:
    in_a_process_of_its_own(
        """
import sys
from classifier.cli import app
try:
    app(["suggest", "Han ringte og sa at han skulle drepe meg."])
except SystemExit as end:
    assert not end.code
for name in ("scipy.stats._distn_infrastructure", "scipy.interpolate._bsplines", "pandas.core", "spacy.cli"):
    assert name not in sys.modules, name + " was loaded"
"""
    )
