"""CloudTrail's refusals, in its words.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_CreateTrail.html#API_CreateTrail_Errors and the like
name the codes; the words are those that users report of the service.
"""

from __future__ import annotations

from typing import Any

from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why


def refused(
    code: str, message: str, *facts: Fact, remedy: tuple[str, ...] = (), because: Why | None = None
) -> AwsError:
    """A refusal with status 400, as all of CloudTrail's; `because` is what another service said."""
    error = AwsError(f"{code}Exception", message, facts=facts, remedy=remedy)
    if because is not None:
        return error.because(Why("refused", f"{error.code}: {message}", facts, remedy or because.remedy, (because,)))
    return error


def unknown_trail(arn: str, account: str) -> AwsError:
    """There is no such trail: https://github.com/aws/aws-sdk-go-v2/issues/1957."""
    return refused(
        "TrailNotFound",
        f"Unknown trail: {arn} for the user: {account}",
        Fact(arn, "exists", False),
        remedy=("aws cloudtrail list-trails",),
    )


def wrong_region(arn: str, region: str) -> AwsError:
    """A trail's ARN in a Region in which there is no such trail: https://github.com/aws/aws-sdk-java/issues/1309."""
    return refused(
        "CloudTrailARNInvalid",
        f"Region in ARN is wrong, you can only access resources in region {region}.",
        Fact("request", "ARN", arn),
    )


def not_at_home(arn: str, home: str, region: str) -> AwsError:
    """A trail of all Regions can be changed in its home Region only."""
    return refused(
        "InvalidHomeRegion",
        f"The trail {arn} can only be modified from its home Region: {home}.",
        Fact(arn, "HomeRegion", home),
        Fact("request", "Region", region),
        remedy=(f"repeat the command with --region {home}",),
    )


def no_such_bucket(bucket: str) -> AwsError:
    """The bucket of a trail is not there."""
    return refused(
        "S3BucketDoesNotExist",
        f"S3 bucket {bucket} does not exist!",
        Fact(f"arn:aws:s3:::{bucket}", "exists", False),
        remedy=(f"aws s3api create-bucket --bucket {bucket}",),
    )


def bad_bucket_policy(bucket: str, error: AwsError) -> AwsError:
    """CloudTrail may not write to the bucket: https://github.com/boto/boto3/issues/1766."""
    return refused(
        "InsufficientS3BucketPolicy",
        f"Incorrect S3 bucket policy is detected for bucket: {bucket}",
        Fact(f"arn:aws:s3:::{bucket}", "answer", error.code),
        because=error.why,
    )


def bad_encryption_policy(bucket: str, key: str, error: AwsError) -> AwsError:
    """CloudTrail may not use the key: https://github.com/Azure/Azure-Sentinel/issues/12242."""
    return refused(
        "InsufficientEncryptionPolicy",
        f"Insufficient permissions to access S3 bucket {bucket} or KMS key {key}.",
        Fact(key, "answer", error.code),
        because=error.why,
    )


def unknown_store(arn: str) -> AwsError:
    """There is no such event data store."""
    return refused("EventDataStoreNotFound", "Event data store not found.", Fact(arn, "exists", False))


def inactive_store(arn: str, status: str) -> AwsError:
    """An event data store that is about to be deleted."""
    return refused(
        "InactiveEventDataStore",
        "The event data store is inactive.",
        Fact(arn, "Status", status),
        remedy=(f"aws cloudtrail restore-event-data-store --event-data-store {arn}",),
    )


def bad_parameter(message: str, name: str, value: Any) -> AwsError:
    """A parameter that will not do."""
    return refused("InvalidParameter", message, Fact("request", name, value))


def bad_token() -> AwsError:
    """A token of no listing, or of another one."""
    return refused("InvalidNextToken", "Invalid NextToken.", Fact("request", "NextToken", "not of this listing"))
