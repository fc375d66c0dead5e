"""The query protocol: a form in, XML out. SNS, IAM, STS, CloudFormation, and SQS beside its JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.wire.codecs import timestamps
from foulweather.wire.codecs.errors import ErrorShapes, scalars_as_xml
from foulweather.wire.codecs.forms import FormReader, tree
from foulweather.wire.codecs.xml import XmlDialect, XmlWriter, escaped

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from foulweather.kernel.errors import AwsError
    from foulweather.kernel.model import OperationModel, ServiceModel

CONTENT_TYPE = ("Content-Type", "text/xml")


def form_of(request: HttpRequest) -> str:
    """The form of a POST's body, or of the query string of a GET (or of a POST that has no body)."""
    if request.body:
        body = request.body.decode("latin-1")
        return f"{request.query}&{body}" if request.query else body
    return request.query


class QueryService:
    """What the operations of one service share in this protocol."""

    def __init__(self, model: ServiceModel) -> None:
        dialect = XmlDialect(timestamps.iso8601_seconds, query_names=True)
        self.model = model
        self.reader = FormReader(dialect.name)
        self.writer = XmlWriter(dialect)
        self.namespace = escaped(model.metadata.get("xmlNamespace", "")) or (
            f"https://{model.metadata['endpointPrefix']}.amazonaws.com/doc/{model.metadata['apiVersion']}/"
        )

    def operation(self, operation: OperationModel) -> QueryOperation:
        """The codec of one operation."""
        return QueryOperation(self, operation)

    def errors(self) -> QueryErrors:
        """The codec of this service's refusals."""
        return QueryErrors(self)


class QueryOperation:
    """Decodes one operation's forms and encodes its results."""

    __slots__ = ("_content", "_head", "_is_on_queue", "_read", "_tail")

    streams_request = False

    def __init__(self, service: QueryService, operation: OperationModel) -> None:
        name = operation.name
        self._read: Callable[[Any], dict[str, Any]] | None = None
        if operation.input is not None and operation.input.members:
            self._read = service.reader.structure(operation.input)
        # "You construct the request URL from the queue URL": SQS's query requests go to the queue's own address.
        # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-xml.html
        self._is_on_queue = operation.input is not None and "QueueUrl" in operation.input.members
        self._content: Callable[[Any], str] | None = None
        head, tail = f'<{name}Response xmlns="{service.namespace}">', ""
        if operation.output is not None:
            wrapper = operation.output.trait("resultWrapper") or f"{name}Result"
            self._content = service.writer.content(operation.output)
            head, tail = f"{head}<{wrapper}>", f"</{wrapper}>"
        self._head = head
        self._tail = (
            f"{tail}<ResponseMetadata><RequestId>",
            f"</RequestId></ResponseMetadata></{name}Response>\n",
        )

    def decode(self, request: HttpRequest, labels: Mapping[str, str]) -> dict[str, Any]:
        """The request's members."""
        del labels  # only REST protocols have any
        members = {} if self._read is None else self._read(tree(form_of(request)))
        if self._is_on_queue and request.path != "/":
            members.setdefault("QueueUrl", request.path)
        return members

    def encode(self, result: Mapping[str, Any], request_id: str) -> HttpResponse:
        """The response to a request that succeeded."""
        content = self._content
        written = "" if content is None else content(result)
        before, after = self._tail
        return HttpResponse(
            200,
            [("x-amzn-RequestId", request_id), CONTENT_TYPE],
            f"{self._head}{written}{before}{request_id}{after}".encode("utf-8", "replace"),
        )


class QueryErrors:
    """Encodes one service's refusals: `<ErrorResponse><Error><Type>Sender</Type>…`."""

    def __init__(self, service: QueryService) -> None:
        self._shapes = ErrorShapes(service.model, "query")
        self._writer = service.writer
        self._namespace = service.namespace

    def encode(self, error: AwsError, request_id: str) -> HttpResponse:
        """The response to a request that was refused."""
        found = self._shapes.find(error)
        members = scalars_as_xml(error.members, found.shape, self._writer)
        body = (
            f'<ErrorResponse xmlns="{self._namespace}"><Error><Type>{found.fault}</Type>'
            f"<Code>{escaped(found.code)}</Code><Message>{escaped(error.message)}</Message>{members}</Error>"
            f"<RequestId>{request_id}</RequestId></ErrorResponse>\n"
        )
        return HttpResponse(
            found.status, [("x-amzn-RequestId", request_id), CONTENT_TYPE], body.encode("utf-8", "replace")
        )
