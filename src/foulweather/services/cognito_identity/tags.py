"""Tags of identity pools."""

from __future__ import annotations

import re
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact
from foulweather.services.cognito_identity import naming, refusals, tag_rules
from foulweather.services.cognito_identity.naming import Place, Request

_ARN = re.compile(r"arn:aws[a-z-]*:cognito-identity:([a-z0-9-]+):(\d{12}):identitypool/([\w-]+:[0-9a-f-]+)")


def tag_resource(call: Call, request: Request) -> dict[str, Any]:
    """Add tags to a pool, or change their values."""
    state, pool = _tagged(call, request)
    pool.tags = tag_rules.checked(pool.tags, request["Tags"])
    state.pools.touch(pool.id)
    call.changed("cognito.Tagged", pool.arn, Tags=pool.tags)
    return {}


def untag_resource(call: Call, request: Request) -> dict[str, Any]:
    """Remove tags from a pool."""
    state, pool = _tagged(call, request)
    gone: list[str] = request["TagKeys"]
    pool.tags = {key: value for key, value in pool.tags.items() if key not in gone}
    state.pools.touch(pool.id)
    call.changed("cognito.Untagged", pool.arn, Tags=pool.tags)
    return {}


def list_tags_for_resource(call: Call, request: Request) -> dict[str, Any]:
    """A pool's tags."""
    return {"Tags": _tagged(call, request).pool.tags}


def _tagged(call: Call, request: Request) -> Place:
    found = _ARN.fullmatch(request["ResourceArn"])
    if found is None:
        raise refusals.invalid("Invalid ARN.", Fact("request", "ResourceArn", request["ResourceArn"]))
    if found[1] != call.region or found[2] != call.account:
        raise refusals.no_pool(found[3])
    return naming.pool_of(call, {"IdentityPoolId": found[3]})
