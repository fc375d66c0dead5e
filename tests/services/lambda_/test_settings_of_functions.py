"""What hangs on functions: aliases, permissions, concurrency, URLs, asynchronous settings, signing, tags."""

from __future__ import annotations

import json
from typing import Any

import pytest

from foulweather.policy import principal as principals
from harness import ACCOUNT, REGION, Aws
from services.lambda_.calls import ARN, OTHER, active, allow, create, refused, user
from services.lambda_.packaged import ROLE, role


@pytest.fixture(autouse=True)
def execution_role(aws: Aws) -> None:
    role(aws)


async def published(aws: Aws, *names: str) -> None:
    """A function with a version 1 and a version 2, and aliases of version 1."""
    await active(aws)
    aws.lambda_.publish_version({"FunctionName": "work"})
    await aws.lambda_.update_function_configuration({"FunctionName": "work", "Timeout": 5})
    await aws.advance(seconds=1)
    aws.lambda_.publish_version({"FunctionName": "work"})
    for name in names:
        aws.lambda_.create_alias({"FunctionName": "work", "Name": name, "FunctionVersion": "1"})


async def test_an_alias_names_a_version(aws: Aws) -> None:
    await published(aws, "live")
    made = aws.lambda_.get_alias({"FunctionName": "work", "Name": "live"})
    assert (made["AliasArn"], made["FunctionVersion"]) == (f"{ARN}:live", "1")
    with refused("ResourceConflictException", f"Alias already exists: {ARN}:live"):
        aws.lambda_.create_alias({"FunctionName": "work", "Name": "live", "FunctionVersion": "2"})
    with refused("ResourceNotFoundException", f"Function not found: {ARN}:9"):
        aws.lambda_.create_alias({"FunctionName": "work", "Name": "next", "FunctionVersion": "9"})
    with refused("ResourceNotFoundException", f"Cannot find alias arn: {ARN}:next"):
        aws.lambda_.get_alias({"FunctionName": "work", "Name": "next"})
    moved = aws.lambda_.update_alias({"FunctionName": "work", "Name": "live", "FunctionVersion": "2"})
    assert moved["RevisionId"] != made["RevisionId"]
    with refused("PreconditionFailedException"):
        aws.lambda_.update_alias({"FunctionName": "work", "Name": "live", "RevisionId": made["RevisionId"]})
    with refused("ResourceConflictException", "Version 2 is referenced"):
        aws.lambda_.delete_function({"FunctionName": "work", "Qualifier": "2"})
    aws.lambda_.delete_alias({"FunctionName": "work", "Name": "live"})
    assert aws.lambda_.list_aliases({"FunctionName": "work"})["Aliases"] == []


async def test_weights_are_of_one_other_published_version(aws: Aws) -> None:
    await published(aws, "live")
    update = aws.lambda_.update_alias

    def routed(**weights: float) -> dict[str, Any]:
        versions = {name[1:]: weight for name, weight in weights.items()}
        return {"FunctionName": "work", "Name": "live", "RoutingConfig": {"AdditionalVersionWeights": versions}}

    assert update(routed(v2=0.1))["RoutingConfig"] == {"AdditionalVersionWeights": {"2": 0.1}}
    with refused("InvalidParameterValueException", "Function version 1 is already included in routing configuration"):
        update(routed(v1=0.1))
    with refused("InvalidParameterValueException", "cannot be greater than 1"):
        update(routed(v1=0.1, v2=0.1))
    with refused("InvalidParameterValueException", "Function version 2 is already included"):
        update({"FunctionName": "work", "Name": "live", "FunctionVersion": "2"})
    with refused("InvalidParameterValueException", "$LATEST is not supported for an alias"):
        update({**routed(v2=0.1), "FunctionVersion": "$LATEST"})
    assert "RoutingConfig" not in update(routed())


