"""Asking again in many worlds: `sweep` solves a model at every draw of a design, and `Study` holds what came out.

A sweep is the analyst's doubt: each world is solved as if its parameters were commonly known. Shares are shares of the
stated ranges, not probabilities, unless a joint belief was declared.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from decide.equilibrium import Equilibrium
from decide.errors import DecideError, Interrupted, ModelError, StudyError, unknown
from decide.evaluate import CLASSES, Problem, Table, evaluate, settle, variables
from decide.models import Model
from decide.points import Status, solved
from decide.sensitivity.criteria import CRITERIA, decision_criteria, shares_of
from decide.sensitivity.sampling import (
    Plan,
    correlate,
    correlation_root,
    design_note,
    plan_design,
    seed_of,
    unit_points,
)

if TYPE_CHECKING:
    import os

    import pandas as pd
    import xarray as xr

__all__ = ["Progress", "Selection", "Study", "sweep"]

Selection: TypeAlias = str | Callable[[tuple[Equilibrium, ...]], Equilibrium | None]
Progress: TypeAlias = bool | Callable[[int, int], None]

#: Draws solved at once; measured on `rocket_attack` (see benchmarks/).
CHUNK = 16_384
RECHECKED = 3
#: Methods whose concept has one answer, or one that is asked for: that there are others is no news.
ONE_ANSWER = ("commitment", "correlated", "coarse_correlated", "logit", "level_k")
#: Methods that split what is tied evenly.
SPLITS_TIES = ("backward_induction", "level_k")
ENGINE: Any = "scipy"


def sweep(
    model: Model[Any],
    design: int | Mapping[str, Any],
    *,
    rng: int | np.random.Generator | None = None,
    view: str | None = None,
    base: Mapping[str, Any] | str | None = None,
    sampling: str = "latin",
    correlation: Mapping[tuple[str, str], float] | None = None,
    method: str = "auto",
    selection: Selection | None = None,
    decider: str | None = None,
    at: str | None = None,
    keep: Iterable[str] | None = None,
    workers: int = 1,
    progress: Progress = False,
    resume: Study | None = None,
    **options: Any,
) -> Study:
    """Solve a model in many possible worlds.

    Parameters
    ----------
    model : Model
    design : int or mapping of str to array_like
        A number of draws from the parameters' ranges; or the worlds themselves, an array of values for each name (all
        of one length; names not given are at base).
    rng : None, int or numpy.random.Generator
        Where randomness comes from; the seed used is recorded either way.
    view : str, optional
        Fix what this view says and draw the rest.
    base : mapping or str, optional
        The same with values (or settings) by name, or a view's name.
    sampling : {"latin", "sobol", "halton", "plain"}
        How draws are made, in independent replicates.
    correlation : mapping of (str, str) to float, optional
        Correlations of pairs of parameters (Gaussian copula, on the scale of normal scores).
    method : str
        See `decide.solve`.
    selection : str or callable, optional
        ``"worst"`` unless the model says otherwise. Which of several equilibria the plain values are taken from:
        where the decider expects least (``"worst"``) or most (``"best"``), or by another rule of `decide.select`, or by
        a function from the tuple of equilibria to one of them (or None). Low and high run over all of them in any case.
    decider, at : str, optional
        Whose decision, at which information set; the model's own unless given.
    keep : iterable of str, optional
        Names of the variables to keep (``"parameters"`` for all parameters); all unless given.
    workers : int
        Processes; with more than one the model must be importable by its qualified name.
    progress : bool or callable
        Show a line on standard error, or call ``progress(done, total)``.
    resume : Study, optional
        The ``.study`` of an `decide.errors.Interrupted` raised by the same call: what it holds is not solved again.
    **options
        Options of the method; see `decide.solve`.

    Returns
    -------
    Study

    Raises
    ------
    UnknownNameError
        If a parameter, view, variable or selection does not exist.
    ModelError
        If the model treats draws differently in a batch and alone.
    Interrupted
        On Ctrl-C; its ``study`` holds the draws that were finished.

    Notes
    -----
    Results do not depend on `workers`. Memory grows with the number of draws only by what `keep` names.
    """
    if not isinstance(model, Model):
        raise StudyError(f"{model!r} is a {type(model).__name__}; expected a model")
    if view is not None and base is not None:
        raise StudyError("view and base are both given; expected one of them (a view's name is a base)")
    fixed = _fixed(model, view if view is not None else base)
    problem, example = settle(
        model, model.values(view if view is not None else base), method, selection, decider, at, options
    )
    _keep_memory()
    wanted = _kept(keep, model, problem)
    if rng is None and resume is not None:
        rng = max(int(resume.data.attrs["seed"]), 0)
    tasks, note = _tasks(model, design, fixed, rng, sampling, correlation)
    collector = _Collector(model, problem, example, wanted, tasks, note | {"base": _plain(fixed)})
    finished = 0 if resume is None else collector.resume(resume)
    _recheck(problem, tasks[0])
    show = _progress_of(progress)
    try:
        solved = _solved(problem, tasks[finished:], wanted, workers)
        for task, (table, complaints) in zip(tasks[finished:], solved, strict=True):
            collector.put(task, table)
            collector.complaints += complaints[:1]
            show(collector.done, collector.total)
    except KeyboardInterrupt:
        done = collector.study(partial=True) if collector.done else None
        raise Interrupted(
            f"interrupted after {collector.done} of {collector.total} draws; .study holds them, and "
            "sweep(..., resume=) goes on from there",
            done,
        ) from None
    return collector.study()


def _fixed(model: Model[Any], base: Mapping[str, Any] | str | None) -> dict[str, Any]:
    """The values that are not drawn because the caller named them."""
    values = model.values(base)
    named = model.views.get(base, {}) if isinstance(base, str) else (base or {})
    return {name: values[name] for name in named}


def _kept(keep: Iterable[str] | None, model: Model[Any], problem: Problem) -> frozenset[str]:
    known = [*variables(problem), *model.parameters]
    if keep is None:
        return frozenset(known)
    names = {keep} if isinstance(keep, str) else set(keep)
    if "parameters" in names:
        names = (names - {"parameters"}) | set(model.parameters)
    for name in sorted(names):
        if name not in known:
            raise unknown("variable (in keep)", name, [*variables(problem), "parameters", *model.parameters])
    return frozenset(names)


# ------------------------------------------------------------------ tasks: what is solved at once


@dataclass(frozen=True)
class _Task:
    """Some draws of the design, made where they are solved.

    Either `given` holds their values, or they are `replicate` of a `plan`, from `part` on.
    """

    start: int
    stop: int
    replicate: int
    fixed: Mapping[str, Any]
    given: Mapping[str, NDArray[np.float64]] | None = None
    plan: Plan | None = None
    drawn: tuple[str, ...] = ()
    root: NDArray[np.float64] | None = None

    def values(self, model: Model[Any]) -> dict[str, Any]:
        """Return a full set of values: arrays where something is drawn."""
        if self.given is not None:
            return model.values(self.fixed, **self.given)
        assert self.plan is not None
        points = correlate(unit_points(self.plan, self.replicate, len(self.drawn)), self.root)
        return model.values(self.fixed, **model.space.values(points, self.drawn))

    def __len__(self) -> int:
        return self.stop - self.start


def _tasks(
    model: Model[Any],
    design: int | Mapping[str, Any],
    fixed: Mapping[str, Any],
    rng: int | np.random.Generator | None,
    sampling: str,
    correlation: Mapping[tuple[str, str], float] | None,
) -> tuple[list[_Task], dict[str, Any]]:
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
        _Task(int(end - size), int(end), k, fixed, plan=plan, drawn=drawn, root=root)
        for k, (size, end) in enumerate(zip(plan.sizes, ends, strict=True))
    ]
    pairs = {" ~ ".join(pair): rho for pair, rho in (correlation or {}).items()}
    return tasks, {"design": design_note(plan) | {"drawn": list(drawn), "correlation": pairs}, "seed": plan.entropy}


def _given_tasks(
    model: Model[Any], design: Mapping[str, Any], fixed: Mapping[str, Any]
) -> tuple[list[_Task], dict[str, Any]]:
    for name in design:
        if name not in model.parameters:
            raise unknown(f"parameter of {model.name} (in the design)", name, model.parameters)
        if name in fixed:
            raise StudyError(f"{name} is in the design and fixed by the view or base; expected one of the two")
    columns = {name: np.atleast_1d(np.asarray(model.values(None, **{name: v})[name])) for name, v in design.items()}
    for name, column in columns.items():
        if column.ndim != 1:
            raise StudyError(f"{name} has shape {column.shape} in the design; expected one value a draw")
    sizes = {len(c) for c in columns.values()} or {1}
    if len(sizes - {1}) > 1 or 0 in sizes:
        raise StudyError(f"the design's arrays have lengths {sorted(sizes)}; expected the same length, at least 1")
    n = max(sizes)
    columns = {name: np.broadcast_to(c, (n,)) for name, c in columns.items()}
    tasks = [
        _Task(k, min(k + CHUNK, n), 0, fixed, given={name: c[k : k + CHUNK] for name, c in columns.items()})
        for k in range(0, n, CHUNK)
    ]
    import hashlib

    digest = hashlib.sha256(b"".join(np.ascontiguousarray(columns[name]).tobytes() for name in sorted(columns)))
    design_of = {"sampling": "given", "replicates": 1, "draws": n, "drawn": list(design), "digest": digest.hexdigest()}
    return tasks, {"design": design_of, "seed": -1}


def _run(problem: Problem, task: _Task, wanted: frozenset[str]) -> tuple[Table, list[str]]:
    values = task.values(problem.model)
    complaints: list[str] = []
    table = evaluate(problem, values, len(task), wanted, complaints)
    for name in problem.model.parameters:
        if name in wanted and np.ndim(values[name]):
            table[name] = values[name]
    return table, complaints


def _keep_memory() -> None:
    """Make the C library keep freed memory for the next chunk of draws.

    glibc gives the top of the heap back to the system when a chunk's arrays are freed, and taking it again, page by
    page, costs a third of a sweep. Once it has seen a block of nearly 32 MiB freed it keeps up to twice as much
    instead (mallopt(3), on the dynamic mmap threshold). The block is never touched; elsewhere this does nothing.
    """
    np.empty(31 * 2**17)


def _solved(
    problem: Problem, tasks: Sequence[_Task], wanted: frozenset[str], workers: int
) -> Iterator[tuple[Table, list[str]]]:
    """Yield the tables of all tasks in order, from this process or from several."""
    if isinstance(workers, bool) or not isinstance(workers, int) or workers < 1:
        raise StudyError(f"workers is {workers!r}; expected an integer from 1")
    if workers == 1 or len(tasks) < 2:
        for task in tasks:
            yield _run(problem, task, wanted)
        return
    import pickle
    from concurrent.futures import ProcessPoolExecutor

    try:
        pickle.loads(pickle.dumps(problem))
    except (DecideError, pickle.PicklingError, AttributeError, TypeError) as error:
        raise StudyError(f"workers={workers} needs everything to reach other processes, but: {error}") from None
    with ProcessPoolExecutor(min(workers, len(tasks)), initializer=_keep_memory) as pool:
        ahead = 2 * workers  # so that finished tables do not pile up
        futures = [pool.submit(_run, problem, task, wanted) for task in tasks[:ahead]]
        try:
            for k in range(len(tasks)):
                table = futures[k].result()
                futures[k] = None  # type: ignore[call-overload]
                if k + ahead < len(tasks):
                    futures.append(pool.submit(_run, problem, tasks[k + ahead], wanted))
                yield table
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _recheck(problem: Problem, task: _Task) -> None:
    """Solve a few draws one by one and compare: a model must treat each draw as if it were alone."""
    if not problem.model.batched:
        return
    full = task.values(problem.model)
    picks = sorted({0, len(task) // 2, len(task) - 1})[:RECHECKED]
    wanted = frozenset({"option_value", "status", "tied"})
    some = {name: v[picks] if np.ndim(v) else v for name, v in full.items()}
    together = evaluate(problem, some, len(picks), wanted)
    for row, k in enumerate(picks):
        alone = evaluate(problem, {n: float(v[k]) if np.ndim(v) else v for n, v in full.items()}, 1, wanted)
        a, b = together["option_value"][row], alone["option_value"][0]
        slack = 1e-9 * max(np.abs(a).max(initial=0.0), np.abs(b).max(initial=0.0))
        if together["status"][row] != alone["status"][0] or (
            not together["tied"][row] and np.abs(a - b).max(initial=0.0) > slack
        ):
            raise ModelError(
                f"{problem.model.name} is not elementwise: at draw {k} the options are worth {a.tolist()} in a "
                f"batch and {b.tolist()} alone; treat each entry by itself, or declare @model(batched=False)"
            )


def _progress_of(progress: Progress) -> Callable[[int, int], None]:
    if callable(progress):
        return progress
    if not progress:
        return lambda _done, _total: None

    def line(done: int, total: int) -> None:
        end = "\n" if done == total else ""
        sys.stderr.write(f"\r{done:,} of {total:,} worlds solved ({done / total:.0%}){end}")
        sys.stderr.flush()

    return line


# ------------------------------------------------------------------ results


class _Collector:
    """Puts the tables of tasks where they belong, in arrays of the full length."""

    def __init__(
        self,
        model: Model[Any],
        problem: Problem,
        example: Table,
        wanted: frozenset[str],
        tasks: list[_Task],
        note: dict[str, Any],
    ) -> None:
        self.model, self.problem, self.wanted, self.note = model, problem, wanted, note
        self.tasks = tasks
        self.total = tasks[-1].stop
        self.done = 0
        self.replicate = np.repeat(np.array([t.replicate for t in tasks], dtype=np.int32), [len(t) for t in tasks])
        self.example = example
        self.arrays: Table = {}
        self.complaints: list[str] = []

    def put(self, task: _Task, table: Table) -> None:
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
            if name != "versions" and study.data.attrs.get(name) != value:
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
            self.put(_Task(0, stop, 0, {}), table)
        return len(whole)

    def _is_shown(self, name: str) -> bool:
        """Whether a variable has anything to hold: a game without labels has no outcomes."""
        return name != "outcome_probability" or bool(self.problem.outcomes)

    def attributes(self) -> dict[str, Any]:
        p = self.problem
        return {
            "model": f"{p.model.function.__module__}:{p.model.function.__qualname__}",
            "title": (p.model.__doc__ or p.model.name).strip().splitlines()[0],
            "versions": json.dumps(_versions()),
            "method": p.method,
            "concept": p.concept,
            "finds": p.finds,
            "options": json.dumps(_plain(p.options)),
            "selection": p.selection if isinstance(p.selection, str) else _name_of(p.selection),
            "decider": p.decider,
            "at": p.at or "",
            "base": json.dumps(_plain(self.note["base"])),
            "settings": json.dumps(_plain({k: p.values[k] for k in p.model.settings})),
            "design": json.dumps(self.note["design"]),
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
                column = values[:n] if name in self.arrays else np.broadcast_to(values, (n,))
                data[name] = ("draw", column, attrs)
        for name, dims in variables(self.problem).items():
            if name in self.wanted and self._is_shown(name):
                data[name] = (dims, np.moveaxis(self.arrays[name][..., :n], -1, 0), _MEANING.get(name, {}))
        coordinates = {
            "option": list(self.problem.options_of_decider),
            "player": list(self.problem.players),
            **({"outcome": list(self.problem.outcomes)} if self.problem.outcomes else {}),
            "recommendation": [*self.problem.options_of_decider, *CLASSES],
            "status_message": [s.message for s in Status],
        }
        attributes = self.attributes() | {"first_failure": (self.complaints or [""])[0]}
        return Study(xr.Dataset(data, coords=coordinates, attrs=attributes))


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


def _plain(value: Any) -> Any:
    """Make a value fit for JSON."""
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, float) and not np.isfinite(value):
        return str(value)
    return value if isinstance(value, bool | int | float | str | None) else repr(value)


def _name_of(function: Any) -> str:
    return f"{getattr(function, '__module__', '?')}:{getattr(function, '__qualname__', repr(function))}"


@dataclass(frozen=True, eq=False, repr=False)
class Study:
    """What a sweep found.

    Attributes
    ----------
    data : xarray.Dataset
        Over ``draw``: one variable a parameter; ``option_value``, ``advantage``, ``choice`` (draw, option), each with
        ``_low`` and ``_high`` over all equilibria; ``recommended``, ``selected``, ``modal_choice`` (codes into the
        coordinate ``recommendation``: the options, then the classes); ``margin``; ``payoff`` (draw, player);
        ``outcome_probability`` (draw, option, outcome); ``n_equilibria``, ``complete``, ``tied``, ``incredible`` and
        ``status`` (codes into ``status_message``). Draws that failed hold zeros; ``status`` alone says which.
        Where a selection rule chose none, the plain values are zeros too; low, high and ``recommended`` stand.
        Attributes name model, versions, method, options, selection, design and seed.
    """

    data: xr.Dataset = field()

    @property
    def options(self) -> tuple[str, ...]:
        """The decider's options."""
        return tuple(map(str, self.data["option"].values))

    @property
    def failed(self) -> NDArray[np.bool_]:
        """Which draws failed."""
        return ~solved(np.asarray(self._column("status")))

    def _column(self, name: str) -> NDArray[Any]:
        if name not in self.data:
            raise StudyError(f"this study did not keep {name!r}; sweep again with keep= naming it")
        return np.asarray(self.data[name].values)

    def shares(self, by: str = "recommended") -> xr.Dataset:
        """Return how much of the stated ranges each option wins.

        Parameters
        ----------
        by : {"recommended", "selected", "modal_choice"}
            Which answer is counted.

        Returns
        -------
        xarray.Dataset
            Over ``option`` (the options, then ``mixed or tied``, ``depends on equilibrium``, ``failed``): ``share``,
            and ``error``, its standard error for the design that was used. For a design given by the user the error
            is that of independent draws, and means something only if the rows are.
        """
        import xarray as xr

        if by not in ("recommended", "selected", "modal_choice"):
            raise unknown("answer to count", by, ("recommended", "selected", "modal_choice"))
        labels = [str(x) for x in self.data["recommendation"].values]
        share, error = shares_of(self._column(by), len(labels), np.asarray(self.data["replicate"].values))
        design = json.loads(self.data.attrs["design"])
        meaning = "share of the stated ranges, not a probability, unless a joint belief was declared"
        return xr.Dataset(
            {"share": ("option", share), "error": ("option", error)},
            coords={"option": labels},
            attrs={"by": by, "draws": len(self.failed) if "status" in self.data else self.data.sizes["draw"],
                   "sampling": design["sampling"], "meaning": meaning},
        )  # fmt: skip

    def criteria(self, *, optimism: float = 0.5, threshold: float | None = None) -> xr.Dataset:
        """Score the options by criteria of choice under uncertainty, over the draws that were solved.

        Parameters
        ----------
        optimism : float
            Hurwicz's weight on the best world, in [0, 1].
        threshold : float, optional
            What satisfices; what the best option is worth at the base unless given.

        Returns
        -------
        xarray.Dataset
            ``score`` over criterion and option, and ``best``, the option each criterion favours (``mixed or tied`` if
            several). Maximin: least value. Minimax loss: largest loss against the best option of the same world (less
            is better). Hurwicz: weighted best and least. Laplace: mean, which is an expected value only under a joint
            belief. Satisficing: share of worlds in which the value reaches the threshold. Least and largest are those
            of the sample. With several equilibria, values are those of the selected one.

        Raises
        ------
        StudyError
            If no draw was solved, or optimism is outside [0, 1].
        """
        import xarray as xr

        if not 0 <= optimism <= 1:
            raise StudyError(f"optimism is {optimism!r}; expected a number in [0, 1]")
        solved = ~self.failed
        if not solved.any():
            raise StudyError("no draw was solved; there is nothing to score")
        limit = self.data.attrs["base_value"] if threshold is None else float(threshold)
        values = self._column("option_value")[solved]
        score = decision_criteria(values, optimism, limit)
        sign = np.array([1.0, -1.0, 1.0, 1.0, 1.0])[:, None]
        slack = 1e-9 * np.array([np.ptp(values)] * 4 + [0.0])[:, None]
        winners = sign * score >= (sign * score).max(axis=1, keepdims=True) - slack
        best = [self.options[int(np.argmax(w))] if w.sum() == 1 else CLASSES[0] for w in winners]
        return xr.Dataset(
            {"score": (("criterion", "option"), score), "best": ("criterion", best)},
            coords={"criterion": list(CRITERIA), "option": list(self.options)},
            attrs={
                "optimism": optimism, "threshold": limit, "draws": int(solved.sum()), "failed": int((~solved).sum()),
                "selection": self.data.attrs["selection"],
            },
        )  # fmt: skip

    def to_dataframe(self) -> pd.DataFrame:
        """Return a pandas frame with one row a draw; codes are written out, ``option_value[none]`` etc. are columns.

        The index is the coordinate ``view`` where there is one.
        """
        import pandas as pd

        columns: dict[str, Any] = {}
        for name, variable in self.data.data_vars.items():
            if variable.dims == ("draw",):
                codes = variable.attrs.get("codes")
                values = variable.values
                columns[str(name)] = self.data[codes].values[values] if codes else values
                continue
            rest = variable.dims[1:]
            labels = [[str(x) for x in self.data[d].values] for d in rest]
            for index in np.ndindex(*variable.shape[1:]):
                words = ", ".join(own[k] for own, k in zip(labels, index, strict=True))
                columns[f"{name}[{words}]"] = variable.values[(slice(None), *index)]
        if "view" in self.data.coords:
            return pd.DataFrame(columns, index=pd.Index(self.data["view"].values.astype(str), name="view"))
        return pd.DataFrame(columns, index=pd.RangeIndex(self.data.sizes["draw"], name="draw"))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the study to a netCDF file that xarray alone can open."""
        self.data.to_netcdf(path, engine=ENGINE, format="NETCDF3_64BIT")

    @staticmethod
    def load(path: str | os.PathLike[str]) -> Study:
        """Read a study from a file; nothing in it is evaluated.

        Raises
        ------
        StudyError
            If the file is not a study.
        """
        import xarray as xr

        try:
            with xr.open_dataset(path, engine=ENGINE) as opened:
                data = opened.load()
        except FileNotFoundError:
            raise
        except Exception as error:
            raise StudyError(f"{path} is no study: {error}") from None
        if "design" not in data.attrs or "recommendation" not in data.coords:
            raise StudyError(f"{path} is no study: it has no design or no recommendation")
        return Study(data)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Study) and self.data.identical(other.data)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        title = self.data.attrs.get("model", "").split(":")[-1]
        notes = "".join(f"; {note}" for note in self._notes())
        if "view" in self.data.coords and {"recommended", "margin"} <= set(self.data):
            answers = self.data["recommendation"].values[self.data["recommended"].values]
            margins = self.data["margin"].values
            seen = [
                f"{v}: {a}" + (f" by {m:.3g}" if a in self.options else "")
                for v, a, m in zip(self.data["view"].values, answers, margins, strict=True)
            ]
            return f"<Study of {title} through {len(seen)} views, {', '.join(seen)}{notes}>"
        counted = ""
        if "recommended" in self.data:
            table = self.shares()
            sampled = table.attrs["sampling"] != "given"
            counted = ": " + ", ".join(
                f"{o} {float(s):.1%}" + (f" (+-{float(e):.1%})" if sampled else "")
                for o, s, e in zip(table["option"].values, table["share"].values, table["error"].values, strict=True)
                if s > 0
            )
        return f"<Study of {title}, {self.data.sizes['draw']:,} draws{counted}{notes}>"

    def _notes(self) -> list[str]:
        """What a reader of the shares must know: whose ties were split, and why draws failed."""
        notes = []
        method = self.data.attrs.get("method", "")
        if self.data.attrs.get("finds", "all") != "all" and method not in ONE_ANSWER:
            notes.append(f"{method} does not look for all equilibria: others may favour another option")
        elif {"complete", "status"} <= set(self.data) and (
            n := int((~self.data["complete"].values & ~self.failed).sum())
        ):
            notes.append(f"in {n:,} the equilibria are not proved to be all")
        if "tied" in self.data and (n := int(self.data["tied"].values.sum())):
            split = " and split evenly" if method in SPLITS_TIES else ""
            notes.append(f"in {n:,} a tie was met somewhere{split} (see tied)")
        if "status" in self.data:
            status = self.data["status"].values
            if n := int((status == Status.NO_SELECTION).sum()):
                rule = self.data.attrs["selection"]
                notes.append(f"in {n:,} the rule {rule} chose none, and criteria leave them out")
            if n := int((status == Status.NOT_ATTAINED).sum()):
                notes.append(f"in {n:,} the value is a supremum, not attained")
        if self.data.attrs.get("first_failure"):
            notes.append(f"first failure: {self.data.attrs['first_failure']}")
        return notes
