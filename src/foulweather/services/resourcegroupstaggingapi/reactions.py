"""The writing of a report."""

from __future__ import annotations

import csv
import inspect
import io
import json

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.tag_policies import compliance, rules_for
from foulweather.services.resourcegroupstaggingapi.found import regions_of, tagged
from foulweather.services.resourcegroupstaggingapi.state import Report, TaggingState
from foulweather.services.resourcegroupstaggingapi.times import iso

# AWS does not document the columns: these are ours, named after GetResources' members.
COLUMNS = (
    "AccountId",
    "Region",
    "ResourceARN",
    "Tags",
    "ComplianceStatus",
    "NoncompliantKeys",
    "KeysWithNoncompliantValues",
)


async def write_report(call: Call, account: str) -> None:
    """Write a report in the name of whoever asked for it."""
    state = call.state(TaggingState, account)
    report = state.reports[account]
    key = f"AwsTagPolicies/{report.organization}/{iso(call.now)}/report.csv"
    try:
        written = call.acting_as(report.who, account=account).s3.put_object(
            {"Bucket": report.bucket, "Key": key, "Body": _rows(call, report).encode(), "ContentType": "text/csv"}
        )
        if inspect.isawaitable(written):
            await written
    except AwsError as error:
        report.status = "FAILED"
        report.error = "Report creation timed out or the Amazon S3 bucket is not accessible."
        call.explain("Report", f"arn:aws:s3:::{report.bucket}/{key}", error.why, error.code)
    else:
        report.status = "SUCCEEDED"
        report.location = f"s3://{report.bucket}/{key}"
    state.reports.touch(account)
    call.changed("tag.ReportEnded", account, Status=report.status, S3Location=report.location)


def _rows(call: Call, report: Report) -> str:
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(COLUMNS)
    guardrails = call.pipeline.guardrails
    for account in guardrails.members(report.account) if guardrails is not None else ():
        rules = rules_for(call, account)
        for region in regions_of(call.world, account):
            for each in tagged(call, account, region):
                found = compliance(each.tags, rules)
                tags = json.dumps(dict(each.tags), separators=(",", ":"))
                keys, values = ",".join(found.keys), ",".join(found.values)
                table.writerow((account, region, each.arn, tags, str(found.is_compliant).lower(), keys, values))
    return text.getvalue()
