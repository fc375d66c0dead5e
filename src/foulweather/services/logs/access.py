"""What each operation needs permission for.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from orjson import JSONDecodeError, dumps, loads

from foulweather.kernel.call import Call
from foulweather.kernel.service import NO_TAGS, Access, Permission, Resource
from foulweather.policy.document import parse
from foulweather.policy.evaluate import Held
from foulweather.services.logs import naming, querying
from foulweather.services.logs.state import LogGroup, LogsState

Request = Mapping[str, Any]
Conditions = dict[str, str | list[str]]


def _policies(call: Call, state: LogsState, group: LogGroup | None) -> Held | None:
    """The resource policies in force: only for services, "policies invoked by others will not be enforced"."""
    if call.principal.kind != "service":
        return None
    name = group.name if group is not None else ""
    if name not in state.held:
        documents = [each.document for each in state.resource_policies.values()]
        documents += [group.policy] if group is not None and group.policy else []
        statements: list[Any] = []
        for document in documents:
            written: Any = loads(document)["Statement"]
            statements += cast("list[Any]", written) if isinstance(written, list) else [written]
        held = None
        if statements:
            source = group.arn if group is not None and group.policy else call.arn("logs", "resource-policy")
            whole = dumps({"Version": "2012-10-17", "Statement": statements}).decode()
            held = Held(source, "resource", parse(whole, "resource"))
        state.held[name] = held
    return state.held[name]


def _resource(call: Call, identifier: str, suffix: str) -> Resource:
    """A group, or what is in it; nobody needs to be there."""
    arn = naming.group_arn(call, identifier)
    group = naming.group_named(call, identifier)
    parts = arn.split(":")
    account = parts[4] if len(parts) > 4 and parts[4] else call.account
    state = call.state(LogsState)
    return Resource(arn + suffix, account, _policies(call, state, group), group.tags if group is not None else NO_TAGS)


def _named(request: Request) -> str:
    found = request.get("logGroupName") or request.get("logGroupIdentifier") or ""
    return str(found)


def group(call: Call, request: Request) -> Sequence[Resource]:
    """The group of a request: its ARN as IAM sees it ends with `:log-stream:`, so that `…:*` in a policy covers it.

    "Use the second version, with the trailing :*, when specifying permissions in IAM policies for all other
    actions": https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
    """
    return (_resource(call, _named(request), ":log-stream:"),)


def groups(call: Call, request: Request) -> Sequence[Resource]:
    """Every group that a request names; where it names none, any."""
    names: list[str] = [
        *(request.get("logGroupIdentifiers") or []),
        *(request.get("logGroupNames") or []),
        *([_named(request)] if _named(request) else []),
    ]
    return tuple(_resource(call, name, ":log-stream:") for name in names) or (
        Resource(call.arn("logs", "log-group::log-stream:"), call.account),
    )


def queried(call: Call, request: Request) -> Sequence[Resource]:
    """The groups of a query: those that its request names, or each of those that its SOURCE selects."""
    named = any(request.get(name) for name in ("logGroupName", "logGroupNames", "logGroupIdentifiers"))
    if not named:
        selected = querying.selecting(call, str(request.get("queryString") or ""))
        if selected:
            return tuple(_resource(call, each.name, ":log-stream:") for each in selected)
    return groups(call, request)


def queried_within(call: Call, request: Request) -> Sequence[Permission]:
    """The groups that joins and subqueries select."""
    selected = querying.selecting(call, str(request.get("queryString") or ""), is_within=True)
    return tuple(Permission("logs:StartQuery", _resource(call, each.name, ":log-stream:"), {}) for each in selected)


def any_group(call: Call, request: Request) -> Sequence[Resource]:
    """All the account's groups."""
    return (Resource(call.arn("logs", "log-group::log-stream:"), call.account),)


def stream(call: Call, request: Request) -> Sequence[Resource]:
    """The stream of a request."""
    return (_resource(call, _named(request), f":log-stream:{request.get('logStreamName', '')}"),)


def tagged(call: Call, request: Request) -> Sequence[Resource]:
    """What resourceArn names: a group without the star, a destination."""
    arn = str(request.get("resourceArn") or "")
    if ":log-group:" in arn:
        return (_resource(call, arn, ""),)
    state = call.state(LogsState)
    found = state.destinations.get(arn.partition(":destination:")[2])
    if ":scheduled-query:" in arn:
        found = state.scheduled_queries.get(arn.rpartition(":")[2])
    return (Resource(arn, call.account, tags=found.tags if found is not None else NO_TAGS),)


def tagged_group(call: Call, request: Request) -> Sequence[Resource]:
    """The group of the older tagging operations."""
    return (_resource(call, _named(request), ""),)


def destination(call: Call, request: Request) -> Sequence[Resource]:
    """A destination."""
    return (Resource(call.arn("logs", f"destination:{request.get('destinationName', '')}"), call.account),)


