"""S3 policies: whether public access to Amazon S3 is blocked in all accounts that they are over.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_s3_syntax.html
"""

from __future__ import annotations

import json
from typing import Any, Final

from foulweather.kernel.errors import not_implemented
from foulweather.services.organizations import refusals

_ATTRIBUTES: Final = "s3_attributes"
_SETTING: Final = "public_access_block_configuration"
_ASSIGN: Final = "@@assign"
_VALUES: Final = ("all", "none")


def block_of(content: str) -> str:
    """What a policy assigns: `all` four settings of block public access, or `none`."""
    try:
        document: Any = json.loads(content)
    except ValueError:
        raise refusals.malformed("it is not JSON") from None
    for name in (_ATTRIBUTES, _SETTING, _ASSIGN):
        if not isinstance(document, dict) or name not in document:
            raise refusals.malformed(f"{name} is missing")
        others = sorted(str(each) for each in document if each != name)  # type: ignore[reportUnknownVariableType]
        if any(each.startswith("@@operators_allowed_for_child_policies") for each in others):
            raise not_implemented("organizations", "S3_POLICY.@@operators_allowed_for_child_policies")
        if others:
            raise refusals.malformed(f"{others[0]} is not known beside {name}")
        document = document[name]  # type: ignore[reportUnknownVariableType]
    if document not in _VALUES:
        raise refusals.malformed(f"{_ASSIGN} is neither of {', '.join(_VALUES)}")
    return document
