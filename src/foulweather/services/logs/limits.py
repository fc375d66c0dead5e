"""CloudWatch Logs' quotas, and what is checked against them.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html
https://repost.aws/knowledge-center/cloudwatch-logs-throttling
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.service import Rate
from foulweather.kernel.why import Fact
from foulweather.services.logs.refusals import invalid

# "The maximum batch size is 1,048,576 bytes … the sum of all event messages in UTF-8, plus 26 bytes for each":
# API_PutLogEvents, which also tells the others.
BATCH_BYTES_MAX: Final = 1_048_576
EVENT_BYTES_MAX: Final = 1_048_576
BATCH_EVENTS_MAX: Final = 10_000
BATCH_SPAN_MS: Final = 86_400_000
OLDEST_MS: Final = 14 * 86_400_000
NEWEST_MS: Final = 2 * 3_600_000
# "Each page returned can contain up to 1 MB of log events or up to 10,000 log events": API_GetLogEvents.
PAGE_BYTES: Final = 1_048_576
PAGE_EVENTS: Final = 10_000
# A page of FilterLogEvents "might only be partially full, or even empty": so much is looked through for one.
PAGE_SCANNED_BYTES: Final = 32 * 1_048_576
TOKEN_MS: Final = 86_400_000
LIST_PAGE: Final = 50
GROUPS_MAX: Final = 1_000_000
METRIC_FILTERS_MAX: Final = 100
SUBSCRIPTION_FILTERS_MAX: Final = 2
REGEX_FILTERS_MAX: Final = 5
DIMENSIONS_MAX: Final = 3
RESOURCE_POLICIES_MAX: Final = 10
RESOURCE_POLICY_CHARACTERS_MAX: Final = 5_120
TAGS_MAX: Final = 50
QUERY_DEFINITIONS_MAX: Final = 1_000
QUERIES_MAX: Final = 100
QUERY_GROUPS_MAX: Final = 50
QUERY_ROWS: Final = 10_000
# "Query results are available for 7 days": CloudWatch Logs quotas.
QUERY_KEPT_MS: Final = 7 * 86_400_000
INDEX_FIELDS_MAX: Final = 20
LIVE_TAIL_MAX: Final = 15
LIVE_TAIL_MS: Final = 3 * 3_600_000
LIVE_TAIL_EVENTS_MAX: Final = 500

RETENTION_DAYS: Final = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653),
)


def _rate(per_s: int, burst: int = 0) -> Rate:
    return Rate(per_s, burst or per_s, "ThrottlingException", "Rate exceeded")


_DATA = {5_000: "PutLogEvents", 25: "GetLogEvents", 5: "FilterLogEvents StartQuery GetQueryResults"}
_CONTROL = {
    50: "CreateLogStream",
    25: "DescribeLogStreams",
    15: "DeleteLogStream",
    10: "CreateLogGroup DeleteLogGroup DescribeLogGroups PutRetentionPolicy DeleteRetentionPolicy",
    5: (
        "AssociateKmsKey CancelExportTask CreateExportTask DeleteAccountPolicy DeleteDataProtectionPolicy "
        "DeleteDestination DeleteIndexPolicy DeleteMetricFilter DeleteQueryDefinition DeleteResourcePolicy "
        "DeleteSubscriptionFilter DescribeAccountPolicies DescribeDestinations DescribeExportTasks "
        "DescribeIndexPolicies DescribeMetricFilters DescribeQueries DescribeQueryDefinitions "
        "DescribeResourcePolicies DescribeSubscriptionFilters DisassociateKmsKey GetDataProtectionPolicy "
        "GetLogGroupFields GetLogRecord ListTagsForResource ListTagsLogGroup PutAccountPolicy "
        "PutDataProtectionPolicy PutDestination PutDestinationPolicy PutIndexPolicy PutMetricFilter "
        "PutQueryDefinition PutResourcePolicy PutSubscriptionFilter StopQuery TagLogGroup TagResource "
        "TestMetricFilter UntagLogGroup UntagResource"
    ),
}
# The quotas are calls a second. AWS tells no burst: reads and writes of events have none here, the others ten seconds'.
RATES: dict[str, Rate] = {
    **{name: _rate(per_s) for per_s, names in _DATA.items() for name in names.split()},
    **{name: _rate(per_s, per_s * 10) for per_s, names in _CONTROL.items() for name in names.split()},
}


def checked_retention(days: int) -> int:
    """A number of days that events may be kept for."""
    if days not in RETENTION_DAYS:
        allowed = ", ".join(str(each) for each in RETENTION_DAYS)
        raise invalid(
            f"1 validation error detected: Value '{days}' at 'retentionInDays' failed to satisfy constraint: "
            f"Member must satisfy enum value set: [{allowed}]",
            Fact("request", "retentionInDays", days),
        )
    return days


def checked_tags(
    held: Mapping[str, str], given: Mapping[str, str], code: str = "InvalidParameterException"
) -> dict[str, str]:
    """Tags after a request adds to them."""
    for key in given:
        if key.lower().startswith("aws:"):
            raise invalid(
                "Tag keys starting with the reserved prefix 'aws:' are not allowed.", Fact("request", "tags", key)
            )
    tags = {**held, **given}
    if len(tags) > TAGS_MAX:
        raise AwsError(
            code, f"A resource can have at most {TAGS_MAX} tags.", facts=(Fact("request", "tags", len(tags)),)
        )
    return tags


def check_not_given(operation: str, request: Mapping[str, Any], *members: str) -> None:
    """Refuse parameters that are not built; those that ask for nothing may stand."""
    for member in members:
        if request.get(member):
            raise not_implemented("logs", f"{operation}.{member}")
