"""Amazon EC2's variant of the query protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.wire.codecs import timestamps
from foulweather.wire.codecs.errors import ErrorShapes, scalars_as_xml
from foulweather.wire.codecs.forms import FormReader, tree
from foulweather.wire.codecs.query import form_of
from foulweather.wire.codecs.xml import XmlDialect, XmlWriter, escaped

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from foulweather.kernel.errors import AwsError
    from foulweather.kernel.model import OperationModel, ServiceModel, Shape

CONTENT_TYPE = ("Content-Type", "text/xml;charset=UTF-8")


def parameter_name(shape: Shape, default: str) -> str:
    """A parameter's name: `queryName`, or the response's name with a capital."""
    name = shape.trait("queryName")
    if name:
        return name
    name = shape.trait("locationName")
    return name[0].upper() + name[1:] if name else default


class Ec2Service:
    """What the operations of the service share."""

    def __init__(self, model: ServiceModel) -> None:
        self.model = model
        self.reader = FormReader(parameter_name, ec2=True)
        self.writer = XmlWriter(XmlDialect(timestamps.iso8601_milliseconds))
        version = model.metadata["apiVersion"]
        self.namespace = model.metadata.get("xmlNamespace") or f"http://ec2.amazonaws.com/doc/{version}/"
        self.namespace = escaped(self.namespace)

    def operation(self, operation: OperationModel) -> Ec2Operation:
        """The codec of one operation."""
        return Ec2Operation(self, operation)

    def errors(self) -> Ec2Errors:
        """The codec of the service's refusals."""
        return Ec2Errors(self)


class Ec2Operation:
    """Decodes one operation's forms and encodes its results."""

    __slots__ = ("_content", "_head", "_read", "_tail")

    streams_request = False

    def __init__(self, service: Ec2Service, operation: OperationModel) -> None:
        self._read: Callable[[Any], dict[str, Any]] | None = None
        if operation.input is not None and operation.input.members:
            self._read = service.reader.structure(operation.input)
        self._content: Callable[[Any], str] | None = None
        if operation.output is not None:
            self._content = service.writer.content(operation.output)
        self._head = (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<{operation.name}Response xmlns="{service.namespace}"><requestId>'
        )
        self._tail = f"</{operation.name}Response>"

    def decode(self, request: HttpRequest, labels: Mapping[str, str]) -> dict[str, Any]:
        """The request's members."""
        del labels  # only REST protocols have any
        return {} if self._read is None else self._read(tree(form_of(request)))

    def encode(self, result: Mapping[str, Any], request_id: str) -> HttpResponse:
        """The response to a request that succeeded; EC2 answers `<return>true</return>` where there is no result."""
        content = self._content
        written = "<return>true</return>" if content is None else content(result)
        return HttpResponse(
            200,
            [("x-amzn-RequestId", request_id), CONTENT_TYPE],
            f"{self._head}{request_id}</requestId>{written}{self._tail}".encode("utf-8", "replace"),
        )


class Ec2Errors:
    """Encodes refusals: `<Response><Errors><Error>…`."""

    def __init__(self, service: Ec2Service) -> None:
        self._shapes = ErrorShapes(service.model, "ec2")
        self._writer = service.writer

    def encode(self, error: AwsError, request_id: str) -> HttpResponse:
        """The response to a request that was refused."""
        found = self._shapes.find(error)
        members = scalars_as_xml(error.members, found.shape, self._writer)
        body = (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f"<Response><Errors><Error><Code>{escaped(found.code)}</Code><Message>{escaped(error.message)}</Message>"
            f"{members}</Error></Errors><RequestID>{request_id}</RequestID></Response>"
        )
        return HttpResponse(
            found.status, [("x-amzn-RequestId", request_id), CONTENT_TYPE], body.encode("utf-8", "replace")
        )
