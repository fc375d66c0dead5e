"""Which targets a rule can have, and what must be said of each.

https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutTargets.html,
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.kernel.event_paths import PathSyntax, steps
from foulweather.services.events import inputs, refusals
from foulweather.services.events.api_endpoints import KIND as API_KIND
from foulweather.services.events.sending import MODELS, SENDERS
from foulweather.services.events.state import part

_ARN = re.compile(r"arn:aws[\w-]*:([a-z0-9-]+):([a-z0-9-]*):(\d{12}|):.+")
_API = re.compile(r"arn:aws[\w-]*:execute-api:[a-z0-9-]+:\d{12}:[a-z0-9]+/[\w$-]+/([A-Z]+|\*)(/.*)?")
_INPUTS: Final = ("Input", "InputPath", "InputTransformer")
# Their permissions are the target's policy, or a role; the others need a role.
_WITH_POLICIES: Final = frozenset({"sqs", "sns", "lambda", "logs", "events"})
_UNBUILT: Final = (
    "RunCommandParameters",
    "EcsParameters",
    "BatchParameters",
    "RedshiftDataParameters",
    "SageMakerPipelineParameters",
    "AppSyncParameters",
)

Target = Mapping[str, Any]


def check(call: Call, target: Target) -> None:
    """Refuse a target that cannot be one, or is not built."""
    arn, id = target["Arn"], target["Id"]
    form = _ARN.fullmatch(arn)
    if form is None:
        raise refusals.invalid(f"Parameter {arn} is not valid. Reason: Provided Arn is not in correct format.", Arn=arn)
    kind, region, _ = form.groups()
    for name in _UNBUILT:
        if target.get(name):
            raise not_implemented("events", f"PutTargets.Targets.{name}")
    _check_kind(call, kind, arn)
    if region != call.region and kind != "events":
        raise refusals.invalid(
            f"Parameter {arn} is not valid. Reason: Targets must be in the same Region as the rule.", Arn=arn
        )
    _check_input(target, id)
    role = target.get("RoleArn")
    is_destination = ":api-destination/" in arn
    if kind == API_KIND and not role:
        # An API's resource policy can let EventBridge in by the rule's ARN: nothing here is signed by a service itself.
        raise not_implemented("events", f"PutTargets.Targets.Arn {kind} without RoleArn")
    if target.get("HttpParameters") and not is_destination and kind != API_KIND:
        raise refusals.invalid(f"HttpParameters is not supported for target {arn}.", Arn=arn)
    if not role and (kind not in _WITH_POLICIES or is_destination):
        raise refusals.invalid(f"RoleArn is required for target {arn}.", Arn=arn)
    if role and kind == "logs":
        raise refusals.invalid(f"RoleArn is not supported for target {arn}.", Arn=arn, RoleArn=role)
    if arn.endswith(".fifo") and kind == "sqs" and not target.get("SqsParameters"):
        raise refusals.invalid(f"Parameter(s) SqsParameters must be specified for target: {id}.", Arn=arn)
    _check_dead_letters(call, target)


def _check_kind(call: Call, kind: str, arn: str) -> None:
    if kind == "events":
        if ":api-destination/" in arn:
            return
        if ":event-bus/" not in arn:
            raise not_implemented("events", f"PutTargets.Targets.Arn {arn.rsplit(':', 1)[1].partition('/')[0]}")
        return
    if kind == API_KIND:
        if not _API.fullmatch(arn):
            raise refusals.invalid(
                f"Parameter {arn} is not valid. Reason: Provided Arn is not in correct format.", Arn=arn
            )
        return
    if kind not in SENDERS or call.pipeline.services.find(MODELS.get(kind, kind)) is None:
        raise not_implemented("events", f"PutTargets.Targets.Arn {kind}")
    if kind == "logs" and ":log-group:" not in arn:
        raise refusals.invalid(f"Parameter {arn} is not valid. Reason: Provided Arn is not in correct format.", Arn=arn)


def _check_input(target: Target, id: str) -> None:
    given = [name for name in _INPUTS if name in target]
    if len(given) > 1:
        raise refusals.invalid(
            f"Only one of Input, InputPath, or InputTransformer must be provided for target {id}.", Id=id
        )
    if given and ":event-bus/" in target["Arn"]:
        raise not_implemented("events", f"PutTargets.Targets.{given[0]} of an event bus")
    if "Input" in target:
        try:
            json.loads(target["Input"])
        except ValueError:
            raise refusals.invalid(f"JSON syntax error in input for target {id}.", Input=target["Input"]) from None
    if "InputPath" in target:
        _check_path(target["InputPath"], f"Invalid InputPath for target {id}.")
    transformer = target.get("InputTransformer")
    if transformer is None:
        return
    for name, path in part(transformer, "InputPathsMap").items():
        if name.startswith("aws.") or name in inputs.RESERVED:
            # "keys can't start with "AWS."" (API_InputTransformer).
            raise refusals.invalid(f"Invalid InputPathsMap for target {id}: {name} is reserved.", name=name)
        _check_path(path, f"Invalid InputPathsMap for target {id}: {path}.")
    error = inputs.template_error(transformer)
    if error:
        raise refusals.invalid(
            f"Invalid InputTemplate for target {id} : [{error}]", InputTemplate=transformer["InputTemplate"]
        )


def _check_path(path: str, refusal: str) -> None:
    try:
        steps(path)
    except PathSyntax:
        raise refusals.invalid(refusal, path=path) from None


def _check_dead_letters(call: Call, target: Target) -> None:
    queue = part(target, "DeadLetterConfig").get("Arn")
    if not queue:
        return
    form = _ARN.fullmatch(queue)
    # "EventBridge DLQs are standard Amazon SQS queues"; "in the same Region as the rule".
    if form is None or form[1] != "sqs" or queue.endswith(".fifo") or form[2] != call.region:
        raise refusals.invalid(
            "Parameter DeadLetterConfig.Arn is not valid. Reason: it must be a standard SQS queue in the Region of the "
            "rule.",
            Arn=queue,
        )
