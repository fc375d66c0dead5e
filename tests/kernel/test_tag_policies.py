from __future__ import annotations

import pytest

from foulweather.kernel.tag_policies import Compliance, compliance

RULES = {"costcenter": {"tag_key": "CostCenter", "tag_value": ["100", "2*", "[a]"]}, "team": {}}


@pytest.mark.parametrize(
    ("tags", "keys", "values"),
    [
        ({"CostCenter": "100", "other": "x"}, [], []),
        ({"CostCenter": "2001"}, [], []),
        ({"CostCenter": "[a]"}, [], []),
        ({"CostCenter": "a"}, [], ["CostCenter"]),
        ({"costcenter": "100"}, ["costcenter"], []),
        ({"COSTCENTER": "7"}, ["COSTCENTER"], ["COSTCENTER"]),
        ({"Team": "blue"}, ["Team"], []),
        ({"team": "blue"}, [], []),
        ({}, [], []),
    ],
)
def test_tags_against_a_policy(tags: dict[str, str], keys: list[str], values: list[str]) -> None:
    assert compliance(tags, RULES) == Compliance(keys, values)
    assert compliance(tags, {}).is_compliant
