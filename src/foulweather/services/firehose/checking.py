"""S3 destinations checked and filled up with their defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from foulweather.kernel.errors import not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.firehose import limits, partitioning, prefixes, refusals, unpacking

Given = Mapping[str, Any]
_NUMBERS = {
    "NumberOfRetries": (0, 300),
    "BufferSizeInMBs": (0, limits.LAMBDA_MB_MAX),
    "BufferIntervalInSeconds": (0, 900),
}
_PROCESSORS = ("Lambda", "MetadataExtraction", "AppendDelimiterToRecord", *unpacking.KINDS)


def destination(given: Given, *, is_extended: bool) -> dict[str, Any]:
    """A whole S3 destination, as it is described; nothing is changed where something in it is wrong."""
    told = _plain(given)
    if not is_extended:
        prefixes.check(told.get("Prefix", ""), told.get("ErrorOutputPrefix", ""), is_partitioned=False)
        return told
    conversion = given.get("DataFormatConversionConfiguration")
    if conversion is not None:
        if conversion.get("Enabled", True):
            raise not_implemented("firehose", "DataFormatConversionConfiguration")
        told["DataFormatConversionConfiguration"] = {"Enabled": False}
    # Neither is described where it was never given.
    if given.get("DynamicPartitioningConfiguration") is not None:
        told["DynamicPartitioningConfiguration"] = given["DynamicPartitioningConfiguration"]
    is_partitioned = partitioned(told)
    prefix = told.get("Prefix", "")
    prefixes.check(prefix, told.get("ErrorOutputPrefix", ""), is_partitioned=is_partitioned)
    if given.get("ProcessingConfiguration") is not None:
        told["ProcessingConfiguration"] = _processing(given["ProcessingConfiguration"])
    if is_partitioned:
        _check_partitioned(told, prefix)
    told["S3BackupMode"] = given.get("S3BackupMode", "Disabled")
    backup = given.get("S3BackupConfiguration")
    if told["S3BackupMode"] == "Enabled" and backup is None:
        raise refusals.invalid(
            "S3BackupConfiguration must be provided when S3BackupMode is Enabled.",
            Fact("request", "S3BackupMode", "Enabled"),
        )
    if backup is not None:
        told["S3BackupDescription"] = destination(backup, is_extended=False)
    zone = given.get("CustomTimeZone") or "UTC"
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise refusals.invalid(
            f"CustomTimeZone {zone} is not supported.", Fact("request", "CustomTimeZone", zone)
        ) from None
    told["CustomTimeZone"] = zone
    if given.get("FileExtension"):
        told["FileExtension"] = given["FileExtension"]
    return told


def parameters(processor: Given) -> dict[str, str]:
    """A processor's parameters by name."""
    return {each["ParameterName"]: each["ParameterValue"] for each in processor.get("Parameters", [])}


def processors(told: Given) -> list[Given]:
    """A destination's processors that are at work, in order."""
    configuration: Given = told.get("ProcessingConfiguration") or {}
    return configuration.get("Processors", []) if configuration.get("Enabled") else []


def partitioned(told: Given) -> bool:
    """Whether records are divided by what is in them."""
    configuration: Given = told.get("DynamicPartitioningConfiguration") or {}
    return bool(configuration.get("Enabled"))


def function(told: Given) -> dict[str, str]:
    """The parameters of a destination's Lambda processor; empty where it has none."""
    for each in processors(told):
        if each["Type"] == "Lambda":
            return parameters(each)
    return {}


def _plain(given: Given) -> dict[str, Any]:
    hints: Given = given.get("BufferingHints") or {}
    if hints and len(hints) < 2:
        raise refusals.invalid(
            "BufferingHints must specify both SizeInMBs and IntervalInSeconds.",
            Fact("request", "BufferingHints", hints),
        )
    compression = given.get("CompressionFormat", "UNCOMPRESSED")
    if compression not in ("UNCOMPRESSED", *prefixes.EXTENSIONS):
        raise not_implemented("firehose", f"CompressionFormat {compression}")
    told: dict[str, Any] = {
        "RoleARN": given["RoleARN"],
        "BucketARN": given["BucketARN"],
        "BufferingHints": {
            "SizeInMBs": hints.get("SizeInMBs", limits.SIZE_MB),
            "IntervalInSeconds": hints.get("IntervalInSeconds", limits.INTERVAL_S),
        },
        "CompressionFormat": compression,
        "EncryptionConfiguration": given.get("EncryptionConfiguration") or {"NoEncryptionConfig": "NoEncryption"},
        "CloudWatchLoggingOptions": given.get("CloudWatchLoggingOptions") or {"Enabled": False},
    }
    for member in ("Prefix", "ErrorOutputPrefix"):
        if given.get(member):
            told[member] = given[member]
    return told


def _processing(given: Given) -> dict[str, Any]:
    found = cast("list[Given]", given.get("Processors", []))
    for processor in found:
        kind, named = processor["Type"], parameters(processor)
        if kind not in _PROCESSORS:
            raise not_implemented("firehose", f"Processor {kind}")
        if kind == "Lambda":
            _check_function(named)
        if kind in unpacking.KINDS:
            unpacking.check(kind, named)
        if kind == "MetadataExtraction":
            if named.get("JsonParsingEngine") != "JQ-1.6":
                raise refusals.invalid(
                    "JsonParsingEngine must be JQ-1.6.",
                    Fact("request", "JsonParsingEngine", named.get("JsonParsingEngine")),
                )
            partitioning.parsed(named.get("MetadataExtractionQuery", ""))
    return {"Enabled": bool(given.get("Enabled")), "Processors": [dict(each) for each in found]}


def _check_function(named: dict[str, str]) -> None:
    if ":function:" not in named.get("LambdaArn", ""):
        raise refusals.invalid(
            "LambdaArn must be the ARN of a function.", Fact("request", "LambdaArn", named.get("LambdaArn"))
        )
    for name, (least, most) in _NUMBERS.items():
        value = named.get(name)
        if value is not None and not (value.replace(".", "", 1).isdigit() and least <= float(value) <= most):
            raise refusals.invalid(f"{name} must be between {least} and {most}.", Fact("request", name, value))


def _check_partitioned(told: dict[str, Any], prefix: str) -> None:
    hints = told["BufferingHints"]
    if hints["SizeInMBs"] < limits.PARTITIONED_MB_MIN:
        raise refusals.invalid(
            f"BufferingHints.SizeInMBs must be at least {limits.PARTITIONED_MB_MIN} when Dynamic Partitioning is "
            "enabled.",
            Fact("request", "BufferingHints.SizeInMBs", hints["SizeInMBs"]),
        )
    if not prefixes.partition_names(prefix):
        raise refusals.invalid(
            "Prefix must contain partitionKeyFromQuery or partitionKeyFromLambda when Dynamic Partitioning is enabled.",
            Fact("request", "Prefix", prefix),
        )
