"""Which parameters matter to the answer of a study: its worlds are solved again, in pairs, and variances shared out.

Which design is used follows from what the study is: pairs (A, B, AB_i) where parameters are drawn independently, chains
of conditional draws where they are dependent, and the study's own draws where no more worlds can be solved. The
arithmetic is that of `decide.sensitivity`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from decide.errors import StudyError, unknown
from decide.evaluate import CLASSES, DEPENDS, TIED, Problem
from decide.points import Status, solved
from decide.sensitivity.given_data import given_partials
from decide.sensitivity.indices import Partials, indicators, paired_partials, shares_of_variance
from decide.sensitivity.sampling import Plan, correlation_root, seed_of
from decide.sensitivity.shapley import shapley_partials
from decide.sensitivity.value_of_information import information_partials
from decide.study.resolving import Block, Players, chains, pairs, plan_of, solve_design

if TYPE_CHECKING:
    import xarray as xr

    from decide.study.results import Study

__all__ = ["LABELS", "NUMBERS", "importance_of", "salib_problem"]

FloatArray = NDArray[np.float64]

#: Answers that are labels, and outputs that are numbers.
LABELS = ("recommended", "selected", "modal_choice", "n_equilibria")
NUMBERS = ("option_value", "advantage", "margin", "payoff")

#: Draws without replicates of their own are divided into so many blocks; so many draws there must be.
BLOCKS, FEWEST_GIVEN = 20, 100
#: What one row of labels more or less adds to a sum of half squared changes: the least error of an index of labels.
ONE_ROW = 0.5

MEANING = (
    "shares of variance over the stated ranges; information_share: of the expected gain from learning everything "
    "before choosing, the part that learning this alone would bring"
)


def importance_of(
    study: Study,
    *,
    of: str,
    groups: Mapping[str, Iterable[str]] | str | None,
    draws: int | None,
    rng: int | np.random.Generator | None,
    confidence: float,
    most_dropped: float,
) -> xr.Dataset:
    """Return how much each parameter matters; see `Study.importance`."""
    if of not in (*LABELS, *NUMBERS):
        raise unknown("output (of=)", of, (*LABELS, *NUMBERS))
    for name, value in (("confidence", confidence), ("most_dropped", most_dropped)):
        if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not 0 < value < 1:
            raise StudyError(f"{name} is {value!r}; expected a number above 0 and below 1")
    design = json.loads(study.data.attrs["design"])
    drawn = tuple(design["drawn"])
    swept = tuple(name for name, own in design.get("settings", {}).items() if len(own) > 1)
    if not drawn:
        raise StudyError("no parameter of this study is drawn; expected at least one, to ask which matters")
    players = _players(study, (*drawn, *swept), groups)
    question = _Question(study, of, players, drawn, swept, float(confidence), float(most_dropped))
    if study.problem is None or design["sampling"] == "given":
        if draws is not None:
            why = "was read from a file" if study.problem is None else "has a design of its own"
            raise StudyError(f"draws is {draws!r}, but the study {why}: only its own draws are used; expected None")
        return _from_given_draws(question, design, 0 if rng is None else seed_of(rng))
    root = correlation_root({_pair(k): v for k, v in design["correlation"].items()}, drawn)
    plan = plan_of(study.problem, draws, len(players), seed_of(rng))
    if root is not None and _depend(root, drawn, players):
        if swept:
            raise StudyError(
                f"parameters are correlated, and the setting {swept[0]} was swept; expected one value of it: "
                f"study.where({swept[0]}=...).importance()"
            )
        return _from_chains(question, study.problem, plan, root)
    return _from_pairs(question, study.problem, plan, root)


def salib_problem(study: Study) -> dict[str, Any]:
    """Return what was drawn in the words of SALib; see `Study.to_salib`."""
    design = json.loads(study.data.attrs["design"])
    if study.problem is None:
        raise StudyError("the study was read from a file, which does not hold the parameters' ranges")
    if design.get("correlation"):
        raise StudyError(
            f"parameters are correlated ({', '.join(design['correlation'])}); SALib expects independent ones"
        )
    known = {name: study.problem.model.parameters[name] for name in design["drawn"]}
    for name, p in known.items():
        if p.low is None or p.high is None or p.distribution is not None:
            raise StudyError(f"{name} is {p!r}; SALib expects a uniform range")
    problem: dict[str, Any] = {
        "num_vars": len(known),
        "names": list(known),
        "bounds": [[p.low, p.high] for p in known.values()],
    }
    if any(p.group for p in known.values()):
        problem["groups"] = [p.group or name for name, p in known.items()]
    return problem


# ------------------------------------------------------------------ who shares


def _players(study: Study, drawn: tuple[str, ...], groups: Mapping[str, Iterable[str]] | str | None) -> Players:
    """Return what variance is shared out among, in the order of the study's parameters."""
    owner = {} if groups is None else _owners(study, drawn, groups)
    players: dict[str, tuple[str, ...]] = {}
    for name in drawn:
        if name not in owner and name in owner.values():
            raise StudyError(f"a group is called {name!r}, as a parameter outside it is; expected another name")
        player = owner.get(name, name)
        players[player] = (*players.get(player, ()), name)
    return players


