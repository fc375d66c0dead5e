"""The settings of an account in a region."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Mapping
from typing import Any, Final, cast

from foulweather.kernel import answers
from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.services.apigateway import finding, limits, patches, quotas, refusals
from foulweather.services.apigateway.patches import Rule, Step, sets
from foulweather.services.apigateway.records import shown
from foulweather.services.apigateway.region_records import Settings
from foulweather.services.apigateway.state import RestState

Request = Mapping[str, Any]
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/.+")


def get_account(call: Call, request: Request) -> dict[str, Any]:
    """The settings, and how many requests all APIs together may take."""
    return _told(call, _settings(call))


def update_account(call: Call, request: Request) -> dict[str, Any]:
    """Set the role with which logs are written."""
    settings = _settings(call)
    made = patches.patched(call, settings, request, _RULES)
    if made.cloudwatch_role_arn and made.cloudwatch_role_arn != settings.cloudwatch_role_arn:
        _require_assumable(call, made.cloudwatch_role_arn)
    limits.pace(call, "UpdateAccount")
    call.state(RestState).settings.put("account", made)
    finding.changed(call, "AccountUpdated", "/account", made, patches.touched(request))
    return _told(call, made)


def _settings(call: Call) -> Settings:
    return call.state(RestState).settings.get("account") or Settings()


def _told(call: Call, settings: Settings) -> dict[str, Any]:
    throttle = {
        "burstLimit": quotas.of(call, quotas.THROTTLE_BURST),
        "rateLimit": float(quotas.of(call, quotas.THROTTLE_RATE)),
    }
    # New accounts have usage plans, and the fourth version of keys.
    return {**shown(settings), "throttleSettings": throttle, "features": ["UsagePlans"], "apiKeyVersion": "4"}


def _require_assumable(call: Call, role: str) -> None:
    """The role exists, and trusts API Gateway: set-up-logging.html."""
    if not _ROLE.fullmatch(role):
        raise refusals.invalid(refusals.INVALID_ARN, cloudwatchRoleArn=role)
    question = {"RoleArn": role, "RoleSessionName": "BackplaneAssumeRoleSession"}
    try:
        response: Any = answers.given(call, question)
        if response is None:
            response = call.acting_as("apigateway.amazonaws.com").sts.assume_role(question)
    except AwsError as error:
        words = (
            "The role ARN does not have required permissions configured. Please grant trust permission for API "
            "Gateway and add the required role policy."
        )
        raise refusals.invalid(words, cloudwatchRoleArn=role).because(error.why) from None
    if isinstance(response, Awaitable):
        raise answers.NotYet(call, question, cast("Awaitable[Any]", response))


def _feature(_settings: Settings, step: Step) -> None:
    """Usage plans are there already, and do not go away."""
    if step.value != "UsagePlans" or step.op == "remove":
        raise refusals.invalid(f"Invalid feature specified: {step.value}", features=step.value)


_RULES: Final = (
    sets("/cloudwatchRoleArn", "cloudwatch_role_arn", ops=("add", "remove", "replace")),
    Rule("/features", ("add", "remove"), _feature),
)
