"""Profiles that are saved by a function of real Python: JSON from the website, a form with a picture from the app."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Ledger, Recorded, Request
from foulweather.drilling.load.apis import ApiClient, alarm, rest_api, to_function, url_of
from foulweather.drilling.load.functions import function, zipped

API, FUNCTION, MODEL, PATH = "profiles", "save-profile", "Profile", "/profile"
SCHEMA = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
CODE = """import base64
import hashlib
import json


def handler(event, context):
    body = event["body"] or ""
    raw = base64.b64decode(body) if event["isBase64Encoded"] else body.encode()
    kind = next((v for k, v in event["headers"].items() if k.lower() == "content-type"), "")
    if not kind.startswith("multipart/form-data"):
        return {"statusCode": 200, "body": json.dumps({"name": json.loads(raw)["name"]})}
    _, _, boundary = kind.partition("boundary=")
    if not boundary:
        return {"statusCode": 422, "body": json.dumps({"message": "a form without a boundary"})}
    saved = {}
    for part in raw.split(b"--" + boundary.encode())[1:-1]:
        head, _, content = part.partition(b"\\\\r\\\\n\\\\r\\\\n")
        name = head.partition(b'name="')[2].partition(b'"')[0].decode()
        saved[name] = content[:-2]
    told = {"name": saved["name"].decode(), "sha256": hashlib.sha256(saved["picture"]).hexdigest()}
    return {"statusCode": 200, "body": json.dumps(told)}
""".replace("\\\\", "\\")
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8
BOUNDARY = "----form-7MA4YWxk"
SELDOM = Recorded((7_000, 27_000), every_ms=14_400_000)
JSON = "application/json"


def form(name: str) -> bytes:
    """A form with a name and a picture."""
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="name"\r\n\r\n{name}\r\n'.encode(),
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="picture"; filename="me.png"\r\n'.encode(),
        b"Content-Type: image/png\r\n\r\n" + PICTURE + b"\r\n",
        f"--{BOUNDARY}--\r\n".encode(),
    ]
    return b"".join(parts)


class Mobile(ApiClient):
    """The app; whether it sends a picture, and by whom the header of its form is written, is in its release.

    `mangled` counts the pictures that did not arrive as they were sent.
    """

    SETTINGS = {**ApiClient.SETTINGS, "form_header": ("no-picture", "json", "multipart", "library")}
    RELEASABLE = ("form_header",)

    def __init__(self, lab: Lab, name: str, **options: Any) -> None:
        self.mangled: list[int] = []
        super().__init__(lab, name, **options)

    def request(self, n: int) -> tuple[str, str, Mapping[str, str], Any]:
        """The n-th user's profile."""
        how = self.settings["form_header"]
        if how == "no-picture":
            return "POST", PATH, self.headers, {"name": f"user {n}"}
        kinds = {"json": JSON, "multipart": "multipart/form-data"}
        kind = kinds.get(how, f"multipart/form-data; boundary={BOUNDARY}")
        return "POST", PATH, {**self.headers, "Content-Type": kind, "Accept": JSON}, form(f"user {n}")

    def succeeded(self, request: Request, response: Any) -> None:
        """Compare what was saved."""
        super().succeeded(request, response)
        told = json.loads(response.body)
        if self.settings["form_header"] != "no-picture" and told.get("sha256") != hashlib.sha256(PICTURE).hexdigest():
            self.mangled.append(request.since_ms)
            self.say(f"the picture of user {request.number} did not arrive as it was sent")


def build(lab: Lab) -> None:
    """The function, the API with its model, the two clients, and the tests of the contract."""
    code = {"ZipFile": zipped({"app.py": CODE})}
    function(lab, FUNCTION, "", Runtime="python3.11", Timeout=10, MemorySize=256, Code=code)
    body = {"content": {JSON: {"schema": {"$ref": f"#/components/schemas/{MODEL}"}}}}
    operation = to_function(lab, FUNCTION, requestBody=body, **{"x-amazon-apigateway-request-validator": "body"})
    lab.notes["api"] = api = rest_api(
        lab,
        API,
        {PATH: {"post": operation}},
        logging="ERROR",
        components={"schemas": {MODEL: SCHEMA}},
        **{"x-amazon-apigateway-request-validators": {"body": {"validateRequestBody": True}}},
    )
    alarm(lab, API, "4XXError", threshold=0.35)
    url = url_of(api)
    lab.add(Mobile(lab, "mobile", url=url, arrivals=SELDOM))
    lab.add(ApiClient(lab, "website", url=url, arrivals=SELDOM, method="POST", path=PATH, body={"name": "Ada"}))
    nameless = {"picture": "none"}
    lab.add(
        ApiClient(
            lab, "contract-tests", url=url, arrivals=SELDOM, method="POST", path=PATH, body=nameless, ledger=Ledger()
        )
    )
