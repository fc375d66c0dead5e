from __future__ import annotations

from typing import Any

import pytest

from foulweather.services.ssm.automation.json_paths import Missing, PathError, select

ANSWER: dict[str, Any] = {
    "Reservations": [
        {"Instances": [{"Id": "a", "State": {"Name": "running"}}, {"Id": "b", "State": {"Name": "stopped"}}]},
        {"Instances": [{"Id": "c", "State": {"Name": "running"}}]},
    ],
    "a.b": 1,
}


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("$.Reservations[0].Instances[1].Id", "b"),
        ("$.Reservations[-1].Instances[0]['Id']", "c"),
        ("$['a.b']", 1),
        ("$.Reservations[*].Instances[*].Id", ["a", "b", "c"]),
        ("$.Reservations..Id", ["a", "b", "c"]),
        ("$.Reservations[0].Instances[?(@.State.Name == 'stopped')].Id", ["b"]),
        ("$.Reservations[0].Instances[0:1].Id", ["a"]),
        ("$.Reservations[0].Instances[?(@.Id)].Id", ["a", "b"]),
        ("$", ANSWER),
    ],
)
def test_a_path_leads_to_what_it_names(path: str, wanted: Any) -> None:
    assert select(path, ANSWER) == wanted


def test_a_path_to_nothing_is_missing() -> None:
    for path in ("$.Nothing", "$.Reservations[7]", "$.Reservations.Id"):
        with pytest.raises(Missing):
            select(path, ANSWER)


def test_what_is_not_understood_is_refused() -> None:
    for path in ("Reservations", "$.Reservations[(@.length-1)]", "$.a b"):
        with pytest.raises(PathError):
            select(path, ANSWER)