def _owners(study: Study, drawn: tuple[str, ...], groups: Mapping[str, Iterable[str]] | str) -> dict[str, str]:
    """Return the group of each parameter that is in one."""
    if isinstance(groups, str):
        if groups not in ("group", "kind"):
            raise unknown("way to group parameters", groups, ("group", "kind"))
        attributes = {name: study.data[name].attrs if name in study.data else {} for name in drawn}
        if study.problem is not None:
            known = study.problem.model.parameters
            attributes |= {name: {groups: getattr(known[name], groups)} for name in drawn if name in known}
        return {name: str(own[groups]) for name, own in attributes.items() if own.get(groups)}
    if not isinstance(groups, Mapping):
        raise StudyError(f"groups is {groups!r}; expected names by group, 'group' or 'kind'")
    owner: dict[str, str] = {}
    for group, members in groups.items():
        for name in (members,) if isinstance(members, str) else members:
            if name not in drawn:
                raise unknown(f"parameter that is drawn (in group {str(group)!r})", name, drawn)
            if owner.get(name, str(group)) != str(group):
                raise StudyError(f"{name} is in the groups {owner[name]!r} and {str(group)!r}; expected one group")
            owner[name] = str(group)
    return owner


def _pair(text: str) -> tuple[str, str]:
    a, b = text.split(" ~ ")
    return a, b


def _depend(root: FloatArray, drawn: tuple[str, ...], players: Players) -> bool:
    """Whether any correlation runs between two of those who share."""
    matrix = root @ root.T
    owner = np.array([next(k for k, own in enumerate(players.values()) if name in own) for name in drawn])
    return bool((np.abs(matrix[owner[:, None] != owner]) > 1e-12).any())


# ------------------------------------------------------------------ what is asked


