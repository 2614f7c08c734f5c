"""The shape of the house: who may import whom, what is loaded when, and what is public."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import pkgutil
import subprocess
import sys
import types
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import decide

SRC = Path(decide.__file__).parent
MODULES = sorted(
    ".".join(("decide", *p.relative_to(SRC).with_suffix("").parts)).removesuffix(".__init__") for p in SRC.rglob("*.py")
)

#: Loaded only where they are used.
SLOW = ("xarray", "nashpy", "scipy.stats", "scipy.optimize", "matplotlib", "pandas", "networkx")

#: The page, from the top down: a module imports from what stands above it, or from its own room.
PAGE = (
    "errors", "frozen", "parameters", "games", "certify", "components", "refinements", "points", "equilibrium",
    "refining", "solution", "models", "solvers", "states", "sensitivity", "evaluate", "study", "questions", "plots",
    "reports", "testing", "catalogue",
)  # fmt: skip


@cache
def tree_of(module: str) -> ast.Module:
    path = SRC.joinpath(*module.split(".")[1:])
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def statements(node: ast.AST, inside: bool) -> Iterator[ast.stmt]:
    """Every import of a module; without those under ``if TYPE_CHECKING``, and inside functions only if asked for."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child
        elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            for other in child.orelse:
                yield from statements(ast.Module([other], []), inside)
        elif inside or not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from statements(child, inside)


@cache
def imports(module: str, inside: bool = True) -> frozenset[str]:
    """Modules that a module imports directly; a name imported from a package counts as its module where it is one."""
    found: set[str] = set()
    for statement in statements(tree_of(module), inside):
        if isinstance(statement, ast.Import):
            found |= {alias.name for alias in statement.names}
        else:
            assert statement.level == 0, f"{module} imports relatively; expected full names"  # type: ignore[attr-defined]
            source = statement.module or ""  # type: ignore[attr-defined]
            for alias in statement.names:  # type: ignore[attr-defined]
                assert alias.name != "*", f"{module} imports * from {source}"
                full = f"{source}.{alias.name}"
                found.add(full if full in MODULES else source)
    return frozenset(found)


def room(module: str) -> str:
    """The first word after ``decide``: a module of the top level, or a folder."""
    return module.split(".")[1] if "." in module else ""


def test_there_is_something_to_look_at() -> None:
    assert len(MODULES) > 20
    assert {"decide", "decide.games.normal", "decide.solvers.nash", "decide.sensitivity.sampling"} <= set(MODULES)
    assert "decide.games.extensive" in imports("decide.certify.trees")
    assert "scipy.special" in imports("decide.sensitivity.sampling")  # inside a function
    assert "scipy.special" not in imports("decide.sensitivity.sampling", inside=False)
    assert "xarray" not in imports("decide.study.results", inside=False)


def test_games_and_solvers_do_not_know_parameters_and_sensitivity() -> None:
    for module in MODULES:
        if room(module) in ("games", "solvers"):
            assert not {room(m) for m in imports(module) if m.startswith("decide.")} & {"parameters", "sensitivity"}, (
                module
            )


def test_parameters_and_sensitivity_do_not_know_games_and_solvers() -> None:
    for module in MODULES:
        if room(module) in ("parameters", "sensitivity"):
            known = {room(m) for m in imports(module) if m.startswith("decide.")}
            assert known <= {"errors", "frozen", room(module)}, (module, known)


def test_the_halves_meet_in_study_and_questions_alone() -> None:
    users = {room(m) for m in MODULES if any(room(i) == "sensitivity" for i in imports(m) if i.startswith("decide."))}
    assert users - {"sensitivity"} <= {"study", "questions"}


def test_imports_run_down_the_page() -> None:
    for module in MODULES[1:]:
        assert room(module) in PAGE, f"{module} has no place on the page"
        for other in imports(module, inside=False):
            if other.startswith("decide."):
                assert PAGE.index(room(other)) <= PAGE.index(room(module)), f"{module} imports {other}"


def test_nobody_imports_from_the_package_root() -> None:
    for module in MODULES[1:]:
        assert "decide" not in imports(module), module


def test_the_root_re_exports_and_does_nothing_else() -> None:
    for node in tree_of("decide").body:
        constant = isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in ("__all__", "__version__")
        story = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        assert isinstance(node, ast.ImportFrom) or constant or story, ast.unparse(node)


def test_there_is_no_cycle() -> None:
    """By depth-first search over imports made when a module is loaded."""
    state: dict[str, str] = {}

    def visit(module: str, path: tuple[str, ...]) -> None:
        assert state.get(module) != "open", " -> ".join((*path, module))
        if module in state:
            return
        state[module] = "open"
        for other in sorted(imports(module, inside=False)):
            if other in MODULES and other != "decide":
                visit(other, (*path, module))
        state[module] = "done"

    for module in MODULES:
        visit(module, ())
    assert len(state) == len(MODULES)


