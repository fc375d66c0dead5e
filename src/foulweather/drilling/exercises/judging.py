"""Whether a result is right, and if not, why."""

from __future__ import annotations

from typing import Any, cast

from foulweather.drilling.exercises.definition import Case, Exercise, Kind

WORDS: dict[Kind, str] = {
    "int": "a whole number",
    "bool": "a truth value",
    "string": "a text",
    "ints": "a list of whole numbers",
    "levels": "a list of lists of whole numbers",
    "linked_list": "a linked list of whole numbers",
}


def objection(exercise: Exercise, case: Case, actual: Any) -> str:
    """What is wrong with a result; nothing where it is right."""
    if not _is_of_kind(exercise.returns, actual):
        return f"It should return {WORDS[exercise.returns]}."
    if exercise.judge == "pair" and case.expected:
        return _pair_objection(case, actual)
    return "" if actual == case.expected else "That is not the expected result."


def _pair_objection(case: Case, actual: list[int]) -> str:
    numbers, target = case.args
    if not actual:
        return "There is a pair, and it found none."
    if len(actual) != 2:
        return f"It should return two positions, and returned {len(actual)}."
    if not all(0 <= position < len(numbers) for position in actual):
        return f"Positions run from 0 to {len(numbers) - 1}."
    one, other = actual
    if one == other:
        return "It used the same element twice."
    total = numbers[one] + numbers[other]
    return "" if total == target else f"{numbers[one]} + {numbers[other]} is {total}, not {target}."


def _is_of_kind(kind: Kind, value: Any) -> bool:
    if kind == "bool":
        return isinstance(value, bool)
    if kind == "int":
        # In Python, a truth value is a number; here it is not.
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "string":
        return isinstance(value, str)
    if not isinstance(value, list):
        return False
    inner: Kind = "ints" if kind == "levels" else "int"
    return all(_is_of_kind(inner, each) for each in cast("list[Any]", value))
