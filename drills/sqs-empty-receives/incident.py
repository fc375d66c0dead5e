"""Somebody makes the queue "faster"."""

from __future__ import annotations

from foulweather.drilling.lab import Lab


def strike(lab: Lab) -> None:
    """A clean-up of the template drops what looks like a delay."""
    attributes = {"ReceiveMessageWaitTimeSeconds": "0", "VisibilityTimeout": "30"}
    lab.client("sqs").set_queue_attributes(QueueUrl=lab.notes["queue"], Attributes=attributes)
