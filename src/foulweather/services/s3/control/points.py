"""Access points by name, and the refusals about them."""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.s3.accounts import AccessPoint, S3ControlState, key_of


def point_named(call: Call, account: str, name: str) -> AccessPoint:
    """An account's access point in the call's Region, by its name or its ARN."""
    name = name.rpartition("accesspoint/")[2]
    found = call.state(S3ControlState).access_points.get(key_of(account, call.region, name))
    if found is None:
        raise AwsError(
            "NoSuchAccessPoint",
            "The specified accesspoint does not exist",
            404,
            facts=(Fact(f"arn:aws:s3:{call.region}:{account}:accesspoint/{name}", "exists", False),),
            remedy=(f"aws s3control create-access-point --account-id {account} --name {name} --bucket BUCKET",),
            members={"AccessPointName": name},
        )
    return found
