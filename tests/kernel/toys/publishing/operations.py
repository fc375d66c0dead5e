from __future__ import annotations

from typing import Any

from foulweather.kernel.call import Call


def get_user(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Sends a message under the user's name as its body."""
    return call.acting_as("iam.amazonaws.com").sqs.send_message({"QueueUrl": "q", "MessageBody": request["UserName"]})
