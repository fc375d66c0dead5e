"""Which resource a path is for: names before variables, greedy ones last, and no tricks."""

from __future__ import annotations

import random
from urllib.parse import quote

import pytest

from foulweather.services.apigateway.rest.paths import Node

PATHS = ["/", "/orders", "/orders/{id}", "/orders/new", "/orders/{id}/items/{item}", "/files/{proxy+}", "/admin"]


@pytest.fixture
def root() -> Node[str]:
    found: Node[str] = Node()
    for path in PATHS:
        found.put(path, path)
    return found


@pytest.mark.parametrize(
    ("path", "resource", "values"),
    [
        ("/", "/", {}),
        ("/orders", "/orders", {}),
        ("/orders/", "/orders", {}),
        ("/orders/new", "/orders/new", {}),
        ("/orders/a%20b", "/orders/{id}", {"id": "a b"}),
        ("/orders/a%2Fb", "/orders/{id}", {"id": "a/b"}),
        ("/orders/1/items/2", "/orders/{id}/items/{item}", {"id": "1", "item": "2"}),
        ("/orders/new/items/2", "/orders/{id}/items/{item}", {"id": "new", "item": "2"}),
        ("/files/a/b/c", "/files/{proxy+}", {"proxy": "a/b/c"}),
        ("/files/../admin", "/files/{proxy+}", {"proxy": "../admin"}),
        ("/%61dmin", "/admin", {}),
    ],
)
def test_a_path_leads_to_its_resource(root: Node[str], path: str, resource: str, values: dict[str, str]) -> None:
    assert root.find(path) == (resource, values)


@pytest.mark.parametrize(
    "path",
    [
        "/order",
        "/orders//",
        "//orders",
        "/orders/1/items",
        "/files",
        "/admin/x",
        "/orders/../admin",
        "/orders%2Fnew",
        "/.",
    ],
)
def test_a_path_that_no_resource_has_leads_nowhere(root: Node[str], path: str) -> None:
    assert root.find(path) is None


def test_no_spelling_of_a_path_reaches_a_resource_it_does_not_name(root: Node[str]) -> None:
    """Random paths of dots, slashes and percent signs: only what decodes to its very parts gets to /admin."""
    random_of = random.Random(7)
    parts = ["admin", "%61dmin", "..", ".", "%2e%2e", "%2f", "", "orders", "%00", "%zz", ";x", "files", "{id}", "é"]
    for _ in range(5000):
        path = "/" + "/".join(random_of.choice(parts) for _ in range(random_of.randint(1, 5)))
        found = root.find(path)
        if found is not None and found[0] == "/admin":
            assert path.strip("/") in ("admin", "%61dmin"), path
        if found is not None and found[0] == "/orders/{id}":
            assert path.startswith("/orders/"), path
            assert quote(found[1]["id"]) or found[1]["id"] == ""
