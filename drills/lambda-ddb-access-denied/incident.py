"""A release that finds users by their address, too."""

from __future__ import annotations

from stack import BY_NUMBER, FUNCTION

from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Even
from foulweather.drilling.load.functions import caller, function_of, release

BY_ADDRESS = """
[[calls]]
service = "dynamodb"
operation = "query"

[calls.request]
TableName = "Users"
KeyConditionExpression = "user_id = :id"
ExpressionAttributeValues = {":id" = {S = "u-1"}}

[[calls]]
service = "dynamodb"
operation = "query"

[calls.request]
TableName = "Users"
IndexName = "by-email"
KeyConditionExpression = "email = :email"
ExpressionAttributeValues = {":email" = {S = "ann@example.com"}}
"""


def strike(lab: Lab) -> None:
    """The release, on a busy morning."""
    release(lab, FUNCTION, BY_NUMBER + BY_ADDRESS)
    lab.notes["release"] = function_of(lab, FUNCTION)["Configuration"]["CodeSha256"]
    caller(lab, "website").arrive(Even(per_min=2))
