"""From tables of finished tasks to the dataset of a study."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from decide.errors import StudyError
from decide.evaluate import CLASSES, Problem, Table, variables
from decide.models import Model
from decide.parameters import describe
from decide.points import Status
from decide.study.results import Study
from decide.study.tasks import Task

__all__ = ["Collector", "plain"]


class Collector:
    """Puts the tables of tasks where they belong, in arrays of the full length."""

    def __init__(
        self,
        model: Model[Any],
        problem: Problem,
        example: Table,
        wanted: frozenset[str],
        tasks: list[Task],
        note: dict[str, Any],
        levels: Mapping[str, list[Any]] | None = None,
    ) -> None:
        self.model, self.problem, self.wanted, self.note = model, problem, wanted, note
        self.tasks = tasks
        self.total = tasks[-1].stop
        self.done = 0
        self.replicate = np.repeat(np.array([t.replicate for t in tasks], dtype=np.int32), [len(t) for t in tasks])
        self.example = example
        self.levels = dict(levels or {})
        self.arrays: Table = {}
        self.complaints: list[str] = []

    def put(self, task: Task, table: Table) -> None:
        """Take in the table of a finished task."""
        for name, part in table.items():
            if name not in self.wanted:
                continue
            if name not in self.arrays:
                self.arrays[name] = np.empty((*part.shape[1:], self.total), dtype=part.dtype)
            self.arrays[name][..., task.start : task.stop] = np.moveaxis(part, 0, -1)
        self.done = task.stop

    def resume(self, study: Study) -> int:
        """Take over the finished draws; return how many tasks that makes."""
        for name, value in self.attributes().items():
            same = study.data.attrs.get(name) == value or (name == "base_value" and np.isnan(value))
            if name != "versions" and not same:
                raise StudyError(f"the study to resume has {name} {study.data.attrs.get(name)!r}; expected {value!r}")
        missing = [name for name in sorted(self.wanted) if name not in study.data and self._is_shown(name)]
        if missing:
            raise StudyError(f"the study to resume did not keep {missing[0]!r}; expected what keep= names")
        n = study.data.sizes["draw"]
        self.complaints += [study.data.attrs["first_failure"]] if study.data.attrs.get("first_failure") else []
        whole = [t for t in self.tasks if t.stop <= n]
        if whole:
            first = np.asarray(study.data["replicate"])[: whole[-1].stop]
            if not np.array_equal(first, self.replicate[: whole[-1].stop]):
                raise StudyError("the study to resume has other replicates; expected the same design")
            stop = whole[-1].stop
            table = {
                str(name): np.asarray(v.transpose("draw", ...).values[:stop])
                for name, v in study.data.data_vars.items()
                if name in self.wanted and (name not in self.model.parameters or name in self.note["design"]["drawn"])
            }
            self.put(Task(0, stop, 0, {}), table)
        return len(whole)

    def _is_shown(self, name: str) -> bool:
        """Whether a variable has anything to hold: a game without labels has no outcomes."""
        return name != "outcome_probability" or bool(self.problem.outcomes)

    def _distributions(self) -> dict[str, str]:
        """What was declared of the marginals that were drawn: a belief, beside which the rest is uniform."""
        space = self.model.space
        drawn = {name: space[name].distribution for name in self.note["design"]["drawn"]}
        sampled = self.note["design"]["sampling"] != "given"
        return {name: describe(d) for name, d in drawn.items() if sampled and d is not None}

    def attributes(self) -> dict[str, Any]:
        """Return what the dataset says of where it comes from."""
        p = self.problem
        return {
            "model": f"{p.model.function.__module__}:{p.model.function.__qualname__}",
            "title": p.model.title,
            "versions": json.dumps(_versions()),
            "method": p.method,
            "concept": p.concept,
            "finds": p.finds,
            "options": json.dumps(plain(p.options)),
            "selection": p.selection if isinstance(p.selection, str) else _name_of(p.selection),
            "decider": p.decider,
            "at": p.at or "",
            "base": json.dumps(plain(self.note["base"])),
            "settings": json.dumps(
                {
                    k: [plain(v) for v in self.levels[k]] if k in self.levels else plain(p.values[k])
                    for k in p.model.settings
                }
            ),
            "design": json.dumps(self.note["design"]),
            "distributions": json.dumps(self._distributions()),
            "seed": str(self.note["seed"]),
            "base_value": float(np.max(self.example["option_value"])),
        }

    def study(self, *, partial: bool = False) -> Study:
        """Make the dataset."""
        import xarray as xr

        n = self.done if partial else self.total
        data: dict[str, Any] = {"replicate": ("draw", self.replicate[:n])}
        for name in self.model.parameters:
            if name in self.wanted:
                values = self.arrays.get(name, np.full(1, self.problem.values[name]))
                p = self.model.parameters[name]
                attrs = {"unit": p.unit, "kind": p.kind or "", "doc": p.doc, "source": p.source, "group": p.group}
                if p.choices is not None:
                    attrs["choices"] = json.dumps(sorted(set(map(float, p.choices))))
                column = values[:n] if name in self.arrays else np.broadcast_to(values, (n,))
                data[name] = ("draw", column, attrs)
        for name in self.levels:
            codes = np.repeat(
                np.array([t.levels[name] for t in self.tasks], dtype=np.int16), list(map(len, self.tasks))
            )
            data[name] = ("draw", codes[:n], {"codes": f"{name}_setting", "kind": "structure", "doc": "swept setting"})
        for name, dims in variables(self.problem).items():
            if name in self.wanted and self._is_shown(name):
                data[name] = (dims, np.moveaxis(self.arrays[name][..., :n], -1, 0), _MEANING.get(name, {}))
        coordinates = {
            "option": list(self.problem.options_of_decider),
            "player": list(self.problem.players),
            **({"outcome": list(self.problem.outcomes)} if self.problem.outcomes else {}),
            "recommendation": [*self.problem.options_of_decider, *CLASSES],
            "status_message": [s.message for s in Status],
            **{f"{name}_setting": list(map(str, own)) for name, own in self.levels.items()},
        }
        attributes = self.attributes() | {"first_failure": (self.complaints or [""])[0]}
        levels = {name: tuple(own) for name, own in self.levels.items()}
        return Study(xr.Dataset(data, coords=coordinates, attrs=attributes), self.problem, levels)


def _versions() -> dict[str, str]:
    """Versions of what computed this, as installed."""
    from importlib.metadata import PackageNotFoundError, version

    found = {}
    for name in ("decide", "numpy", "scipy", "nashpy", "xarray"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


_MEANING = {
    "recommended": {"codes": "recommendation"},
    "selected": {"codes": "recommendation"},
    "modal_choice": {"codes": "recommendation"},
    "status": {"codes": "status_message"},
    "payoff": {"long_name": "equilibrium payoff, from the start of the game"},
    "outcome_probability": {"long_name": "probability of the label after the option, at the decision"},
}


def plain(value: Any) -> Any:
    """Make a value fit for JSON."""
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, float) and not np.isfinite(value):
        return str(value)
    return value if isinstance(value, bool | int | float | str | None) else repr(value)


def _name_of(function: Any) -> str:
    return f"{getattr(function, '__module__', '?')}:{getattr(function, '__qualname__', repr(function))}"
