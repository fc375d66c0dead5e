"""Browsers' uploads to S3 by a form (`POST /bucket`): their proof, and the PutObject that they are.

https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
"""

from __future__ import annotations

import copy
import datetime
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import quote, urlencode, urlsplit

from foulweather.gates.refusals import two_mechanisms
from foulweather.kernel.bodies import Incoming
from foulweather.kernel.errors import AwsError
from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.kernel.why import Fact
from foulweather.services.s3 import post_policies
from foulweather.services.s3.post_policies import PostPolicy
from foulweather.wire.app import STREAM, Admission
from foulweather.wire.codecs.refusals import malformed_xml
from foulweather.wire.codecs.xml import escaped, local_name, parsed
from foulweather.wire.multipart_forms import begin_form, read_form
from foulweather.wire.post_policy import PolicyProof, read_policy_proof
from foulweather.wire.proof import ALGORITHM, Credential, Proof
from foulweather.wire.s3_paths import is_form
from foulweather.wire.sigv4 import read_proof

if TYPE_CHECKING:
    from foulweather.wire.codec import OperationCodec
    from foulweather.wire.hosting import Plan

PROLOGUE: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
# Forms of no more than this are held in memory; the files of larger ones are taken in as they arrive.
WHOLE_FORM_BYTES_MAX: Final = 1 << 20
WHOLE: Final = Admission(buffer_bytes_max=WHOLE_FORM_BYTES_MAX)
FILENAME: Final = "${filename}"
FOREVER_S: Final = 1 << 40
_PLAIN: Final = frozenset(
    {
        *("cache-control", "content-type", "content-disposition", "content-encoding", "content-language"),
        *("expires", "content-md5"),
    }
)
# The fields that PutObject has a header of another name for.
_RENAMED: Final = {"acl": "x-amz-acl", "x-amz-checksum-algorithm": "x-amz-sdk-checksum-algorithm"}
_OF_THE_PROOF: Final = frozenset(
    {"x-amz-signature", "x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-security-token"}
)


class FormProof(Proof):
    """The signature over a form's policy. It lasts as long as the policy says, which is checked with the policy."""

    __slots__ = ("_policy",)

    def __init__(self, request: HttpRequest, fields: Mapping[str, str], policy: PolicyProof) -> None:
        text = fields.get("x-amz-credential", "")
        is_version_2 = "awsaccesskeyid" in fields
        credential = (
            Credential.of_version_2(policy.access_key_id) if is_version_2 else Credential(ALGORITHM, text, "host")
        )
        stamp = fields.get("x-amz-date", "")
        super().__init__(
            request,
            credential,
            policy.signature,
            stamp=stamp,
            signed_at_ms=_stamp_ms(stamp),
            token=policy.token,
            declared_hash="",
            expires_s=FOREVER_S,
            presigned=True,
        )
        self._policy = policy

    @property
    def canonical_request(self) -> str:
        """Nothing: the policy is signed itself."""
        return ""

    @property
    def string_to_sign(self) -> str:
        """The policy, as it came."""
        return self._policy.policy

    def matches(self, secret: str) -> bool:
        """Whether the policy was signed with this secret access key."""
        return self._policy.matches(secret)


class FormRequest(HttpRequest):
    """A form whose file still arrives: its body is the form with an empty file, `file` are the file's bytes."""

    __slots__ = ("file",)

    def __init__(self, request: HttpRequest, body: bytes, file: AsyncIterator[bytes]) -> None:
        super().__init__(
            request.method, request.path, request.query, request.headers, body, peer=request.peer, tls=request.tls
        )
        self.file = file


def admission(head: HttpRequest) -> Admission:
    """How a form is taken in."""
    length = head.header("content-length")
    return WHOLE if length.isdigit() and int(length) <= WHOLE_FORM_BYTES_MAX else STREAM


async def begun(request: HttpRequest) -> FormRequest:
    """A form that is still arriving, once its fields are there."""
    assert request.stream is not None
    body, file = await begin_form(request.header("content-type"), request.stream)
    return FormRequest(request, body, file)


def form_of(request: HttpRequest, labels: Mapping[str, str]) -> S3Form | None:
    """The form that a request is; None where it is an ordinary one."""
    return S3Form(request, labels["Bucket"]) if is_form(request) else None