def encrypted(call: Call, request: Request) -> Sequence[Resource]:
    """The group that a key is for."""
    return (
        _resource(call, str(request.get("logGroupName") or request.get("resourceIdentifier") or ""), ":log-stream:"),
    )


def lookup_table(call: Call, request: Request) -> Sequence[Resource]:
    """A lookup table."""
    named = str(request.get("lookupTableName") or "")
    return (Resource(str(request.get("lookupTableArn") or call.arn("logs", f"lookup-table:{named}")), call.account),)


def scheduled(call: Call, request: Request) -> Sequence[Resource]:
    """A scheduled query, by its ARN or its name."""
    named = str(request.get("identifier") or request.get("name") or "")
    for each in call.state(LogsState).scheduled_queries.values():
        if named in (each.arn, each.name):
            return (Resource(each.arn, call.account, tags=each.tags),)
    arn = named if named.startswith("arn:") else call.arn("logs", "scheduled-query:*")
    return (Resource(arn, call.account),)


def passing_both(call: Call, request: Request) -> Sequence[Permission]:
    """The roles of a scheduled query: one that queries, one that delivers."""
    destination: Mapping[str, Any] = request.get("destinationConfiguration") or {}
    delivery: Mapping[str, Any] = destination.get("s3Configuration") or {}
    given = (request.get("executionRoleArn"), delivery.get("roleArn"))
    return tuple(each for role in given for each in passing(call, {"roleArn": role}))


def tags(call: Call, request: Request) -> Conditions:
    """The condition keys of tags in a request."""
    if isinstance(request.get("tags"), list):  # UntagLogGroup names keys only
        return {"aws:tagkeys": list(request["tags"])}
    given: Mapping[str, str] = request.get("tags") or {}
    conditions: Conditions = {f"aws:requesttag/{key.lower()}": value for key, value in given.items()}
    keys: list[str] = [*given, *(request.get("tagKeys") or [])]
    return {**conditions, "aws:tagkeys": keys} if keys else conditions


def tagging(call: Call, request: Request) -> Sequence[Permission]:
    """Tags on a new group need logs:TagResource: API_CreateLogGroup."""
    if not request.get("tags"):
        return ()
    return (Permission("logs:TagResource", _resource(call, _named(request), ""), tags(call, request)),)


def unmasking(call: Call, request: Request) -> Sequence[Permission]:
    """What is masked is shown to whoever has logs:Unmask: API_GetLogEvents."""
    if not request.get("unmask"):
        return ()
    return (Permission("logs:Unmask", group(call, request)[0], {}),)


def passing(call: Call, request: Request) -> Sequence[Permission]:
    """A role that CloudWatch Logs is given must be the caller's to pass: API_PutSubscriptionFilter."""
    role = str(request.get("roleArn") or "")
    if role.count(":") < 5:
        return ()
    passed: Conditions = {"iam:passedtoservice": "logs.amazonaws.com"}
    return (Permission("iam:PassRole", Resource(role, role.split(":")[4]), passed),)


_POLICY_ACTIONS = {
    "DATA_PROTECTION_POLICY": "DataProtectionPolicy",
    "SUBSCRIPTION_FILTER_POLICY": "SubscriptionFilter",
    "FIELD_INDEX_POLICY": "IndexPolicy",
    "TRANSFORMER_POLICY": "Transformer",
    "METRIC_EXTRACTION_POLICY": "MetricExtractionPolicy",
}


def account_policy(call: Call, request: Request) -> Sequence[Permission]:
    """What a kind of account policy needs besides logs:PutAccountPolicy: API_PutAccountPolicy."""
    named = _POLICY_ACTIONS.get(str(request.get("policyType")))
    if named is None:
        return ()
    verb = "Put" if call.operation.startswith("Put") else "Delete"
    needed = Permission(f"logs:{verb}{named}", any_group(call, request)[0], {})
    # "To perform a PutAccountPolicy subscription filter operation for any destination except a Lambda function, you
    # must also have the iam:PassRole permission."
    return (needed, *passing(call, {"roleArn": _role_within(request)}))


def _role_within(request: Request) -> str:
    """The role that a subscription filter policy names."""
    try:
        document: Any = loads(str(request.get("policyDocument") or "null"))
    except JSONDecodeError:
        return ""
    return str(cast("dict[str, Any]", document).get("RoleArn") or "") if isinstance(document, dict) else ""


def exporting(call: Call, request: Request) -> Sequence[Permission]:
    """Whoever exports must be allowed "to write to the S3 bucket": API_CreateExportTask."""
    bucket = str(request.get("destination") or "")
    prefix = str(request.get("destinationPrefix") or "exportedlogs")
    return (Permission("s3:PutObject", Resource(f"arn:aws:s3:::{bucket}/{prefix}/*", call.account), {}),)


