"""The aws-chunked coding: AWS's documented examples, every way to break them, and any split of them."""

from __future__ import annotations

import hashlib
import hmac
import itertools
from collections.abc import AsyncIterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foulweather.kernel.bodies import Incoming
from foulweather.kernel.checksums import encoded
from foulweather.kernel.errors import AwsError
from foulweather.kernel.http import HttpRequest
from foulweather.wire.chunked import ChunkedDecoder, decode, decoder_of, decoding
from foulweather.wire.sigv4 import read_proof, signing_key
from foulweather.wire.uploads import opened, without_coding

KEY, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
SCOPE = "20130524/us-east-1/s3/aws4_request"
STAMP = "20130524T000000Z"
SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
UNSIGNED = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
DATA = b"a" * 66_560


def request_of(kind: str, length: int, seed: str, trailer: str = "", **more: str) -> HttpRequest:
    headers = [
        ("Host", "s3.amazonaws.com"),
        ("x-amz-date", STAMP),
        ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
        ("x-amz-content-sha256", kind),
        ("Content-Encoding", "aws-chunked"),
        ("x-amz-decoded-content-length", str(length)),
        ("Content-Length", "66824"),
    ]
    signed = "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;"
    signed += "x-amz-decoded-content-length;x-amz-storage-class"
    if trailer:
        headers.append(("x-amz-trailer", trailer))
        signed = signed.replace("content-length;host", "host") + ";x-amz-trailer"
        headers.remove(("Content-Length", "66824"))
    head = f"AWS4-HMAC-SHA256 Credential={KEY}/{SCOPE},SignedHeaders={signed},Signature={seed}"
    headers.append(("Authorization", head))
    return HttpRequest("PUT", "/examplebucket/chunkObject.txt", "", [*headers, *more.items()])


def decoder(request: HttpRequest, secret: str | None = SECRET) -> ChunkedDecoder:
    made = decoder_of(request, read_proof(request, "s3"), secret)
    assert made is not None
    return made


def chunk(data: bytes, signature: str) -> bytes:
    return b"%x;chunk-signature=%s\r\n" % (len(data), signature.encode()) + data + b"\r\n"


# https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
SEED = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"
EXAMPLE = (
    chunk(b"a" * 65_536, "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648")
    + chunk(b"a" * 1024, "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497")
    + chunk(b"", "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9")
)


def example() -> HttpRequest:
    return request_of(SIGNED, len(DATA), SEED)


def sign_chunk(previous: str, data: bytes) -> str:
    key = signing_key(SECRET, "20130524", "us-east-1", "s3")
    hashes = f"{hashlib.sha256(b'').hexdigest()}\n{hashlib.sha256(data).hexdigest()}"
    text = f"AWS4-HMAC-SHA256-PAYLOAD\n{STAMP}\n{SCOPE}\n{previous}\n{hashes}"
    return hmac.digest(key, text.encode(), "sha256").hex()


def test_the_documented_example_is_believed_and_decoded():
    request = example()
    proof = read_proof(request, "s3")
    assert proof is not None
    assert proof.streaming == SIGNED
    assert proof.matches(SECRET)
    assert decode(EXAMPLE, decoder(request)) == DATA


def test_the_documented_example_has_its_documented_length():
    assert len(EXAMPLE) == 66_824


# https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
TRAILER_SEED = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e"
TRAILER_EXAMPLE = (
    chunk(b"a" * 65_536, "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2")
    + chunk(b"a" * 1024, "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7")
    + b"0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n"
    + b"x-amz-checksum-crc32c:sOO8/Q==\r\n"
    + b"x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n"
)


def test_the_documented_example_with_trailers_is_believed_and_decoded():
    request = request_of(f"{SIGNED}-TRAILER", len(DATA), TRAILER_SEED, "x-amz-checksum-crc32c")
    made = decoder(request)
    assert decode(TRAILER_EXAMPLE, made) == DATA
    assert made.trailers == {"x-amz-checksum-crc32c": "sOO8/Q=="}


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, len(EXAMPLE)), max_size=12))
def test_any_split_of_the_stream_decodes_alike(cuts: list[int]):
    made = decoder(example())
    edges = [0, *sorted(cuts), len(EXAMPLE)]
    pieces = [made.feed(EXAMPLE[a:b]) for a, b in itertools.pairwise(edges)]
    made.finish()
    assert b"".join(piece for part in pieces for piece in part) == DATA


async def test_a_stream_is_decoded_as_it_comes():
    async def stream() -> AsyncIterator[bytes]:
        for start in range(0, len(EXAMPLE), 1000):
            yield EXAMPLE[start : start + 1000]

    pieces = [piece async for piece in decoding(stream(), decoder(example()))]
    assert b"".join(pieces) == DATA
    assert len(pieces) > 60


