"""Which operations are built, which are not, and which of those somebody asked for."""

from __future__ import annotations

import msgspec

from foulweather.kernel.model import ServiceModel, UnknownName, catalogue
from foulweather.wire.admin.asking import Asked, Endpoint, Refused


class ServiceCoverage(msgspec.Struct, frozen=True):
    """One service: the operations that are built, and those that are not."""

    service: str
    built: list[str]
    not_built: list[str]


class Coverage(msgspec.Struct, frozen=True):
    """What is built.

    `services` are those of which something is built (or the one asked for), `unbuilt` the names of
    all others that AWS has; `asked_for` counts what was asked for and answered 501.
    """

    services: list[ServiceCoverage]
    unbuilt: list[str]
    asked_for: dict[str, int]


def coverage(asked: Asked) -> Coverage:
    """Coverage of one service, or of all."""
    wanted = asked.query.get("service", "")
    if wanted and wanted not in catalogue():
        raise Refused(404, "NoSuchService", f"AWS has no service that its SDKs call {wanted!r}.")
    built = {service.name for service in asked.cloud.services.all()}
    counted = asked.cloud.not_implemented.most_common()
    return Coverage(
        [_of(asked, name) for name in ([wanted] if wanted else sorted(built))],
        [] if wanted else sorted(set(catalogue()) - built),
        {name: count for name, count in counted if not wanted or name.startswith(f"{wanted}:")},
    )


def _of(asked: Asked, name: str) -> ServiceCoverage:
    service = asked.cloud.services.find(name)
    try:
        # A model that only this answer needs is not kept.
        load = ServiceModel.load if service is not None else ServiceModel.load.__wrapped__
        every = sorted(load(name).operations())
    except UnknownName as error:
        raise Refused(404, "NoSuchService", str(error)) from None
    built = asked.cloud.services.built(service) if service is not None else {}
    return ServiceCoverage(name, [one for one in every if one in built], [one for one in every if one not in built])


ENDPOINTS = (Endpoint("GET", "coverage", coverage, "Which operations are built", Coverage, query=("service",)),)