@dataclass(frozen=True, eq=False)
class _Question:
    """What is asked of a study."""

    study: Study
    of: str
    players: Players
    drawn: tuple[str, ...]
    swept: tuple[str, ...]
    confidence: float
    most_dropped: float

    def usable(self, table: Mapping[str, NDArray[Any]]) -> NDArray[np.bool_]:
        """Return which worlds have an answer."""
        status = np.asarray(table["status"])
        if self.of in ("recommended", "n_equilibria"):  # what runs over all equilibria stands where a rule chose none
            return np.asarray(solved(status) | (status == Status.NO_SELECTION))
        return solved(status)

    @property
    def inputs(self) -> tuple[str, ...]:
        """What was drawn: parameters, then settings."""
        return (*self.drawn, *self.swept)

    def outputs(
        self, answers: Sequence[NDArray[Any]], alive: Sequence[NDArray[np.bool_]] | None = None
    ) -> tuple[list[str], list[FloatArray]]:
        """Return the outputs' names, and their values along a last axis: for labels, one indicator a label."""
        options = self.study.options
        if self.of == "margin":
            return ["margin"], [y[..., None] for y in answers]
        if self.of in NUMBERS:
            names = [str(p) for p in self.study.data["player"].values] if self.of == "payoff" else list(options)
            return names, list(answers)
        if self.of == "n_equilibria":
            seen = answers if alive is None else [y[there] for y, there in zip(answers, alive, strict=True)]
            counts = sorted({int(c) for y in seen for c in np.unique(y)})
            return [str(c) for c in counts], [indicators(y, counts) for y in answers]
        classes = (TIED,) if self.of == "modal_choice" else (TIED, DEPENDS)
        codes = [*range(len(options)), *(len(options) + c for c in classes)]
        return [*options, *(CLASSES[c] for c in classes)], [indicators(y, codes) for y in answers]

    def refuse(self, dropped: float, what: str, complaints: Sequence[str]) -> None:
        """Refuse to go on if too much was dropped."""
        if dropped > self.most_dropped:
            first = f"; first failure: {complaints[0]}" if complaints else ""
            raise StudyError(
                f"{dropped:.1%} of {what} have no answer; expected at most {self.most_dropped:.1%} "
                f"(most_dropped=), because what is left is another space than the one stated{first}"
            )


# ------------------------------------------------------------------ three designs


def _from_pairs(question: _Question, problem: Problem, plan: Plan, root: FloatArray | None) -> xr.Dataset:
    """First-order and total indices, from pairs of draws."""
    levels = {name: question.study.levels[name] for name in question.swept}
    design = pairs(problem, plan, question.drawn, question.players, root, levels)
    worlds = solve_design(problem, plan, design, question.of, question.usable, levels)
    question.refuse(worlds.failed, "the worlds", worlds.complaints)
    names, outputs = question.outputs(worlds.answers, worlds.alive)
    there = [y[alive] for y, alive in zip(outputs, worlds.alive, strict=True)]
    first, total = paired_partials(outputs, worlds.alive)
    table = _Findings(question, names, _constant(there), first.whole[0] / sum(y.shape[1] for y in outputs))
    draws = _joined(worlds.draws)
    table.notes["method"] = "paired design: first-order by Saltelli et al. (2010), total by Jansen (1999)"
    if worlds.failed and all(len(own) == 1 for own in question.players.values()):
        rows = np.concatenate([alive[:2].reshape(-1) for alive in worlds.alive])
        ends = np.concatenate([y[:2][alive[:2]] for y, alive in zip(outputs, worlds.alive, strict=True)])
        own = np.repeat(np.arange(len(outputs)), [int(alive[:2].sum()) for alive in worlds.alive])
        table.add("first", given_partials([draws[name][rows] for name in question.inputs], ends, own))
        table.notes["method"] = (
            "first-order: given data, over all worlds with an answer (Plischke, Borgonovo & Smith 2013); total: paired "
            "design, over the pairs that both have one (Jansen 1999)"
        )
    else:
        table.add("first", first, ONE_ROW)
    table.add("total", total, ONE_ROW)
    replicate = np.repeat(np.arange(len(worlds.valued)), [len(v) for v in worlds.valued])
    table.add_information(draws, worlds.option_values, worlds.valued, replicate)
    table.notes |= _notes(plan, worlds.count, float(worlds.lost_pairs().max())) | {"failed": worlds.failed}
    return table.dataset()


