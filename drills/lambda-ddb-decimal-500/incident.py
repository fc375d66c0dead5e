"""A new form asks for the age; half of the users have filled it in."""

from __future__ import annotations

from stack import TABLE, USERS

from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Even
from foulweather.drilling.load.functions import caller


def strike(lab: Lab) -> None:
    """Numbers, one of them deep inside."""
    for number in range(0, USERS, 2):
        item = {
            "user_id": {"S": f"u-{number}"},
            "name": {"S": f"User {number}"},
            "age": {"N": str(30 + number)},
            "sizes": {"M": {"shoe": {"N": "42.5"}}},
        }
        lab.client("dynamodb").put_item(TableName=TABLE, Item=item)
    caller(lab, "website").arrive(Even(per_min=6))
