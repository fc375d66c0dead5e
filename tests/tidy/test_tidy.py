"""The house's style, as tests: sizes, names, words that do not belong here."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src" / "foulweather"
SOURCES = sorted(path for path in SRC.rglob("*.py") if "models" not in path.parts)
LINES_MAX = 400
FUNCTION_LINES_MAX = 70

BANNED_CLASS_WORDS = {
    "Manager": "name what it is: Registry, Ledger, the AWS noun",
    "Helper": "name what it does",
    "Impl": "drop it, or name what differs",
    "Provider": "AWS's nouns only (an OIDC provider is one)",
    "Util": "name what it is",
}
AWS_PROVIDERS = re.compile(r"(Saml|Oidc|OpenID|OpenIDConnect|Web|SAML)\w*Provider|ProviderView|ProviderRecord")
BANNED_FILES = {"utils.py", "util.py", "helpers.py", "helper.py", "common.py", "misc.py", "base.py"}


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = ast.parse(path.read_text())
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_a_file_fits_its_guide(path: Path) -> None:
    lines = len(path.read_text().splitlines())
    assert lines <= LINES_MAX, f"{relative(path)} has {lines} lines: split it by noun"


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_functions_fit_on_a_screen(path: Path) -> None:
    long = {f.name: f.end_lineno - f.lineno + 1 for f in functions(path) if f.end_lineno is not None}
    long = {name: lines for name, lines in long.items() if lines > FUNCTION_LINES_MAX}
    assert not long, f"{relative(path)}: {long}"


def test_no_file_is_a_grab_bag() -> None:
    assert not [relative(path) for path in SOURCES if path.name in BANNED_FILES]


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_classes_have_names_of_the_field(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ClassDef) and not AWS_PROVIDERS.search(node.name):
            for word, instead in BANNED_CLASS_WORDS.items():
                assert word not in node.name, f"{relative(path)}: class {node.name}: {instead}"


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_public_functions_say_what_they_do(path: Path) -> None:
    tree = ast.parse(path.read_text())
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{relative(path)}: {node.name} has no docstring"


def tracked_texts() -> list[Path]:
    kinds = {".py", ".md", ".toml", ".cfg", ".yml", ".yaml", ".json", ".sh", ".tf", ""}
    skipped = {".git", ".venv", "typings", "models", "node_modules", "results", ".hypothesis", "__pycache__"}
    return [
        path
        for path in ROOT.rglob("*")
        if path.is_file()
        and path.suffix in kinds
        and not skipped & set(path.relative_to(ROOT).parts)
        and not any(part.startswith(".") and part not in (".ci", ".gitignore") for part in path.relative_to(ROOT).parts)
    ]


def test_nothing_names_somebody_elses_machine() -> None:
    banned = re.compile(r"/(?:work|root|home)/[a-z.]+/|\.\./shared|\bfarm-\w+|duplicates --change")
    for path in tracked_texts():
        if path == Path(__file__):
            continue
        found = banned.search(path.read_text(errors="ignore"))
        assert found is None, f"{relative(path)} names {found and found.group()}"


def test_the_lock_has_hashes_and_no_addresses() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    assert "://" not in lock
    names = re.findall(r"^([a-z0-9._-]+)==", lock, re.MULTILINE | re.IGNORECASE)
    assert names
    assert lock.count("--hash=sha256:") >= len(names)


def test_every_package_has_tests_beside_it() -> None:
    packages = {path.parent for path in SOURCES if path.name != "__init__.py"}
    for package in packages:
        mirror = ROOT / "tests" / package.relative_to(SRC)
        tests = list(mirror.glob("test_*.py")) if package != SRC else list((ROOT / "tests").glob("**/test_*.py"))
        parent = list(mirror.parent.glob("test_*.py"))
        assert tests or parent, f"no tests mirror {relative(package)}"


def test_each_flag_is_documented() -> None:
    """An undocumented flag is a red test: every option of the command line stands in docs/cli.md."""
    from foulweather.cli.main import parser

    documented = (ROOT / "docs" / "cli.md").read_text()

    def options(of: object) -> set[str]:
        found: set[str] = set()
        for action in getattr(of, "_actions", []):
            found |= {option for option in action.option_strings if option.startswith("--")}
            if isinstance(action.choices, dict):
                for sub in action.choices.values():
                    found |= options(sub)
        return found

    missing = sorted(option for option in options(parser()) if option not in documented)
    assert not missing, f"docs/cli.md does not tell of {missing}"
