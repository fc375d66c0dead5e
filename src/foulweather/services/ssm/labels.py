"""Labels of versions.

https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-labels.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.ssm import limits, naming, refusals

Request = Mapping[str, Any]


def label_parameter_version(call: Call, request: Request) -> dict[str, Any]:
    """Put labels on a version, the latest unless told; they leave the version that has them."""
    state, parameter = naming.require(call, request["Name"])
    number = request.get("ParameterVersion") or parameter.latest
    version = naming.selected(state, parameter, str(number))
    given: list[str] = list(dict.fromkeys(request["Labels"]))
    bad = [label for label in given if not limits.is_label(label)]
    good = [label for label in given if limits.is_label(label)]
    labels = list(dict.fromkeys([*version.labels, *good]))
    if len(labels) > limits.LABELS_MAX:
        raise refusals.refused(
            "ParameterVersionLabelLimitExceeded",
            "A parameter version can have a maximum of ten labels.",
            labels=len(labels),
        )
    for label in good:
        holder = state.labeled(parameter, label)
        if holder is not None and holder is not version:
            holder.labels = [each for each in holder.labels if each != label]
            state.versions.touch(holder.row)
    version.labels = labels
    state.versions.touch(version.row)
    call.changed("ssm.ParameterLabeled", parameter.arn, **{f"labels of version {number}": labels})
    return {"InvalidLabels": bad, "ParameterVersion": number}


def unlabel_parameter_version(call: Call, request: Request) -> dict[str, Any]:
    """Take labels off a version; those it has not are told apart."""
    state, parameter = naming.require(call, request["Name"])
    number: int = request["ParameterVersion"]
    version = naming.selected(state, parameter, str(number))
    given: list[str] = list(dict.fromkeys(request["Labels"]))
    removed = [label for label in given if label in version.labels]
    version.labels = [label for label in version.labels if label not in removed]
    state.versions.touch(version.row)
    call.changed("ssm.ParameterLabeled", parameter.arn, **{f"labels of version {number}": version.labels})
    return {"RemovedLabels": removed, "InvalidLabels": [label for label in given if label not in removed]}
