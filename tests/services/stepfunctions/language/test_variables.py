"""https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html"""

from __future__ import annotations

from typing import Any

import pytest

from foulweather.services.stepfunctions.language import variables
from services.stepfunctions.language.spoken import failure, machine, said, said_of


def test_an_assign_replaces_and_adds() -> None:
    own = {"a": 1, "b": 2}
    assert variables.assigned(own, {}, {"b": 3, "c": 4}) == {"a": 1, "b": 3, "c": 4}
    assert own == {"a": 1, "b": 2}


def test_an_inner_scope_sees_the_outer_one() -> None:
    assert variables.visible({"outer": 1}, {"inner": 2}) == {"outer": 1, "inner": 2}


def test_an_inner_scope_cannot_assign_an_outer_name() -> None:
    assert failure(lambda: variables.assigned({}, {"x": 1}, {"x": 2})).error == "States.Runtime"


def test_one_variable_and_one_assign_hold_256_kib() -> None:
    text = "x" * (256 * 1024 - 2)
    assert variables.assigned({}, {}, {"a": text}) == {"a": text}
    assert failure(lambda: variables.assigned({}, {}, {"a": text + "x"})).error == "States.DataLimitExceeded"
    assert failure(lambda: variables.assigned({}, {}, {"a": text, "b": 1})).error == "States.DataLimitExceeded"


def test_all_variables_hold_10_mib() -> None:
    variables.checked_total(10 * 1024 * 1024)
    assert failure(lambda: variables.checked_total(10 * 1024 * 1024 + 1)).error == "States.DataLimitExceeded"


@pytest.mark.parametrize("name", ["x", "_x1", "größe", "変数", "x" * 80])
def test_a_name_is_a_unicode_identifier(name: str) -> None:
    assert variables.is_name(name)


@pytest.mark.parametrize("name", ["", "1x", "a-b", "a.b", "a b", "$a", "states", "x" * 81])
def test_other_names_are_refused_with_their_definition(name: str) -> None:
    assert not variables.is_name(name)
    assert said_of({"Type": "Pass", "End": True, "Assign": {name: 1}}) == [
        ("SCHEMA_VALIDATION_FAILED", f"'{name}' is not a valid variable name", "/States/S/Assign")
    ]


def test_a_definition_that_assigns_an_outer_name_inside_is_refused() -> None:
    inside: dict[str, Any] = machine({"I": {"Type": "Pass", "Assign": {"x.$": "$"}, "End": True}})
    outside = {
        "S": {"Type": "Pass", "Assign": {"x": 1}, "Next": "M"},
        "M": {"Type": "Map", "ItemProcessor": inside, "End": True},
    }
    found = said(machine(outside))
    assert found == [
        (
            "SCHEMA_VALIDATION_FAILED",
            "The variable 'x' is already assigned in an outer scope",
            "/States/M/ItemProcessor/States/I/Assign",
        )
    ]
    branches = [machine({"A": {"Type": "Pass", "Assign": {"y": 1}, "End": True}}), inside]
    assert said(machine({"S": {"Type": "Parallel", "Branches": branches, "End": True}})) == []