async def test_versions_that_share_invocations_have_the_same_role(aws: Aws) -> None:
    await published(aws, "live")
    role(aws, name="other")
    other = ROLE.replace("role/function", "role/other")
    await aws.lambda_.update_function_configuration({"FunctionName": "work", "Role": other})
    await aws.advance(seconds=1)
    aws.lambda_.publish_version({"FunctionName": "work"})
    routing = {"AdditionalVersionWeights": {"3": 0.5}}
    with refused("InvalidParameterValueException", "must have the same execution role"):
        aws.lambda_.update_alias({"FunctionName": "work", "Name": "live", "RoutingConfig": routing})


async def test_a_permission_is_a_statement_of_the_functions_policy(aws: Aws) -> None:
    await published(aws, "live")
    asked = {
        "FunctionName": "work",
        "StatementId": "s3",
        "Action": "lambda:InvokeFunction",
        "Principal": "s3.amazonaws.com",
        "SourceArn": "arn:aws:s3:::photos",
        "SourceAccount": ACCOUNT,
    }
    statement = json.loads(aws.lambda_.add_permission(asked)["Statement"])
    assert statement == {
        "Sid": "s3",
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": ARN,
        "Condition": {
            "StringEquals": {"AWS:SourceAccount": ACCOUNT},
            "ArnLike": {"AWS:SourceArn": "arn:aws:s3:::photos"},
        },
    }
    with refused("ResourceConflictException", "The statement id (s3) provided already exists."):
        aws.lambda_.add_permission(asked)
    policy = aws.lambda_.get_policy({"FunctionName": "work"})
    assert json.loads(policy["Policy"])["Statement"] == [statement]
    with refused("PreconditionFailedException", "Call the GetPolicy API"):
        aws.lambda_.remove_permission({"FunctionName": "work", "StatementId": "s3", "RevisionId": "stale"})
    with refused("ResourceNotFoundException", "Statement x is not found in resource policy."):
        aws.lambda_.remove_permission({"FunctionName": "work", "StatementId": "x"})
    aws.lambda_.remove_permission({"FunctionName": "work", "StatementId": "s3"})
    with refused("ResourceNotFoundException", "The resource you requested does not exist."):
        aws.lambda_.get_policy({"FunctionName": "work"})
    for members, words in (
        ({"Qualifier": "$LATEST"}, "We currently do not support adding policies for $LATEST."),
        ({"Principal": "nobody"}, "The provided principal was invalid."),
        ({"Principal": f"arn:aws:iam::{ACCOUNT}:role/absent"}, "The provided principal was invalid."),
        ({"FunctionUrlAuthType": "NONE"}, "only supported for lambda:InvokeFunctionUrl"),
    ):
        with refused("InvalidParameterValueException", words):
            aws.lambda_.add_permission({**asked, **members})


async def test_another_account_may_what_the_policy_of_the_qualifier_says(aws: Aws) -> None:
    await published(aws, "live")
    asked = {"StatementId": "other", "Action": "lambda:GetFunction", "Principal": OTHER}
    aws.lambda_.add_permission({"FunctionName": "work:live", **asked})
    there = aws.in_account(OTHER)
    assert there.lambda_.get_function({"FunctionName": f"{ARN}:live"})["Configuration"]["Version"] == "1"
    for named in (ARN, f"{ARN}:1"):
        with refused("AccessDeniedException", f"perform: lambda:GetFunction on resource: {named}"):
            there.lambda_.get_function({"FunctionName": named})


async def test_a_policy_cannot_grow_without_bound(aws: Aws) -> None:
    await active(aws)
    asked = {"FunctionName": "work", "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"}
    with refused("PolicyLengthExceededException", "is bigger than the limit (20480)."):
        for number in range(100):
            aws.lambda_.add_permission({**asked, "StatementId": f"{number}", "SourceArn": "arn:aws:s3:::" + "x" * 100})


