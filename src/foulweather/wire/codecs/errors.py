"""Which code, status and fault a refusal has on the wire, from the service's error shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from foulweather.wire.codecs.xml import escaped

if TYPE_CHECKING:
    from collections.abc import Mapping

    from foulweather.kernel.errors import AwsError
    from foulweather.kernel.model import ServiceModel, Shape
    from foulweather.wire.codecs.xml import XmlWriter


class WireError(NamedTuple):
    """A refusal's face on the wire."""

    code: str
    status: int
    shape: Shape | None
    senders_fault: bool

    @property
    def fault(self) -> str:
        """Whose fault it is, as the query protocol words it."""
        return "Sender" if self.senders_fault else "Receiver"


class ErrorShapes:
    """One service's error shapes, by their names and by their codes on the wire.

    The query protocols put the model's `error.code` on the wire (`AWS.SimpleQueueService.NonExistentQueue`),
    the others the shape's name (`QueueDoesNotExist`), and the code beside it in `x-amzn-query-error`.
    """

    def __init__(self, model: ServiceModel, protocol: str) -> None:
        self._query = protocol in ("query", "ec2")
        self._shapes = model.error_shapes
        self._by_code = {self.query_code(shape): shape for shape in model.error_shapes.values()}
        self._xml = self._query or protocol == "rest-xml"

    @staticmethod
    def query_code(shape: Shape) -> str:
        """The code of `shape` in the query protocol."""
        error: dict[str, Any] = shape.trait("error", {})
        return error.get("queryCode") or error.get("code") or shape.name

    def find(self, error: AwsError) -> WireError:
        """How `error` looks on the wire."""
        shape = self._shapes.get(error.code) or self._by_code.get(error.code)
        if shape is None:
            return WireError(error.code, error.status, None, error.senders_fault)
        trait: dict[str, Any] = shape.trait("error", {})
        status = trait.get("httpStatusCode")
        if self._query:
            status = trait.get("queryStatusCode", status)
        if status is None:
            status = 500 if shape.trait("fault") else error.status
        code = self.query_code(shape) if self._xml else shape.name
        senders = trait.get("senderFault")
        return WireError(code, status, shape, status < 500 if senders is None else bool(senders))


def message_member(shape: Shape | None) -> str:
    """What a JSON error calls its message: the model's `message` or `Message`."""
    if shape is not None:
        for name, member in shape.members.items():
            if name.lower() == "message":
                return member.trait("locationName") or name
    return "message"


def scalars_as_xml(members: Mapping[str, Any], shape: Shape | None, writer: XmlWriter) -> str:
    """An error's members beside its code and message, modelled or not, as elements."""
    if not members:
        return ""
    known = {name: value for name, value in members.items() if shape is not None and name in shape.members}
    written = writer.content(shape)(known) if shape is not None and known else ""
    return written + "".join(
        [f"<{name}>{escaped(str(value))}</{name}>" for name, value in members.items() if name not in known]
    )
