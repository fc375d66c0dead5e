"""Which targets a schedule can have, and what must be said of each."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Mapping
from typing import Any, Final, cast

from foulweather.kernel import answers
from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.model import ServiceModel
from foulweather.services.scheduler import limits, sending
from foulweather.services.scheduler.state import part

_ARN = re.compile(r"arn:aws[\w-]*:([a-z0-9-]+):([a-z0-9-]*):(\d{12}):.+")
_READS = re.compile(r"(Get|Describe|List|Poll|Receive|Search|Scan|Query|Select|Read|Lookup|BatchGet)[A-Z]")
# What each templated target must have besides its ARN, and which are not built.
_NEEDED: Final = {"kinesis": "KinesisParameters", "events": "EventBridgeParameters"}
_UNBUILT: Final = ("EcsParameters", "SageMakerPipelineParameters")

Target = Mapping[str, Any]


def check(call: Call, target: Target) -> None:
    """Refuse a target that cannot be one, or is not built."""
    for name in _UNBUILT:
        if target.get(name):
            raise not_implemented("scheduler", f"CreateSchedule.Target.{name}")
    api = sending.api_of(target["Arn"])
    if api is not None:
        _check_api(call, api, target)
    else:
        _check_templated(call, target)
    queue = part(target, "DeadLetterConfig").get("Arn")
    if queue and queue.endswith(".fifo"):
        raise limits.invalid("FIFO queues are not supported as dead-letter queues.", DeadLetterConfig=queue)


def _check_api(call: Call, api: sending.Api, target: Target) -> None:
    try:
        sending.checked_api(api)
    except sending.Unknown:
        raise limits.invalid(f"{target['Arn']} is not a supported API action.", Arn=target["Arn"]) from None
    if _READS.match(api.operation):
        # "EventBridge Scheduler doesn't support read-only API actions" (managing-targets-universal).
        raise limits.invalid(f"{target['Arn']} is a read-only API action, which is not supported.", Arn=target["Arn"])
    operation = call.pipeline.services.operation(api.model, api.operation)
    shape = ServiceModel.load(api.model).operation(operation.name).input
    try:
        request = sending.request_of(shape, target.get("Input") or "{}")
    except sending.Unknown as error:
        raise limits.invalid(f"Invalid RequestJson provided. Reason {error}.", Input=target.get("Input")) from None
    missing = [name for name in (shape.required if shape is not None else []) if request.get(name) is None]
    if missing:
        raise limits.invalid(
            f"Invalid RequestJson provided. Reason the field {missing[0]} is required.", Input=target.get("Input")
        )


def _check_templated(call: Call, target: Target) -> None:
    arn: str = target["Arn"]
    form = _ARN.fullmatch(arn)
    if form is None:
        raise limits.invalid(f"Provided Arn is not in correct format: {arn}.", Arn=arn)
    kind = form[1]
    if kind not in sending.SENDERS or call.pipeline.services.find(sending.model_of(kind)) is None:
        raise not_implemented("scheduler", f"CreateSchedule.Target.Arn {kind}")
    needed = _NEEDED.get(kind)
    if needed and not target.get(needed):
        raise limits.invalid(f"{needed} must be specified for target {arn}.", Arn=arn)
    if kind == "sqs" and arn.endswith(".fifo") and not target.get("SqsParameters"):
        raise limits.invalid(f"SqsParameters must be specified for target {arn}.", Arn=arn)
    # "If you are configuring a templated Lambda, AWS Step Functions, or Amazon EventBridge target, the input must be
    # a well-formed JSON." (API_Target)
    if kind in ("lambda", "states", "events") and not _is_json(target.get("Input") or "{}"):
        raise limits.invalid(f"The Input of target {arn} must be well-formed JSON.", Input=target.get("Input"))


def _is_json(text: str) -> bool:
    try:
        # A context attribute may stand for a number.
        json.loads(sending.KEYWORD.sub("0", text))
    except ValueError:
        return False
    return True


def require_assumable(call: Call, role: str, group_arn: str) -> None:
    """Refuse a role that EventBridge Scheduler may not be."""
    question = {"RoleArn": role, "RoleSessionName": "EventBridgeScheduler"}
    try:
        response: Any = answers.given(call, question)
        if response is None:
            own = call.acting_as(sending.PRINCIPAL, source_arn=group_arn, source_account=call.account)
            response = own.sts.assume_role(question)
    except AwsError as error:
        refusal = limits.invalid(
            "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.", RoleArn=role
        )
        raise refusal.because(error.why) from None
    if isinstance(response, Awaitable):
        raise answers.NotYet(call, question, cast("Awaitable[Any]", response))
