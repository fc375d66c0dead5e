"""Carries out the `aws …` command of a remedy, as a person would paste it, through the pipeline."""

from __future__ import annotations

import json
import shlex
from typing import Any

from foulweather.kernel.model import Shape
from harness import Aws


def run(aws: Aws, command: str) -> Any:
    """Run `aws SERVICE OPERATION --option value…`; an option that the operation has not is an error."""
    program, service, verb, *words = shlex.split(command)
    assert program == "aws", command
    operation = aws.pipeline.services.operation_by_python_name(service, verb.replace("-", "_"))
    assert operation.model.input is not None
    members = {_option(name): (name, shape) for name, shape in operation.model.input.members.items()}
    request: dict[str, Any] = {}
    while words:
        option = words.pop(0)
        assert option.startswith("--"), f"{option!r} in {command}"
        if option == "--region":
            aws = aws.in_region(words.pop(0))
            continue
        name, shape = members[option]
        if shape.type == "boolean":
            request[name] = True
            continue
        values = [words.pop(0)]
        while words and not words[0].startswith("--"):
            values.append(words.pop(0))
        request[name] = _value(shape, values)
    return getattr(getattr(aws, service), verb.replace("-", "_"))(request)


def _option(member: str) -> str:
    from foulweather.kernel.model import snake_case

    return "--" + snake_case(member).replace("_", "-")


def _value(shape: Shape, values: list[str]) -> Any:
    if shape.type in ("map", "structure") or (shape.type == "list" and values[0].startswith(("[", "{"))):
        (text,) = values
        return json.loads(text) if text.startswith(("{", "[")) else _shorthand(text)
    if shape.type == "list":
        return [_shorthand(text) if shape.member.type == "structure" else text for text in values]
    (text,) = values
    return int(text) if shape.type in ("integer", "long") else text


def _shorthand(text: str) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in text.split(",")]
    return {key: value for key, _, value in pairs}