def refusal(body: bytes, made: ChunkedDecoder) -> AwsError:
    with pytest.raises(AwsError) as caught:
        decode(body, made)
    return caught.value


def test_an_altered_byte_in_any_chunk_breaks_its_signature():
    for offset in (100, 65_536 + 200):
        body = bytearray(EXAMPLE)
        body[offset] = ord("b")
        error = refusal(bytes(body), decoder(example()))
        assert (error.code, error.status) == ("SignatureDoesNotMatch", 403)


def test_chunks_are_chained():
    # Both chunks are signed truly, and sent in the other order.
    pieces = [b"a" * 8192, b"b" * 8192]
    signatures = [sign_chunk(SEED, pieces[0])]
    signatures.append(sign_chunk(signatures[0], pieces[1]))
    swapped = chunk(pieces[1], signatures[1]) + chunk(pieces[0], signatures[0])
    error = refusal(swapped, decoder(request_of(SIGNED, 16_384, SEED)))
    assert error.code == "SignatureDoesNotMatch"


def test_another_secret_breaks_the_first_chunk():
    assert refusal(EXAMPLE, decoder(example(), "other")).code == "SignatureDoesNotMatch"


def test_without_a_secret_signatures_are_not_compared_but_must_be_there():
    body = EXAMPLE.replace(b"chunk-signature=ad80", b"chunk-signature=0000")
    assert decode(body, decoder(example(), None)) == DATA
    unsigned = b"a\r\n0123456789\r\n0\r\n\r\n"
    assert refusal(unsigned, decoder(request_of(SIGNED, 10, SEED), None)).code == "IncompleteBody"


@pytest.mark.parametrize("cut", [1, 2, 3, 90, 1000, 66_000])
def test_a_cut_off_body_is_incomplete(cut: int):
    error = refusal(EXAMPLE[:-cut], decoder(example()))
    assert (error.code, error.message) == ("IncompleteBody", "The request body terminated unexpectedly")


def test_bytes_after_the_end_are_refused():
    assert refusal(EXAMPLE + b"x", decoder(example())).code == "IncompleteBody"


@pytest.mark.parametrize("length", [66_559, 66_561])
def test_the_decoded_length_must_be_the_announced_one(length: int):
    assert refusal(EXAMPLE, decoder(request_of(SIGNED, length, SEED))).code == "IncompleteBody"


def test_the_decoded_length_must_be_announced():
    request = HttpRequest("PUT", "/b/k", "", [("Host", "h"), ("x-amz-content-sha256", UNSIGNED)])
    with pytest.raises(AwsError) as caught:
        decoder_of(request, None, None)
    assert (caught.value.code, caught.value.status) == ("MissingContentLength", 411)


# -- unsigned chunks with trailers, as SDKs send by default


def upload(data: bytes, trailer: str = "x-amz-checksum-crc32", sizes: int = 65_536) -> tuple[HttpRequest, bytes]:
    request = HttpRequest(
        "PUT",
        "/b/k",
        "",
        [
            ("Host", "h"),
            ("x-amz-content-sha256", UNSIGNED),
            ("x-amz-decoded-content-length", str(len(data))),
            ("x-amz-trailer", trailer),
        ],
    )
    body = b"".join(
        b"%x\r\n%b\r\n" % (len(data[at : at + sizes]), data[at : at + sizes]) for at in range(0, len(data), sizes)
    )
    return request, body + b"0\r\n"


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"])
def test_a_trailing_checksum_is_checked(algorithm: str):
    name = f"x-amz-checksum-{algorithm.lower()}"
    data = b"hello world" * 10_000
    request, body = upload(data, name)
    good = body + f"{name}:{encoded(algorithm, data)}\r\n\r\n".encode()
    assert decode(good, decoder(request, None)) == data
    bad = body + f"{name}:{encoded(algorithm, b'other')}\r\n\r\n".encode()
    error = refusal(bad, decoder(request, None))
    assert (error.code, error.status) == ("BadDigest", 400)
    assert error.message == f"The {algorithm} you specified did not match the calculated checksum."


