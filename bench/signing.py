"""A small SigV4 signer, so that the driver spends little on each request."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime
from functools import cache


@cache
def _key(secret: str, date: str, region: str, service: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def signed(
    host: str,
    service: str,
    body: bytes,
    headers: dict[str, str],
    key_id: str,
    secret: str,
    region: str = "us-east-1",
    *,
    method: str = "POST",
    path: str = "/",
    query: str = "",
) -> bytes:
    """The bytes of one signed request, by default a POST to `/`; `query` is sorted and encoded already."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    date = stamp[:8]
    whole = {"host": host, "x-amz-date": stamp, **headers}
    names = sorted(whole)
    canonical = "".join(f"{name}:{whole[name]}\n" for name in names)
    digest = hashlib.sha256(body).hexdigest()
    request = f"{method}\n{path}\n{query}\n{canonical}\n{';'.join(names)}\n{digest}"
    scope = f"{date}/{region}/{service}/aws4_request"
    to_sign = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    signature = hmac.new(_key(secret, date, region, service), to_sign.encode(), hashlib.sha256).hexdigest()
    authorization = (
        f"AWS4-HMAC-SHA256 Credential={key_id}/{scope}, SignedHeaders={';'.join(names)}, Signature={signature}"
    )
    lines = [f"{name}: {value}" for name, value in whole.items()]
    target = f"{path}?{query}" if query else path
    first, last = f"{method} {target} HTTP/1.1", f"content-length: {len(body)}"
    head = "\r\n".join([first, *lines, f"authorization: {authorization}", last, "", ""])
    return head.encode() + body
