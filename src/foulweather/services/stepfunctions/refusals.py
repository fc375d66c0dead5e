"""What Step Functions refuses, in its words."""

from __future__ import annotations

from typing import Any

from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact

TOKEN_GONE = "Task Timed Out: 'Provided task does not exist anymore'"


def _refusal(code: str, message: str, *facts: Fact, status: int = 400, **members: Any) -> AwsError:
    return AwsError(code, message, status, facts=facts, members=members)


def invalid_arn(arn: str, reason: str = "Invalid ARN prefix") -> AwsError:
    """Not an ARN of what the operation is about."""
    return _refusal("InvalidArn", f"Invalid Arn: '{reason}: {arn}'", Fact("request", "ARN", arn))


def invalid_name(name: str) -> AwsError:
    """A name with characters that no name may have."""
    return _refusal("InvalidName", f"Invalid Name: '{name}'", Fact("request", "name", name))


def invalid(message: str, reason: str = "", **facts: Any) -> AwsError:
    """A request that cannot be meant."""
    told = tuple(Fact("request", name, value) for name, value in facts.items())
    members = {"reason": reason} if reason else {}
    return AwsError("ValidationException", message, 400, facts=told, members=members)


def no_machine(arn: str) -> AwsError:
    """There is no such state machine."""
    return _refusal("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'", Fact(arn, "exists", False))


def activity_exists(arn: str) -> AwsError:
    """There is an activity of that name, encrypted otherwise."""
    return _refusal("ActivityAlreadyExists", f"Activity already exists: '{arn}'", Fact(arn, "exists", True))


def deleting(arn: str) -> AwsError:
    """The state machine is on its way out."""
    message = f"State Machine is marked for deletion: '{arn}'"
    return _refusal("StateMachineDeleting", message, Fact(arn, "status", "DELETING"))


def machine_exists(arn: str) -> AwsError:
    """There is another state machine of that name."""
    return _refusal("StateMachineAlreadyExists", f"State Machine Already Exists: '{arn}'", Fact(arn, "exists", True))


def too_many(code: str, what: str, most: int) -> AwsError:
    """A quota is used up."""
    message = f"The maximum number of {what} has been reached: {most}"
    return _refusal(code, message, Fact("account", what, most), Fact("quota", what, most))


def unsupported(machine: str, kind: str) -> AwsError:
    """The operation is not for this type of state machine."""
    message = "This operation is not supported by this type of state machine"
    return _refusal("StateMachineTypeNotSupported", message, Fact(machine, "type", kind))


def no_execution(arn: str) -> AwsError:
    """There is no such execution."""
    return _refusal("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'", Fact(arn, "exists", False))


def execution_exists(arn: str) -> AwsError:
    """There is, or was within 90 days, another execution of that name."""
    message = f"Execution Already Exists: '{arn}'"
    return _refusal("ExecutionAlreadyExists", message, Fact(arn, "exists", True))


def not_redrivable(arn: str, reason: str) -> AwsError:
    """The execution cannot be redriven."""
    return _refusal("ExecutionNotRedrivable", reason, Fact(arn, "redrivable", False))


def no_activity(arn: str) -> AwsError:
    """There is no such activity."""
    return _refusal("ActivityDoesNotExist", f"Activity Does Not Exist: '{arn}'", Fact(arn, "exists", False))


def not_found(arn: str) -> AwsError:
    """There is no such version, alias, Map Run or tagged resource."""
    message = f"Resource not found: '{arn}'"
    return _refusal("ResourceNotFound", message, Fact(arn, "exists", False), resourceName=arn[:256])


def conflict(message: str, *facts: Fact) -> AwsError:
    """Something else stands in the way."""
    return _refusal("ConflictException", message, *facts, status=409)


def invalid_token(name: str = "Invalid token") -> AwsError:
    """Not a token that was given out."""
    return _refusal("InvalidToken", f"Invalid Token: '{name}'", Fact("request", "token", "unknown"))


def timed_out(execution: str) -> AwsError:
    """The task of a token has ended already, in whatever way."""
    return _refusal("TaskTimedOut", TOKEN_GONE, Fact(execution, "task", "closed"))


def throttled(what: str, account: str, per_s: int, burst: int) -> AwsError:
    """More than the bucket holds."""
    return _refusal(
        "ThrottlingException", "Rate exceeded", Fact(account, f"{what} rate", f"{per_s}/s"), Fact(account, what, burst)
    )
