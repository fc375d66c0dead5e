"""Reports on the tags of all of an organization's resources, written to a bucket."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.resourcegroupstaggingapi import limits
from foulweather.services.resourcegroupstaggingapi.organization import governed
from foulweather.services.resourcegroupstaggingapi.state import Report, TaggingState


def start_report_creation(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Have a report written; it is there some time later."""
    guardrails = governed(call)
    state = call.state(TaggingState)
    present = state.reports.get(call.account)
    if present is not None and present.status == "RUNNING":
        raise AwsError(
            "ConcurrentModificationException",
            "The request failed because the target of the operation is currently being modified by a different "
            "request. Try again later.",
            facts=(call.fact(call.account, "Status", present.status),),
        )
    bucket = request["S3Bucket"]
    try:
        call.forwarded("tagging").s3.get_bucket_acl({"Bucket": bucket})
    except AwsError as error:
        raise limits.invalid(
            "You can't access the Amazon S3 bucket for report storage.", Fact("request", "S3Bucket", bucket)
        ).because(error.why) from None
    report = Report(call.account, bucket, guardrails.organization_id(call.account), call.now, call.principal)
    state.reports.put(call.account, report)
    call.later(call.now + limits.REPORT_MS, "resourcegroupstaggingapi.write_report", account=call.account)
    call.changed("tag.ReportStarted", call.account, Status=report.status, S3Bucket=bucket)
    return {}


def describe_report_creation(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Show what became of the last report."""
    governed(call)
    report = call.state(TaggingState).reports.get(call.account)
    if report is None or call.now > report.started_ms + limits.REPORT_KEPT_MS:
        return {"Status": "NO REPORT"}
    shown = {"Status": report.status}
    if report.location:
        shown["S3Location"] = report.location
    if report.error:
        shown["ErrorMessage"] = report.error
    return shown
