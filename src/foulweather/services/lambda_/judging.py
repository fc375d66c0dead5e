"""Whether a function's execution role may do what Lambda will do in its name, asked before it has to."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why
from foulweather.policy import principal as principals
from foulweather.policy.principal import Principal
from foulweather.services.lambda_ import refusals

LAMBDA = "lambda.amazonaws.com"


def session_of(call: Call, role_arn: str, function_name: str) -> Principal:
    """The session of an execution role that a function's environments have."""
    account, name = role_arn.split(":")[4], role_arn.rpartition("/")[2]
    view = call.pipeline.directory.role(role_arn) if call.pipeline.directory is not None else None
    role_id = view.role_id if view is not None else ""
    arn = f"arn:aws:sts::{account}:assumed-role/{name}/{function_name}"
    return Principal("assumed-role", arn, account, f"{role_id}:{function_name}", role_arn)


def refusal(
    call: Call, principal: Principal, service: str, operation: str, request: Mapping[str, Any], account: str = ""
) -> AwsError | None:
    """What the gates would say to a call of another service, without making it; None when they let it pass."""
    pipeline = call.pipeline
    asked = pipeline.services.operation(service, operation)
    judged = Call(
        pipeline,
        service,
        operation,
        account or call.account,
        call.region,
        principal,
        trace_id=call.trace_id,
        parent_id=call.request_id,
    )
    if pipeline.gates.authorize is None:
        return None
    try:
        pipeline.gates.authorize(judged, asked, dict(request))
    except AwsError as error:
        return error
    return None


def require_role(call: Call, role_arn: str) -> None:
    """An execution role must be there, and trust Lambda.

    https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html
    """
    asked = {"RoleArn": role_arn, "RoleSessionName": "lambda"}
    error = refusal(call, principals.service(LAMBDA), "sts", "AssumeRole", asked)
    if error is not None:
        name = role_arn.rpartition("/")[2]
        trust = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}'  # noqa: E501
        why = Why(
            "refused",
            "The execution role is not there, or its trust policy does not let lambda.amazonaws.com assume it.",
            (Fact(role_arn, "trusts lambda.amazonaws.com", False),),
            (f"aws iam update-assume-role-policy --role-name {name} --policy-document '{trust}'",),
            because=(error.why,),
        )
        raise refusals.invalid("The role defined for the function cannot be assumed by Lambda.").because(why)


def require_permission(call: Call, role_arn: str, function_name: str, target: str, words: str = "") -> None:
    """An execution role must be allowed to send to a dead-letter queue or destination.

    `words` is the refusal's text where it is not the one of dead-letter queues.
    """
    service, account, name = target.split(":")[2], target.split(":")[4], target.split(":")[5]
    if service == "sqs":
        url = f"https://sqs.{call.region}.amazonaws.com/{account}/{name}"
        action, api, request = "SendMessage", "SQS", {"QueueUrl": url, "MessageBody": ""}
    elif service == "sns":
        action, api, request = "Publish", "SNS", {"TopicArn": target, "Message": ""}
    elif service == "lambda":
        action, api, request = "Invoke", "Lambda", {"FunctionName": target}
    elif service == "events":
        action, api, request = "PutEvents", "EventBridge", {"Entries": [{"EventBusName": target}]}
    elif service == "s3":
        action, api, request = "PutObject", "S3", {"Bucket": name, "Key": f"aws/lambda/{function_name}", "Body": b""}
    else:
        return
    error = refusal(call, session_of(call, role_arn, function_name), service, action, request)
    if error is None:
        return
    shown = "InvokeFunction" if action == "Invoke" else action
    message = words or f"The provided execution role does not have permissions to call {shown} on {api}"
    why = Why("refused", message, (Fact(role_arn, f"may call {service}:{shown} on {target}", False),), error.why.remedy)
    raise refusals.invalid(message).because(Why(why.decision, why.cause, why.facts, why.remedy, because=(error.why,)))


async def done(answer: Any) -> Any:
    """What a port gave, once it is there."""
    return await answer if inspect.isawaitable(answer) else answer
