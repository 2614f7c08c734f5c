"""Asking again in many worlds: `sweep` solves a model at every draw of a design."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np

from decide.equilibrium import Equilibrium
from decide.errors import DecideError, GameError, Interrupted, ModelError, StudyError, unknown
from decide.evaluate import Problem, Table, evaluate, settle, variables
from decide.models import Model
from decide.study.collecting import Collector, plain
from decide.study.results import Study
from decide.study.tasks import Task, run_task, tasks_of, under_settings

__all__ = ["Progress", "Selection", "progress_of", "sweep"]

Selection: TypeAlias = str | Callable[[tuple[Equilibrium, ...]], Equilibrium | None]
Progress: TypeAlias = bool | Callable[[int, int], None]

RECHECKED = 3
#: Worlds tried, where the base is no valid game, to find one that is.
LOOKED_AT = 64


def sweep(
    model: Model[Any],
    design: int | Mapping[str, Any],
    *,
    rng: int | np.random.Generator | None = None,
    view: str | None = None,
    base: Mapping[str, Any] | str | None = None,
    settings: Mapping[str, Iterable[Any]] | None = None,
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
    settings : mapping of str to iterable, optional
        Values of settings to sweep as categories: ``{"exact": [False, True]}`` solves the same draws under each (under
        every combination, if several are swept). Each is a variable of codes in the study's data, into the coordinate
        ``<name>_setting``.
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
    values = model.values(view if view is not None else base)
    if rng is None and resume is not None:
        rng = max(int(resume.data.attrs["seed"]), 0)
    tasks, note = tasks_of(model, design, fixed, rng, sampling, correlation)
    tasks, levels = under_settings(tasks, model, settings or {}, fixed)
    problem, example = _settled(model, values, tasks, (method, selection, decider, at, options))
    keep_memory()
    wanted = _kept(keep, model, problem)
    if levels:
        note["design"] |= {
            "draws": tasks[-1].stop,
            "settings": {k: [plain(v) for v in own] for k, own in levels.items()},
        }
    collector = Collector(model, problem, example, wanted, tasks, note | {"base": plain(fixed)}, levels)
    finished = 0 if resume is None else collector.resume(resume)
    for task in {tuple(t.levels.items()): t for t in reversed(tasks)}.values():  # the first under each setting
        _recheck(problem, task)
    show = progress_of(progress, "worlds solved")
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


def _settled(
    model: Model[Any], values: Mapping[str, Any], tasks: Sequence[Task], asked: tuple[Any, ...]
) -> tuple[Problem, Table]:
    """Settle what is asked at the base; if that is no valid game, at one of the first worlds that is."""
    try:
        return settle(model, values, *asked)
    except GameError:
        nothing: Table = {"option_value": np.full((1, 1), np.nan)}
    first: GameError | None = None
    worlds = tasks[0].values(model)
    for k in range(min(len(tasks[0]), LOOKED_AT)):
        try:
            one = {name: float(v[k]) if np.ndim(v) else v for name, v in worlds.items()}
            return replace(settle(model, one, *asked)[0], values=dict(values)), nothing
        except GameError as error:
            first = first or error
    assert first is not None
    raise first


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


def keep_memory() -> None:
    """Make the C library keep freed memory for the next chunk of draws.

    glibc gives the top of the heap back to the system when a chunk's arrays are freed, and taking it again, page by
    page, costs a third of a sweep. Once it has seen a block of nearly 32 MiB freed it keeps up to twice as much
    instead (mallopt(3), on the dynamic mmap threshold). The block is never touched; elsewhere this does nothing.
    """
    np.empty(31 * 2**17)


def _solved(
    problem: Problem, tasks: Sequence[Task], wanted: frozenset[str], workers: int
) -> Iterator[tuple[Table, list[str]]]:
    """Yield the tables of all tasks in order, from this process or from several."""
    if isinstance(workers, bool) or not isinstance(workers, int) or workers < 1:
        raise StudyError(f"workers is {workers!r}; expected an integer from 1")
    if workers == 1 or len(tasks) < 2:
        for task in tasks:
            yield run_task(problem, task, wanted)
        return
    import pickle
    from concurrent.futures import ProcessPoolExecutor

    try:
        pickle.loads(pickle.dumps(problem))
    except (DecideError, pickle.PicklingError, AttributeError, TypeError) as error:
        raise StudyError(f"workers={workers} needs everything to reach other processes, but: {error}") from None
    with ProcessPoolExecutor(min(workers, len(tasks)), initializer=keep_memory) as pool:
        ahead = 2 * workers  # so that finished tables do not pile up
        futures = [pool.submit(run_task, problem, task, wanted) for task in tasks[:ahead]]
        try:
            for k in range(len(tasks)):
                table = futures[k].result()
                futures[k] = None  # type: ignore[call-overload]
                if k + ahead < len(tasks):
                    futures.append(pool.submit(run_task, problem, tasks[k + ahead], wanted))
                yield table
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _recheck(problem: Problem, task: Task) -> None:
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


def progress_of(progress: Progress, what: str) -> Callable[[int, int], None]:
    """Return what shows progress: the caller's function, a line on standard error that counts `what`, or nothing."""
    if callable(progress):
        return progress
    if not progress:
        return lambda _done, _total: None

    def line(done: int, total: int) -> None:
        end = "\n" if done == total else ""
        sys.stderr.write(f"\r{done:,} of {total:,} {what} ({done / total:.0%}){end}")
        sys.stderr.flush()

    return line
