"""The services that are built: their manifests at start, their operations at first use."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import Any

from foulweather.kernel.errors import not_implemented
from foulweather.kernel.model import OperationModel, ServiceModel
from foulweather.kernel.service import Access, Rate, Service

PACKAGE = "foulweather.services"


class Operation:
    """One operation, ready to run: its function, its row of the access table, its rate."""

    __slots__ = ("access", "model", "name", "rate", "run", "service")

    def __init__(
        self, service: Service, model: OperationModel, run: Callable[..., Any], access: Access, rate: Rate | None
    ) -> None:
        self.service = service
        self.model = model
        self.name = model.name
        self.run = run
        self.access = access
        self.rate = rate


class Services:
    """Finds services and operations by name; nothing of a service but its manifest loads before its first call."""

    def __init__(self, package: str = PACKAGE) -> None:
        self._manifests: dict[str, Service] = {}
        self._operations: dict[tuple[str, str], Operation] = {}
        self._by_python_name: dict[tuple[str, str], Operation] = {}
        self._functions: dict[str, dict[str, Callable[..., Any]]] = {}
        root = importlib.import_module(package)
        for found in pkgutil.iter_modules(root.__path__):
            manifest = getattr(importlib.import_module(f"{package}.{found.name}"), "SERVICE", None)
            if isinstance(manifest, Service):
                self._manifests[manifest.name] = manifest

    def all(self) -> list[Service]:
        """Every service that is built, by name."""
        return [self._manifests[name] for name in sorted(self._manifests)]

    def find(self, name: str) -> Service | None:
        """A service's manifest."""
        return self._manifests.get(name)

    def operation(self, service: str, name: str) -> Operation:
        """An operation by its API name; what is not built is refused with 501 and its name."""
        found = self._operations.get((service, name))
        if found is None:
            found = self._operations[service, name] = self._compiled(service, name)
        return found

    def operation_by_python_name(self, service: str, python_name: str) -> Operation:
        """An operation as ports name it (`send_message`)."""
        found = self._by_python_name.get((service, python_name))
        if found is None:
            name = ServiceModel.load(service).by_python_name[python_name].name
            found = self._by_python_name[service, python_name] = self.operation(service, name)
        return found

    def built(self, service: Service) -> dict[str, Callable[..., Any]]:
        """The functions of a service's operations by API name."""
        functions = self._functions.get(service.name)
        if functions is None:
            functions = self._functions[service.name] = _registered(service)
        return functions

    def part(self, service: Service, module: str) -> ModuleType:
        """A module of a service's package, such as its reactions."""
        return importlib.import_module(f"{service.package}.{module}")

    def part_or_none(self, service: Service, module: str) -> ModuleType | None:
        """A module that a service's package need not have, such as what it tells of its tagged resources."""
        return _part_or_none(f"{service.package}.{module}")

    def reaction(self, action: str) -> Callable[..., Any]:
        """The function of an agenda action (`sns.retry_delivery`)."""
        name, _, function = action.partition(".")
        return getattr(self.part(self._manifests[name], "reactions"), function)

    def _compiled(self, name: str, operation: str) -> Operation:
        service = self._manifests.get(name)
        run = self.built(service).get(operation) if service is not None else None
        if service is None or run is None:
            raise not_implemented(name, operation)
        access = _part_or_none(f"{service.package}.access")
        limits = _part_or_none(f"{service.package}.limits")
        row: Access | None = getattr(access, "ACCESS", {}).get(operation)
        if row is None:
            raise LookupError(f"{service.package}.access.ACCESS has no row for {operation}")
        rate: Rate | None = getattr(limits, "RATES", {}).get(operation)
        return Operation(service, ServiceModel.load(name).operation(operation), run, row, rate)


def _registered(service: Service) -> dict[str, Callable[..., Any]]:
    by_python_name = ServiceModel.load(service.name).by_python_name
    functions: dict[str, Callable[..., Any]] = {}
    for module_name in service.modules:
        module = importlib.import_module(f"{service.package}.{module_name}")
        for name, function in vars(module).items():
            if name.startswith("_") or not inspect.isfunction(function) or function.__module__ != module.__name__:
                continue
            model = by_python_name.get(name)
            if model is None:
                raise LookupError(f"{module.__name__}.{name} is public and no operation of {service.name}")
            functions[model.name] = function
    return functions


@cache
def _part_or_none(module: str) -> ModuleType | None:
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        return None
