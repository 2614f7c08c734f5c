"""What is solved at once: some draws of a design, made where they are solved."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from decide.errors import StudyError, unknown
from decide.evaluate import Problem, Table, evaluate
from decide.models import Model
from decide.sensitivity.sampling import (
    Plan,
    correlate,
    correlation_root,
    design_note,
    plan_design,
    seed_of,
    unit_points,
)

__all__ = ["Task", "run_task", "tasks_of", "under_settings"]

#: Draws solved at once; measured on `rocket_attack` (see benchmarks/).
CHUNK = 16_384


@dataclass(frozen=True)
class Task:
    """Some draws of the design, made where they are solved.

    Either `given` holds their values, or they are `replicate` of a `plan`, from `part` on. `levels` says which of the
    values of every swept setting `fixed` has.
    """

    start: int
    stop: int
    replicate: int
    fixed: Mapping[str, Any]
    given: Mapping[str, NDArray[np.float64]] | None = None
    plan: Plan | None = None
    drawn: tuple[str, ...] = ()
    root: NDArray[np.float64] | None = None
    levels: Mapping[str, int] = field(default_factory=dict)

    def values(self, model: Model[Any]) -> dict[str, Any]:
        """Return a full set of values: arrays where something is drawn."""
        if self.given is not None:
            return model.values(self.fixed, **self.given)
        assert self.plan is not None
        points = correlate(unit_points(self.plan, self.replicate, len(self.drawn)), self.root)
        return model.values(self.fixed, **model.space.values(points, self.drawn))

    def __len__(self) -> int:
        return self.stop - self.start


def tasks_of(
    model: Model[Any],
    design: int | Mapping[str, Any],
    fixed: Mapping[str, Any],
    rng: int | np.random.Generator | None,
    sampling: str,
    correlation: Mapping[tuple[str, str], float] | None,
) -> tuple[list[Task], dict[str, Any]]:
    """Divide a design into tasks; return them with what is recorded of the design."""
    if isinstance(design, Mapping):
        if correlation:
            raise StudyError("correlation is given with a design of your own; put it into the design")
        return _given_tasks(model, design, fixed)
    plan = plan_design(design, sampling, seed_of(rng))
    drawn = tuple(name for name in model.space.free if name not in fixed)
    for name in drawn:
        p = model.parameters[name]
        if p.low is not None and p.distribution is None and not np.isfinite([p.low, p.high or 0.0]).all():
            raise StudyError(f"{name} has the range [{p.low}, {p.high}]; expected a finite one, or a distribution")
    root = correlation_root(correlation, drawn)
    ends = np.cumsum(plan.sizes)
    tasks = [
        Task(int(end - size), int(end), k, fixed, plan=plan, drawn=drawn, root=root)
        for k, (size, end) in enumerate(zip(plan.sizes, ends, strict=True))
    ]
    pairs = {" ~ ".join(pair): rho for pair, rho in (correlation or {}).items()}
    return tasks, {"design": design_note(plan) | {"drawn": list(drawn), "correlation": pairs}, "seed": plan.entropy}


def under_settings(
    tasks: list[Task], model: Model[Any], settings: Mapping[str, Iterable[Any]], base: Mapping[str, Any]
) -> tuple[list[Task], dict[str, list[Any]]]:
    """Repeat the same draws under every combination of some settings; return the tasks, and the values by setting.

    Raises
    ------
    UnknownNameError, StudyError
        If there is no such setting, it is fixed by the view or base, or its values are not different ones in a list.
    """
    levels: dict[str, list[Any]] = {}
    for name, values in settings.items():
        if name not in model.settings:
            raise unknown(f"setting of {model.name} (in settings)", name, model.settings)
        if name in base:
            raise StudyError(f"{name} is in settings and fixed by the view or base; expected one of the two")
        if isinstance(values, str) or not isinstance(values, Iterable):
            raise StudyError(f"settings say {values!r} of {name}; expected the values to try, in a list")
        levels[name] = list(values)
        if not levels[name] or len(set(map(str, levels[name]))) != len(levels[name]):
            raise StudyError(f"settings say {levels[name]} of {name}; expected different values, at least one")
    draws, found = tasks[-1].stop, []
    for k, codes in enumerate(itertools.product(*(range(len(values)) for values in levels.values()))):
        own = dict(zip(levels, codes, strict=True))
        fixed = {name: levels[name][code] for name, code in own.items()}
        found += [
            replace(t, start=t.start + k * draws, stop=t.stop + k * draws, fixed={**t.fixed, **fixed}, levels=own)
            for t in tasks
        ]
    return found, levels


def _given_tasks(
    model: Model[Any], design: Mapping[str, Any], fixed: Mapping[str, Any]
) -> tuple[list[Task], dict[str, Any]]:
    for name in design:
        if name not in model.parameters:
            raise unknown(f"parameter of {model.name} (in the design)", name, model.parameters)
        if name in fixed:
            raise StudyError(f"{name} is in the design and fixed by the view or base; expected one of the two")
    columns = {name: np.atleast_1d(np.asarray(model.values(None, **{name: v})[name])) for name, v in design.items()}
    for name, column in columns.items():
        choices = model.parameters[name].choices
        if choices is not None and not np.isin(column, choices).all():
            wrong = float(column[~np.isin(column, choices)].reshape(-1)[0])
            raise StudyError(f"{name} is {wrong:g} in the design; expected one of its choices {choices}")
        if column.ndim != 1:
            raise StudyError(f"{name} has shape {column.shape} in the design; expected one value a draw")
    sizes = {len(c) for c in columns.values()} or {1}
    if len(sizes - {1}) > 1 or 0 in sizes:
        raise StudyError(f"the design's arrays have lengths {sorted(sizes)}; expected the same length, at least 1")
    n = max(sizes)
    columns = {name: np.broadcast_to(c, (n,)) for name, c in columns.items()}
    tasks = [
        Task(k, min(k + CHUNK, n), 0, fixed, given={name: c[k : k + CHUNK] for name, c in columns.items()})
        for k in range(0, n, CHUNK)
    ]
    import hashlib

    digest = hashlib.sha256(b"".join(np.ascontiguousarray(columns[name]).tobytes() for name in sorted(columns)))
    design_of = {"sampling": "given", "replicates": 1, "draws": n, "drawn": list(design), "digest": digest.hexdigest()}
    return tasks, {"design": design_of, "seed": -1}


def run_task(problem: Problem, task: Task, wanted: frozenset[str]) -> tuple[Table, list[str]]:
    """Solve the worlds of a task; return their table, and why some made no valid game."""
    values = task.values(problem.model)
    complaints: list[str] = []
    table = evaluate(problem, values, len(task), wanted, complaints)
    for name in problem.model.parameters:
        if name in wanted and np.ndim(values[name]):
            table[name] = values[name]
    return table, complaints
