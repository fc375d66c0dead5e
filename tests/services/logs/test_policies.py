"""Field indexes, and queries that were saved."""

from __future__ import annotations

import json
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from harness import ACCOUNT, Aws
from services.logs.log_calls import GROUP, make, put

ARN = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{GROUP}"
FIELDS = json.dumps({"Fields": ["requestId"]})


def refused(operation: Any, request: dict[str, Any]) -> AwsError:
    with pytest.raises(AwsError) as caught:
        operation(request)
    return caught.value


async def test_a_groups_own_index_policy_goes_before_the_accounts(aws: Aws) -> None:
    make(aws)
    put(aws, "x")
    assert aws.logs.describe_index_policies({"logGroupIdentifiers": [GROUP]})["indexPolicies"] == []
    account = {"policyName": "all", "policyType": "FIELD_INDEX_POLICY", "policyDocument": '{"Fields":["user"]}'}
    await aws.logs.put_account_policy({**account, "selectionCriteria": 'LogGroupNamePrefix = "/ap"'})
    (policy,) = aws.logs.describe_index_policies({"logGroupIdentifiers": [GROUP]})["indexPolicies"]
    assert (policy["source"], policy["policyName"]) == ("ACCOUNT", "all")
    aws.logs.put_index_policy({"logGroupIdentifier": ARN, "policyDocument": FIELDS})
    (policy,) = aws.logs.describe_index_policies({"logGroupIdentifiers": [GROUP]})["indexPolicies"]
    assert (policy["source"], policy["policyDocument"]) == ("LOG_GROUP", FIELDS)
    (field,) = aws.logs.describe_field_indexes({"logGroupIdentifiers": [GROUP]})["fieldIndexes"]
    assert (field["fieldIndexName"], field["logGroupIdentifier"]) == ("requestId", ARN)
    assert [g["logGroupName"] for g in aws.logs.list_log_groups({"fieldIndexNames": ["requestId"]})["logGroups"]] == [
        GROUP
    ]
    aws.logs.delete_index_policy({"logGroupIdentifier": GROUP})
    assert aws.logs.list_log_groups({"fieldIndexNames": ["requestId"]})["logGroups"] == []
    assert refused(aws.logs.delete_index_policy, {"logGroupIdentifier": GROUP}).code == "ResourceNotFoundException"


@pytest.mark.parametrize(
    "document", ["x", "{}", '{"Fields": []}', '{"Fields": [1]}', json.dumps({"Fields": [str(n) for n in range(21)]})]
)
def test_an_index_policy_names_up_to_twenty_fields(aws: Aws, document: str) -> None:
    make(aws)
    error = refused(aws.logs.put_index_policy, {"logGroupIdentifier": GROUP, "policyDocument": document})
    assert error.code == "InvalidParameterException"


async def test_account_policies_that_are_not_built_say_so(aws: Aws) -> None:
    request = {"policyName": "p", "policyType": "METRIC_EXTRACTION_POLICY", "policyDocument": "{}"}
    for kind, code in (("METRIC_EXTRACTION_POLICY", "NotImplemented"), ("X", "InvalidParameterException")):
        with pytest.raises(AwsError, match=code):
            await aws.logs.put_account_policy({**request, "policyType": kind})
    gone = {"policyName": "p", "policyType": "FIELD_INDEX_POLICY"}
    assert refused(aws.logs.delete_account_policy, gone).code == "ResourceNotFoundException"


def test_queries_are_saved_changed_and_deleted(aws: Aws) -> None:
    make(aws)
    request = {"name": "shop/slow", "queryString": "fields @message", "logGroupNames": [GROUP]}
    made = aws.logs.put_query_definition(request)["queryDefinitionId"]
    aws.logs.put_query_definition({**request, "queryDefinitionId": made, "queryString": "fields @timestamp"})
    (saved,) = aws.logs.describe_query_definitions({"queryDefinitionNamePrefix": "shop/"})["queryDefinitions"]
    assert saved == {
        "queryDefinitionId": made,
        "name": "shop/slow",
        "queryString": "fields @timestamp",
        "lastModified": aws.now,
        "logGroupNames": [GROUP],
        "queryLanguage": "CWLI",
    }
    assert aws.logs.delete_query_definition({"queryDefinitionId": made}) == {"success": True}
    assert refused(aws.logs.delete_query_definition, {"queryDefinitionId": made}).code == "ResourceNotFoundException"
    assert refused(aws.logs.put_query_definition, {**request, "queryDefinitionId": made}).status == 400
