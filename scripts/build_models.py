"""Builds src/foulweather/models from botocore's models: documentation stripped, one small file a service.

Needs only botocore's data and orjson. The output depends on botocore's version alone.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.metadata
import importlib.util
import re
from pathlib import Path
from typing import Any

import orjson
from sqs_query import add_query_protocol

FORMAT = 5
"""Part of the version stamp: raise it whenever this script would write something else."""

TARGET = Path(__file__).resolve().parent.parent / "src" / "foulweather" / "models"
STAMP = "VERSION"

DROPPED = frozenset(
    {
        "clientContextParams",
        "contextParam",
        "deprecatedMessage",
        "deprecatedSince",
        "documentationUrl",
        "endpointdiscovery",
        "endpointoperation",
        "examples",
        "operationContextParams",
        "staticContextParams",
        "synthetic",
    }
)
"""Traits that only a client or a reader of the documentation needs."""


def data_folder() -> Path:
    """Where the installed botocore keeps its models; found without importing botocore."""
    spec = importlib.util.find_spec("botocore")
    if spec is None or spec.origin is None:
        raise SystemExit("botocore is not installed: pip install botocore")
    return Path(spec.origin).parent / "data"


def wanted_stamp() -> str:
    """The stamp of a models folder that is up to date with the installed botocore."""
    return f"botocore {importlib.metadata.version('botocore')} format {FORMAT}\n"


def up_to_date(target: Path = TARGET) -> bool:
    """Whether `target` was built from the installed botocore by this version of the script."""
    stamp = target / STAMP
    return stamp.is_file() and stamp.read_text() == wanted_stamp()


def read_json(stem: Path) -> Any | None:
    """The JSON of `stem`.json or `stem`.json.gz, or None."""
    packed = stem.with_name(stem.name + ".json.gz")
    if packed.is_file():
        return orjson.loads(gzip.decompress(packed.read_bytes()))
    plain = stem.with_name(stem.name + ".json")
    return orjson.loads(plain.read_bytes()) if plain.is_file() else None


def merged(base: Any, extra: Any) -> Any:
    """`extra` merged into `base`, dict by dict, as botocore's loader applies its *.sdk-extras.json."""
    for key, value in extra.items():
        if key in base and isinstance(base[key], dict) and isinstance(value, dict):
            merged(base[key], value)
        else:
            base[key] = value
    return base


def stripped(node: Any, inside_members: bool = False) -> Any:
    """`node` without documentation and client-only traits; a member may itself be named like a trait."""
    if isinstance(node, dict):
        if inside_members:
            return {key: stripped(value) for key, value in node.items()}
        return {
            key: stripped(value, inside_members=key in ("members", "shapes", "operations"))
            for key, value in node.items()
            if key not in DROPPED and not (key == "documentation" and isinstance(value, str))
        }
    if isinstance(node, list):
        return [stripped(value) for value in node]
    return node


def snake_case(name: str) -> str:
    """Botocore's `xform_name` without its table of exceptions; the same as kernel.model.snake_case."""
    if "_" in name:
        return name
    special = re.search(r"[A-Z]{2,}s$", name)
    if special:
        name = f"{name[: special.start()]}_{special.group().lower()}"
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower()


def loaded(service: str, folder: Path) -> dict[str, Any]:
    """The stripped model of the latest API version of `service`."""
    from botocore import xform_name

    versions = [entry for entry in folder.iterdir() if (entry / "service-2.json.gz").is_file()]
    latest = max(versions, key=lambda entry: entry.name)
    model = read_json(latest / "service-2")
    extras = read_json(latest / "service-2.sdk-extras")
    if extras:
        merged(model, extras["merge"])
    model = {key: stripped(model[key], key != "metadata") for key in ("metadata", "operations", "shapes")}
    metadata = model["metadata"]
    metadata["protocols"] = metadata.get("protocols") or [metadata["protocol"]]
    for name, operation in model["operations"].items():
        if snake_case(name) != xform_name(name):
            operation["pythonName"] = xform_name(name)
    pages = read_json(latest / "paginators-1")
    if pages and pages["pagination"]:
        model["pagination"] = pages["pagination"]
    if service == "sqs":
        add_query_protocol(model)
    return model


def index_entry(model: dict[str, Any]) -> dict[str, Any]:
    """What routing must know of a service before its model is loaded."""
    metadata = model["metadata"]
    entry = {
        key: metadata[key]
        for key in (
            "apiVersion",
            "awsQueryCompatible",
            "endpointPrefix",
            "globalEndpoint",
            "jsonVersion",
            "protocols",
            "serviceId",
            "signingName",
            "targetPrefix",
            "xmlNamespace",
        )
        if key in metadata
    }
    entry.setdefault("signingName", metadata["endpointPrefix"])
    if "query" in entry["protocols"] or "ec2" in entry["protocols"]:
        entry["actions"] = sorted(model["operations"])
    return entry


def packed(value: Any) -> bytes:
    """`value` as gzipped JSON, the same bytes every time."""
    return gzip.compress(orjson.dumps(value), 6, mtime=0)


def build(target: Path = TARGET) -> int:
    """Write every service's model and the index; how many services there are."""
    target.mkdir(parents=True, exist_ok=True)
    (target / STAMP).unlink(missing_ok=True)
    index: dict[str, Any] = {}
    for folder in sorted(data_folder().iterdir()):
        if not folder.is_dir() or not any(folder.glob("*/service-2.json.gz")):
            continue
        model = loaded(folder.name, folder)
        index[folder.name] = index_entry(model)
        (target / f"{folder.name}.json.gz").write_bytes(packed(model))
    (target / "index.json").write_bytes(orjson.dumps(index, option=orjson.OPT_SORT_KEYS))
    for stale in target.glob("*.json.gz"):
        if stale.name.removesuffix(".json.gz") not in index:
            stale.unlink()
    (target / STAMP).write_text(wanted_stamp())
    return len(index)


def main() -> None:
    """Build unless up to date; `--force` builds anyway."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--force", action="store_true", help="build even when up to date")
    if up_to_date() and not arguments.parse_args().force:
        print(f"models: up to date ({wanted_stamp().strip()})")
        return
    print(f"models: {build()} services from {wanted_stamp().strip()}")


if __name__ == "__main__":
    main()
