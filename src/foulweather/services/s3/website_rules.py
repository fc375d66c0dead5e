"""What website configurations say: checked when they are set, followed when somebody visits.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketWebsite.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-to-page-redirect.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.s3 import refusals, schema

ROUTING_RULES_MAX: Final = 50
_PROTOCOLS = ("http", "https")
_REDIRECT_CODE = re.compile(r"30[1-5]|30[78]")
_ERROR_CODE = re.compile(r"[45]\d\d")

Rule = Mapping[str, Any]


def checked(configuration: Mapping[str, Any]) -> dict[str, Any]:
    """A website configuration, refused where it makes no sense."""
    redirect = configuration.get("RedirectAllRequestsTo")
    if redirect is not None:
        if configuration.keys() - {"RedirectAllRequestsTo"}:
            message = "RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules."
            raise _invalid(message, "RedirectAllRequestsTo", redirect)
        if not redirect.get("HostName"):
            raise schema.malformed(Fact("request", "RedirectAllRequestsTo.HostName", redirect.get("HostName")))
        _check_protocol(redirect)
        return dict(configuration)
    index = configuration.get("IndexDocument")
    if index is None:
        message = "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty"
        raise refusals.invalid_argument("IndexDocument", "null", message)
    suffix = index.get("Suffix") or ""
    if not suffix or "/" in suffix:
        raise refusals.invalid_argument("IndexDocument", suffix, "The IndexDocument Suffix is not well formed")
    if "ErrorDocument" in configuration and not configuration["ErrorDocument"].get("Key"):
        raise refusals.invalid_argument("ErrorDocument", "", "The ErrorDocument Key is not well formed")
    rules = configuration.get("RoutingRules")
    if rules is not None:
        if len(rules) > ROUTING_RULES_MAX:
            message = (
                f"{len(rules)} routing rules provided, the number of routing rules in a website configuration is "
                f"limited to {ROUTING_RULES_MAX}."
            )
            raise refusals.invalid_request(message, Fact("request", "RoutingRules", len(rules)))
        for number, rule in enumerate(rules):
            _check_rule(f"RoutingRules[{number}]", rule)
    return dict(configuration)


def _check_rule(place: str, rule: Rule) -> None:
    redirect = rule.get("Redirect")
    if not redirect:
        raise schema.malformed(Fact("request", f"{place}.Redirect", redirect))
    if "ReplaceKeyWith" in redirect and "ReplaceKeyPrefixWith" in redirect:
        message = "You can only define ReplaceKeyPrefix or ReplaceKey but not both."
        raise _invalid(message, f"{place}.Redirect", redirect)
    _check_protocol(redirect)
    code = redirect.get("HttpRedirectCode")
    if code is not None and not _REDIRECT_CODE.fullmatch(code):
        message = f"The provided HTTP redirect code ({code}) is not valid. Valid codes are 3XX except 300."
        raise _invalid(message, f"{place}.Redirect.HttpRedirectCode", code)
    if "Condition" in rule:
        condition = rule["Condition"]
        if "KeyPrefixEquals" not in condition and "HttpErrorCodeReturnedEquals" not in condition:
            message = (
                "Condition cannot be empty. To redirect all requests without a condition, the condition element "
                "shouldn't be present."
            )
            raise _invalid(message, f"{place}.Condition", condition)
        error = condition.get("HttpErrorCodeReturnedEquals")
        if error is not None and not _ERROR_CODE.fullmatch(error):
            message = f"The provided HTTP error code ({error}) is not valid. Valid codes are 4XX or 5XX."
            raise _invalid(message, f"{place}.Condition.HttpErrorCodeReturnedEquals", error)


def _check_protocol(redirect: Rule) -> None:
    protocol = redirect.get("Protocol")
    if protocol is not None and protocol not in _PROTOCOLS:
        message = (
            "Invalid protocol, protocol can be http or https. If not defined the protocol will be selected "
            "automatically."
        )
        raise _invalid(message, "Protocol", protocol)


def _invalid(message: str, name: str, value: object) -> AwsError:
    return refusals.invalid_request(message, Fact("request", name, value))


def rule_before(configuration: Rule, key: str) -> tuple[int, Rule] | None:
    """The first routing rule that sends a visitor elsewhere before anything is looked for."""
    for number, rule in enumerate(configuration.get("RoutingRules") or ()):
        condition = rule.get("Condition") or {}
        if "HttpErrorCodeReturnedEquals" not in condition and key.startswith(condition.get("KeyPrefixEquals", "")):
            return number, rule
    return None


def rule_after(configuration: Rule, key: str, status: int) -> tuple[int, Rule] | None:
    """The first routing rule for the error that a visit came to."""
    for number, rule in enumerate(configuration.get("RoutingRules") or ()):
        condition = rule.get("Condition") or {}
        if condition.get("HttpErrorCodeReturnedEquals") == str(status) and key.startswith(
            condition.get("KeyPrefixEquals", "")
        ):
            return number, rule
    return None


def target_of(rule: Rule, key: str, protocol: str, host: str) -> tuple[int, str]:
    """Where a routing rule sends a visitor, and with which status."""
    redirect = rule["Redirect"]
    if "ReplaceKeyWith" in redirect:
        key = redirect["ReplaceKeyWith"]
    elif "ReplaceKeyPrefixWith" in redirect:
        condition: Rule = rule.get("Condition") or {}
        prefix: str = condition.get("KeyPrefixEquals", "")
        key = redirect["ReplaceKeyPrefixWith"] + key[len(prefix) :]
    status = int(redirect.get("HttpRedirectCode") or 301)
    return status, location(redirect.get("Protocol") or protocol, redirect.get("HostName") or host, key)


def location(protocol: str, host: str, key: str) -> str:
    """The address of a key on a host."""
    return f"{protocol}://{host}/{quote(key, safe=_UNQUOTED)}"


_UNQUOTED = "/-_.~!$&'()*+,;=:@#?%"
