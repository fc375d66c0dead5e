"""Bodies in the aws-chunked coding: chunks that may each be signed, and trailers after them.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import AsyncIterator

from foulweather.gates import refusals
from foulweather.kernel.checksums import HEADERS, LENGTHS_BYTES, Checksum, checksum
from foulweather.kernel.errors import AwsError
from foulweather.kernel.http import HttpRequest
from foulweather.wire import sigv4a
from foulweather.wire.proof import Proof

_UNSIGNED = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
_KINDS = frozenset(
    {
        _UNSIGNED,
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
        "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD",
        "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER",
    }
)
_EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()
_SIZE_LINE = re.compile(rb"([0-9a-fA-F]{1,16})(?:;chunk-signature=([0-9a-fA-F*]{1,160}))?")
_TRAILER_NAME = re.compile(rb"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_LINE_BYTES_MAX = 1024
_TRAILERS_BYTES_MAX = 16_384
_CHUNK_BYTES_MIN = 8192

_SIZE, _DATA, _DATA_END, _TRAILERS, _DONE = range(5)


class Signer:
    """The chain of signatures over the chunks of one body; without a secret nothing is compared."""

    def __init__(self, proof: Proof, secret: str | None) -> None:
        self._proof = proof
        self._secret = secret
        self._key = b"" if secret is None else proof.signing_key(secret)
        self._previous = proof.signature

    def check_chunk(self, sha256: str, signature: str) -> None:
        """Refuse a chunk whose signature does not follow from its bytes and the chunks before it."""
        self._check("PAYLOAD", f"{_EMPTY_SHA256}\n{sha256}", signature)

    def check_trailers(self, trailers: list[tuple[str, str]], signature: str) -> None:
        """Refuse trailers that are not the ones signed."""
        lines = "".join([f"{name}:{value}\n" for name, value in trailers])
        self._check("TRAILER", hashlib.sha256(lines.encode("latin-1")).hexdigest(), signature)

    def _check(self, what: str, hashes: str, signature: str) -> None:
        proof = self._proof
        credential = proof.credential
        text = f"{credential.algorithm}-{what}\n{proof.stamp}\n{credential.scope}\n{self._previous}\n{hashes}"
        if self._secret is not None and not self._is_signature(signature, text):
            raise refusals.mismatch("s3", credential.access_key_id, proof.canonical_request, text, signature)
        self._previous = signature

    def _is_signature(self, signature: str, text: str) -> bool:
        credential = self._proof.credential
        if credential.algorithm == sigv4a.ALGORITHM:
            return sigv4a.verifies(credential.access_key_id, self._secret or "", signature, text.encode())
        expected = hmac.digest(self._key, text.encode(), "sha256").hex()
        return hmac.compare_digest(expected, signature)


class ChunkedDecoder:
    """Takes the chunks of one body apart as its bytes come, and checks whatever they carry.

    Bytes are given out before their chunk's signature has been seen: nothing that is made of them
    is to be kept unless `finish` returns.
    """

    def __init__(self, kind: str, decoded_bytes: int, trailer_names: list[str], signer: Signer | None) -> None:
        self._takes_trailers = kind.endswith("-TRAILER")
        self._signer = signer
        self._is_signed = kind != _UNSIGNED
        self._decoded_bytes = decoded_bytes
        self._names = trailer_names
        self.trailers: dict[str, str] = {}
        self.checksums: dict[str, Checksum] = {
            HEADERS[name]: checksum(HEADERS[name]) for name in trailer_names if name in HEADERS
        }
        self._state = _SIZE
        self._rest = b""
        self._left = 0
        self._size = 0
        self._chunks = 0
        self._signature = ""
        self._hash = hashlib.sha256()
        self._seen = 0
        self._trailer_lines: list[tuple[str, str]] = []
        self._trailer_bytes = 0

    def feed(self, data: bytes) -> list[bytes]:
        """The decoded bytes that these encoded ones complete."""
        if self._rest:
            data = self._rest + data
        view = memoryview(data)
        position = 0
        pieces: list[bytes] = []
        while position < len(data):
            if self._state == _DATA:
                taken = min(self._left, len(data) - position)
                pieces.append(self._take(bytes(view[position : position + taken])))
                position += taken
            elif self._state == _DONE:
                raise _incomplete()
            else:
                end = data.find(b"\r\n", position)
                if end < 0:
                    self._check_unended(len(data) - position)
                    break
                self._line(data[position:end])
                position = end + 2
        self._rest = data[position:]
        return pieces

    def finish(self) -> None:
        """The body has ended: refuse one that is cut off, too short, or not what its checksum says."""
        if self._state != _DONE:
            raise _incomplete()
        if self._seen != self._decoded_bytes:
            raise _wrong_length()
        for name, value in self.trailers.items():
            algorithm = HEADERS.get(name)
            if algorithm is None:
                continue
            expected = _decoded_checksum(name, algorithm, value)
            if expected != self.checksums[algorithm].digest():
                raise AwsError(
                    "BadDigest", f"The {algorithm} you specified did not match the calculated checksum.", 400
                )

    def _check_unended(self, size: int) -> None:
        """Bound what is kept of a line whose end has not come."""
        if self._state == _TRAILERS:
            if size > _TRAILERS_BYTES_MAX:
                raise _malformed_trailer()
        elif size > _LINE_BYTES_MAX:
            raise _incomplete()

    def _line(self, line: bytes) -> None:
        if self._state == _SIZE:
            self._begin_chunk(line)
        elif self._state == _DATA_END:
            if line:
                raise _incomplete()
            self._end_chunk()
            self._state = _SIZE
        elif line:
            self._trailer(line)
        else:
            self._end_trailers()
            self._state = _DONE

    def _begin_chunk(self, line: bytes) -> None:
        found = _SIZE_LINE.fullmatch(line)
        if found is None or (found[2] is not None) != self._is_signed:
            raise _incomplete()
        size = int(found[1], 16)
        self._chunks += 1
        # Only the last chunk before the empty one may be small, which shows once another follows.
        if size and self._chunks > 1 and self._size < _CHUNK_BYTES_MIN:
            raise AwsError(
                "InvalidChunkSizeError",
                f"Only the last chunk is allowed to have a size less than {_CHUNK_BYTES_MIN} bytes",
                403,
                members={"Chunk": self._chunks, "BadChunkSize": self._size},
            )
        # An asymmetric signature varies in length and is padded on the wire.
        self._signature = (found[2] or b"").decode().rstrip("*")
        self._size = self._left = size
        self._hash = hashlib.sha256()
        if self._seen + size > self._decoded_bytes:
            raise _wrong_length()
        if size:
            self._state = _DATA
        else:
            self._end_chunk()
            self._state = _TRAILERS

    def _take(self, piece: bytes) -> bytes:
        self._left -= len(piece)
        self._seen += len(piece)
        if self._signer is not None:
            self._hash.update(piece)
        for each in self.checksums.values():
            each.update(piece)
        if not self._left:
            self._state = _DATA_END
        return piece

    def _end_chunk(self) -> None:
        if self._signer is not None:
            self._signer.check_chunk(self._hash.hexdigest(), self._signature)

    def _trailer(self, line: bytes) -> None:
        self._trailer_bytes += len(line)
        name, colon, value = line.partition(b":")
        well_formed = colon and _TRAILER_NAME.fullmatch(name) and self._trailer_bytes <= _TRAILERS_BYTES_MAX
        if not self._takes_trailers or not well_formed:
            raise _malformed_trailer()
        self._trailer_lines.append((name.decode().lower(), value.strip().decode("latin-1")))

    def _end_trailers(self) -> None:
        lines = self._trailer_lines
        signature = ""
        if self._is_signed and self._takes_trailers:
            if not lines or lines[-1][0] != "x-amz-trailer-signature":
                raise _malformed_trailer()
            signature = lines.pop()[1].rstrip("*")
        self.trailers.update(lines)  # what streams the body holds this very dictionary
        if sorted(self.trailers) != sorted(self._names) or len(lines) != len(self.trailers):
            raise _malformed_trailer()
        if signature and self._signer is not None:
            self._signer.check_trailers(lines, signature)


def decoder_of(request: HttpRequest, proof: Proof | None, secret: str | None) -> ChunkedDecoder | None:
    """The decoder for a request's body, None where the body is not aws-chunked.

    Without a secret (a stranger's key, an anonymous upload) signatures are parsed and not compared.
    """
    kind = proof.declared_hash if proof is not None else request.header("x-amz-content-sha256")
    if kind not in _KINDS:
        return None
    length = request.header("x-amz-decoded-content-length")
    if not (length.isascii() and length.isdigit()):
        raise AwsError("MissingContentLength", "You must provide the Content-Length HTTP header.", 411)
    names = [name.strip().lower() for name in request.header("x-amz-trailer").split(",") if name.strip()]
    if any(name not in HEADERS for name in names):
        raise AwsError("InvalidRequest", "The value specified in the x-amz-trailer header is not supported", 400)
    signer = Signer(proof, secret) if proof is not None and kind != _UNSIGNED else None
    return ChunkedDecoder(kind, int(length), names, signer)


def decode(body: bytes, decoder: ChunkedDecoder) -> bytes:
    """A whole body, decoded and checked."""
    pieces = decoder.feed(body)
    decoder.finish()
    return b"".join(pieces)


async def decoding(stream: AsyncIterator[bytes], decoder: ChunkedDecoder) -> AsyncIterator[bytes]:
    """A streamed body, decoded as it comes; its last checks are made before the stream ends."""
    async for data in stream:
        for piece in decoder.feed(data):
            yield piece
    decoder.finish()


def _decoded_checksum(name: str, algorithm: str, value: str) -> bytes:
    try:
        raw = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != LENGTHS_BYTES[algorithm]:
        raise AwsError("InvalidRequest", f"Value for {name} trailing header is invalid.", 400)
    return raw


def _incomplete() -> AwsError:
    return AwsError("IncompleteBody", "The request body terminated unexpectedly", 400)


def _wrong_length() -> AwsError:
    return AwsError(
        "IncompleteBody",
        "You did not provide the number of bytes specified by the Content-Length HTTP header",
        400,
    )


def _malformed_trailer() -> AwsError:
    return AwsError(
        "MalformedTrailerError",
        "The request contained trailing data that was not well-formed or did not conform to our published schema.",
        400,
    )