async def test_reserving_leaves_a_hundred_for_the_others(aws: Aws) -> None:
    await active(aws)
    put = aws.lambda_.put_function_concurrency
    assert put({"FunctionName": "work", "ReservedConcurrentExecutions": 900})
    with refused("InvalidParameterValueException", "below its minimum value of [100].") as refusal:
        put({"FunctionName": "work", "ReservedConcurrentExecutions": 901})
    assert "L-B99A9384" in refusal.error.why.remedy[0]
    assert aws.lambda_.get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"] == 100
    await create(aws, "two")
    with refused("InvalidParameterValueException", "below its minimum value of [100]."):
        put({"FunctionName": "two", "ReservedConcurrentExecutions": 1})
    assert put({"FunctionName": "two", "ReservedConcurrentExecutions": 0}) == {"ReservedConcurrentExecutions": 0}
    aws.lambda_.delete_function_concurrency({"FunctionName": "work"})
    assert aws.lambda_.get_function_concurrency({"FunctionName": "work"}) == {}


async def test_provisioned_concurrency_is_ready_after_a_minute(aws: Aws) -> None:
    await published(aws, "live")
    put, get = aws.lambda_.put_provisioned_concurrency_config, aws.lambda_.get_provisioned_concurrency_config
    live = {"FunctionName": "work", "Qualifier": "live"}
    with refused("ProvisionedConcurrencyConfigNotFoundException", "No Provisioned Concurrency Config found"):
        get(live)
    assert put({**live, "ProvisionedConcurrentExecutions": 5})["Status"] == "IN_PROGRESS"
    await aws.advance(seconds=61)
    ready = get(live)
    assert (ready["Status"], ready["AllocatedProvisionedConcurrentExecutions"]) == ("READY", 5)
    with refused("InvalidParameterValueException", "Version is pointed by a Provisioned Concurrency alias"):
        put({"FunctionName": "work", "Qualifier": "1", "ProvisionedConcurrentExecutions": 1})
    with refused("InvalidParameterValueException", "cannot be applied to unpublished function versions"):
        put({"FunctionName": "work", "Qualifier": "$LATEST", "ProvisionedConcurrentExecutions": 1})
    with refused("InvalidParameterValueException", "Alias with weights can not be used with Provisioned Concurrency"):
        aws.lambda_.update_alias(
            {"FunctionName": "work", "Name": "live", "RoutingConfig": {"AdditionalVersionWeights": {"2": 0.5}}}
        )
    with refused("InvalidParameterValueException", "greater than account's unreserved concurrency [895]"):
        put({**live, "ProvisionedConcurrentExecutions": 902})
    with refused("InvalidParameterValueException", "should not be lower than function's total provisioned"):
        aws.lambda_.put_function_concurrency({"FunctionName": "work", "ReservedConcurrentExecutions": 4})
    moved = {"FunctionName": "work", "Name": "live", "FunctionVersion": "2"}
    aws.lambda_.update_alias(moved)
    assert get(live)["Status"] == "IN_PROGRESS"
    assert get(live)["AllocatedProvisionedConcurrentExecutions"] == 0
    aws.lambda_.delete_provisioned_concurrency_config(live)
    assert aws.lambda_.list_provisioned_concurrency_configs({"FunctionName": "work"}) == {
        "ProvisionedConcurrencyConfigs": []
    }


async def test_a_url_is_made_once_for_a_function_and_for_each_alias(aws: Aws) -> None:
    await published(aws, "live")
    made = aws.lambda_.create_function_url_config({"FunctionName": "work", "AuthType": "AWS_IAM"})
    assert made["FunctionUrl"].endswith(f".lambda-url.{REGION}.on.aws/")
    with refused("ResourceConflictException", "FunctionUrlConfig exists for this Lambda function"):
        aws.lambda_.create_function_url_config({"FunctionName": "work", "AuthType": "NONE"})
    alias = aws.lambda_.create_function_url_config({"FunctionName": "work", "Qualifier": "live", "AuthType": "NONE"})
    assert alias["FunctionArn"] == f"{ARN}:live"
    with refused("ResourceNotFoundException", f"Function not found: {ARN}:none"):
        aws.lambda_.create_function_url_config({"FunctionName": "work", "Qualifier": "none", "AuthType": "NONE"})
    cors = {"AllowOrigins": ["*"], "AllowMethods": ["GET"]}
    changed = aws.lambda_.update_function_url_config({"FunctionName": "work", "AuthType": "NONE", "Cors": cors})
    assert (changed["AuthType"], changed["Cors"], changed["FunctionUrl"]) == ("NONE", cors, made["FunctionUrl"])
    assert len(aws.lambda_.list_function_url_configs({"FunctionName": "work"})["FunctionUrlConfigs"]) == 2
    aws.lambda_.delete_function_url_config({"FunctionName": "work"})
    with refused("ResourceNotFoundException", "The resource you requested does not exist."):
        aws.lambda_.get_function_url_config({"FunctionName": "work"})