@pytest.fixture(scope="module")
def fresh() -> list[str]:
    """What is loaded by ``import decide`` in a new process, beyond what the interpreter loads."""
    script = "import json, sys, decide; print(json.dumps(sorted(sys.modules)))"
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, timeout=120, check=True
    )
    assert run.stderr == ""
    found = json.loads(run.stdout)
    assert "decide.study" in found
    return list(found)


@pytest.mark.parametrize("name", SLOW)
def test_slow_things_are_imported_where_they_are_used(fresh: list[str], name: str) -> None:
    assert name not in fresh


def test_the_models_of_the_catalogue_are_loaded_when_asked_for(fresh: list[str]) -> None:
    assert "decide.catalogue" in fresh
    assert not [m for m in fresh if m.startswith("decide.catalogue.")]


def test_all_is_complete_and_sorted() -> None:
    assert decide.__all__ == sorted(decide.__all__)
    assert len(set(decide.__all__)) == len(decide.__all__)
    imported = {
        alias.asname or alias.name
        for node in tree_of("decide").body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert set(decide.__all__) == imported
    for name in decide.__all__:
        assert getattr(decide, name) is not None
    scope: dict[str, object] = {}
    exec("from decide import *", scope)
    assert set(decide.__all__) <= set(scope)


def test_the_names_of_the_contract_are_public() -> None:
    contract = {
        "Chance", "Decision", "ExtensiveForm", "NormalForm", "Outcome", "Parameter", "Value", "model", "solve",
        "methods", "sweep", "Study", "switch_points", "plots", "catalogue", "load", "Model", "Equilibrium",
        "Solution", "Status", "Interval", "Space", "errors",
    }  # fmt: skip
    assert contract <= set(decide.__all__)


@pytest.mark.parametrize("module", MODULES)
def test_every_module_says_what_it_is_and_what_it_offers(module: str) -> None:
    loaded = importlib.import_module(module)
    assert loaded.__doc__
    if module.count(".") == 1 and module not in ("decide.games", "decide.sensitivity"):
        assert hasattr(loaded, "__all__")
    for name in getattr(loaded, "__all__", ()):
        assert hasattr(loaded, name), name
        assert not name.startswith("_"), name


@pytest.mark.parametrize(
    "package", ["decide", "decide.games", "decide.solvers", "decide.sensitivity", "decide.catalogue"]
)
def test_no_name_hides_a_module(package: str) -> None:
    loaded = importlib.import_module(package)
    for found in pkgutil.iter_modules(loaded.__path__):
        module = importlib.import_module(f"{package}.{found.name}")
        assert isinstance(module, types.ModuleType)
        if hasattr(loaded, found.name):
            assert getattr(loaded, found.name) is module, f"{package}.{found.name} hides a module"


def calls(module: str) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree_of(module)):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node.lineno


FORBIDDEN = {
    "print", "eval", "exec", "compile", "input", "breakpoint", "pickle.load", "pickle.Unpickler", "np.load", "np.save",
    "joblib.load", "shelve.open", "marshal.load", "marshal.loads", "os.system", "setattr", "globals",
}  # fmt: skip


@pytest.mark.parametrize("module", MODULES)
def test_nothing_prints_evaluates_or_unpickles_files(module: str) -> None:
    for function, line in calls(module):
        assert function not in FORBIDDEN, f"{module}, line {line}: {function}"
        assert not function.startswith("sys.stdout"), f"{module}, line {line}: {function}"
        assert not function.endswith(("plt.show", "pyplot.show")), f"{module}, line {line}: {function}"


@pytest.mark.parametrize("module", MODULES)
def test_nothing_uses_the_global_random_state(module: str) -> None:
    allowed = {"default_rng", "SeedSequence", "Generator"}
    for node in ast.walk(tree_of(module)):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) in ("np.random", "numpy.random"):
            assert node.attr in allowed, f"{module}, line {node.lineno}: {node.attr}"
        if isinstance(node, ast.Import):
            assert "random" not in [alias.name for alias in node.names], module


@pytest.mark.parametrize("name", [n for n in decide.__all__ if n not in ("errors", "catalogue", "plots", "Value")])
def test_every_public_name_is_described_and_its_options_are_keywords(name: str) -> None:
    thing = getattr(decide, name)
    assert (thing.__doc__ or "").strip()
    if not inspect.isfunction(thing):
        return
    positional = [
        p.name
        for p in inspect.signature(thing).parameters.values()
        if p.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD and p.default is not inspect.Parameter.empty
    ]
    assert positional in ([], ["views"]), positional  # compare_views(model, ["hawks", "doves"])
