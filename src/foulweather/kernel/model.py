"""botocore's service models, without botocore: read on first use from the files `scripts/build_models.py` wrote."""

from __future__ import annotations

import gzip
import re
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

MODELS: Final = Path(__file__).resolve().parent.parent / "models"

_PLURAL_ACRONYM = re.compile(r"[A-Z]{2,}s$")
_FIRST_CAPITAL = re.compile(r"(.)([A-Z][a-z]+)")
_LAST_CAPITAL = re.compile(r"([a-z0-9])([A-Z])")


class ModelsMissing(Exception):
    """The models have not been built on this machine."""

    def __init__(self) -> None:
        super().__init__(
            f"No AWS models in {MODELS}: run `make up`, or `python scripts/build_models.py` (needs botocore)."
        )


class UnknownName(LookupError):
    """No model of that service, or no operation of that name in it."""


class ServiceEntry(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What routing must know of a service before its model is loaded."""

    api_version: str
    endpoint_prefix: str
    signing_name: str
    service_id: str
    protocols: tuple[str, ...]
    target_prefix: str | None = None
    xml_namespace: str | None = None
    json_version: str | None = None
    global_endpoint: str | None = None
    aws_query_compatible: dict[str, Any] | None = None
    actions: tuple[str, ...] = ()


def snake_case(name: str) -> str:
    """`name` as boto3 spells an operation, but for the few that the models list as exceptions."""
    if "_" in name:
        return name
    plural = _PLURAL_ACRONYM.search(name)
    if plural:
        name = f"{name[: plural.start()]}_{plural.group().lower()}"
    return _LAST_CAPITAL.sub(r"\1_\2", _FIRST_CAPITAL.sub(r"\1_\2", name)).lower()


class Shape:
    """One shape as one place refers to it: the shape's own traits with the reference's laid over them."""

    __slots__ = ("__dict__", "_shapes", "name", "traits", "type")

    def __init__(self, shapes: Mapping[str, dict[str, Any]], name: str, reference: dict[str, Any]) -> None:
        self._shapes = shapes
        self.name = name
        own = shapes[name]
        self.traits: dict[str, Any] = {**own, **reference} if len(reference) > 1 else own
        self.type: str = own["type"]

    def _at(self, reference: dict[str, Any]) -> Shape:
        return Shape(self._shapes, reference["shape"], reference)

    @cached_property
    def members(self) -> dict[str, Shape]:
        """A structure's members, in the model's order."""
        return {name: self._at(reference) for name, reference in self.traits["members"].items()}

    @cached_property
    def member(self) -> Shape:
        """A list's member."""
        return self._at(self.traits["member"])

    @cached_property
    def key(self) -> Shape:
        """A map's key."""
        return self._at(self.traits["key"])

    @cached_property
    def value(self) -> Shape:
        """A map's value."""
        return self._at(self.traits["value"])

    @property
    def required(self) -> list[str]:
        """The names of a structure's required members."""
        return self.traits.get("required", [])

    @property
    def is_document(self) -> bool:
        """Whether any JSON may stand here."""
        return bool(self.traits.get("document"))

    def trait(self, name: str, default: Any = None) -> Any:
        """The trait `name`, of the reference if it has it, else of the shape."""
        return self.traits.get(name, default)

    def own_trait(self, name: str) -> Any:
        """The trait `name` of the shape itself, whatever the reference says."""
        return self._shapes[self.name].get(name)

    def __repr__(self) -> str:
        return f"Shape({self.name}: {self.type})"


class OperationModel:
    """One operation: its names, its HTTP binding, and its shapes."""

    __slots__ = ("__dict__", "model", "name", "service")

    def __init__(self, service: ServiceModel, name: str, model: dict[str, Any]) -> None:
        self.service = service
        self.name = name
        self.model = model

    @cached_property
    def python_name(self) -> str:
        """The name of boto3's client method."""
        return self.model.get("pythonName") or snake_case(self.name)

    def _shape(self, reference: dict[str, Any] | None) -> Shape | None:
        return Shape(self.service.shapes, reference["shape"], reference) if reference else None

    @cached_property
    def input(self) -> Shape | None:
        """The request's structure; None if the operation takes nothing."""
        return self._shape(self.model.get("input"))

    @cached_property
    def output(self) -> Shape | None:
        """The result's structure; None if the operation returns nothing."""
        return self._shape(self.model.get("output"))

    @cached_property
    def errors(self) -> dict[str, Shape]:
        """The error shapes that the model lists for this operation."""
        return {
            error["shape"]: Shape(self.service.shapes, error["shape"], error) for error in self.model.get("errors", ())
        }

    @property
    def http(self) -> dict[str, Any]:
        """`method`, `requestUri` and `responseCode`."""
        return self.model["http"]

    def __repr__(self) -> str:
        return f"OperationModel({self.service.name}:{self.name})"


class ServiceModel:
    """One service's model."""

    def __init__(self, name: str, raw: dict[str, Any]) -> None:
        self.name = name
        self.metadata: dict[str, Any] = raw["metadata"]
        self.shapes: dict[str, dict[str, Any]] = raw["shapes"]
        self.pagination: dict[str, dict[str, Any]] = raw.get("pagination", {})
        self._raw_operations: dict[str, dict[str, Any]] = raw["operations"]
        self._operations: dict[str, OperationModel] = {}

    @staticmethod
    @cache
    def load(name: str) -> ServiceModel:
        """The model of the service that botocore calls `name`, read once."""
        try:
            packed = (MODELS / f"{name}.json.gz").read_bytes()
        except FileNotFoundError:
            if name in catalogue():
                raise ModelsMissing from None
            raise UnknownName(f"no model of a service named {name!r}") from None
        return ServiceModel(name, msgspec.json.decode(gzip.decompress(packed)))

    @property
    def protocols(self) -> tuple[str, ...]:
        """Every protocol that the service speaks, its own first choice first."""
        return tuple(self.metadata["protocols"])

    def operation(self, name: str) -> OperationModel:
        """The operation that the API calls `name`."""
        found = self._operations.get(name)
        if found is None:
            raw = self._raw_operations.get(name)
            if raw is None:
                raise UnknownName(f"{self.name} has no operation named {name!r}")
            found = self._operations[name] = OperationModel(self, name, raw)
        return found

    def operations(self) -> dict[str, OperationModel]:
        """Every operation by its API name."""
        return {name: self.operation(name) for name in self._raw_operations}

    @cached_property
    def by_python_name(self) -> dict[str, OperationModel]:
        """Every operation by the name of boto3's client method."""
        return {operation.python_name: operation for operation in self.operations().values()}

    def shape(self, name: str) -> Shape:
        """The shape called `name`."""
        return Shape(self.shapes, name, {})

    @cached_property
    def error_shapes(self) -> dict[str, Shape]:
        """Every error shape of the service by its name."""
        return {name: self.shape(name) for name, raw in self.shapes.items() if raw.get("exception") or "error" in raw}

    def __repr__(self) -> str:
        return f"ServiceModel({self.name})"


@cache
def catalogue() -> dict[str, ServiceEntry]:
    """Every service by botocore's name for it."""
    try:
        index = (MODELS / "index.json").read_bytes()
    except FileNotFoundError:
        raise ModelsMissing from None
    return msgspec.json.decode(index, type=dict[str, ServiceEntry])
