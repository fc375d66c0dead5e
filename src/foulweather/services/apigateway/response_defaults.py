"""The kinds of gateway responses and what AWS answers in each unless an API says otherwise.

https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Final

from foulweather.services.apigateway import refusals
from foulweather.services.apigateway.records import GatewayResponse

STATUS: Final = MappingProxyType(
    {
        "ACCESS_DENIED": "403",
        "API_CONFIGURATION_ERROR": "500",
        "AUTHORIZER_CONFIGURATION_ERROR": "500",
        "AUTHORIZER_FAILURE": "500",
        "BAD_REQUEST_BODY": "400",
        "BAD_REQUEST_PARAMETERS": "400",
        "DEFAULT_4XX": None,
        "DEFAULT_5XX": None,
        "EXPIRED_TOKEN": "403",
        "INTEGRATION_FAILURE": "504",
        "INTEGRATION_TIMEOUT": "504",
        "INVALID_API_KEY": "403",
        "INVALID_SIGNATURE": "403",
        "MISSING_AUTHENTICATION_TOKEN": "403",
        "QUOTA_EXCEEDED": "429",
        "REQUEST_TOO_LARGE": "413",
        "RESOURCE_NOT_FOUND": "404",
        "THROTTLED": "429",
        "UNAUTHORIZED": "401",
        "UNSUPPORTED_MEDIA_TYPE": "415",
        "WAF_FILTERED": "403",
    }
)
TEMPLATES: Final = MappingProxyType({"application/json": '{"message":$context.error.messageString}'})
_TARGET = re.compile(r"gatewayresponse\.header\.[^\s]+")
_SOURCE = re.compile(
    r"'.*'|method\.request\.(?:path|querystring|header|multivaluequerystring|multivalueheader|body)\.?[^\s]*"
    r"|context\.[A-Za-z0-9_.\-]+|stageVariables\.[A-Za-z0-9_]+"
)


def check(made: GatewayResponse) -> None:
    """Refuse a response of no kind that there is, or one that maps what cannot be mapped."""
    if made.response_type not in STATUS:
        raise refusals.invalid("Invalid gateway response type specified", responseType=made.response_type)
    for target, source in made.response_parameters.items():
        if not _TARGET.fullmatch(target):
            raise refusals.invalid_mapping(target)
        if not _SOURCE.fullmatch(source):
            raise refusals.invalid_mapping(source)
