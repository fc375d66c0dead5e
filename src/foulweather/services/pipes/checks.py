"""What a pipe can be made of, and what must be said of each part.

https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_CreatePipe.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.kernel.event_documents import PatternSyntax
from foulweather.services.pipes import filtering, limits, logging, shaping
from foulweather.services.pipes.enriching import ENRICHERS
from foulweather.services.pipes.sending import MODELS, SENDERS
from foulweather.services.pipes.state import SOURCE_PARAMETERS, Pipe, part

Settings = Mapping[str, Any]
_TARGET_PARAMETERS: Final = {
    "lambda": "LambdaFunctionParameters",
    "states": "StepFunctionStateMachineParameters",
    "kinesis": "KinesisStreamParameters",
    "sqs": "SqsQueueParameters",
    "events": "EventBridgeEventBusParameters",
    "logs": "CloudWatchLogsParameters",
}
_STREAM: Final = {
    "MaximumBatchingWindowInSeconds": 0,
    "MaximumRecordAgeInSeconds": -1,
    "MaximumRetryAttempts": -1,
    "ParallelizationFactor": 1,
}
_DEFAULTS: Final[dict[str, dict[str, int]]] = {
    "sqs": {"MaximumBatchingWindowInSeconds": 0},
    "kinesis": _STREAM,
    "dynamodb": _STREAM,
}


def checked(call: Call, pipe: Pipe) -> None:
    """Refuse a pipe that cannot be one, or is not built; put in what it leaves to the defaults."""
    settings = pipe.settings
    if settings.get("KmsKeyIdentifier"):
        raise not_implemented("pipes", f"{call.operation}.KmsKeyIdentifier")
    logging.check(call, pipe)
    _check_source(call, pipe)
    _check_enrichment(call, pipe)
    _check_target(call, pipe)
    for name in ("EnrichmentParameters", "TargetParameters"):
        template = part(settings, name).get("InputTemplate")
        error = shaping.template_error(template) if template else ""
        if error:
            raise limits.invalid(f"Invalid InputTemplate in {name}: {error}", InputTemplate=template)


def _check_source(call: Call, pipe: Pipe) -> None:
    kind = pipe.source_kind
    if pipe.source.startswith("smk://") or kind not in SOURCE_PARAMETERS:
        raise not_implemented("pipes", f"{call.operation}.Source {kind}")
    if pipe.source.split(":")[3] != call.region:
        raise limits.invalid("The source must be in the same Region as the pipe.", Source=pipe.source)
    if kind == "kinesis" and "/consumer/" in pipe.source:
        raise limits.invalid("Enhanced fan-out consumers are not supported as a source.", Source=pipe.source)
    if kind == "dynamodb" and "/stream/" not in pipe.source:
        raise limits.invalid("The source must be a stream of a table.", Source=pipe.source)
    source: dict[str, Any] = {**part(pipe.settings, "SourceParameters")}
    own = SOURCE_PARAMETERS[kind]
    for name in source:
        if name not in (own, "FilterCriteria"):
            raise limits.invalid(f"{name} is not supported for source {pipe.source}.", Source=pipe.source)
    told: dict[str, Any] = {**_DEFAULTS[kind], **part(source, own)}
    most = limits.BATCH_MAX.get(pipe.target_kind)
    told.setdefault("BatchSize", limits.BATCH[kind] if most is None else min(limits.BATCH[kind], most))
    if kind != "sqs":
        _check_stream(call, pipe, told)
    if most is not None and told["BatchSize"] > most:
        words = f"BatchSize {told['BatchSize']} is more than the target supports: {most}."
        raise limits.invalid(words, BatchSize=told["BatchSize"], Target=pipe.target)
    if kind == "sqs" and told["BatchSize"] > 10 and not told["MaximumBatchingWindowInSeconds"]:
        words = "MaximumBatchingWindowInSeconds must be at least 1 when BatchSize is greater than 10."
        raise limits.invalid(words, BatchSize=told["BatchSize"])
    if "FilterCriteria" in source:
        _check_filters(source["FilterCriteria"])
    pipe.settings["SourceParameters"] = {**source, own: told}


def _check_stream(call: Call, pipe: Pipe, told: dict[str, Any]) -> None:
    position = told.get("StartingPosition")
    if not position:
        raise limits.invalid("StartingPosition must be specified for a stream.", Source=pipe.source)
    if (position == "AT_TIMESTAMP") != bool(told.get("StartingPositionTimestamp")):
        words = "StartingPositionTimestamp must be specified with StartingPosition AT_TIMESTAMP, and only with it."
        raise limits.invalid(words, StartingPosition=position)
    queue: str = part(told, "DeadLetterConfig").get("Arn") or ""
    if queue and (queue.split(":")[2] not in ("sqs", "sns") or queue.endswith(".fifo")):
        raise limits.invalid("A dead-letter target must be a standard SQS queue or SNS topic.", Arn=queue)


def _check_filters(criteria: Settings) -> None:
    for each in criteria.get("Filters") or ():
        try:
            filtering.read(each.get("Pattern") or "{}")
        except PatternSyntax as error:
            words = f"Event pattern is not valid. Reason: {error}"
            raise limits.invalid(words, Pattern=each.get("Pattern")) from None


def _check_enrichment(call: Call, pipe: Pipe) -> None:
    arn: str = pipe.settings.get("Enrichment") or ""
    told = part(pipe.settings, "EnrichmentParameters")
    if not arn:
        if told:
            raise limits.invalid("EnrichmentParameters need an Enrichment.", EnrichmentParameters=sorted(told))
        return
    kind = arn.split(":", 3)[2]
    if kind not in ENRICHERS or call.pipeline.services.find(MODELS.get(kind, kind)) is None:
        raise not_implemented("pipes", f"{call.operation}.Enrichment {kind}")
    if told.get("HttpParameters"):
        raise limits.invalid("HttpParameters are not supported for the enrichment.", Enrichment=arn)


def _check_target(call: Call, pipe: Pipe) -> None:
    kind, arn = pipe.target_kind, pipe.target
    if kind not in SENDERS or call.pipeline.services.find(MODELS.get(kind, kind)) is None:
        raise not_implemented("pipes", f"{call.operation}.Target {kind}")
    if kind == "events" and ":event-bus/" not in arn:
        raise not_implemented("pipes", f"{call.operation}.Target {arn.split(':', 5)[5].partition('/')[0]}")
    if arn.split(":")[3] != call.region:
        raise limits.invalid("The target must be in the same Region as the pipe.", Target=arn)
    told = part(pipe.settings, "TargetParameters")
    own = _TARGET_PARAMETERS.get(kind, "")
    for name in told:
        if name not in (own, "InputTemplate"):
            raise limits.invalid(f"{name} is not supported for target {arn}.", Target=arn)
    if kind == "kinesis" and not part(told, own).get("PartitionKey"):
        raise limits.invalid("PartitionKey must be specified for a Kinesis stream.", Target=arn)
    if kind == "sqs" and arn.endswith(".fifo") and not part(told, own).get("MessageGroupId"):
        raise limits.invalid("MessageGroupId must be specified for a FIFO queue.", Target=arn)
    if part(told, own).get("EndpointId"):
        raise not_implemented("pipes", f"{call.operation}.TargetParameters.EventBridgeEventBusParameters.EndpointId")
