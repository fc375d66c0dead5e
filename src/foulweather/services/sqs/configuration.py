"""A queue's attributes as the API names them: checked when set, shown when asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, cast

import msgspec

from foulweather.kernel.errors import AwsError
from foulweather.policy.document import PolicySyntaxError, parse
from foulweather.services.sqs import limits, refusals
from foulweather.services.sqs.records import Queue

Check = Callable[[str, str], Any]


def bad_value(name: str) -> AwsError:
    """An attribute's value is not one that it can have."""
    return AwsError("InvalidAttributeValue", f"Invalid value for the parameter {name}.")


def unknown(name: str) -> AwsError:
    """There is no such attribute, or not on this type of queue, or it cannot be set."""
    return AwsError("InvalidAttributeName", f"Unknown Attribute {name}.")


def _between(low: int, high: int) -> Check:
    def check(name: str, text: str) -> int:
        if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
            raise bad_value(name)
        return int(text)

    return check


def _one_of(*values: str) -> Check:
    def check(name: str, text: str) -> str:
        if text not in values:
            raise bad_value(name)
        return text

    return check


def _flag(name: str, text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise bad_value(name)
    return text.lower() == "true"


def _text(name: str, text: str) -> str:
    return text


def checked_policy(name: str, text: str) -> str:
    """A queue policy within the quotas for policies; an empty one removes it."""
    if not text:
        return ""
    try:
        parse(text, "resource")
    except PolicySyntaxError as error:
        raise bad_value(name) from error
    if len(text.encode()) > limits.POLICY_BYTES_MAX:
        raise refusals.over_policy_limit("Bytes", len(text.encode()), limits.POLICY_BYTES_MAX)
    statements = _listed(msgspec.json.decode(text)["Statement"])
    principals = conditions = 0
    for statement in statements:
        actions = len(_listed(statement.get("Action", statement.get("NotAction", []))))
        if actions > limits.POLICY_ACTIONS_MAX:
            raise refusals.over_policy_limit("Actions", actions, limits.POLICY_ACTIONS_MAX)
        principal = statement.get("Principal", statement.get("NotPrincipal", []))
        by_kind = cast("dict[str, Any]", principal) if isinstance(principal, dict) else {"*": principal}
        principals += sum(len(_listed(named)) for named in by_kind.values())
        conditions += sum(len(tests) for tests in statement.get("Condition", {}).values())
    for what, found, most in (
        ("Statements", len(statements), limits.POLICY_STATEMENTS_MAX),
        ("Principals", principals, limits.POLICY_PRINCIPALS_MAX),
        ("Conditions", conditions, limits.POLICY_CONDITIONS_MAX),
    ):
        if found > most:
            raise refusals.over_policy_limit(what, found, most)
    return text


def _listed(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else [value]


class Attribute(NamedTuple):
    """How one settable attribute is kept and checked."""

    field: str
    check: Check
    is_fifo_only: bool = False


SETTABLE: Mapping[str, Attribute] = {
    "DelaySeconds": Attribute("delay_s", _between(0, limits.DELAY_S_MAX)),
    "MaximumMessageSize": Attribute("message_bytes_max", _between(1024, limits.MESSAGE_BYTES_MAX)),
    "MessageRetentionPeriod": Attribute("retention_s", _between(60, 1_209_600)),
    "Policy": Attribute("policy", checked_policy),
    "ReceiveMessageWaitTimeSeconds": Attribute("wait_s", _between(0, limits.WAIT_S_MAX)),
    "VisibilityTimeout": Attribute("visibility_s", _between(0, limits.VISIBILITY_S_MAX)),
    "RedrivePolicy": Attribute("redrive_policy", _text),
    "RedriveAllowPolicy": Attribute("redrive_allow_policy", _text),
    "KmsMasterKeyId": Attribute("kms_key_id", _text),
    "KmsDataKeyReusePeriodSeconds": Attribute("kms_reuse_s", _between(60, 86_400)),
    "SqsManagedSseEnabled": Attribute("is_sqs_encrypted", _flag),
    "ContentBasedDeduplication": Attribute("deduplicates_content", _flag, is_fifo_only=True),
    "DeduplicationScope": Attribute("deduplication_scope", _one_of("messageGroup", "queue"), is_fifo_only=True),
    "FifoThroughputLimit": Attribute("throughput_limit", _one_of("perQueue", "perMessageGroupId"), is_fifo_only=True),
}


def checked(attributes: Mapping[str, str], queue: Queue) -> dict[str, Any]:
    """The fields that attributes set on a queue, each checked by itself and together with the others."""
    fields: dict[str, Any] = {}
    for name, text in attributes.items():
        attribute = SETTABLE.get(name)
        if attribute is None or (attribute.is_fifo_only and not queue.is_fifo):
            raise unknown(name)
        fields[attribute.field] = attribute.check(name, text)
    scope = fields.get("deduplication_scope", queue.deduplication_scope)
    throughput = fields.get("throughput_limit", queue.throughput_limit)
    if throughput == "perMessageGroupId" and scope != "messageGroup":
        # "The perMessageGroupId value is allowed only when the value for DeduplicationScope is messageGroup."
        raise bad_value("FifoThroughputLimit" if "throughput_limit" in fields else "DeduplicationScope")
    _check_encryption(fields)
    return fields


def _check_encryption(fields: dict[str, Any]) -> None:
    """One kind of server-side encryption at a time; choosing KMS ends SQS's own, and the other way round."""
    if fields.get("kms_key_id"):
        if fields.get("is_sqs_encrypted"):
            raise AwsError(
                "InvalidAttributeValue",
                "You can use one type of server-side encryption (SSE) at one time. "
                "You can either enable KMS SSE or SQS SSE.",
            )
        fields["is_sqs_encrypted"] = False
    elif fields.get("is_sqs_encrypted"):
        fields["kms_key_id"] = ""


def shown(queue: Queue) -> dict[str, str]:
    """Every attribute that is set or has a default, but for the counts of messages."""
    known = {
        "QueueArn": queue.arn,
        "CreatedTimestamp": str(queue.created_ms // 1000),
        "LastModifiedTimestamp": str(queue.modified_ms // 1000),
        "VisibilityTimeout": str(queue.visibility_s),
        "MaximumMessageSize": str(queue.message_bytes_max),
        "MessageRetentionPeriod": str(queue.retention_s),
        "DelaySeconds": str(queue.delay_s),
        "ReceiveMessageWaitTimeSeconds": str(queue.wait_s),
        "SqsManagedSseEnabled": _shown_flag(queue.is_sqs_encrypted),
    }
    for name, text in (
        ("Policy", queue.policy),
        ("RedrivePolicy", queue.redrive_policy),
        ("RedriveAllowPolicy", queue.redrive_allow_policy),
    ):
        if text:
            known[name] = text
    if queue.kms_key_id:
        known["KmsMasterKeyId"] = queue.kms_key_id
        known["KmsDataKeyReusePeriodSeconds"] = str(queue.kms_reuse_s)
    if queue.is_fifo:
        known["FifoQueue"] = "true"
        known["ContentBasedDeduplication"] = _shown_flag(queue.deduplicates_content)
        known["DeduplicationScope"] = queue.deduplication_scope
        known["FifoThroughputLimit"] = queue.throughput_limit
    return known


def _shown_flag(value: bool) -> str:
    return "true" if value else "false"