class S3Form:
    """A form on its way to be a PutObject: what `Cloud.handle` asks in place of the operation's codec."""

    streams_request = False

    def __init__(self, request: HttpRequest, bucket: str) -> None:
        form = read_form(request.header("content-type"), request.body)
        filename = form.filename.replace("\\", "/").rpartition("/")[2]
        self._fields = {name: value.replace(FILENAME, filename) for name, value in form.fields.items()}
        self._request = request
        self._bucket = bucket
        if "key" not in self._fields:
            raise _missing_key()
        if form.file is None:
            message = "POST requires exactly one file upload per request."
            raise _invalid_argument("file", "0", message)
        if not self._fields["key"]:
            raise _invalid_argument("key", "", "User key must have a length greater than 0.")
        self._file: bytes | Incoming = form.file
        if isinstance(request, FormRequest):
            self._file = Incoming(request.file, None, {})
        self.proof: Proof | None
        policy = read_policy_proof(self._fields)
        if policy is None:  # nobody's, or its whole request is signed as any other
            self.proof = read_proof(request, "s3")
        else:
            if "authorization" in request.by_name():
                raise two_mechanisms(request.header("authorization"))
            self.proof = FormProof(request, self._fields, policy)
        self._codec: OperationCodec | None = None
        self._now_ms = 0

    def planned(self, plan: Plan, now_ms: int) -> Plan:
        """The plan of PutObject with this form in its codec's place; `now_ms` is the time of the signer's clock."""
        self._codec, self._now_ms = plan.codec, now_ms
        made = copy.copy(plan)
        made.codec = self
        return made

    def decode(self, request: HttpRequest, labels: Mapping[str, str]) -> dict[str, Any]:
        """PutObject's members, once the form is known to keep to its policy."""
        fields = self._fields
        if isinstance(self.proof, FormProof):
            policy = post_policies.parsed(fields["policy"])
            size = len(self._file) if isinstance(self._file, bytes) else None
            post_policies.check(policy, {**fields, "bucket": self._bucket}, size, self._now_ms)
            if isinstance(self._file, Incoming):
                self._file = Incoming(_measured(self._file, policy), None, {})
        headers = [(_RENAMED.get(name, name), value) for name, value in fields.items() if _is_header(name)]
        if "tagging" in fields:
            headers.append(("x-amz-tagging", _tags(fields["tagging"])))
        body, stream = (self._file, None) if isinstance(self._file, bytes) else (b"", cast(Any, self._file))
        like = HttpRequest("PUT", request.path, "", headers, body, stream=stream, peer=request.peer, tls=request.tls)
        assert self._codec is not None
        return self._codec.decode(like, {"Bucket": self._bucket, "Key": fields["key"]})

    def encode(self, result: Mapping[str, Any], request_id: str) -> HttpResponse:
        """The answer that the form asks for: a redirect, a document, or nothing."""
        assert self._codec is not None
        fields = self._fields
        response = self._codec.encode(result, request_id)
        etag = str(result["ETag"])
        target = _redirect(fields.get("success_action_redirect") or fields.get("redirect") or "")
        if target is not None:
            query = urlencode({"bucket": self._bucket, "key": fields["key"], "etag": etag}, quote_via=quote)
            response.headers.append(("Location", f"{target}{'&' if '?' in target else '?'}{query}"))
            response.status = 303
            return response
        location = self._location()
        response.headers.append(("Location", location))
        status = fields.get("success_action_status", "")
        response.status = int(status) if status in ("200", "201") else 204
        if response.status == 201:
            response.headers.append(("Content-Type", "application/xml"))
            response.body = (
                f"{PROLOGUE}<PostResponse><Location>{escaped(location)}</Location><Bucket>{self._bucket}</Bucket>"
                f"<Key>{escaped(fields['key'])}</Key><ETag>{escaped(etag)}</ETag></PostResponse>"
            ).encode()
        return response

    def _location(self) -> str:
        request = self._request
        scheme = "https" if request.tls else "http"
        path = request.path if request.path.endswith("/") else f"{request.path}/"
        return f"{scheme}://{request.header('host')}{path}{quote(self._fields['key'], safe='')}"


async def _measured(pieces: Incoming, policy: PostPolicy) -> AsyncIterator[bytes]:
    """The pieces of a file, for as long as it is no larger than its policy allows."""
    size, most = 0, post_policies.size_max(policy)
    async for piece in pieces:
        size += len(piece)
        if most is not None and size > most:
            post_policies.check_size(policy, size)
        yield piece
    post_policies.check_size(policy, size)


def _is_header(name: str) -> bool:
    """Whether a field is a header of PutObject."""
    if name in _PLAIN or name == "acl":
        return True
    return name.startswith("x-amz-") and name not in _OF_THE_PROOF


def _tags(text: str) -> str:
    """A form's tags, which are XML, as PutObject's header has them."""
    root = parsed(text.encode())
    if local_name(root.tag) != "Tagging":
        raise malformed_xml()
    pairs: list[tuple[str, str]] = []
    for tags in root:
        for tag in tags:
            found = {local_name(each.tag): each.text or "" for each in tag}
            if local_name(tags.tag) != "TagSet" or local_name(tag.tag) != "Tag" or found.keys() != {"Key", "Value"}:
                raise malformed_xml()
            pairs.append((found["Key"], found["Value"]))
    return urlencode(pairs, quote_via=quote)


def _redirect(url: str) -> str | None:
    """Where a form wants its browser sent; what is no address is as if it were not there."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    is_one = parts.scheme in ("http", "https") and parts.netloc and url.isascii() and url.isprintable()
    return url if is_one else None


def _stamp_ms(stamp: str) -> int:
    """When a form says its policy was signed, in milliseconds; 0 where it does not say."""
    try:
        moment = datetime.datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.UTC)
    except ValueError:
        return 0
    return round(moment.timestamp()) * 1000


def _missing_key() -> AwsError:
    message = "Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the fields."
    return _invalid_argument("key", "", message)


def _invalid_argument(name: str, value: str, message: str) -> AwsError:
    members = {"ArgumentName": name, "ArgumentValue": value}
    return AwsError("InvalidArgument", message, 400, members=members, facts=(Fact("form", name, value or None),))
