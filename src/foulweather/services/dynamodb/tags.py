"""Tags of tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foulweather.kernel.call import Call
from foulweather.services.dynamodb import definitions, refusals
from foulweather.services.dynamodb.tagging import checked_tags, tagged

if TYPE_CHECKING:
    from aws_types.dynamodb import (
        ListTagsOfResourceInput,
        ListTagsOfResourceOutput,
        TagResourceInput,
        UntagResourceInput,
    )


def tag_resource(call: Call, request: TagResourceInput) -> None:
    """Add tags to a table, or change their values."""
    definitions.check_model(call, request)
    live = tagged(call, request["ResourceArn"])
    if not request["Tags"]:
        raise refusals.invalid("At least one tag must be given")
    live.row.tags = checked_tags(request["Tags"], live.row.tags)
    live.state.tables.touch(live.row.name)
    call.changed("dynamodb.Tagged", live.arn, Tags=live.row.tags)


def untag_resource(call: Call, request: UntagResourceInput) -> None:
    """Take tags from a table."""
    definitions.check_model(call, request)
    live = tagged(call, request["ResourceArn"])
    if not request["TagKeys"]:
        raise refusals.invalid("At least one tag key must be given")
    gone = set(request["TagKeys"])
    live.row.tags = {key: value for key, value in live.row.tags.items() if key not in gone}
    live.state.tables.touch(live.row.name)
    call.changed("dynamodb.Untagged", live.arn, Tags=live.row.tags)


def list_tags_of_resource(call: Call, request: ListTagsOfResourceInput) -> ListTagsOfResourceOutput:
    """A table's tags: at most fifty, so always one page."""
    definitions.check_model(call, request)
    live = tagged(call, request["ResourceArn"])
    if request.get("NextToken") is not None:
        raise refusals.validation("Invalid NextToken")
    return {"Tags": [{"Key": key, "Value": value} for key, value in live.row.tags.items()]}
