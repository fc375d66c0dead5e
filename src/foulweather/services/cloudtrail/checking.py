"""Whether a trail's bucket, key, topic and log group take what CloudTrail is to deliver: tried out, as CloudTrail does.

CloudTrail reads the bucket's access control list and writes an empty object for the folder of the account, so it is S3,
with the bucket's policy and the key's, that says whether it may.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
"""

from __future__ import annotations

import base64
import inspect
import json
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.credentials import Credentials
from foulweather.kernel.errors import AwsError
from foulweather.kernel.ports import Ports
from foulweather.kernel.why import Fact
from foulweather.services.cloudtrail import refusals
from foulweather.services.cloudtrail.consuming import PRINCIPAL
from foulweather.services.cloudtrail.records import Trail

SESSION_NAME: Final = "CLOUDWATCHLOGS_DELIVERY_SESSION"


async def answered(answer: Any) -> Any:
    """What a port gives, awaited where it has to be."""
    return await answer if inspect.isawaitable(answer) else answer


def acting(call: Call, trail: Trail, region: str = "") -> Ports:
    """The other services, called by CloudTrail on behalf of a trail."""
    return call.acting_as(
        PRINCIPAL,
        source_arn=trail.arn,
        source_account=trail.account,
        account=trail.account,
        region=region or trail.region,
    )


def folder(call: Call, trail: Trail, account: str, kind: str = "CloudTrail") -> str:
    """What the keys of an account's files begin with; an organization's have its id in them."""
    prefix = f"{trail.prefix}/" if trail.prefix else ""
    guardrails = call.pipeline.guardrails
    if trail.is_organization and guardrails is not None:
        prefix_of = f"{prefix}AWSLogs/{guardrails.organization_id(account)}/{account}"
        return f"{prefix_of}/{kind}"
    return f"{prefix}AWSLogs/{account}/{kind}"


def encrypted(trail: Trail) -> dict[str, str]:
    """How PutObject is told a trail's key; the context names the trail.

    https://docs.aws.amazon.com/kms/latest/developerguide/services-cloudtrail.html
    """
    if not trail.kms_key:
        return {}
    context = base64.b64encode(json.dumps({"aws:cloudtrail:arn": trail.arn}).encode()).decode()
    return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": trail.kms_key, "SSEKMSEncryptionContext": context}


async def check_bucket(call: Call, trail: Trail) -> None:
    """Refuse a bucket that is not there, that does not let CloudTrail in, or whose key does not."""
    ports = acting(call, trail)
    try:
        await answered(ports.s3.get_bucket_acl({"Bucket": trail.bucket}))
    except AwsError as error:
        if error.code == "NoSuchBucket":
            raise refusals.no_such_bucket(trail.bucket) from error
        raise refusals.bad_bucket_policy(trail.bucket, error) from error
    if trail.kms_key:
        await _check_key(call, trail)
    folders = {folder(call, trail, trail.account)}
    if trail.is_organization:
        # An organization's trail is tried under the account's own path too: without it "Incorrect S3 bucket policy is
        # detected", whatever the path of the organization allows.
        folders.add(folder(call, _alone(trail), trail.account))
    for key in sorted(folders):
        request = {"Bucket": trail.bucket, "Key": f"{key}/", "Body": b"", "ACL": "bucket-owner-full-control"}
        try:
            await answered(ports.s3.put_object({**request, **encrypted(trail)}))
        except AwsError as error:
            if trail.kms_key and _is_of_kms(error):
                raise refusals.bad_encryption_policy(trail.bucket, trail.kms_key, error) from error
            raise refusals.bad_bucket_policy(trail.bucket, error) from error


def _alone(trail: Trail) -> Trail:
    return Trail(trail.name, trail.account, trail.region, trail.bucket, trail.prefix)


def _is_of_kms(error: AwsError) -> bool:
    return error.code.startswith("KMS") or any(fact.resource.startswith("arn:aws:kms") for fact in error.why.facts)


async def _check_key(call: Call, trail: Trail) -> None:
    """Have CloudTrail make a data key, as it will for each file."""
    request = {
        "KeyId": trail.kms_key,
        "KeySpec": "AES_256",
        "EncryptionContext": {"aws:cloudtrail:arn": trail.arn, "aws:s3:arn": f"arn:aws:s3:::{trail.bucket}"},
    }
    try:
        await answered(acting(call, trail, _region_of(trail.kms_key)).kms.generate_data_key_without_plaintext(request))
    except AwsError as error:
        if error.code == "DisabledException":
            message = f"KMS key {trail.kms_key} is disabled."
            raise refusals.refused(
                "KmsKeyDisabled", message, Fact(trail.kms_key, "Enabled", False), because=error.why
            ) from error
        if error.code == "NotFoundException":
            raise missing_key(trail.kms_key, error) from error
        raise refusals.bad_encryption_policy(trail.bucket, trail.kms_key, error) from error


def _region_of(arn: str) -> str:
    return arn.split(":")[3] if arn.count(":") >= 5 else ""


