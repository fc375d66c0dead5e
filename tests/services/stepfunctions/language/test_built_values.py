"""Values that say the same document many times over: they are refused before anybody would print them."""

from __future__ import annotations

from typing import Any

import pytest

from foulweather.services.stepfunctions.language import intrinsics, templates
from foulweather.services.stepfunctions.language.errors import StatesError

DOCUMENT = {"a": "x" * 100_000}


def given(query: Any) -> Any:
    return query(DOCUMENT, None)


@pytest.mark.parametrize(
    "query",
    [
        templates.compiled({f"f{number}.$": "$" for number in range(1_000)}),
        templates.compiled({"list": [{"f.$": "$.a"}] * 1_000}),
        intrinsics.compiled(f"States.Format('{'{}' * 1_000}'{', $.a' * 1_000})", "f.$"),
        intrinsics.compiled(f"States.Array($.a{', $' * 1_000})", "f.$"),
    ],
)
def test_a_value_that_would_be_huge_is_refused(query: Any) -> None:
    with pytest.raises(StatesError) as caught:
        given(query)
    assert caught.value.error == "States.DataLimitExceeded"


def test_many_fields_with_little_in_them_are_fine() -> None:
    made = given(templates.compiled({f"f{number}.$": "States.Array(1, 2)" for number in range(1_000)}))
    assert len(made) == 1_000
