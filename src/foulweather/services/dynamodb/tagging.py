"""Tags as DynamoDB takes them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.dynamodb import limits, refusals
from foulweather.services.dynamodb.live import LiveTable
from foulweather.services.dynamodb.refusals import invalid
from foulweather.services.dynamodb.state import DynamoState

_CHARACTERS = re.compile(r"[\w\s+\-=.:/@]*")


def checked_tags(tags: Sequence[Any], before: Mapping[str, str] | None = None) -> dict[str, str]:
    """Tags added to those that are there, within the quota.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Tagging.html
    """
    given = {tag["Key"]: tag["Value"] for tag in tags}
    if len(given) != len(tags):
        raise invalid("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    for key in given:
        for text in (key, given[key]):
            if not _CHARACTERS.fullmatch(text):
                raise invalid(f"Tag keys and values have letters, digits, spaces and + - = . _ : / @ only: {text}")
        if key.lower().startswith("aws:"):
            raise refusals.validation(
                "One or more parameter values were invalid: Tag keys that start with aws: are reserved for AWS use"
            )
    merged = {**(before or {}), **given}
    if len(merged) > limits.TAGS_MAX:
        raise refusals.validation(f"Too many tags: a resource has at most {limits.TAGS_MAX}")
    return merged


def tagged(call: Call, arn: str) -> LiveTable:
    """The table of an ARN."""
    if not arn.startswith("arn:"):
        raise refusals.validation(f"Invalid ResourceArn: ARNs must start with 'arn:': {arn}")
    place = limits.place_of(arn)
    if place is None or "/index/" in arn or "/stream/" in arn:
        raise refusals.validation(f"Invalid TableArn: Invalid ResourceArn provided as input {arn}")
    region, account, name = place
    live = call.state(DynamoState, account, region).table(name, call.now) if region == call.region else None
    if live is None:
        raise AwsError(
            "ResourceNotFoundException",
            f"Requested resource not found: ResourcArn: {arn} not found",
            facts=(Fact(arn, "exists", False),),
        )
    return live