def _from_chains(question: _Question, problem: Problem, plan: Plan, root: FloatArray) -> xr.Dataset:
    """Shapley effects, from chains of conditional draws."""
    orders: list[NDArray[np.intp]] = []
    design = chains(problem, plan, question.drawn, question.players, root, orders)
    worlds = solve_design(problem, plan, design, question.of, question.usable)
    keeps = worlds.keep
    dropped = 1.0 - float(np.concatenate(keeps).mean())
    question.refuse(dropped, "the chains of worlds", worlds.complaints)
    names, outputs = question.outputs([y[:, keep] for y, keep in zip(worlds.answers, keeps, strict=True)])
    chained = [np.concatenate([y[:1], y[2:], y[1:2]]) for y in outputs]  # both ends were solved first
    kept = [order[keep] for order, keep in zip(orders, keeps, strict=True)]
    effects = shapley_partials(chained, kept)
    table = _Findings(question, names, _constant(outputs), effects.whole[0] / sum(y.shape[1] for y in outputs))
    draws = _joined(worlds.draws)
    if all(len(own) == 1 for own in question.players.values()):
        ends = np.concatenate([np.concatenate([y[0], y[1]]) for y in outputs])
        rows = np.concatenate([np.tile(keep, 2) for keep in keeps])
        own = np.repeat(np.arange(len(outputs)), [2 * y.shape[1] for y in outputs])
        table.add("first", given_partials([draws[name][rows] for name in question.drawn], ends, own))
    else:
        table.notes["first"] = "absent: first-order indices of dependent groups are not estimated"
    table.add("shapley", effects, ONE_ROW)
    replicate = np.repeat(np.arange(len(worlds.valued)), [len(v) for v in worlds.valued])
    table.add_information(draws, worlds.option_values, worlds.valued, replicate)
    table.notes |= _notes(plan, worlds.count, dropped) | {"failed": worlds.failed}
    table.notes["method"] = "chains of conditional draws: Shapley effects (Song, Nelson & Staum 2016)"
    table.notes["total"] = "absent: parameters are dependent, and total indices would not share the variance out"
    return table.dataset()


def _from_given_draws(question: _Question, design: Mapping[str, Any], entropy: int) -> xr.Dataset:
    """First-order indices, from the draws that are there."""
    study = question.study
    for group, members in question.players.items():
        if len(members) > 1:
            raise StudyError(
                f"group {group!r} has {len(members)} members; expected single parameters, because only the study's own "
                "draws can be used (sweep a number of draws to have groups)"
            )
    status = study._column("status")
    usable = question.usable({"status": status})
    question.refuse(float((~usable).mean()), "the draws", [c for c in [study.data.attrs.get("first_failure")] if c])
    if usable.sum() < FEWEST_GIVEN:
        raise StudyError(f"the study has {int(usable.sum())} draws with an answer; expected at least {FEWEST_GIVEN}")
    names, (y,) = question.outputs([study._column(question.of)[usable]])
    replicate = np.asarray(study.data["replicate"].values)
    if len(np.unique(replicate[usable])) < 5:  # none, or too few: rows are taken as independent, and cut into blocks
        several = math.prod(len(own) for own in design.get("settings", {}).values())
        once = design["draws"] // several  # the same draws are solved under every setting, and stay in one block
        replicate = np.random.default_rng(entropy).permutation(np.arange(once) % BLOCKS)
        replicate = replicate[np.arange(len(usable)) % once]
    draws = {name: study._column(name).astype(np.float64) for name in question.inputs}
    own = np.unique(replicate[usable], return_inverse=True)[1]
    partials = given_partials([draws[name][usable] for name in question.inputs], y, own)
    table = _Findings(question, names, _constant([y]), partials.whole[0])
    table.add("first", partials)
    if "option_value" in study.data:
        table.add_information(draws, [study._column("option_value")], [solved(status)], replicate)
    else:
        table.notes["information_share"] = "absent: the study did not keep option_value"
    blocks = Plan(design["sampling"], tuple(np.bincount(own)), entropy)
    table.notes |= _notes(blocks, 0, float((~usable).mean())) | {
        "draws": len(usable), "failed": float((~usable).mean())
    }  # fmt: skip
    table.notes["method"] = "given data: conditional means in bins (Plischke, Borgonovo & Smith 2013)"
    table.notes["total"] = (
        "absent: parameters are dependent, and a study read from a file cannot solve the worlds of Shapley effects"
        if design.get("correlation")
        else "absent: total indices need a paired design, and only the study's own draws can be used"
    )
    return table.dataset()


