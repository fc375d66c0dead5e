"""Amazon SQS: standard and FIFO queues, their messages, dead-letter queues and redrives."""

from __future__ import annotations

from foulweather.kernel.service import Service

SERVICE = Service(
    name="sqs",
    package=__name__,
    modules=("queues", "attributes", "permissions", "tags", "messages", "receipts", "move_tasks"),
    # SQS names the denied action in lower case: "is not authorized to perform: sqs:sendmessage".
    denied_action=str.lower,
    # A queue policy may let everybody in, signed or not (Principal: "*").
    takes_anonymous=True,
)