@pytest.mark.parametrize(
    ("trailers", "code"),
    [
        (b"\r\n", "MalformedTrailerError"),
        (b"x-amz-checksum-crc32\r\n\r\n", "MalformedTrailerError"),
        (b"x-amz-checksum-sha1:AAAA\r\n\r\n", "MalformedTrailerError"),
        (b"x-amz-checksum-crc32:AAAAAA==\r\nx-other:1\r\n\r\n", "MalformedTrailerError"),
        (b"x-amz-checksum-crc32:AAAAAA==\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n", "MalformedTrailerError"),
        (b"x-amz-checksum-crc32:***\r\n\r\n", "InvalidRequest"),
        (b"x-amz-checksum-crc32:AAAA\r\n\r\n", "InvalidRequest"),
        (b"x-amz-checksum-crc32:AAAAAA==\r\n", "IncompleteBody"),
        (b"x" * 20_000, "MalformedTrailerError"),
    ],
)
def test_malformed_trailers(trailers: bytes, code: str):
    request, body = upload(b"hello")
    assert refusal(body + trailers, decoder(request, None)).code == code


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\r\n",
        b"zz\r\n",
        b"-5\r\nhello\r\n0\r\n\r\n",
        b"5 \r\nhello\r\n",
        b"5\r\nhelloX\r\n0\r\n",
        b"5\r\nhello0\r\n\r\n",
        b"5;chunk-signature=ab\r\nhello\r\n",
        b"x" * 5000,
        b"ffffffffffffffff\r\n",
        b"fffffffffffffffffff\r\n",
    ],
    ids=lambda body: repr(body[:30]),
)
def test_malformed_chunks_are_incomplete_bodies(body: bytes):
    request, _ = upload(b"hello")
    assert refusal(body, decoder(request, None)).code == "IncompleteBody"


def test_only_the_last_chunk_may_be_small():
    request, body = upload(b"x" * 2000, sizes=1000)
    error = refusal(body, decoder(request, None))
    assert (error.code, error.status, error.members) == (
        "InvalidChunkSizeError",
        403,
        {"Chunk": 2, "BadChunkSize": 1000},
    )


def test_a_trailer_that_is_no_checksum_is_not_supported():
    request, _ = upload(b"hello", "x-other")
    with pytest.raises(AwsError, match="x-amz-trailer header is not supported"):
        decoder_of(request, None, None)


def test_a_plain_body_has_no_decoder():
    assert decoder_of(HttpRequest("PUT", "/b/k", "", [("Host", "h")]), None, None) is None


def test_altered_trailers_break_their_signature():
    request = request_of(f"{SIGNED}-TRAILER", len(DATA), TRAILER_SEED, "x-amz-checksum-crc32c")
    body = TRAILER_EXAMPLE.replace(b"sOO8/Q==", b"sOO8/A==")
    assert refusal(body, decoder(request)).code == "SignatureDoesNotMatch"
    bare = TRAILER_EXAMPLE[: TRAILER_EXAMPLE.index(b"x-amz-trailer-signature")] + b"\r\n"
    assert refusal(bare, decoder(request)).code == "MalformedTrailerError"


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(8192, 9000), max_size=4), st.integers(1, 100), st.data())
def test_random_signed_bodies_decode_and_any_flipped_byte_is_noticed(sizes: list[int], last: int, data: st.DataObject):
    pieces = [bytes([65 + index % 20]) * size for index, size in enumerate([*sizes, last])]
    body, previous = b"", SEED
    for piece in [*pieces, b""]:
        previous = sign_chunk(previous, piece)
        body += chunk(piece, previous)
    whole = b"".join(pieces)
    request = request_of(SIGNED, len(whole), SEED)
    assert decode(body, decoder(request)) == whole
    at = data.draw(st.integers(0, len(body) - 1))
    broken = bytearray(body)
    broken[at] ^= data.draw(st.integers(1, 255))
    try:
        decoded = decode(bytes(broken), decoder(request))
    except AwsError as error:
        code = error.code
    else:
        # Only the case of a hexadecimal size may change unnoticed.
        assert (decoded, broken.lower()) == (whole, body.lower())
        return
    assert code in ("SignatureDoesNotMatch", "IncompleteBody", "InvalidChunkSizeError", "MalformedTrailerError")


async def test_a_body_that_still_arrives_has_its_trailers_once_it_has_ended():
    """Botocore sends every upload so over HTTPS: the checksum is known when the pieces have been read."""
    data = b"hello world" * 1000
    request, body = upload(data)
    request.stream = in_pieces(body + f"x-amz-checksum-crc32:{encoded('CRC32', data)}\r\n\r\n".encode())
    incoming = opened(request, None, None).stream
    assert isinstance(incoming, Incoming)
    assert b"".join([piece async for piece in incoming]) == data
    assert incoming.trailers == {"x-amz-checksum-crc32": encoded("CRC32", data)}


async def in_pieces(body: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(body), 4096):
        yield body[at : at + 4096]


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ("aws-chunked", ""),
        ("aws-chunked,deflate, gzip", "deflate, gzip"),
        ("gzip, AWS-Chunked", "gzip"),
        ("aws-chunked, aws-chunked", ""),
        ("gzip,aws-chunked,br", "gzip,br"),
    ],
)
def test_the_coding_of_the_transfer_is_taken_off_and_others_stay_as_written(written: str, left: str):
    assert without_coding(written) == left
