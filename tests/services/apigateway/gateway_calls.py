"""A small REST API for tests, and what a refusal said."""

from __future__ import annotations

from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from harness import Aws

REGIONAL = {"endpointConfiguration": {"types": ["REGIONAL"]}}


def made_api(aws: Aws, name: str = "shop", **more: Any) -> dict[str, Any]:
    """A Regional API."""
    return aws.apigateway.create_rest_api({"name": name, **REGIONAL, **more})


class Shop:
    """An API with `GET /orders` on a mock, not deployed yet."""

    def __init__(self, aws: Aws) -> None:
        self.gateway = aws.apigateway
        api = made_api(aws)
        self.api: str = api["id"]
        self.root: str = api["rootResourceId"]
        made = self.gateway.create_resource({"restApiId": self.api, "parentId": self.root, "pathPart": "orders"})
        self.orders: str = made["id"]
        self.get = {"restApiId": self.api, "resourceId": self.orders, "httpMethod": "GET"}
        self.gateway.put_method({**self.get, "authorizationType": "NONE"})
        self.gateway.put_integration({**self.get, "type": "MOCK"})

    def deployed(self, stage: str = "prod") -> str:
        """The id of a new deployment, which a stage answers with."""
        return self.gateway.create_deployment({"restApiId": self.api, "stageName": stage})["id"]

    def stage(self, name: str = "prod") -> dict[str, Any]:
        return self.gateway.get_stage({"restApiId": self.api, "stageName": name})

    def patch_stage(self, *operations: tuple[str, str, str | None], stage: str = "prod") -> dict[str, Any]:
        asked = [{"op": op, "path": path, "value": value} for op, path, value in operations]
        return self.gateway.update_stage({"restApiId": self.api, "stageName": stage, "patchOperations": asked})


def refused(operation: Any, request: dict[str, Any]) -> AwsError:
    """The refusal of an operation."""
    with pytest.raises(AwsError) as refusal:
        operation(request)
    return refusal.value


def words(operation: Any, request: dict[str, Any]) -> tuple[str, str]:
    """The code and message of a refusal."""
    error = refused(operation, request)
    return error.code, error.message


def patches(*operations: tuple[str, str, str | None]) -> list[dict[str, Any]]:
    """Patch operations of (op, path, value)."""
    return [{"op": op, "path": path, "value": value} for op, path, value in operations]
