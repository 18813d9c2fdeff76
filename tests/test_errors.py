import inspect

from classifier import errors


def test_every_kind_of_error_has_the_one_base_and_no_framework_parent() -> None:
    kinds = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if kind.__module__ == errors.__name__]
    assert len(kinds) > 3
    for kind in kinds:
        assert kind is errors.ClassifierError or kind.__bases__ == (errors.ClassifierError,)


def test_an_input_error_names_source_line_found_and_expected() -> None:
    error = errors.InputError("reports.jsonl", "no valid JSON", "an object", line=7)
    assert str(error) == "reports.jsonl, line 7: found no valid JSON; expected an object"
    assert (error.source, error.line) == ("reports.jsonl", 7)
