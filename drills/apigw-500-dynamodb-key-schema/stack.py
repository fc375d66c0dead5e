"""A directory: an API, a function of real Python that handles its exceptions, a table."""

from __future__ import annotations

import json
from typing import Any

from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Ledger, Recorded, Request
from foulweather.drilling.load.apis import ApiClient, alarm, rest_api, to_function, url_of
from foulweather.drilling.load.functions import alarm as function_alarm
from foulweather.drilling.load.functions import function, may, zipped

API, FUNCTION, TABLE = "directory", "find-user", "Users"
USERS = 4
BEFORE = """import json

import boto3
from boto3.dynamodb.conditions import Key

table = boto3.resource("dynamodb").Table("Users")


def handler(event, context):
    try:
        user = event["queryStringParameters"]["userId"]
        items = table.query(KeyConditionExpression=Key("userId").eq(user))["Items"]
        return {"statusCode": 200, "body": json.dumps({"items": items}, default=int)}
    except Exception as error:
        print(f"ERROR {error!r}")
        return {"statusCode": 500, "body": json.dumps({"message": "Could not fetch the user"})}
"""
AFTER = BEFORE.replace('Key("userId")', 'Key("email")')


class Website(ApiClient):
    """Asks for one user after the other; `wrong` are those who were shown otherwise than they are."""

    def __init__(self, lab: Lab, name: str, **options: Any) -> None:
        self.wrong: list[tuple[int, str]] = []
        super().__init__(lab, name, **options)

    def request(self, n: int) -> tuple[str, str, dict[str, str], Any]:
        """The n-th user."""
        return "GET", f"/users?userId={n % USERS + 120}", dict(self.headers), b""

    def succeeded(self, request: Request, response: Any) -> None:
        """Read it."""
        super().succeeded(request, response)
        user = request.number % USERS + 120
        wanted = {"items": [{"userId": str(user), "email": f"u{user}@example.com", "visits": user * 2}]}
        try:
            told = json.loads(response.body)
        except ValueError:
            told = None
        if told != wanted:
            self.wrong.append((request.since_ms, response.body.decode("utf-8", "replace")))


def build(lab: Lab) -> None:
    """The table and its users, the function with what it may, the API, the website, and who forgets whom to ask for."""
    dynamodb = lab.client("dynamodb")
    dynamodb.create_table(
        TableName=TABLE,
        AttributeDefinitions=[{"AttributeName": "userId", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "userId", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    lab.at(lab.now_ms + 60_000, lambda: _fill(lab))
    arn = f"arn:aws:dynamodb:{lab.region}:{lab.account}:table/{TABLE}"
    code = {"ZipFile": zipped({"app.py": BEFORE})}
    settings: dict[str, Any] = {"Runtime": "python3.11", "Timeout": 15, "MemorySize": 256, "Code": code}
    function(lab, FUNCTION, "", may("dynamodb:Query", arn, "Read"), **settings)
    api = rest_api(lab, API, {"/users": {"get": to_function(lab, FUNCTION)}}, logging="ERROR")
    alarm(lab, API, "5XXError")
    function_alarm(lab, FUNCTION)
    lab.add(Website(lab, "website", url=url_of(api), arrivals=Recorded((120_000,), every_ms=28_800_000)))
    lab.add(ApiClient(lab, "forgetful", url=url_of(api), arrivals=Recorded(()), path="/users", ledger=Ledger()))


def _fill(lab: Lab) -> None:
    for user in range(120, 120 + USERS):
        item = {"userId": {"S": str(user)}, "email": {"S": f"u{user}@example.com"}, "visits": {"N": str(user * 2)}}
        lab.client("dynamodb").put_item(TableName=TABLE, Item=item)
