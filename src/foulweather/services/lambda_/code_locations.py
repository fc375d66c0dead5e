"""Where a package can be fetched from for ten minutes: GetFunction's and GetLayerVersion's Location.

AWS gives presigned URLs of buckets of its own (`awslambda-us-east-1-tasks`). Here they have the host by which Lambda's
API was asked, so that whoever asked can follow them, and a path that no bucket of S3's can have.
https://docs.aws.amazon.com/lambda/latest/api/API_FunctionCodeLocation.html
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from foulweather.kernel.call import Call
from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.services.lambda_.records import Code, Function, LayerVersion
from foulweather.services.lambda_.state import LambdaState
from foulweather.world.world import World

VALID_S = 600
_PATH = re.compile(r"/_awslambda-([a-z0-9-]+)-(tasks|layers)/snapshots/(\d{12})/([A-Za-z0-9_-]+)-([0-9a-f]{32})")


def of_function(call: Call, function: Function, code: Code) -> str:
    """Where the package of one of a function's versions is."""
    return _location(call, "tasks", function.region, function.account, function.name, code)


def of_layer(call: Call, version: LayerVersion) -> str:
    """Where the package of a layer's version is."""
    _, _, _, region, account, _ = version.arn.split(":", 5)
    return _location(call, "layers", region, account, version.layer, version.code)


def _location(call: Call, kind: str, region: str, account: str, name: str, code: Code) -> str:
    bucket, key = f"awslambda-{region}-{kind}", f"snapshots/{account}/{name}-{_name(code)}"
    expires_s = call.now // 1000 + VALID_S
    query = f"Expires={expires_s}&Signature={_signature(call.world, f'/_{bucket}/{key}', expires_s)}"
    host = call.origin.host
    if not host or host.endswith(".amazonaws.com"):
        return f"https://{bucket}.s3.{region}.amazonaws.com/{key}?{query}"
    return f"http{'s' if call.origin.is_secure else ''}://{host}/_{bucket}/{key}?{query}"


def serves(world: World, request: HttpRequest) -> bool:
    """Whether the package that a request is for is this world's."""
    return _found(world, request.path) is not None


def answer(world: World, request: HttpRequest) -> HttpResponse:
    """The package, to whoever has an URL that is signed and valid still."""
    asked = parse_qs(request.query)
    expires, signature = asked.get("Expires", [""])[0], asked.get("Signature", [""])[0]
    code = _found(world, request.path)
    if code is None or not expires.isdecimal() or request.method not in ("GET", "HEAD"):
        return _refused("AccessDenied", "Access Denied")
    if not hmac.compare_digest(signature, _signature(world, request.path, int(expires))):
        words = "The request signature we calculated does not match the signature you provided."
        return _refused("SignatureDoesNotMatch", words)
    if world.clock.now_ms > int(expires) * 1000:
        return _refused("AccessDenied", "Request has expired")
    # Packages are at most 50 MB but where they came from S3, and nobody fetches them often.
    data = Path(world.files.place(code.file_id).path).read_bytes()
    headers = [
        ("Content-Type", "application/zip"),
        ("ETag", f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"'),
    ]
    return HttpResponse(200, headers, data if request.method == "GET" else b"")


def _found(world: World, path: str) -> Code | None:
    found = _PATH.fullmatch(path)
    if found is None:
        return None
    region, kind, account, name, code_name = found.groups()
    state = world.state(LambdaState, account, region)
    codes: Iterable[Code] = _of_layers(state, name)
    if kind == "tasks":
        function = state.functions.get(name)
        codes = () if function is None else _of_versions(function)
    return next((code for code in codes if code.file_id and _name(code) == code_name), None)


def _of_layers(state: LambdaState, name: str) -> Iterator[Code]:
    return (version.code for version in state.layers.values() if version.layer == name)


def _of_versions(function: Function) -> Iterator[Code]:
    yield from (each.code for each in (function.latest, *function.versions.values()))


def _name(code: Code) -> str:
    """A package's name, which tells nothing of where it is."""
    return hashlib.sha256(code.file_id.encode()).hexdigest()[:32]


def _signature(world: World, path: str, expires_s: int) -> str:
    secret = hashlib.sha256(f"{world.seed}/packages".encode()).digest()
    return hmac.new(secret, f"{path}\n{expires_s}".encode(), hashlib.sha256).hexdigest()


def _refused(code: str, words: str) -> HttpResponse:
    body = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{escape(words)}</Message></Error>'
    )
    return HttpResponse(403, [("Content-Type", "application/xml")], body.encode())
