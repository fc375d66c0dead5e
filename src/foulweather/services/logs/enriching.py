"""Which transformer is in force for a group, and what it makes of events as they come.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Transformation.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

from orjson import JSONDecodeError, loads

from foulweather.kernel import validation
from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact, Why
from foulweather.services.logs import index_fields, refusals
from foulweather.services.logs.refusals import invalid
from foulweather.services.logs.state import STANDARD, AccountPolicy, LogGroup, LogsState
from foulweather.services.logs.transforming import InvalidTransformer, Transform, Untransformed

POLICY = "TRANSFORMER_POLICY"


class Made(NamedTuple):
    """What became of events: new messages by place, and why others have none."""

    messages: Mapping[int, str]
    errors: Mapping[int, str]

    def of(self, originals: Sequence[str]) -> Sequence[str]:
        """The events as filters of transformed logs see them: those that failed as they came."""
        return [self.messages.get(index, original) for index, original in enumerate(originals)]


def config_of(state: LogsState, group: LogGroup) -> Sequence[Mapping[str, Any]] | None:
    """The processors for a group's events: its own transformer's, or else those of the account's policy."""
    own = state.transformers.get(group.name)
    if own is not None:
        return own.config
    if group.log_class != STANDARD:
        return None
    for policy in state.account_policies.values():
        if policy.kind == POLICY and group.name.startswith(index_fields.prefix_of(policy.selection)):
            return cast("list[dict[str, Any]]", loads(policy.document))
    return None


def check_policy(call: Call, policy: AccountPolicy) -> None:
    """Refuse a document that is no transformer, and a selection that overlaps another's."""
    try:
        config: Any = loads(policy.document)
    except JSONDecodeError:
        config = None
    if not isinstance(config, list):
        raise invalid("A transformer policy document must be a JSON array.", Fact("request", "policyDocument", config))
    model = call.pipeline.services.operation("logs", "PutTransformer").model
    violations = validation.check(model, {"logGroupIdentifier": "policy", "transformerConfig": config})
    if violations:
        raise validation.coral_error(violations, code="InvalidParameterException")
    try:
        Transform(cast("list[dict[str, Any]]", config))
    except InvalidTransformer as error:
        raise invalid(error.message, Fact("request", "policyDocument", policy.document)) from error
    prefix = index_fields.prefix_of(policy.selection)
    for each in call.state(LogsState).account_policies.values():
        other = index_fields.prefix_of(each.selection)
        overlaps = other.startswith(prefix) or prefix.startswith(other)
        if each.kind == POLICY and each.name != policy.name and overlaps:
            raise invalid(
                "The selection criteria overlap those of another transformer policy.",
                Fact("request", "selectionCriteria", policy.selection),
                Fact(each.name, "selectionCriteria", each.selection),
            )


def check_transformed(call: Call, group: LogGroup, request: Mapping[str, Any]) -> bool:
    """Whether a filter is for transformed events: "valid only for log groups that have an active log transformer"."""
    wanted = bool(request.get("applyOnTransformedLogs"))
    if wanted and config_of(call.state(LogsState), group) is None:
        raise refusals.invalid(
            "applyOnTransformedLogs is valid only for log groups that have an active log transformer.",
            Fact(group.arn, "transformer", None),
            remedy=(
                f"aws logs put-transformer --log-group-identifier {group.name} --transformer-config "
                f"'[{{\"parseJSON\": {{}}}}]' --region {call.region}",
            ),
        )
    return wanted


def transformed(call: Call, group: LogGroup, stream: str, transform: Transform, messages: Sequence[str]) -> Made:
    """Transform events; those that cannot be say why in @transformationError."""
    origin = {
        "@logGroupName": group.name,
        "@logGroupStream": stream,
        "@accountId": group.account,
        "@regionName": group.region,
    }
    made: dict[int, str] = {}
    errors: dict[int, str] = {}
    for index, message in enumerate(messages):
        try:
            made[index] = transform.transformed(message, origin)
        except Untransformed as error:
            errors[index] = str(error)
    size = sum([len(each.encode()) for each in made.values()])
    own = group.name in call.state(LogsState).transformers
    level = "LogGroup" if own else "AccountPolicy"
    call.happened("logs.Transformed", group.arn, events=len(made), bytes=size, errors=len(errors), level=level)
    if errors:
        words = f"{len(errors)} of {len(messages)} log events were not transformed: {next(iter(errors.values()))}"
        call.explain("Transform", f"{group.arn}:log-stream:{stream}", Why("failed", words))
    return Made(made, errors)