async def test_asynchronous_settings_name_destinations_that_the_role_may_use(aws: Aws) -> None:
    await active(aws)
    aws.sqs.create_queue({"QueueName": "failed"})
    queue = f"arn:aws:sqs:{REGION}:{ACCOUNT}:failed"
    put = aws.lambda_.put_function_event_invoke_config
    with refused("InvalidParameterValueException", "You must specify at least one of error handling or destination"):
        put({"FunctionName": "work"})
    failing = {"FunctionName": "work", "DestinationConfig": {"OnFailure": {"Destination": queue}}}
    with refused("InvalidParameterValueException", "does not have permissions to call SendMessage on SQS"):
        put(failing)
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow("sqs:SendMessage")]})
    aws.iam.put_role_policy({"RoleName": "function", "PolicyName": "send", "PolicyDocument": document})
    made = put({**failing, "MaximumRetryAttempts": 0})
    assert made["FunctionArn"] == f"{ARN}:$LATEST"
    update = aws.lambda_.update_function_event_invoke_config
    changed = update({"FunctionName": "work", "MaximumEventAgeInSeconds": 60})
    assert (changed["MaximumRetryAttempts"], changed["MaximumEventAgeInSeconds"]) == (0, 60)
    assert changed["DestinationConfig"]["OnFailure"] == {"Destination": queue}
    with refused("InvalidParameterValueException", "You can't specify the function as a destination for itself."):
        put({"FunctionName": "work", "DestinationConfig": {"OnSuccess": {"Destination": ARN}}})
    aws.lambda_.delete_function_event_invoke_config({"FunctionName": "work"})
    with refused("ResourceNotFoundException", f"The function {ARN}:$LATEST doesn't have an EventInvokeConfig"):
        aws.lambda_.get_function_event_invoke_config({"FunctionName": "work"})


async def test_code_that_is_not_signed_is_refused_where_that_is_enforced(aws: Aws) -> None:
    publishers = {"SigningProfileVersionArns": [f"arn:aws:signer:{REGION}:{ACCOUNT}:/signing-profiles/p/v"]}
    made = aws.lambda_.create_code_signing_config({"AllowedPublishers": publishers})["CodeSigningConfig"]
    arn = made["CodeSigningConfigArn"]
    assert made["CodeSigningPolicies"] == {"UntrustedArtifactOnDeployment": "Warn"}
    await active(aws, CodeSigningConfigArn=arn)
    aws.lambda_.update_code_signing_config(
        {"CodeSigningConfigArn": arn, "CodeSigningPolicies": {"UntrustedArtifactOnDeployment": "Enforce"}}
    )
    with refused("CodeVerificationFailedException", "Lambda blocks the deployment."):
        await create(aws, "two", CodeSigningConfigArn=arn)
    with refused("ResourceConflictException", "in use"):
        aws.lambda_.delete_code_signing_config({"CodeSigningConfigArn": arn})
    assert aws.lambda_.list_functions_by_code_signing_config({"CodeSigningConfigArn": arn})["FunctionArns"] == [ARN]
    aws.lambda_.delete_function_code_signing_config({"FunctionName": "work"})
    assert aws.lambda_.get_function_code_signing_config({"FunctionName": "work"}) == {"FunctionName": "work"}
    aws.lambda_.delete_code_signing_config({"CodeSigningConfigArn": arn})
    with refused("CodeSigningConfigNotFoundException"):
        await create(aws, "two", CodeSigningConfigArn=arn)


