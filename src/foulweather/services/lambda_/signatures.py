"""Whether a package is signed as a function's code signing configuration wants it.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-codesigning.html
"""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.lambda_.records import SigningConfig
from foulweather.services.lambda_.state import LambdaState


def wanted(call: Call, arn: str) -> SigningConfig | None:
    """The code signing configuration of an ARN, or None for no ARN."""
    if not arn:
        return None
    found = call.state(LambdaState).signing.get(arn)
    if found is None:
        raise AwsError(
            "CodeSigningConfigNotFoundException",
            f"The code signing configuration cannot be found. Check that the provided configuration is not deleted: "
            f"{arn}.",
            404,
            facts=(Fact(arn, "exists", False),),
        )
    return found


def check_package(call: Call, name: str, config: SigningConfig | None) -> None:
    """A package has no signature here, for there is no AWS Signer yet: it is untrusted.

    `Warn` deploys it, `Enforce` does not ("UntrustedArtifactOnDeployment").
    """
    if config is None:
        return
    if config.untrusted == "Enforce":
        raise AwsError(
            "CodeVerificationFailedException",
            "The code signature failed one or more of the validation checks for signature mismatch or expiry, and the "
            "code signing policy is set to ENFORCE. Lambda blocks the deployment.",
            facts=(
                call.fact(config.arn, "UntrustedArtifactOnDeployment", "Enforce"),
                Fact("request", "package is signed", False),
            ),
            remedy=(
                f"aws lambda update-code-signing-config --code-signing-config-arn {config.arn} "
                "--code-signing-policies UntrustedArtifactOnDeployment=Warn",
            ),
        )
    call.happened("lambda.SignatureInvalid", call.arn("lambda", f"function:{name}"), function=name, config=config.arn)
