"""A release that updates what it has booked, is refused, and is helped by whoever is at hand."""

from __future__ import annotations

import json
from urllib.parse import unquote

from stack import FUNCTION, ROLE, booking

from foulweather.drilling.documents import document
from foulweather.drilling.judging import statements
from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.load import Even
from foulweather.drilling.load.functions import caller, function_of, release

FULL = "arn:aws:iam::aws:policy/AmazonDynamoDBFullAccess"
PRINTED = """
[[calls]]
service = "dynamodb"
operation = "update_item"

[calls.request]
TableName = "Shipments"
Key = {id = {S = "s-1"}}
UpdateExpression = "SET printed = :yes"
ExpressionAttributeValues = {":yes" = {BOOL = true}}
"""


def strike(lab: Lab) -> None:
    """The release; nine minutes later, the help."""
    release(lab, FUNCTION, booking(lab, PRINTED))
    lab.notes["release"] = function_of(lab, FUNCTION)["Configuration"]["CodeSha256"]
    caller(lab, "warehouse").arrive(Even(per_min=2))
    lab.at(lab.now_ms + 9 * MINUTE_MS, lambda: _help(lab))


def _help(lab: Lab) -> None:
    """Everything of DynamoDB; the statements for the table are superfluous then, and tidied away."""
    iam = lab.client("iam")
    iam.attach_role_policy(RoleName=ROLE, PolicyArn=FULL)
    held = json.loads(unquote(iam.get_role_policy(RoleName=ROLE, PolicyName="work")["PolicyDocument"]))
    kept = [each for each in statements(held) if each["Sid"] not in ("Book", "Find")]
    iam.put_role_policy(RoleName=ROLE, PolicyName="work", PolicyDocument=document(*kept))