async def test_tags_are_a_functions_and_conditions(aws: Aws) -> None:
    await active(aws, Tags={"team": "a"})
    aws.lambda_.tag_resource({"Resource": ARN, "Tags": {"stage": "prod"}})
    aws.lambda_.untag_resource({"Resource": ARN, "TagKeys": ["team", "none"]})
    assert aws.lambda_.list_tags({"Resource": ARN}) == {"Tags": {"stage": "prod"}}
    with refused("InvalidParameterValueException", "Tags on function aliases and versions are not supported"):
        aws.lambda_.list_tags({"Resource": f"{ARN}:1"})
    found = aws.resourcegroupstaggingapi.get_resources({"ResourceTypeFilters": ["lambda:function"]})
    assert [each["ResourceARN"] for each in found["ResourceTagMappingList"]] == [ARN]
    tagged = allow("lambda:GetFunction", Condition={"StringEquals": {"aws:ResourceTag/stage": "prod"}})
    ann = user(aws, tagged)
    assert ann.lambda_.get_function({"FunctionName": "work"})
    aws.lambda_.untag_resource({"Resource": ARN, "TagKeys": ["stage"]})
    with refused("AccessDeniedException", "lambda:GetFunction"):
        ann.lambda_.get_function({"FunctionName": "work"})


async def test_runtime_updates_and_recursion_are_settings(aws: Aws) -> None:
    await active(aws)
    assert aws.lambda_.get_runtime_management_config({"FunctionName": "work"})["UpdateRuntimeOn"] == "Auto"
    aws.lambda_.put_runtime_management_config({"FunctionName": "work", "UpdateRuntimeOn": "FunctionUpdate"})
    assert aws.lambda_.get_runtime_management_config({"FunctionName": "work"})["UpdateRuntimeOn"] == "FunctionUpdate"
    with refused("NotImplemented", "UpdateRuntimeOn=Manual"):
        aws.lambda_.put_runtime_management_config({"FunctionName": "work", "UpdateRuntimeOn": "Manual"})
    assert aws.lambda_.get_function_recursion_config({"FunctionName": "work"}) == {"RecursiveLoop": "Terminate"}
    aws.lambda_.put_function_recursion_config({"FunctionName": "work", "RecursiveLoop": "Allow"})
    assert aws.lambda_.get_function_recursion_config({"FunctionName": "work"}) == {"RecursiveLoop": "Allow"}


async def test_a_service_is_denied_without_a_permission_and_told_what_to_do(aws: Aws) -> None:
    await active(aws)
    service = aws.as_principal(principals.service("s3.amazonaws.com"))
    with refused("AccessDeniedException", "lambda:GetFunction") as refusal:
        service.lambda_.get_function({"FunctionName": "work"})
    assert refusal.error.why.remedy[0].startswith("aws lambda add-permission --function-name work ")


async def test_failures_may_go_to_a_topic_or_another_function(aws: Aws) -> None:
    await active(aws)
    await active(aws, "next")
    topic = aws.sns.create_topic({"Name": "failed"})["TopicArn"]
    following = ARN.replace("work", "next")
    put = aws.lambda_.put_function_event_invoke_config
    for arn, action, words in (
        (topic, "sns:Publish", "call Publish on SNS"),
        (following, "lambda:InvokeFunction", "call InvokeFunction on Lambda"),
    ):
        asked = {"FunctionName": "work", "DestinationConfig": {"OnFailure": {"Destination": arn}}}
        with refused("InvalidParameterValueException", words):
            put(asked)
        document = json.dumps({"Version": "2012-10-17", "Statement": [allow(action, arn)]})
        aws.iam.put_role_policy({"RoleName": "function", "PolicyName": "own", "PolicyDocument": document})
        assert put(asked)["DestinationConfig"]["OnFailure"] == {"Destination": arn}