def _of_group(*names: str, is_read: bool = False) -> dict[str, Access]:
    return {name: Access(f"logs:{name}", group, is_read=is_read) for name in names}


def _anywhere(*names: str, is_read: bool = False) -> dict[str, Access]:
    return {name: Access(f"logs:{name}", is_read=is_read) for name in names}


ACCESS: dict[str, Access] = {
    **_of_group(
        *("DeleteLogGroup", "DeleteRetentionPolicy", "PutRetentionPolicy", "PutLogGroupDeletionProtection"),
        *("PutMetricFilter", "DeleteMetricFilter", "DeleteSubscriptionFilter", "PutDataProtectionPolicy"),
        *("DeleteDataProtectionPolicy", "PutIndexPolicy", "DeleteIndexPolicy", "PutTransformer", "DeleteTransformer"),
    ),
    **_of_group(
        "DescribeLogStreams",
        "DescribeSubscriptionFilters",
        "GetDataProtectionPolicy",
        "GetLogGroupFields",
        "GetTransformer",
        is_read=True,
    ),
    **{
        name: Access(f"logs:{name}", lookup_table, tags, is_read=name.startswith("Get"))
        for name in ("CreateLookupTable", "UpdateLookupTable", "DeleteLookupTable", "GetLookupTable")
    },
    **{
        name: Access(f"logs:{name}", scheduled, is_read=name.startswith("Get"))
        for name in ("DeleteScheduledQuery", "GetScheduledQuery", "GetScheduledQueryHistory")
    },
    **{
        name: Access(f"logs:{name}", scheduled, tags, passing_both)
        for name in ("CreateScheduledQuery", "UpdateScheduledQuery")
    },
    **_anywhere(
        *("CancelExportTask", "DeleteQueryDefinition", "DeleteResourcePolicy", "PutQueryDefinition"),
        *("PutResourcePolicy", "StopQuery"),
    ),
    **_anywhere(
        *(
            "DescribeAccountPolicies",
            "DescribeLookupTables",
            "DescribeDestinations",
            "DescribeExportTasks",
            "DescribeQueries",
        ),
        *("DescribeQueryDefinitions", "DescribeResourcePolicies", "GetQueryResults", "ListLogGroups"),
        *("ListLogGroupsForQuery", "ListScheduledQueries", "TestMetricFilter", "TestTransformer"),
        is_read=True,
    ),
    "AssociateKmsKey": Access("logs:AssociateKmsKey", encrypted),
    "CreateExportTask": Access("logs:CreateExportTask", group, also=exporting),
    "CreateLogGroup": Access("logs:CreateLogGroup", group, tags, tagging),
    "CreateLogStream": Access("logs:CreateLogStream", stream),
    "DeleteAccountPolicy": Access("logs:DeleteAccountPolicy", also=account_policy),
    "DeleteDestination": Access("logs:DeleteDestination", destination),
    "DeleteLogStream": Access("logs:DeleteLogStream", stream),
    "DescribeFieldIndexes": Access("logs:DescribeFieldIndexes", groups, is_read=True),
    "DescribeIndexPolicies": Access("logs:DescribeIndexPolicies", groups, is_read=True),
    "DescribeLogGroups": Access("logs:DescribeLogGroups", any_group, is_read=True),
    "DescribeMetricFilters": Access("logs:DescribeMetricFilters", groups, is_read=True),
    "DisassociateKmsKey": Access("logs:DisassociateKmsKey", encrypted),
    "FilterLogEvents": Access("logs:FilterLogEvents", group, also=unmasking, is_read=True, is_data=True),
    "GetLogEvents": Access("logs:GetLogEvents", stream, also=unmasking, is_read=True, is_data=True),
    "GetLogRecord": Access("logs:GetLogRecord", is_read=True),
    "ListTagsForResource": Access("logs:ListTagsForResource", tagged, is_read=True),
    "ListTagsLogGroup": Access("logs:ListTagsLogGroup", tagged_group, is_read=True),
    "PutAccountPolicy": Access("logs:PutAccountPolicy", also=account_policy),
    "PutDestination": Access("logs:PutDestination", destination, tags, passing),
    "PutDestinationPolicy": Access("logs:PutDestinationPolicy", destination),
    "PutLogEvents": Access("logs:PutLogEvents", stream, is_data=True),
    "PutSubscriptionFilter": Access("logs:PutSubscriptionFilter", group, also=passing),
    "StartLiveTail": Access("logs:StartLiveTail", groups, is_read=True),
    "StartQuery": Access("logs:StartQuery", queried, also=queried_within, is_read=True),
    "TagLogGroup": Access("logs:TagLogGroup", tagged_group, tags),
    "TagResource": Access("logs:TagResource", tagged, tags),
    "UntagLogGroup": Access("logs:UntagLogGroup", tagged_group, tags),
    "UntagResource": Access("logs:UntagResource", tagged, tags),
}
