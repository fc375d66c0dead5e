"""CloudWatch Logs' refusals, in its words.

Codes: the errors of each operation in https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from foulweather.kernel import validation
from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact

CLASS_WORDS = {"STANDARD": "Standard", "INFREQUENT_ACCESS": "Infrequent Access", "DELIVERY": "Delivery"}


def check_model(call: Call, request: Mapping[str, Any], code: str = "InvalidParameterException") -> None:
    """Refuse what breaks the model's constraints; the younger operations say ValidationException."""
    model = call.pipeline.services.operation("logs", call.operation).model
    violations = validation.check(model, request)
    if violations:
        raise validation.coral_error(violations, code=code)


def invalid(message: str, *facts: Fact, remedy: tuple[str, ...] = ()) -> AwsError:
    """A parameter that is wrong."""
    return AwsError("InvalidParameterException", message, facts=facts, remedy=remedy)


def malformed(message: str, *facts: Fact) -> AwsError:
    """A parameter that is wrong, as the younger operations say it."""
    return AwsError("ValidationException", message, facts=facts)


def no_group(arn: str, region: str) -> AwsError:
    """A log group that is not there."""
    return AwsError(
        "ResourceNotFoundException",
        "The specified log group does not exist.",
        facts=(Fact(arn, "exists", False),),
        remedy=(f"aws logs create-log-group --log-group-name {arn.partition(':log-group:')[2]} --region {region}",),
    )


def no_stream(group_arn: str, stream: str) -> AwsError:
    """A log stream that is not there."""
    group = group_arn.partition(":log-group:")[2]
    region = group_arn.split(":")[3]
    return AwsError(
        "ResourceNotFoundException",
        "The specified log stream does not exist.",
        facts=(Fact(f"{group_arn}:log-stream:{stream}", "exists", False),),
        remedy=(f"aws logs create-log-stream --log-group-name {group} --log-stream-name {stream} --region {region}",),
    )


def not_found(what: str, name: str) -> AwsError:
    """Something else that is not there."""
    return AwsError(
        "ResourceNotFoundException", f"The specified {what} does not exist.", facts=(Fact(name, "exists", False),)
    )


def exists(what: str, name: str) -> AwsError:
    """A name that is taken."""
    return AwsError(
        "ResourceAlreadyExistsException", f"The specified {what} already exists", facts=(Fact(name, "exists", True),)
    )


def over_limit(what: str, limit: int, resource: str) -> AwsError:
    """A quota that has no room."""
    return AwsError("LimitExceededException", "Resource limit exceeded.", facts=(Fact(resource, what, limit),))


def not_in_class(call: Call, group_arn: str, log_class: str, supported: Sequence[str]) -> AwsError:
    """What a log class does not support.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch_Logs_Log_Classes.html
    """
    words = " and ".join([CLASS_WORDS[each] for each in supported])
    return AwsError(
        "ValidationException",
        f"This operation is only supported on the {words} log class{'es' if len(supported) > 1 else ''}.",
        facts=(call.fact(group_arn, "logGroupClass", log_class),),
    )
