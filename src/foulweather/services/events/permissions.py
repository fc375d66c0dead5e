"""Policies of buses: who else may put events on them.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-bus-perms.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.policy.document import PolicySyntaxError, parse
from foulweather.services.events import limits, naming, refusals
from foulweather.services.events.state import Bus, EventsState

Request = Mapping[str, Any]


def put_permission(call: Call, request: Request) -> dict[str, Any]:
    """Set a bus's policy, or one statement of it."""
    whole = request.get("Policy")
    statement = {name: request.get(name) for name in ("Action", "Principal", "StatementId")}
    if whole is None:
        for name, value in statement.items():
            if not value:
                raise refusals.invalid(f"Parameter {name} must be specified.", **{name: value})
        _check_condition(request)
    elif any(statement.values()) or request.get("Condition"):
        raise refusals.invalid("Policy can't be specified together with Action, Principal, StatementId or Condition.")
    state, bus = naming.require_bus(call, request.get("EventBusName"))
    _put(call, state, bus, whole if whole is not None else _with_statement(bus, request))
    return {}


def remove_permission(call: Call, request: Request) -> dict[str, Any]:
    """Take a statement out of a bus's policy, or all of them."""
    state, bus = naming.require_bus(call, request.get("EventBusName"))
    if request.get("RemoveAllPermissions"):
        _put(call, state, bus, "")
        return {}
    sid = request.get("StatementId")
    if not sid:
        raise refusals.invalid("Parameter StatementId must be specified.", StatementId=sid)
    if not bus.policy:
        raise AwsError(
            "ResourceNotFoundException", "EventBus does not have a policy.", facts=(call.fact(bus.arn, "Policy", ""),)
        )
    policy: dict[str, Any] = json.loads(bus.policy)
    kept = [each for each in _statements(policy) if each.get("Sid") != sid]
    if len(kept) == len(_statements(policy)):
        raise AwsError(
            "ResourceNotFoundException",
            "Statement with the provided id does not exist.",
            facts=(call.fact(bus.arn, "Policy", bus.policy), Fact("request", "StatementId", sid)),
        )
    _put(call, state, bus, json.dumps({**policy, "Statement": kept}) if kept else "")
    return {}


def _check_condition(request: Request) -> None:
    condition = request.get("Condition")
    if condition is None:
        return
    if (condition["Type"], condition["Key"]) != ("StringEquals", "aws:PrincipalOrgID"):
        raise refusals.invalid(
            "Parameter Condition is not valid. Reason: Type must be StringEquals and Key must be aws:PrincipalOrgID.",
            Condition=condition,
        )
    if request["Principal"] != "*":
        # "If you specify Condition, you must also use "*" as the value for the Principal parameter."
        raise refusals.invalid(
            "Parameter Principal is not valid. Reason: Principal must be * when Condition is specified.",
            Principal=request["Principal"],
        )


def _with_statement(bus: Bus, request: Request) -> str:
    principal = request["Principal"]
    statement: dict[str, Any] = {
        "Sid": request["StatementId"],
        "Effect": "Allow",
        "Principal": "*" if principal == "*" else {"AWS": f"arn:aws:iam::{principal}:root"},
        "Action": request["Action"],
        "Resource": bus.arn,
    }
    if condition := request.get("Condition"):
        statement["Condition"] = {condition["Type"]: {condition["Key"]: condition["Value"]}}
    policy: dict[str, Any] = json.loads(bus.policy) if bus.policy else {"Version": "2012-10-17", "Statement": []}
    kept = [each for each in _statements(policy) if each.get("Sid") != statement["Sid"]]
    return json.dumps({**policy, "Statement": [*kept, statement]})


def _statements(policy: dict[str, Any]) -> list[dict[str, Any]]:
    found: Any = policy["Statement"]
    return found if isinstance(found, list) else [found]  # pyright: ignore[reportUnknownVariableType]


def _put(call: Call, state: EventsState, bus: Bus, policy: str) -> None:
    if len(policy) > limits.POLICY_CHARS_MAX:
        raise AwsError(
            "PolicyLengthExceededException",
            "The policy exceeds the maximum length.",
            facts=(Fact(bus.arn, "policy characters", len(policy)), Fact("quota", "size", limits.POLICY_CHARS_MAX)),
        )
    if policy:
        try:
            parse(policy, "resource")
        except PolicySyntaxError as error:
            raise refusals.invalid(f"Provided policy is not valid: {error.message}", Policy=policy) from None
    bus.policy = policy
    bus.modified_ms = call.now
    state.buses.put(bus.name, bus)
    state.policy_changed(bus)
    call.changed("events.EventBusPolicySet", bus.arn, Policy=policy)
