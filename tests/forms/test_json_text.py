import pytest

from feedbackstore.forms import json_text


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{\r\n  "a": 1,\r\n  oops\r\n}', "This is not JSON: line 3, column 3: "),
        ("", "This is not JSON: line 1, column 1: "),
        ('{"a": [{"b": 1, "b": 2}]}', "a › 0 › b: Member names should be unique"),
        ('{"a": NaN}', "a: Input should be a finite number"),
        ("1e999", "Input should be a finite number"),
        ('{"a": "\\u0000"}', "a: Text should not hold the NUL character"),
        ("[" * 200 + "]" * 200, "0 › 0"),
        ('"\ud800"', "This is not JSON: line 1, column 2: Not UTF-8"),
    ],
)
def test_what_is_wrong_in_json_is_said_with_its_place(text: str, problem: str) -> None:
    written = json_text.read(text)

    assert written.value is None
    assert written.problem
    assert written.problem.startswith(problem)
    assert written.text == text.replace("\r\n", "\n")


def test_several_flaws_are_all_told() -> None:
    problem = json_text.read("[NaN, 1e999]").problem

    assert problem
    assert problem.count("finite") == 2


def test_numbers_members_and_characters_stand_as_they_are() -> None:
    value = {"b": 1.10, "a": 10**30, "é": "\u202e<", "c": [1e5, -0.0]}
    text = json_text.pretty(value)

    assert text.splitlines()[1:5] == [
        '  "b": 1.1,', f'  "a": {10**30},', '  "é": "\u202e<",', '  "c": [',
    ]  # fmt: skip
    assert list(json_text.read(text).value) == list(value)
