"""KMS's refusals, in its words, with the facts behind them."""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why
from foulweather.services.kms import CIPHERTEXT_REFERS
from foulweather.services.kms.state import Key

_STATES = {
    "Creating": "is creating.",
    "PendingDeletion": "is pending deletion.",
    "PendingImport": "is pending import.",
    "PendingReplicaDeletion": "is pending replica deletion.",
    "Unavailable": "is unavailable.",
    "Updating": "is updating.",
}


def not_found(message: str, *facts: Fact, remedy: tuple[str, ...] = ()) -> AwsError:
    """There is no such key, alias or grant."""
    return AwsError("NotFoundException", message, facts=facts, remedy=remedy)


def no_such_key(arn: str) -> AwsError:
    """There is no key of that ARN."""
    return not_found(f"Key '{arn}' does not exist", Fact(arn, "exists", False))


def no_such_alias(arn: str) -> AwsError:
    """There is no alias of that ARN."""
    name = arn.rpartition(":")[2]
    remedy = () if name.startswith("alias/aws/") else (f"aws kms create-alias --alias-name {name} --target-key-id KEY",)
    return not_found(f"Alias {arn} is not found.", Fact(arn, "exists", False), remedy=remedy)


def invalid_key_id(text: str) -> AwsError:
    """A key identifier that cannot be one."""
    return not_found(f"Invalid keyId '{text}'", Fact("request", "KeyId", text))


def wrong_region(arn: str, region: str, here: str) -> AwsError:
    """The ARN of another Region."""
    return AwsError(
        "NotFoundException",
        f"Invalid arn {region}",
        facts=(Fact(arn, "Region", region), Fact("request", "Region", here)),
        remedy=(f"Ask the endpoint of {region}.",),
    )


def invalid_arn(arn: str) -> AwsError:
    """An ARN that is no KMS key's or alias's."""
    return AwsError("InvalidArnException", f"Invalid arn {arn}", facts=(Fact("request", "arn", arn),))


def disabled(call: Call, key: Key) -> AwsError:
    """The key is disabled."""
    return AwsError(
        "DisabledException",
        f"{key.arn} is disabled.",
        facts=(call.fact(key.arn, "KeyState", key.state),),
        remedy=(f"aws kms enable-key --key-id {key.arn} --region {key.region}",),
    )


def invalid_state(call: Call, key: Key, message: str = "", *, remedy: tuple[str, ...] = ()) -> AwsError:
    """The key's state does not allow it."""
    if not remedy and key.state in ("PendingDeletion", "PendingReplicaDeletion"):
        remedy = (
            f"aws kms cancel-key-deletion --key-id {key.arn} --region {key.region}",
            f"aws kms enable-key --key-id {key.arn} --region {key.region}",
        )
    elif not remedy and key.state == "PendingImport":
        remedy = (f"aws kms import-key-material --key-id {key.arn} --import-token … --encrypted-key-material …",)
    return AwsError(
        "KMSInvalidStateException",
        message or f"{key.arn} {_STATES.get(key.state, f'is {key.state}.')}",
        facts=(call.fact(key.arn, "KeyState", key.state),),
        remedy=remedy,
    )


def unsupported(message: str, *facts: Fact) -> AwsError:
    """The operation does not work with such a key."""
    return AwsError("UnsupportedOperationException", message, facts=facts)


def wrong_usage(key: Key, operation: str) -> AwsError:
    """The key is for something else."""
    return AwsError(
        "InvalidKeyUsageException",
        f"{key.arn} key usage is {key.usage} which is not valid for {operation}.",
        facts=(Fact(key.arn, "KeyUsage", key.usage),),
    )


def wrong_algorithm(key: Key, algorithm: str) -> AwsError:
    """The key's spec does not know the algorithm."""
    return AwsError(
        "InvalidKeyUsageException",
        f"Algorithm {algorithm} and key spec {key.spec} are incompatible for {key.arn}.",
        facts=(Fact(key.arn, "KeySpec", key.spec), Fact("request", "algorithm", algorithm)),
    )


def invalid(message: str, *facts: Fact) -> AwsError:
    """A value that no constraint of the model excludes, and that will not do."""
    return AwsError("ValidationException", message, facts=facts)


def invalid_ciphertext(cause: str, *facts: Fact) -> AwsError:
    """A ciphertext that does not open; AWS does not say why, the reasons do."""
    return AwsError("InvalidCiphertextException", "", why=Why("refused", cause, facts))


def incorrect_key(asked: str, made_with: str) -> AwsError:
    """The ciphertext was made with another key than the request names."""
    return AwsError(
        "IncorrectKeyException",
        "The key ID in the request does not identify a CMK that can perform this operation.",
        facts=(Fact("request", "KeyId", asked), Fact("CiphertextBlob", "encrypted under", made_with)),
    )


def ciphertext_refers(arn: str) -> AwsError:
    """The key that a ciphertext was made with is not there."""
    return AwsError("AccessDeniedException", CIPHERTEXT_REFERS, 400, facts=(Fact(arn, "exists", False),))


def over_limit(message: str, *facts: Fact) -> AwsError:
    """A quota is used up."""
    return AwsError("LimitExceededException", message, facts=facts)


def dry_run() -> AwsError:
    """Everything was in order, and only that was asked."""
    return AwsError("DryRunOperationException", "The request would have succeeded, but the DryRun option is set.")


def malformed_policy(message: str, *facts: Fact) -> AwsError:
    """A key policy that will not do."""
    return AwsError("MalformedPolicyDocumentException", message, facts=facts)
