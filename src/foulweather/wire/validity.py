"""Whether a proof is for here and for now: its times and its credential scope."""

from __future__ import annotations

from foulweather.gates import refusals
from foulweather.gates.refusals import Family
from foulweather.gates.signed_times import check_times
from foulweather.kernel.errors import AwsError
from foulweather.wire import sigv2
from foulweather.wire.proof import Proof

__all__ = ["check_scope", "check_times", "signature_mismatch"]


def check_scope(proof: Proof, family: Family, service: str, region: str) -> None:
    """Refuse a signature that was made for another service or region than the one that was called."""
    if proof.credential.algorithm == "AWS" and region not in sigv2.REGIONS:
        raise refusals.version_2(family)
    region_is_wrong = proof.region != region and bool(proof.region)
    service_is_wrong = proof.service != service
    if not region_is_wrong and not service_is_wrong:
        return
    if family == "s3":
        if region_is_wrong:
            what = f"the region '{proof.region}' is wrong; expecting '{region}'"
        else:
            what = f'incorrect service "{proof.service}". This endpoint belongs to "{service}".'
        members = {"Region": region} if region_is_wrong else None
        if proof.presigned:
            message = f"Error parsing the X-Amz-Credential parameter; {what}"
            raise AwsError("AuthorizationQueryParametersError", message, 400, members=members)
        message = f"The authorization header is malformed; {what}"
        raise AwsError("AuthorizationHeaderMalformed", message, 400, members=members)
    message = ""
    if region_is_wrong:
        message += f"Credential should be scoped to a valid region, not '{proof.region}'. "
    if service_is_wrong:
        message += f"Credential should be scoped to correct service: '{service}'. "
    raise refusals.invalid(family, message)


def signature_mismatch(proof: Proof, family: Family) -> AwsError:
    """The refusal of a proof that matched no secret, with what should have been signed."""
    return refusals.mismatch(
        family, proof.access_key_id, proof.canonical_request, proof.string_to_sign, proof.signature
    )
