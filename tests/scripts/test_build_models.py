from __future__ import annotations

import gzip
import importlib.util
import sys
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import orjson
import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "scripts"


def script(name: str) -> ModuleType:
    if str(SCRIPTS) not in sys.path:
        sys.path.insert(0, str(SCRIPTS))
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, SCRIPTS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


build_models: Any = script("build_models")
build_types: Any = script("build_types")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("models")
    assert build_models.build(target) > 400
    return target


def test_the_models_are_small(built: Path) -> None:
    assert sum(path.stat().st_size for path in built.iterdir()) < 4_500_000


def test_the_same_bytes_come_out_every_time(built: Path) -> None:
    again = build_models.packed(build_models.loaded("sqs", build_models.data_folder() / "sqs"))
    assert again == (built / "sqs.json.gz").read_bytes()
    assert (built / "sqs.json.gz").read_bytes()[4:8] == b"\0\0\0\0"  # gzip's time stamp


def test_a_model_holds_what_the_server_needs(built: Path) -> None:
    model = orjson.loads(gzip.decompress((built / "cloudwatch.json.gz").read_bytes()))
    assert set(model) == {"metadata", "operations", "pagination", "shapes"}
    assert model["metadata"]["protocols"] == ["smithy-rpc-v2-cbor", "json", "query"]


def test_names_that_the_rules_do_not_give_are_in_the_model(built: Path) -> None:
    model = orjson.loads(gzip.decompress((built / "mturk.json.gz").read_bytes()))
    exceptions = {
        name: operation["pythonName"] for name, operation in model["operations"].items() if "pythonName" in operation
    }
    assert all(build_models.snake_case(name) != given for name, given in exceptions.items())
    everything = b"".join(gzip.decompress(path.read_bytes()) for path in built.glob("s*.json.gz"))
    assert b"pythonName" in everything


def test_building_stops_at_what_is_up_to_date(built: Path) -> None:
    assert build_models.up_to_date(built)
    stamp = built / build_models.STAMP
    text = stamp.read_text()
    stamp.write_text("botocore 1.0.0 format 1\n")
    assert not build_models.up_to_date(built)
    stamp.write_text(text)


def test_stripping_leaves_members_alone() -> None:
    shape = {
        "documentation": "<p>gone</p>",
        "deprecatedMessage": "gone",
        "members": {"documentation": {"shape": "S", "documentation": "gone"}, "examples": {"shape": "S"}},
    }
    assert build_models.stripped(shape) == {"members": {"documentation": {"shape": "S"}, "examples": {"shape": "S"}}}


def test_the_build_hook_builds_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hatch_build: Any = script("hatch_build")
    asked: list[Path] = []
    monkeypatch.setattr(build_models, "build", asked.append)
    data: dict[str, Any] = {}
    hook = hatch_build.CustomBuildHook(str(tmp_path), {}, None, None, str(tmp_path / "dist"), "wheel")
    hook.initialize("standard", data)
    assert asked == [tmp_path / "src" / "foulweather" / "models"]
    assert data["artifacts"] == ["src/foulweather/models/*"]
    monkeypatch.setattr(build_models, "up_to_date", lambda target: True)
    hook.initialize("editable", {})
    assert len(asked) == 1


def test_the_build_needs_what_pyproject_says() -> None:
    requires = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    names = {requirement.split("=")[0] for requirement in requires}
    assert {"hatchling", "botocore", "orjson"} <= names


def test_types_of_a_service(tmp_path: Path) -> None:
    build_types.build(["sqs", "lambda", "s3"], tmp_path)
    stub = (tmp_path / "sqs.pyi").read_text()
    assert "class SendMessageRequest(TypedDict, total=False):\n    QueueUrl: Required[str]\n" in stub
    assert "    DelaySeconds: int\n" in stub
    assert "    MessageAttributes: dict[str, MessageAttributeValue]\n" in stub
    assert "class SendMessageResult(TypedDict, total=False):\n    MD5OfMessageBody: str\n" in stub
    assert "PurgeQueueResult = dict[str, Any]\n" in stub
    assert (tmp_path / "__init__.pyi").is_file()
    assert (tmp_path / "lambda_.pyi").is_file()  # `lambda` cannot be imported
    assert "bytes | AsyncIterator[bytes]" in (tmp_path / "s3.pyi").read_text()


def test_types_are_python(tmp_path: Path) -> None:
    services = ["sqs", "lambda", "s3", "dynamodb", "iam", "ec2", "apigateway", "glue", "kinesisanalytics"]
    build_types.build(services, tmp_path)
    for path in tmp_path.glob("*.pyi"):
        compile(path.read_text(), str(path), "exec")


def test_a_member_that_is_no_name_takes_the_functional_syntax() -> None:
    from foulweather.kernel.model import Shape

    shapes: dict[str, dict[str, Any]] = {
        "Odd": {"type": "structure", "members": {"from": {"shape": "S"}, "a-b": {"shape": "Odd"}}},
        "S": {"type": "string"},
    }
    text = build_types.structure(Shape(shapes, "Odd", {}), required=False)
    assert text == 'Odd = TypedDict("Odd", {"from": "str", "a-b": "Odd"}, total=False)\n\n'
