"""Policy documents that stacks are built with."""

from __future__ import annotations

import json
from typing import Any


def document(*statements: dict[str, Any]) -> str:
    """A policy of these statements."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trust(principal: str, external_id: str = "", **condition: dict[str, str]) -> str:
    """Lets a principal (an ARN, an account, or a service) assume the role that has this."""
    kind = "Service" if principal.endswith(".amazonaws.com") else "AWS"
    statement: dict[str, Any] = {"Effect": "Allow", "Principal": {kind: principal}, "Action": "sts:AssumeRole"}
    if external_id:
        condition = {"StringEquals": {"sts:ExternalId": external_id}, **condition}
    return document(statement | ({"Condition": condition} if condition else {}))


def topic_may_send(queue_arn: str, topic_arn: str, sid: str = "TopicMaySend") -> str:
    """Lets a topic, and nobody else, send to the queue that has this."""
    return document(
        {
            "Sid": sid,
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": queue_arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": topic_arn}},
        }
    )
