"""What AWS answers to a request whose bytes do not have the model's form."""

from __future__ import annotations

from foulweather.kernel.errors import AwsError


def serialization(message: str) -> AwsError:
    """The JSON and CBOR protocols' refusal."""
    return AwsError("SerializationException", message, 400)


def malformed_input(message: str) -> AwsError:
    """The query protocol's refusal."""
    return AwsError("MalformedInput", message, 400)


def malformed_xml() -> AwsError:
    """The REST XML protocol's refusal, in Amazon S3's words."""
    return AwsError(
        "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published schema",
        400,
    )


class NotAMember(Exception):
    """An operation returned what its result does not have: a mistake in this program, not the sender's."""

    def __init__(self, shape: str, name: object) -> None:
        super().__init__(f"{shape} has no member {name!r}")
