"""CORS of function URLs.

https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html#urls-cors
"""

from __future__ import annotations

from foulweather.kernel.http import HttpRequest
from foulweather.services.lambda_.records import Url

Headers = list[tuple[str, str]]


def is_preflight(request: HttpRequest, url: Url) -> bool:
    """Whether a browser asks what it may do; without a CORS configuration the function itself is asked."""
    return bool(url.cors) and request.method == "OPTIONS" and "access-control-request-method" in request.by_name()


def preflight(request: HttpRequest, url: Url) -> Headers:
    """What a browser may do."""
    found = headers(request, url)
    if not found:
        return found
    methods: list[str] = url.cors.get("AllowMethods") or []
    allowed: list[str] = url.cors.get("AllowHeaders") or []
    if methods:
        found.append(("Access-Control-Allow-Methods", ",".join(methods)))
    if allowed:
        found.append(("Access-Control-Allow-Headers", ",".join(allowed)))
    if url.cors.get("MaxAge"):
        found.append(("Access-Control-Max-Age", str(url.cors["MaxAge"])))
    return found


def added(answered: Headers, request: HttpRequest, url: Url) -> Headers:
    """An answer's headers with those of CORS: "the configured CORS headers on the function URL take precedence"."""
    configured = headers(request, url)
    names = {name.lower() for name, _ in configured} - {"vary"}
    return [each for each in answered if each[0].lower() not in names] + configured


def headers(request: HttpRequest, url: Url) -> Headers:
    """What an answer to a page of another origin says."""
    origin = request.header("origin")
    origins: list[str] = url.cors.get("AllowOrigins") or []
    if not origin or not ("*" in origins or origin in origins):
        return []
    found: Headers = [("Access-Control-Allow-Origin", "*" if "*" in origins else origin)]
    if "*" not in origins:
        found.append(("Vary", "Origin"))
    if url.cors.get("AllowCredentials"):
        found.append(("Access-Control-Allow-Credentials", "true"))
    if exposed := url.cors.get("ExposeHeaders"):
        found.append(("Access-Control-Expose-Headers", ",".join(exposed)))
    return found
