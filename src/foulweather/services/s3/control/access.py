"""What each operation of S3 Control needs permission for.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.service import Access, Permission, Resource
from foulweather.kernel.why import Fact
from foulweather.services.s3.accounts import S3ControlState, key_of
from foulweather.services.s3.held_policies import policy_of_point
from foulweather.services.s3.protected import bucket_resource
from foulweather.services.s3.state import S3State

Request = Mapping[str, Any]


def checked_account(call: Call, request: Request) -> str:
    """The account of a request: the caller's own, whatever policies say.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_PutPublicAccessBlock.html
    """
    account: str = request.get("AccountId") or ""
    if len(account) != 12 or not account.isdigit():
        raise AwsError(
            "InvalidRequest",
            "AccountId must only contain numeric characters and be 12 digits long",
            400,
            facts=(Fact("request", "AccountId", account),),
        )
    return account


def an_account(call: Call, request: Request) -> Sequence[Resource]:
    """An account, for actions that know no resources."""
    return (Resource("*", checked_account(call, request)),)


def an_access_point(call: Call, request: Request) -> Sequence[Resource]:
    """The access point of a name, which its policy protects."""
    account = checked_account(call, request)
    name = request.get("Name", "")
    point = call.state(S3ControlState).access_points.get(key_of(account, call.region, name))
    if point is None:
        return (Resource(f"arn:aws:s3:{call.region}:{account}:accesspoint/{name}", account),)
    known = policy_of_point(call, point)
    return (Resource(point.arn, account, known.held if known is not None else None, point.tags),)


def a_job(call: Call, request: Request) -> Sequence[Resource]:
    """A batch job."""
    account = checked_account(call, request)
    return (Resource(f"arn:aws:s3:{call.region}:{account}:job/{request.get('JobId', '')}", account),)


def passing_the_role(call: Call, request: Request) -> Sequence[Permission]:
    """Whoever makes a job lends it a role, and may give it tags."""
    role = request.get("RoleArn") or "*"
    account = role.split(":")[4] if role.count(":") >= 5 else call.account
    passed = {"iam:passedtoservice": "batchoperations.s3.amazonaws.com"}
    needed = [Permission("iam:PassRole", Resource(role, account), passed)]
    if request.get("Tags"):
        needed.append(Permission("s3:PutJobTagging", Resource("*", call.account), _tag_conditions(request)))
    return needed


def job_conditions(call: Call, request: Request) -> Mapping[str, str | list[str]]:
    """What a job is to do, and how urgently."""
    operation: Request = request.get("Operation") or {}
    return {
        "s3:requestjoboperation": [*operation][:1],
        "s3:requestjobpriority": str(request.get("Priority", "")),
        **_tag_conditions(request),
    }


def a_tagged_resource(call: Call, request: Request) -> Sequence[Resource]:
    """What an ARN names: a bucket, an access point."""
    account = checked_account(call, request)
    arn: str = request.get("ResourceArn", "")
    bucket = call.state(S3State).buckets.get(arn.removeprefix("arn:aws:s3:::"))
    return (bucket_resource(call, bucket),) if bucket is not None else (Resource(arn or "*", account),)


def point_conditions(call: Call, request: Request) -> Mapping[str, str | list[str]]:
    """The condition keys of a request about an access point."""
    account = checked_account(call, request)
    point = call.state(S3ControlState).access_points.get(key_of(account, call.region, request.get("Name", "")))
    configuration: Request = request.get("VpcConfiguration") or {}
    vpc = point.vpc if point is not None else configuration.get("VpcId")
    return {
        "s3:dataaccesspointaccount": account,
        "s3:dataaccesspointarn": f"arn:aws:s3:{call.region}:{account}:accesspoint/{request.get('Name', '')}",
        "s3:accesspointnetworkorigin": "VPC" if vpc else "Internet",
        **_tag_conditions(request),
    }


def tag_conditions(call: Call, request: Request) -> Mapping[str, str | list[str]]:
    """The tags that a request would set, or take away."""
    return _tag_conditions(request)


def _tag_conditions(request: Request) -> dict[str, str | list[str]]:
    tags: Sequence[Mapping[str, str]] = request.get("Tags") or ()
    keys: Sequence[str] = request.get("TagKeys") or [tag["Key"] for tag in tags]
    found: dict[str, str | list[str]] = {f"aws:requesttag/{tag['Key'].lower()}": tag["Value"] for tag in tags}
    if keys:
        found["aws:tagkeys"] = list(keys)
    return found


def _point(action: str, *, is_read: bool = False) -> Access:
    return Access(f"s3:{action}", an_access_point, point_conditions, is_read=is_read)


ACCESS: dict[str, Access] = {
    "GetPublicAccessBlock": Access("s3:GetAccountPublicAccessBlock", an_account, is_read=True),
    "PutPublicAccessBlock": Access("s3:PutAccountPublicAccessBlock", an_account),
    "DeletePublicAccessBlock": Access("s3:PutAccountPublicAccessBlock", an_account),
    "CreateAccessPoint": _point("CreateAccessPoint"),
    "DeleteAccessPoint": _point("DeleteAccessPoint"),
    "GetAccessPoint": Access("s3:GetAccessPoint", an_account, point_conditions, is_read=True),
    "ListAccessPoints": Access("s3:ListAccessPoints", an_account, is_read=True),
    "PutAccessPointPolicy": _point("PutAccessPointPolicy"),
    "GetAccessPointPolicy": _point("GetAccessPointPolicy", is_read=True),
    "DeleteAccessPointPolicy": _point("DeleteAccessPointPolicy"),
    "GetAccessPointPolicyStatus": _point("GetAccessPointPolicyStatus", is_read=True),
    "CreateJob": Access("s3:CreateJob", an_account, job_conditions, passing_the_role),
    "DescribeJob": Access("s3:DescribeJob", a_job, is_read=True),
    "ListJobs": Access("s3:ListJobs", an_account, is_read=True),
    "UpdateJobPriority": Access("s3:UpdateJobPriority", a_job),
    "UpdateJobStatus": Access("s3:UpdateJobStatus", a_job),
    "ListTagsForResource": Access("s3:ListTagsForResource", a_tagged_resource, is_read=True),
    "TagResource": Access("s3:TagResource", a_tagged_resource, tag_conditions),
    "UntagResource": Access("s3:UntagResource", a_tagged_resource, tag_conditions),
}
