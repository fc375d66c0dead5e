"""The API Gateway Management API (`@connections`): it is part of WebSocket APIs, whose connections it works on."""

from __future__ import annotations

import re

from foulweather.kernel.call import Call
from foulweather.kernel.service import Service
from foulweather.policy.evaluate import Verdict

_ACCOUNT = re.compile(r"(arn:aws[\w-]*:execute-api:[a-z0-9-]+:)\d{8}(\d{4}:)")


def _denied_words(call: Call, verdict: Verdict, usual: str) -> str:
    """Of the API's account only the last four digits are told."""
    return _ACCOUNT.sub(r"\1********\2", usual)


SERVICE = Service(
    name="apigatewaymanagementapi",
    package="foulweather.services.apigateway.sockets.management",
    modules=("connections",),
    access_denied="AccessDeniedException",
    denied_status=403,
    denied_words=_denied_words,
)
