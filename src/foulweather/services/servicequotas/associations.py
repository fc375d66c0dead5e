"""Whether a template is applied to the accounts that an organization creates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.servicequotas.organization import own_template, saved
from foulweather.services.servicequotas.state import Template

Request = Mapping[str, Any]


def associate_service_quota_template(call: Call, request: Request) -> dict[str, Any]:
    """Have the template applied to accounts made from now on."""
    return _associated(call, own_template(call), is_associated=True)


def disassociate_service_quota_template(call: Call, request: Request) -> dict[str, Any]:
    """Have the template applied no more."""
    template = own_template(call)
    if not template.is_associated:
        raise AwsError(
            "ServiceQuotaTemplateNotInUseException",
            "The quota request template is not associated with your organization.",
            facts=(Fact(call.account, "template is associated", False),),
        )
    return _associated(call, template, is_associated=False)


def get_association_for_service_quota_template(call: Call, request: Request) -> dict[str, Any]:
    """Show whether the template is applied."""
    status = "ASSOCIATED" if own_template(call).is_associated else "DISASSOCIATED"
    return {"ServiceQuotaTemplateAssociationStatus": status}


def _associated(call: Call, template: Template, *, is_associated: bool) -> dict[str, Any]:
    template.is_associated = is_associated
    saved(call, template)
    return {}
