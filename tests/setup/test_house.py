"""The house keeps its order: every module is placed, and law and mathematics stay pure."""

import ast
import configparser
import re
from fnmatch import fnmatch
from pathlib import Path

import grimp
import pytest

from intervalle.setup.places import ROOT

PACKAGES = {"intervalle": ROOT / "src", "premises": ROOT, "calls": ROOT, "allocation": ROOT}
# The set-up stands beside the layers: its own contract keeps it apart.
BESIDE = {"intervalle.setup"}


def contract(name: str, key: str) -> list[str]:
    rules = configparser.ConfigParser(interpolation=None)
    rules.read(ROOT / ".importlinter")
    lines = rules[f"importlinter:contract:{name}"][key].splitlines()
    return [word.strip(" ()") for line in lines for word in line.split(":") if word.strip()]


def modules_of(package: str, home: Path) -> list[tuple[str, Path]]:
    files = sorted((home / package).rglob("*.py"))
    named = [(".".join(path.relative_to(home).with_suffix("").parts), path) for path in files]
    return [(name.removesuffix(".__init__"), path) for name, path in named if "migrations" not in name]


MODULES = [pair for package, home in PACKAGES.items() for pair in modules_of(package, home)]


def covered(module: str, listed: list[str]) -> bool:
    """Whether the module is listed, by name, by pattern, or within a listed package."""
    return any(
        module == name or module.startswith(f"{name}.") or fnmatch(module, name.replace("**.", "*.")) for name in listed
    )


def test_every_module_has_its_layer() -> None:
    listed = contract("layers", "layers") + sorted(BESIDE)
    # A package that only holds listed modules says nothing by itself.
    containers = {"intervalle", "allocation"}
    astray = [name for name, _ in MODULES if name not in containers and not covered(name, listed)]
    assert astray == [], f"list these modules in .importlinter, at their height: {astray}"


def test_every_layer_exists() -> None:
    names = {name for name, _ in MODULES}
    gone = [layer for layer in contract("layers", "layers") if layer not in names]
    assert gone == [], f"these layers of .importlinter no longer exist: {gone}"


def claims_purity(path: Path) -> bool:
    """The docstring of a pure module says so: « Pure: no database, no clock. »"""
    return re.search(r"\bPure[.:]|(^|\n)Pure\b", ast.get_docstring(ast.parse(path.read_text())) or "") is not None


CLAIMED = {name for name, path in MODULES if claims_purity(path)}
LISTED = contract("pure", "source_modules")
PURE_FILES = [(name, path) for name, path in MODULES if name in CLAIMED or covered(name, LISTED)]


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(*PACKAGES, include_external_packages=True, exclude_type_checking_imports=True)


def test_a_module_that_calls_itself_pure_is_held_to_it(graph: grimp.ImportGraph) -> None:
    """Even through others, it reaches nothing that the contract of .importlinter forbids to the listed ones."""
    assert CLAIMED, "no module claims purity: the pattern no longer finds them"
    forbidden = [name for name in contract("pure", "forbidden_modules") if name in graph.modules]
    assert {"sqlalchemy", "litestar", "intervalle.db"} <= set(forbidden)
    chains = {
        name: chain
        for name in sorted(CLAIMED & graph.modules)
        for target in forbidden
        if (chain := graph.find_shortest_chain(name, target))
    }
    assert chains == {}


# `intervalle.clock.PARIS` is a constant: knowing the time zone is not asking the time.
CLOCKS = {"time", "intervalle.clock", "intervalle.clock.now", "intervalle.clock.today", "intervalle.settings"}


def brought_by(node: ast.AST) -> set[str]:
    """Full names that an import statement brings in."""
    if isinstance(node, ast.Import):
        return {alias.name for alias in node.names}
    if isinstance(node, ast.ImportFrom):
        return {f"{node.module}.{alias.name}" for alias in node.names}
    return set()


@pytest.mark.parametrize(("name", "path"), PURE_FILES, ids=[name for name, _ in PURE_FILES])
def test_pure_modules_are_told_the_date(name: str, path: Path) -> None:
    """No clock, no settings: the same question always gets the same answer."""
    for node in ast.walk(ast.parse(path.read_text())):
        assert not brought_by(node) & CLOCKS, f"{name}:{node.lineno} brings in a clock or the settings"  # type: ignore[attr-defined]
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            assert node.func.attr not in {"now", "today", "utcnow"}, f"{name}:{node.lineno} asks the clock"
