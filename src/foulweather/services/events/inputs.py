"""What a target gets: the event, a constant, a part of the event, or what a template makes of it.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from foulweather.kernel.event_paths import MISSING, find
from foulweather.kernel.input_templates import QUOTED, dumps, each_part, filled
from foulweather.services.events.envelopes import iso
from foulweather.services.events.state import Rule, part

# Reserved variables: "You can't use these names in the InputPathsMap".
EVENT_JSON: Final = "aws.events.event.json"
EVENT: Final = "aws.events.event"
RESERVED: Final = ("aws.events.rule-arn", "aws.events.rule-name", "aws.events.event.ingestion-time", EVENT, EVENT_JSON)


def shaped(rule: Rule, target: Mapping[str, Any], event: str, ingested_ms: int) -> str:
    """The text that a target gets of an event."""
    if "Input" in target:
        return target["Input"]
    if "InputPath" in target:
        found = find(json.loads(event), target["InputPath"])
        return "" if found is MISSING else dumps(found)
    transformer = target.get("InputTransformer")
    if transformer is None:
        return event
    return transformed(rule, transformer, event, ingested_ms)


def transformed(rule: Rule, transformer: Mapping[str, Any], event: str, ingested_ms: int) -> str:
    """A template with its variables put in."""
    document = json.loads(event)
    values: dict[str, Any] = {
        "aws.events.rule-arn": rule.arn,
        "aws.events.rule-name": rule.name,
        "aws.events.event.ingestion-time": iso(ingested_ms),
    }
    for name, path in part(transformer, "InputPathsMap").items():
        # "If you specify a variable to match a JSON path that doesn't exist in the event, that variable isn't created
        # and won't appear in the output."
        values[name] = find(document, path)
    template: str = transformer["InputTemplate"]
    if EVENT_JSON in template:
        values[EVENT_JSON] = document
    if EVENT in template:
        # "The original event payload as JSON, but without the detail field."
        values[EVENT] = {key: value for key, value in document.items() if key != "detail"}
    return filled(template, values)


def template_error(transformer: Mapping[str, Any]) -> str:
    """What is wrong with a template; empty when it is JSON, or lines of quoted text and variables."""
    template: str = transformer["InputTemplate"]
    known = {*part(transformer, "InputPathsMap"), *RESERVED}
    unknown: list[str] = []

    def outside(found: re.Match[str]) -> str:
        if found[1] not in known:
            unknown.append(found[1])
        return "0"

    tried = each_part(template, lambda found: "0", outside)
    if unknown:
        return f"the placeholder <{unknown[0]}> is not in InputPathsMap"
    try:
        json.loads(tried)
    except ValueError as error:
        if tried.lstrip()[:1] in ("{", "["):
            return str(error)
        for line in tried.splitlines():
            if QUOTED.sub("", line).strip(" \t0123456789,"):
                return f"text must be in quotation marks: {line.strip()}"
    return ""
