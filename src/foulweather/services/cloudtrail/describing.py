"""Trails and event data stores as answers show them."""

from __future__ import annotations

from typing import Any

from foulweather.services.cloudtrail import selecting
from foulweather.services.cloudtrail.records import EventDataStore, Trail


def trail(found: Trail) -> dict[str, Any]:
    """A trail, as the answers to CreateTrail and UpdateTrail have it."""
    shown: dict[str, Any] = {
        "Name": found.name,
        "S3BucketName": found.bucket,
        "IncludeGlobalServiceEvents": found.has_global_events,
        "IsMultiRegionTrail": found.is_multi_region,
        "TrailARN": found.arn,
        "LogFileValidationEnabled": found.validates,
        "IsOrganizationTrail": found.is_organization,
    }
    if found.prefix:
        shown["S3KeyPrefix"] = found.prefix
    if found.topic:
        shown["SnsTopicName"] = found.topic
        shown["SnsTopicARN"] = found.topic_arn
    if found.log_group:
        shown["CloudWatchLogsLogGroupArn"] = found.log_group
        shown["CloudWatchLogsRoleArn"] = found.log_role
    if found.kms_key:
        shown["KmsKeyId"] = found.kms_key
    return shown


def described_trail(found: Trail) -> dict[str, Any]:
    """A trail, as DescribeTrails and GetTrail have it."""
    return {
        **trail(found),
        "HomeRegion": found.region,
        "HasCustomEventSelectors": bool(found.advanced) or found.selectors != selecting.DEFAULT,
        "HasInsightSelectors": bool(found.insights),
    }


def store(found: EventDataStore) -> dict[str, Any]:
    """An event data store."""
    shown: dict[str, Any] = {
        "EventDataStoreArn": found.arn,
        "Name": found.name,
        "Status": found.status,
        "AdvancedEventSelectors": found.selectors,
        "MultiRegionEnabled": found.is_multi_region,
        "OrganizationEnabled": found.is_organization,
        "RetentionPeriod": found.retention_days,
        "TerminationProtectionEnabled": found.is_protected,
        "CreatedTimestamp": found.created_ms,
        "UpdatedTimestamp": found.updated_ms,
        "BillingMode": found.billing_mode,
    }
    if found.kms_key:
        shown["KmsKeyId"] = found.kms_key
    return shown
