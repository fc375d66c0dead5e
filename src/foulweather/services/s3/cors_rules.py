"""What CORS rules say: checked when they are set, asked at preflights and at requests of web pages.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why
from foulweather.services.s3 import refusals, schema
from foulweather.services.s3.records import Bucket

RULES_MAX: Final = 100
ID_CHARACTERS_MAX: Final = 255
METHODS: Final = frozenset({"GET", "PUT", "POST", "DELETE", "HEAD"})
VARY: Final = ("Vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method")

Rule = Mapping[str, Any]


class Asked(NamedTuple):
    """What a web page wants to do: where it is from, by which method, with which headers."""

    origin: str
    method: str
    headers: tuple[str, ...] = ()


def checked(rules: Sequence[Rule]) -> list[dict[str, Any]]:
    """The rules, refused where they make no sense."""
    if not rules:
        raise schema.malformed(Fact("request", "CORSRules", []))
    if len(rules) > RULES_MAX:
        raise refusals.invalid_request(
            f"The number of CORS rules should not exceed allowed limit of {RULES_MAX} rules.",
            Fact("request", "CORSRules", len(rules)),
        )
    for number, rule in enumerate(rules):
        _check(number, rule)
    return [dict(rule) for rule in rules]


def _check(number: int, rule: Rule) -> None:
    place = f"CORSRules[{number}]"
    if not rule.get("AllowedMethods") or not rule.get("AllowedOrigins"):
        raise schema.malformed(Fact("request", place, "AllowedMethods and AllowedOrigins are required"))
    if len(rule.get("ID", "")) > ID_CHARACTERS_MAX:
        raise schema.malformed(Fact("request", f"{place}.ID", f"longer than {ID_CHARACTERS_MAX} characters"))
    for method in rule["AllowedMethods"]:
        if method not in METHODS:
            message = f"Found unsupported HTTP method in CORS config. Unsupported method is {method}"
            raise refusals.invalid_request(message, Fact("request", f"{place}.AllowedMethods", method))
    for member, word in (("AllowedOrigins", "AllowedOrigin"), ("AllowedHeaders", "AllowedHeader")):
        for value in rule.get(member, ()):
            if value.count("*") > 1:
                message = f'{word} "{value}" can not have more than one wildcard.'
                raise refusals.invalid_request(message, Fact("request", f"{place}.{member}", value))
    for value in rule.get("ExposeHeaders", ()):
        if "*" in value:
            message = (
                f'ExposeHeader "{value}" contains wildcard. We currently do not support wildcard for ExposeHeader.'
            )
            raise refusals.invalid_request(message, Fact("request", f"{place}.ExposeHeaders", value))


def rules_of(bucket: Bucket) -> Sequence[Rule] | None:
    """A bucket's rules, None where CORS is not enabled."""
    configuration = bucket.settings.get("cors")
    return None if configuration is None else configuration["CORSRules"]


def fitting(rules: Sequence[Rule], asked: Asked) -> Rule | None:
    """The first rule that allows what is asked."""
    return next((rule for rule in rules if _objection(rule, asked) is None), None)


def answer_headers(rule: Rule, asked: Asked) -> list[tuple[str, str]]:
    """The headers that tell the browser what a rule allows."""
    is_for_all = "*" in rule["AllowedOrigins"]
    headers = [
        ("Access-Control-Allow-Origin", "*" if is_for_all else asked.origin),
        ("Access-Control-Allow-Methods", ", ".join(rule["AllowedMethods"])),
    ]
    if asked.headers:
        headers.append(("Access-Control-Allow-Headers", ", ".join([name.lower() for name in asked.headers])))
    if rule.get("ExposeHeaders"):
        headers.append(("Access-Control-Expose-Headers", ", ".join(rule["ExposeHeaders"])))
    if rule.get("MaxAgeSeconds") is not None:
        headers.append(("Access-Control-Max-Age", str(rule["MaxAgeSeconds"])))
    if not is_for_all:
        headers.append(("Access-Control-Allow-Credentials", "true"))
    headers.append(VARY)
    return headers


def objections(bucket: Bucket, rules: Sequence[Rule], asked: Asked) -> tuple[Why, ...]:
    """For each rule the first thing in it that is in the way, those that came nearest first."""
    found: list[tuple[int, Why]] = []
    for number, rule in enumerate(rules):
        member, value = _objection(rule, asked) or ("", "")
        name = f"CORSRules[{number}].{member}"
        wanted = {"AllowedOrigins": "Origin", "AllowedMethods": "method"}.get(member, "header")
        facts = (Fact(bucket.arn, name, list(rule.get(member, ()))), Fact("request", wanted, value))
        nearness = ("AllowedHeaders", "AllowedMethods", "AllowedOrigins").index(member)
        found.append((nearness, Why("refused", f"Rule {number} does not list {value!r} in {member}.", facts)))
    return tuple([why for _, why in sorted(found, key=lambda each: each[0])])


def _objection(rule: Rule, asked: Asked) -> tuple[str, str] | None:
    """The member of a rule that does not allow what is asked, and what of it."""
    if not any(_matches(pattern, asked.origin) for pattern in rule["AllowedOrigins"]):
        return "AllowedOrigins", asked.origin
    if asked.method not in rule["AllowedMethods"]:
        return "AllowedMethods", asked.method
    allowed = [pattern.lower() for pattern in rule.get("AllowedHeaders", ())]
    for name in asked.headers:
        if not any(_matches(pattern, name.lower()) for pattern in allowed):
            return "AllowedHeaders", name
    return None


def _matches(pattern: str, text: str) -> bool:
    start, star, end = pattern.partition("*")
    if not star:
        return pattern == text
    return len(text) >= len(start) + len(end) and text.startswith(start) and text.endswith(end)


def not_allowed(method: str, resource_type: str, reason: str, why: Why) -> AwsError:
    """The refusal of a preflight, `CORSResponse: …`."""
    return AwsError(
        "AccessForbidden",
        f"CORSResponse: {reason}",
        403,
        why=why,
        members={"Method": method, "ResourceType": resource_type},
    )
