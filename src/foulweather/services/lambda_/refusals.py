"""Lambda's refusals, in its words, with the facts behind them."""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.validation import Violation, coral_error
from foulweather.kernel.why import Fact
from foulweather.services.lambda_.records import Configuration, Function


def invalid(message: str, *facts: Fact, remedy: tuple[str, ...] = ()) -> AwsError:
    """A value that no constraint of the model excludes, and that will not do."""
    return AwsError("InvalidParameterValueException", message, facts=facts, remedy=remedy)


def of_violations(violations: list[Violation]) -> AwsError:
    """What breaks the model: in the common words, but for a runtime that there is not."""
    if len(violations) == 1 and violations[0].path == "runtime":
        value, words = violations[0].value, violations[0].constraint
        return invalid(
            f"Value {value} at 'runtime' failed to satisfy constraint: {words} or be a valid ARN",
            Fact("request", "Runtime", value),
        )
    return coral_error(violations)


def constraint(member: str, value: object, words: str) -> AwsError:
    """A value that breaks a constraint which Lambda has and its model does not tell."""
    path = member[0].lower() + member[1:]
    return AwsError(
        "ValidationException",
        f"1 validation error detected: Value '{value}' at '{path}' failed to satisfy constraint: {words}",
        facts=(Fact("request", member, str(value)),),
    )


def not_found(message: str, *facts: Fact, remedy: tuple[str, ...] = ()) -> AwsError:
    """There is no such thing."""
    return AwsError("ResourceNotFoundException", message, 404, facts=facts, remedy=remedy)


def no_such_resource(arn: str) -> AwsError:
    """There is none, and Lambda does not say of what."""
    return not_found("The resource you requested does not exist.", Fact(arn, "exists", False))


def no_such_function(arn: str) -> AwsError:
    """There is no function, version or alias of that ARN."""
    return not_found(
        f"Function not found: {arn}",
        Fact(arn, "exists", False),
        remedy=(f"aws lambda list-functions --region {arn.split(':')[3]}",),
    )


def conflict(message: str, *facts: Fact, remedy: tuple[str, ...] = ()) -> AwsError:
    """What is there already, or what is under way, stands against it."""
    return AwsError("ResourceConflictException", message, 409, facts=facts, remedy=remedy)


def not_ready(call: Call, function: Function, configuration: Configuration) -> AwsError:
    """The function's state does not allow it.

    "Any invocations or other API actions that operate on the function fail" while it is pending:
    https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html
    """
    arn = function.arn
    return conflict(
        "The operation cannot be performed at this time. The function is currently in the following state: "
        f"{configuration.state}",
        call.fact(arn, "State", configuration.state),
        Fact(arn, "StateReason", configuration.state_reason),
        remedy=(f"aws lambda wait function-active-v2 --function-name {arn}",),
    )


def being_updated(call: Call, function: Function) -> AwsError:
    """An update is under way, and only one can be at a time."""
    return conflict(
        f"The operation cannot be performed at this time. An update is in progress for resource: {function.arn}",
        call.fact(function.arn, "LastUpdateStatus", "InProgress"),
        remedy=(f"aws lambda wait function-updated-v2 --function-name {function.arn}",),
    )


def stale_revision(arn: str, asked: str, now: str, operation: str = "GetFunction/GetAlias") -> AwsError:
    """Somebody else has changed it since the caller looked."""
    return AwsError(
        "PreconditionFailedException",
        "The Revision Id provided does not match the latest Revision Id. "
        f"Call the {operation} API to retrieve the latest Revision Id",
        412,
        facts=(Fact("request", "RevisionId", asked), Fact(arn, "RevisionId", now)),
    )
