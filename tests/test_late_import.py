import subprocess
import sys

WITHOUT = """
import sys
import sklearn.base
assert "scipy.stats._distn_infrastructure" in sys.modules, "scikit-learn does not import it any more"
"""
LATE = """
import sys
from classifier.late_import import import_late
import_late("scipy.stats")
import sklearn.base
assert "scipy.stats._distn_infrastructure" not in sys.modules, "it was loaded"
"""


def in_a_process_of_its_own(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_a_library_that_imports_it_without_need_does_not_load_it() -> None:
    in_a_process_of_its_own(WITHOUT)
    assert in_a_process_of_its_own(LATE) == ""


def test_it_is_the_real_module_once_something_in_it_is_asked_for() -> None:
    told = in_a_process_of_its_own(
        LATE
        + """
import scipy.stats
from scipy import stats
from scipy.stats import norm
import scipy.stats.qmc
print(scipy.stats.norm.cdf(0), stats.norm is norm, scipy.stats.qmc.Sobol.__name__, hasattr(stats, "nothing"))
"""
    )
    assert told.split() == ["0.5", "True", "Sobol", "False"]


def test_a_module_that_is_there_stays() -> None:
    told = in_a_process_of_its_own(
        """
import json, sys
from classifier.late_import import import_late
import_late("json")
print(sys.modules["json"] is json)
"""
    )
    assert told.strip() == "True"


def test_a_suggestion_does_without_the_statistics_that_scikit_learn_imports() -> None:
    in_a_process_of_its_own(
        """
import sys
from classifier.cli import app
try:
    app(["suggest", "Han ringte og sa at han skulle drepe meg."])
except SystemExit as end:
    assert not end.code
assert "scipy.stats._distn_infrastructure" not in sys.modules, "it was loaded"
"""
    )