def missing_key(key: str, error: AwsError) -> AwsError:
    """A key that is not there, or not in that Region."""
    message = f"KMS key {key} does not exist."
    return refusals.refused("KmsKeyNotFound", message, Fact(key, "exists", False), because=error.why)


async def key_arn(call: Call, given: str) -> str:
    """The ARN of a key by id, alias or ARN, asked for in the caller's name."""
    try:
        found = await answered(call.forwarded("cloudtrail").kms.describe_key({"KeyId": given}))
    except AwsError as error:
        if error.code == "NotFoundException":
            raise missing_key(given, error) from error
        if error.code in ("InvalidArnException", "ValidationException"):
            raise refusals.refused(
                "InvalidKmsKeyId", f"KMS key id is invalid: {given}", Fact("request", "KmsKeyId", given)
            ) from error
        raise refusals.refused("Kms", error.message, Fact(given, "answer", error.code), because=error.why) from error
    return str(found["KeyMetadata"]["Arn"])


async def check_topic(call: Call, trail: Trail) -> None:
    """Refuse a topic that is not there or does not let CloudTrail publish."""
    arn = trail.topic_arn
    message = "SNS Topic does not exist or the topic policy is incorrect!"
    region, account = arn.split(":")[3:5]
    ports = call.acting_as(
        PRINCIPAL, source_arn=trail.arn, source_account=trail.account, account=account, region=region
    )
    try:
        # What subscribers of a topic get when a trail is given it.
        await answered(ports.sns.publish({"TopicArn": arn, "Message": "CLOUDTRAIL VALIDATION MESSAGE."}))
    except AwsError as error:
        raise refusals.refused(
            "InsufficientSnsTopicPolicy", message, Fact(arn, "answer", error.code), because=error.why
        ) from error


# --- CloudWatch Logs


async def log_ports(call: Call, trail: Trail) -> Ports:
    """The other services, called with the trail's role; raises STS's refusal."""
    sts = acting(call, trail).sts
    made = await answered(sts.assume_role({"RoleArn": trail.log_role, "RoleSessionName": SESSION_NAME}))
    credential = call.state(Credentials).by_id[made["Credentials"]["AccessKeyId"]]
    region, account = trail.log_group.split(":")[3:5]
    return call.acting_as(credential.principal, session=credential.session, account=account, region=region)


def group_name(trail: Trail) -> str:
    """The name of a trail's log group."""
    return trail.log_group.split(":")[6]


async def check_log_group(call: Call, trail: Trail) -> None:
    """Refuse a log group or a role by which CloudTrail cannot deliver.

    The words: https://github.com/aws/aws-cli/issues/5098, https://github.com/hashicorp/terraform-provider-aws/issues/18038,
    https://github.com/cloudposse/terraform-aws-cloudtrail-cloudwatch-alarms/issues/2
    """
    group, role = trail.log_group, trail.log_role
    if not group and not role:
        return
    if not role:
        message = "You must specify a role ARN as well as a log group."
        raise refusals.refused("InvalidCloudWatchLogsRoleArn", message, Fact(trail.arn, "CloudWatchLogsRoleArn", role))
    fact = Fact(trail.arn, "CloudWatchLogsLogGroupArn", group)
    if not group:
        message = "You must specify a log group as well as a role ARN."
        raise refusals.refused("InvalidCloudWatchLogsLogGroupArn", message, fact)
    parts = group.split(":")
    if len(parts) != 8 or parts[2] != "logs" or parts[5] != "log-group" or parts[7] != "*":
        message = "Check the log group ARN: CloudTrail can't validate it."
        raise refusals.refused("InvalidCloudWatchLogsLogGroupArn", message, fact)
    try:
        ports = await log_ports(call, trail)
    except AwsError as error:
        message = "Access denied. Check the trust relationships for your role."
        raise refusals.refused(
            "InvalidCloudWatchLogsRoleArn", message, Fact(role, "answer", error.code), because=error.why
        ) from error
    try:
        await open_stream(ports, trail, trail.account)
    except AwsError as error:
        if error.code == "NotImplemented":
            raise
        message = "Access denied. Check the permissions for your role."
        raise refusals.refused(
            "InvalidCloudWatchLogsLogGroupArn", message, Fact(group, "answer", error.code), because=error.why
        ) from error


async def open_stream(ports: Ports, trail: Trail, account: str) -> str:
    """Make the log stream of an account, unless the trail has made it: `ACCOUNT_CloudTrail_REGION`."""
    stream = f"{account}_CloudTrail_{trail.region}"
    place = f"{trail.log_group}|{stream}"
    if place in trail.streams:
        return stream
    try:
        await answered(ports.logs.create_log_stream({"logGroupName": group_name(trail), "logStreamName": stream}))
    except AwsError as error:
        if error.code != "ResourceAlreadyExistsException":
            raise
    trail.streams = [*trail.streams, place]
    return stream


def forget_stream(trail: Trail, account: str) -> None:
    """Have an account's log stream made anew: somebody has deleted it."""
    place = f"{trail.log_group}|{account}_CloudTrail_{trail.region}"
    trail.streams = [each for each in trail.streams if each != place]
