"""A website that asks a function of real Python for its users' profiles."""

from __future__ import annotations

import json
from typing import Any

from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Recorded, Request
from foulweather.drilling.load.functions import Caller, alarm, function, may, zipped

FUNCTION, TABLE = "get-profile", "Users"
USERS = 6
CODE = """import json

import boto3

table = boto3.resource("dynamodb").Table("Users")


def handler(event, context):
    item = table.get_item(Key={"user_id": event["user_id"]}).get("Item")
    if item is None:
        return {"statusCode": 404, "body": "{}"}
    return {"statusCode": 200, "body": json.dumps(item)}
"""
SELDOM = Recorded((7_000,), every_ms=7_200_000)


class Website(Caller):
    """Asks for one user after the other, and keeps what it was last told of each, and when."""

    def __init__(self, lab: Lab, name: str, **options: Any) -> None:
        self.told: dict[str, tuple[int, Any]] = {}
        super().__init__(lab, name, **options)

    def succeeded(self, request: Request, response: Any) -> None:
        """Read the profile."""
        super().succeeded(request, response)
        answer = json.loads(response["Payload"])
        user = json.loads(request.parameters["Payload"])["user_id"]
        try:
            profile = json.loads(answer["body"]) if answer["statusCode"] == 200 else answer
        except (KeyError, TypeError, ValueError):
            profile = answer
        self.told[user] = (request.since_ms, profile)

    def event(self, n: int) -> dict[str, Any]:
        """The n-th profile."""
        return {"user_id": f"u-{n % USERS}"}


def profile(number: int, *, is_new: bool) -> dict[str, Any]:
    """What a user's profile is to be."""
    told: dict[str, Any] = {"user_id": f"u-{number}", "name": f"User {number}"}
    if is_new and number % 2 == 0:
        told |= {"age": 30 + number, "sizes": {"shoe": 42.5}}
    return told


def build(lab: Lab) -> None:
    """A table of users with a name each; the function, the website."""
    dynamodb = lab.client("dynamodb")
    dynamodb.create_table(
        TableName=TABLE,
        AttributeDefinitions=[{"AttributeName": "user_id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "user_id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    lab.at(lab.now_ms + 60_000, lambda: _fill(lab))
    arn = f"arn:aws:dynamodb:{lab.region}:{lab.account}:table/{TABLE}"
    code = {"ZipFile": zipped({"app.py": CODE})}
    settings: dict[str, Any] = {
        "Runtime": "python3.11",
        "Timeout": 10,
        "MemorySize": 256,
        "Code": code,
        "Publish": True,
    }
    function(lab, FUNCTION, "", may("dynamodb:GetItem", arn, "Read"), **settings)
    alarm(lab, FUNCTION)
    lab.add(Website(lab, "website", function=FUNCTION, arrivals=SELDOM))


def _fill(lab: Lab) -> None:
    for number in range(USERS):
        item = {"user_id": {"S": f"u-{number}"}, "name": {"S": f"User {number}"}}
        lab.client("dynamodb").put_item(TableName=TABLE, Item=item)
