"""Secrets Manager's secrets under the names that Parameter Store gives them: `/aws/reference/secretsmanager/...`.

https://docs.aws.amazon.com/systems-manager/latest/userguide/integration-ps-secretsmanager.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.ssm.naming import REFERENCE

_VERSION_ID = re.compile(r"[0-9A-Za-z-]{32,64}")


def referred(text: str) -> tuple[str, dict[str, str]]:
    """The secret that a name refers to, and what to ask Secrets Manager; `:` selects a version or a stage."""
    name, _, selector = text.partition(REFERENCE)[2].partition(":")
    asked = {"SecretId": name}
    if selector:
        asked["VersionId" if _VERSION_ID.fullmatch(selector) else "VersionStage"] = selector
    return name, asked


def as_parameter(call: Call, text: str, secret: Mapping[str, Any]) -> dict[str, Any]:
    """A secret as GetParameter shows it: version 0, and Secrets Manager's own answer as SourceResult."""
    source = {
        "ARN": secret["ARN"],
        "name": secret["Name"],
        "versionId": secret["VersionId"],
        "secretString": secret["SecretString"],
        "versionStages": secret["VersionStages"],
        "createdDate": secret["CreatedDate"],
    }
    return {
        "Name": text,
        "Type": "SecureString",
        "Value": secret["SecretString"],
        "Version": 0,
        "SourceResult": json.dumps(source),
        "LastModifiedDate": secret["CreatedDate"],
        "ARN": call.arn("ssm", f"parameter{text}"),
        "DataType": "text",
    }
