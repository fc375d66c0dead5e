"""The access clean-up narrows the queue's policy to a topic that it mistakes for the right one."""

from __future__ import annotations

from stack import policy

from foulweather.drilling.lab import Lab


def strike(lab: Lab) -> None:
    """The policy now names the marketing topic."""
    attributes = {"Policy": policy(lab.notes["queue_arn"], lab.notes["other"])}
    lab.client("sqs").set_queue_attributes(QueueUrl=lab.notes["queue"], Attributes=attributes)
