"""Signs what EventBridge sends over HTTP with a role's credentials: Signature Version 4.

https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote, urlsplit

Headers = list[tuple[str, str]]
_ALGORITHM = "AWS4-HMAC-SHA256"


def signed(
    method: str,
    url: str,
    headers: Sequence[tuple[str, str]],
    body: bytes,
    credentials: Mapping[str, str],
    *,
    region: str,
    service: str,
    now_ms: int,
) -> Headers:
    """The headers of a request with those that prove who sends it."""
    parts = urlsplit(url)
    stamp = datetime.fromtimestamp(now_ms // 1000, UTC).strftime("%Y%m%dT%H%M%SZ")
    own = [("X-Amz-Date", stamp), ("X-Amz-Security-Token", credentials["SessionToken"])]
    told = {name.lower(): " ".join(value.split()) for name, value in (("Host", parts.netloc), *own)}
    names = ";".join(sorted(told))
    lines = "".join(f"{name}:{told[name]}\n" for name in sorted(told))
    query = "&".join(sorted(f"{_quoted(name)}={_quoted(value)}" for name, value in parse_qsl(parts.query, True)))
    path = quote(parts.path or "/", safe="/-_.~")
    digest = hashlib.sha256(body).hexdigest()
    canonical = f"{method}\n{path}\n{query}\n{lines}\n{names}\n{digest}"
    scope = f"{stamp[:8]}/{region}/{service}/aws4_request"
    text = f"{_ALGORITHM}\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = f"AWS4{credentials['SecretAccessKey']}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    proof = (
        f"{_ALGORITHM} Credential={credentials['AccessKeyId']}/{scope}, SignedHeaders={names}, Signature={signature}"
    )
    return [*headers, *own, ("Authorization", proof)]


def _quoted(text: str) -> str:
    return quote(text, safe="-_.~")
