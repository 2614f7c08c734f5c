"""The model's own assumptions: who moves when, who errs, what is played, and which of them flips the answer."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from decide.errors import DecideError, GameError, StudyError, unknown
from decide.evaluate import CLASSES, FAILED, Table, settle
from decide.models import Model
from decide.points import Status
from decide.solvers import METHODS
from decide.solvers.selection import RULES
from decide.study import Selection

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["structures"]

AS_IT_IS = "as it is"


@dataclass(frozen=True)
class _Change:
    """One assumption of the model, made otherwise."""

    kind: str
    name: str
    model: Model[Any] | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    solve: Mapping[str, Any] = field(default_factory=dict)


def structures(
    model: Model[Any],
    *,
    settings: Mapping[str, Iterable[Any]] | None = None,
    others: Mapping[str, Model[Any]] | None = None,
    methods: Iterable[str] | Mapping[str, Mapping[str, Any]] | None = None,
    selections: Iterable[Selection] | None = None,
    views: Iterable[str] | None = None,
    base: Mapping[str, Any] | None = None,
    combined: bool = False,
    method: str = "auto",
    selection: Selection | None = None,
    decider: str | None = None,
    at: str | None = None,
    **options: Any,
) -> xr.Dataset:
    """Make each assumption of the model itself otherwise, and see whether the answer stands.

    Parameters
    ----------
    model : Model
    settings : mapping of str to iterable, optional
        Values of settings to try: ``{"exact": [True, False]}``. One that is the model's already changes nothing and
        is left out.
    others : mapping of str to Model, optional
        Other models of the same decision, by what is different about them: another order of moves, say. Each is taken
        at its own base and through its own views of the same names; options are matched by name.
    methods : iterable of str, or mapping of str to mapping, optional
        Other methods; or by name to show, a mapping of ``method`` (``"auto"`` unless it is there) and its options.
    selections : iterable of str or callable, optional
        Other rules for choosing among several equilibria.
    views : iterable of str, optional
        Through whose eyes, ``"base"`` among them; the base and all views unless given.
    base : mapping, optional
        Values that hold in all of them, unless a view says otherwise.
    combined : bool
        Also make several assumptions otherwise at once, in all combinations (one setting has one value, and so on).
    method, selection, decider, at, **options
        Of the model as it is; see `decide.sweep`. `decider`, `at` and what belongs to a method are kept where they
        apply.

    Returns
    -------
    xarray.Dataset
        Over ``structure`` (the first is the model as it is) and ``view``: ``recommended`` and ``selected`` (codes of
        the coordinate ``recommendation``), ``margin``, ``option_value`` (structure, view, option), ``n_equilibria``,
        ``complete``, ``status`` and ``reason``, the error where a structure could not be solved, which counts as
        failed. ``flips``: whether another answer is recommended than by the model as it is, in the same view (no, where
        that has none).
        ``offered`` (structure, option) says which options a structure has: where it has none, its value is filler.
        ``changed`` (structure): what is made otherwise: setting, model, method or selection.

    Raises
    ------
    StudyError
        If there is nothing to make otherwise, or the model as it is cannot be solved through any of the views.
    UnknownNameError
        If there is no such setting, view, method or selection.

    Examples
    --------
    >>> from decide import Decision, ExtensiveForm, Outcome, Parameter, Value, model
    >>> @model(decider="Us", views={"wary": {"risk": 3.0}})
    ... def ford(*, risk: Value = Parameter(1, low=0, high=4), flood: bool = False):
    ...     cross = Outcome({"Us": 2 - risk - (3 if flood else 0)})
    ...     return ExtensiveForm(Decision("Us", {"cross": cross, "wait": Outcome({"Us": 0})}))
    >>> table = structures(ford, settings={"flood": [True]})
    >>> table["flips"].to_series().unstack("structure")
    structure  as it is  flood = True
    view
    base          False          True
    wary          False         False
    """
    if not isinstance(model, Model):
        raise StudyError(f"{model!r} is a {type(model).__name__}; expected a model")
    if base is not None and not isinstance(base, Mapping):
        raise StudyError(f"base is {base!r}; expected values by name (views are named by views=)")
    names = _views(model, views)
    dimensions = [
        *_of_settings(model, settings or {}, names, base or {}),
        _of_models(model, others or {}),
        _of_methods(methods or ()),
        _of_selections(selections or ()),
    ]
    rows = _rows([d for d in dimensions if d], combined=combined)
    if len(rows) == 1:
        raise StudyError("nothing is made otherwise; expected settings=, others=, methods= or selections=")
    own = {"method": method, "selection": selection, "decider": decider, "at": at, "options": options}
    solved = [[_solved(model, row, view, base or {}, own) for view in names] for row in rows]
    lost = all(isinstance(cell, GameError) for cell in solved[0])
    for view, cell in zip(names, solved[0], strict=True):
        if isinstance(cell, DecideError) and (lost or not isinstance(cell, GameError)):
            raise StudyError(f"the model as it is cannot be solved for {view}: {cell}") from cell
    return _dataset(model, rows, names, solved)


def _views(model: Model[Any], views: Iterable[str] | None) -> list[str]:
    if isinstance(views, str):
        raise StudyError(f"views is {views!r}; expected a sequence of names")
    names = ["base", *model.views] if views is None else list(views)
    for view in names:
        model.values(view)
    if not names or len(set(names)) != len(names):
        raise StudyError(f"views are {names}; expected different ones, at least one")
    return names


def _of_settings(
    model: Model[Any], settings: Mapping[str, Iterable[Any]], views: Sequence[str], base: Mapping[str, Any]
) -> list[list[_Change]]:
    found = []
    for name, values in settings.items():
        if name not in model.settings:
            raise unknown(f"setting of {model.name}", name, model.settings)
        if isinstance(values, str) or not isinstance(values, Iterable):
            raise StudyError(f"settings say {values!r} of {name}; expected the values to try, in a list")
        now = [model.values({**base, **_said_by(model, view)})[name] for view in views]
        found.append([
            _Change("setting", f"{name} = {value}", settings={name: value})
            for value in values
            if any(value is not other and value != other for other in now)
        ])  # fmt: skip
    return found


def _said_by(model: Model[Any], view: str) -> Mapping[str, Any]:
    return {} if view == "base" else model.views[view]


def _of_models(model: Model[Any], others: Mapping[str, Model[Any]]) -> list[_Change]:
    for name, other in others.items():
        if not isinstance(other, Model):
            raise StudyError(f"others say {other!r} of {name!r}; expected a model")
    return [_Change("model", name, model=other) for name, other in others.items() if other is not model]


def _of_methods(methods: Iterable[str] | Mapping[str, Mapping[str, Any]]) -> list[_Change]:
    if isinstance(methods, str):
        raise StudyError(f"methods is {methods!r}; expected a sequence of names")
    named = methods if isinstance(methods, Mapping) else {f"method {name}": {"method": name} for name in methods}
    for name, asked in named.items():
        if not isinstance(asked, Mapping):
            raise StudyError(f"methods say {asked!r} of {name!r}; expected a mapping of 'method' and its options")
        if "method" in asked and asked["method"] not in ("auto", *METHODS):
            raise unknown("method", asked["method"], METHODS)
    return [_Change("method", name, solve=asked) for name, asked in named.items()]


def _of_selections(selections: Iterable[Selection]) -> list[_Change]:
    if isinstance(selections, str):
        raise StudyError(f"selections is {selections!r}; expected a sequence of names or functions")
    found = []
    for rule in selections:
        if isinstance(rule, str) and rule not in RULES:
            raise unknown("selection", rule, RULES)
        name = rule if isinstance(rule, str) else getattr(rule, "__name__", repr(rule))
        found.append(_Change("selection", f"selection {name}", solve={"selection": rule}))
    return found


def _rows(dimensions: Sequence[Sequence[_Change]], *, combined: bool) -> list[tuple[_Change, ...]]:
    """The model as it is, then one change at a time, then several at once."""
    rows: list[tuple[_Change, ...]] = [(), *((change,) for d in dimensions for change in d)]
    for size in range(2, len(dimensions) + 1) if combined else ():
        for some in itertools.combinations(dimensions, size):
            rows += list(itertools.product(*some))
    return rows


@dataclass(frozen=True, eq=False)
class _Cell:
    """One structure through one view: the options it has, and its row of every variable."""

    options: tuple[str, ...]
    decider: str
    method: str
    table: Table


def _solved(
    model: Model[Any], row: tuple[_Change, ...], view: str, base: Mapping[str, Any], own: Mapping[str, Any]
) -> _Cell | DecideError:
    """Solve one structure through one view; what makes that impossible is an answer, too."""
    used, asked = model, dict(own)
    settings: dict[str, Any] = {}
    for change in row:
        used = change.model or used
        settings |= dict(change.settings)
        if change.kind == "method":
            asked["method"] = change.solve.get("method", "auto")
            asked["options"] = {name: v for name, v in change.solve.items() if name != "method"}
        elif change.kind == "selection":
            asked["selection"] = change.solve["selection"]
    try:
        used.values(view)  # it may know no such view
        values = used.values({**base, **_said_by(used, view), **settings})
        at = asked["at"] if used is model else None  # another model names its own
        problem, table = settle(
            used, values, asked["method"], asked["selection"], asked["decider"], at, asked["options"]
        )
    except DecideError as error:
        return error
    return _Cell(problem.options_of_decider, problem.decider, problem.method, table)


def _dataset(
    model: Model[Any],
    rows: Sequence[tuple[_Change, ...]],
    views: Sequence[str],
    solved: Sequence[Sequence[_Cell | DecideError]],
) -> xr.Dataset:
    import xarray as xr

    cells = [cell for line in solved for cell in line if isinstance(cell, _Cell)]
    options = list(dict.fromkeys(o for cell in cells for o in cell.options))
    labels = [*options, *CLASSES]
    shape = (len(rows), len(views))
    codes = {name: np.full(shape, len(options) + FAILED, dtype=np.int16) for name in ("recommended", "selected")}
    value, margin = np.zeros((*shape, len(options))), np.zeros(shape)
    count, complete = np.zeros(shape, dtype=np.int32), np.zeros(shape, dtype=np.bool_)
    status, offered = np.full(shape, Status.FAILED, dtype=np.int8), np.zeros((len(rows), len(options)), dtype=np.bool_)
    reason = np.full(shape, "", dtype=object)
    for i, j in np.ndindex(*shape):
        cell = solved[i][j]
        if isinstance(cell, DecideError):
            reason[i, j] = str(cell)
            continue
        place = [options.index(o) for o in cell.options]
        mine = [*cell.options, *CLASSES]
        for name, column in codes.items():
            column[i, j] = labels.index(mine[int(cell.table[name][0])])
        value[i, j, place], margin[i, j] = cell.table["option_value"][0], cell.table["margin"][0]
        count[i, j], complete[i, j] = cell.table["n_equilibria"][0], cell.table["complete"][0]
        status[i, j], offered[i, place] = cell.table["status"][0], True
    over = ("structure", "view")
    first = cells[0]
    return xr.Dataset(
        {
            "recommended": (over, codes["recommended"], {"codes": "recommendation"}),
            "selected": (over, codes["selected"], {"codes": "recommendation"}),
            "flips": (over, (codes["recommended"] != codes["recommended"][0]) & (reason[0] == "")),
            "margin": (over, margin),
            "option_value": ((*over, "option"), value),
            "offered": (("structure", "option"), offered),
            "n_equilibria": (over, count),
            "complete": (over, complete),
            "status": (over, status, {"codes": "status_message"}),
            "reason": (over, reason.astype(str)),
            "changed": ("structure", [" and ".join(dict.fromkeys(c.kind for c in row)) or "nothing" for row in rows]),
        },
        coords={
            "structure": [" + ".join(c.name for c in row) or AS_IT_IS for row in rows],
            "view": list(views),
            "option": options,
            "recommendation": labels,
            "status_message": [s.message for s in Status],
        },
        attrs={
            "model": model.name,
            "title": model.title,
            "decider": first.decider,
            "method": first.method,
            "options": options,
        },
    )