def _joined(parts: Sequence[Block]) -> Block:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _notes(plan: Plan, worlds: int, dropped: float) -> dict[str, Any]:
    return {
        "sampling": plan.sampling, "seed": str(plan.entropy), "replicates": len(plan.sizes), "draws": sum(plan.sizes),
        "worlds": worlds, "dropped": dropped,
    }  # fmt: skip


# ------------------------------------------------------------------ the table


def _constant(outputs: Sequence[FloatArray]) -> NDArray[np.bool_]:
    """Which outputs do not vary, beyond rounding."""
    rows = [y.reshape(-1, y.shape[-1]) for y in outputs if y.size]
    low, high = np.min([y.min(axis=0) for y in rows], axis=0), np.max([y.max(axis=0) for y in rows], axis=0)
    return np.asarray(high - low <= 1e-12 * np.maximum(np.abs(low), np.abs(high)))


class _Findings:
    """The dataset in the making."""

    def __init__(
        self, question: _Question, names: list[str], constant: NDArray[np.bool_], variance: FloatArray
    ) -> None:
        self.question, self.names, self.constant = question, names, constant
        self.data: dict[str, Any] = {}
        self.notes: dict[str, Any] = {}
        self.after = {"variance": ("option", np.where(constant, 0.0, variance)), "constant": ("option", constant)}

    def add(self, name: str, partials: Partials, one_row: float = 0.0) -> None:
        """Put in an index of each output, and of all together."""
        floor = one_row if self.question.of in LABELS else 0.0
        self._put(name, ("parameter", "option"), partials, self.constant, floor)
        if self.question.of == "payoff":
            self.notes["aggregated"] = "absent: payoffs of different players are not added"
            return
        varies = Partials(partials.partial[..., ~self.constant], partials.whole[:, ~self.constant])
        same = np.array([bool(self.constant.all())])
        self._put(f"aggregated_{name}", ("parameter",), varies.together(), same, 2 * floor)

    def add_information(
        self,
        draws: Block,
        option_values: Sequence[FloatArray],
        valued: Sequence[NDArray[np.bool_]],
        replicate: NDArray[np.integer],
    ) -> None:
        """Put in what learning each parameter alone is worth."""
        known = np.concatenate(valued)
        own = np.unique(replicate[known], return_inverse=True)[1]
        if known.mean() < 1 - self.question.most_dropped or not own.max(initial=0):
            self.notes["information_share"] = "absent: too few draws have option values"
            return
        values = np.concatenate(option_values)[known]
        inputs = [[draws[name][known] for name in members] for members in self.question.players.values()]
        partials = information_partials(inputs, values, own)
        perfect = float(partials.whole[0, 0])
        idle = perfect <= 1e-9 * float(np.ptp(values))
        self._put("information_share", ("parameter",), partials, np.array([idle]), 0.0)
        share = self.data["information_share"][1]
        self.data["information_value"] = ("parameter", share * (0.0 if idle else perfect))
        self.notes["perfect_information"] = 0.0 if idle else perfect

    def _put(
        self, name: str, dims: tuple[str, ...], partials: Partials, constant: NDArray[np.bool_], floor: float
    ) -> None:
        found = shares_of_variance(partials, self.question.confidence, constant, floor)
        for suffix, values in (("", found.value), ("_low", found.low), ("_high", found.high)):
            self.data[f"{name}{suffix}"] = (dims, values if len(dims) == 2 else values[:, 0])

    def dataset(self) -> xr.Dataset:
        """Finish it."""
        import xarray as xr

        question, study = self.question, self.question.study
        told = {name: study.data.attrs[name] for name in ("model", "title", "decider", "selection")}
        told |= {"of": question.of, "confidence": question.confidence, "meaning": MEANING}
        if self.constant.all():
            told["constant"] = "the output is the same in every world: no sensitivity"
        if question.swept:
            told["settings"] = (
                f"{', '.join(question.swept)} swept: drawn like a parameter, each value as likely as the next"
            )
        members = [", ".join(own) for own in question.players.values()]
        return xr.Dataset(
            self.data | self.after,
            coords={"parameter": list(question.players), "option": self.names, "members": ("parameter", members)},
            attrs=told | self.notes,
        )
