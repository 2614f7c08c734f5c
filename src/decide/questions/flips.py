"""The closest world in which the answer is another one."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from decide.errors import StudyError, unknown
from decide.evaluate import FAILED, TIED
from decide.frozen import FrozenMap
from decide.models import Model
from decide.questions.asking import ANSWERS, Asked, FloatArray, ask, check_answer, check_resolution, those_named
from decide.sensitivity.flipping import NORMS, Glance, length, nearest
from decide.sensitivity.sampling import seed_of
from decide.sensitivity.switching import Scan
from decide.study import Selection

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Flip", "nearest_flip"]

#: So many changes are written out in a sentence.
SHOWN = 4


@dataclass(frozen=True)
class Flip:
    """The closest world found in which the answer is another one.

    Attributes
    ----------
    found : bool
        Whether there is one within the ranges, as far as was looked.
    changes : mapping of str to (float, float)
        Parameters that move: their value at the base, and there. Those that move by the largest share of their range
        come first; among equals, those whose move does most.
    distance : float
        Length of the change, in shares of the ranges; infinite if none was found.
    option : str
        The answer there: an option, or ``depends on equilibrium``; the answer at the base if none was found.
    instead_of : str
        The answer at the base.
    norm : {"one", "largest", "euclidean"}
        How changes are measured.
    proof : str
        What the distance is known to be: the closest found, or the closest but for regions narrower than a step.
    units : mapping of str to str
        Of the parameters that move.
    shares : mapping of str to float
        By how much of its range each of them moves; negative where it falls.
    stayed : tuple of str
        Parameters that were not let move, because they take certain values only.
    """

    found: bool
    changes: Mapping[str, tuple[float, float]]
    distance: float
    option: str
    instead_of: str
    norm: str
    proof: str
    units: Mapping[str, str]
    shares: Mapping[str, float]
    stayed: tuple[str, ...] = ()

    def to_dataframe(self) -> pd.DataFrame:
        """Return a pandas frame, one row a parameter that moves."""
        import pandas as pd

        rows = [(name, a, b, self.units[name]) for name, (a, b) in self.changes.items()]
        return pd.DataFrame(rows, columns=["parameter", "base", "there", "unit"]).set_index("parameter")

    def __str__(self) -> str:
        if not self.found:
            return f"{self.instead_of} throughout: no other answer was found within the ranges{self._stayed()}"
        moves = [
            f"{name} {'rises' if b > a else 'falls'} from {_short(a, b)} to {_short(b, a)}"
            for name, (a, b) in list(self.changes.items())[:SHOWN]
        ]
        if rest := len(self.changes) - SHOWN:
            how = "no more" if self.norm == "largest" else "less"  # there most move alike
            moves += [f"{rest} other{'s' if rest > 1 else ''} by {how}"] if rest > 0 else []
        words = " and ".join([", ".join(moves[:-1]), moves[-1]] if len(moves) > 1 else moves)
        share = "of its range" if self.norm == "one" else f"of the ranges ({self.norm} norm)"
        said = f"{self.option} instead of {self.instead_of} if {words}: {self.distance:.2%} {share}; {self.proof}"
        return said + self._stayed()

    def _stayed(self) -> str:
        many = len(self.stayed) > 1
        what = f"which {'take' if many else 'takes'} certain values only, {'were' if many else 'was'} kept at the base"
        return f"; {' and '.join(self.stayed)}, {what}" if self.stayed else ""


def _short(value: float, other: float) -> str:
    """A number with as many digits as tell it from the other."""
    digits = next((d for d in range(3, 17) if f"{value:.{d}g}" != f"{other:.{d}g}"), 17)
    return f"{value:.{digits}g}"


def nearest_flip(
    model: Model[Any],
    *,
    base: Mapping[str, Any] | str | None = None,
    norm: str = "largest",
    parameters: Iterable[str] | None = None,
    most: int | None = None,
    to: str | None = None,
    by: str = "recommended",
    resolution: int = 200,
    rng: int | np.random.Generator | None = 0,
    method: str = "auto",
    selection: Selection | None = None,
    decider: str | None = None,
    at: str | None = None,
    **options: Any,
) -> Flip:
    """Find the closest world in which the answer is another one.

    Parameters
    ----------
    model : Model
    base : mapping or str, optional
        The world to start from: values by name, or the name of a view; one outside a range extends it.
    norm : {"largest", "euclidean", "one"}
        How far a world is: by the largest change of any parameter, each as a share of its range; by the root of the sum
        of their squares; or by the change of one parameter, all others at base.
    parameters : iterable of str, optional
        Those that may move; all with a range unless given. One with ``choices`` moves only alone (``norm="one"``).
    most : int, optional
        Move at most so many: those that move furthest when all may (for a counterfactual one can read).
    to : str, optional
        The option that the answer must become; any other answer unless given.
    by : {"recommended", "selected", "modal_choice"}
        Which answer is followed.
    resolution : int
        For ``norm="one"``: regions wider than this part of a range are found; see `switch_points`.
    rng : None, int or numpy.random.Generator
        For the directions that are tried.
    method, selection, decider, at, **options
        As for `decide.sweep`.

    Returns
    -------
    Flip
        The world lies just beyond the boundary, and was solved.

    Raises
    ------
    StudyError
        If no parameter can move, or `norm` or `by` is none of these.
    UnknownNameError
        If there is no such parameter, view or option.

    Notes
    -----
    For all parameters together the distance is the closest *found* (`decide.sensitivity.flipping` says how): exact
    where option values are linear in the parameters, an upper bound elsewhere. A tie is the boundary, not an answer of
    its own; worlds that fail are none either. Cost: about 100,000 solves in 20 dimensions.

    Examples
    --------
    >>> from decide import Decision, ExtensiveForm, Outcome, Parameter, Value, model
    >>> @model(decider="Us")
    ... def harvest(*, rain: Value = Parameter(1, low=0, high=4), seed: Value = Parameter(2, low=1, high=3)):
    ...     return ExtensiveForm(Decision("Us", {"sow": Outcome({"Us": rain}), "keep": Outcome({"Us": seed})}))
    >>> flip = nearest_flip(harvest)
    >>> print(flip)
    sow instead of keep if rain rises from 1 to 1.67 and seed falls from 2 to 1.67: 16.67% of the ranges (largest norm);
    the closest found
    >>> nearest_flip(harvest, norm="one").changes["rain"][1].__round__(6)
    2.0
    """
    if norm not in (*NORMS, "one"):
        raise StudyError(f"norm is {norm!r}; expected one of {', '.join(('one', *NORMS))}")
    check_answer(by)
    check_resolution(resolution)
    asked = ask(model, base, method=method, selection=selection, decider=decider, at=at, options=options)
    if to is not None and to not in asked.options:
        raise unknown("option (to)", to, asked.options)
    names = _movable(asked, parameters, alone=norm == "one")
    target = None if to is None else asked.options.index(to)
    hunt = _Hunt(asked, by, int(asked.base[by][0]), target)
    if target is not None and hunt.start == target:
        raise StudyError(f"to is {to!r}, which is the answer at the base; expected another option")
    if most is not None and (isinstance(most, bool) or not isinstance(most, int | np.integer) or most < 1):
        raise StudyError(f"most is {most!r}; expected an integer from 1")
    if norm == "one" or most == 1:
        return _alone(hunt, names, int(resolution))
    seed = seed_of(rng)
    flip = _together(hunt, names, norm, np.random.default_rng(seed))
    if most is not None and len(flip.changes) > most:  # the Euclidean way tells who carries the change
        lean = flip if norm == "euclidean" else _together(hunt, names, "euclidean", np.random.default_rng(seed))
        flip = _together(hunt, tuple(lean.changes)[:most], norm, np.random.default_rng(seed))
    space = asked.problem.model.space
    wanted = space.free if parameters is None else ()  # those named are never left out
    return replace(flip, stayed=tuple(name for name in wanted if space[name].choices is not None))


def _movable(asked: Asked, parameters: Iterable[str] | None, *, alone: bool) -> tuple[str, ...]:
    """Names of the parameters that may move, each with a finite range."""
    space = asked.problem.model.space
    names = those_named(space, parameters)
    for name in names:
        p = space[name]
        if p.choices is None:
            asked.range_of(name)
        elif parameters is not None and not alone:
            raise StudyError(f"{name} takes only the values {p.choices}; expected norm='one', or leave it out")
    names = tuple(n for n in names if alone or space[n].choices is None)
    if not names:
        raise StudyError(f"{asked.problem.model.name} has no parameter that can move; expected at least one range")
    return names


@dataclass(frozen=True)
class _Hunt:
    """What is looked for: another answer than `start`, or the option `target`."""

    asked: Asked
    by: str
    start: int
    target: int | None

    def is_other(self, codes: Any) -> Any:
        """Whether an answer is what is looked for: neither that of the base, nor a tie, nor a failure."""
        if self.target is not None:
            return codes == self.target
        k = len(self.asked.options)
        return (codes != self.start) & (codes != k + TIED) & (codes != k + FAILED)

    def flip(
        self,
        changes: dict[str, tuple[float, float]],
        distance: float,
        code: int,
        norm: str,
        proof: str,
        shares: Mapping[str, float],
    ) -> Flip:
        """Say what was found, in words."""
        space, labels = self.asked.problem.model.space, self.asked.labels
        found = math.isfinite(distance)
        return Flip(
            found=found,
            changes=FrozenMap(changes),
            distance=distance,
            option=labels[code],
            instead_of=labels[self.start],
            norm=norm,
            proof=proof if found else "none was found",
            units=FrozenMap({name: space[name].unit for name in changes}),
            shares=FrozenMap(dict(shares)),
        )


def _together(hunt: _Hunt, names: tuple[str, ...], norm: str, rng: np.random.Generator) -> Flip:
    """Move all at once."""
    asked = hunt.asked
    at_base = np.array([float(asked.values[name]) for name in names])
    ends = np.array([asked.range_of(name) for name in names])
    low, high = np.minimum(ends[:, 0], at_base), np.maximum(ends[:, 1], at_base)
    width = high - low
    base = (at_base - low) / width
    leads = "choice" if ANSWERS[hunt.by] == "choice" else "advantage"  # what must rise for another answer
    wanted = frozenset({hunt.by, leads})
    rivals = [k for k in range(len(asked.options)) if k != hunt.start and hunt.target in (None, k)]

    def values(points: FloatArray) -> dict[str, FloatArray]:
        moved = low + points * width
        return {n: np.where(points[:, k] == base[k], at_base[k], moved[:, k]) for k, n in enumerate(names)}

    def look(points: FloatArray) -> Glance:
        table = asked.worlds(values(points), wanted)
        return Glance(np.asarray(hunt.is_other(table[hunt.by])), table[leads][:, rivals])

    found = nearest(look, base, norm, rng)
    if found.point is None:
        return hunt.flip({}, math.inf, hunt.start, norm, "", {})
    there = values(found.point[None])
    code = int(asked.worlds(there, wanted)[hunt.by][0])
    share = np.abs(found.point - base)
    order = [k for k in _by_weight(look, found.point, base, share) if share[k] > 0]
    moved = {names[k]: (float(at_base[k]), float(there[names[k]][0])) for k in order}
    distance = float(length(found.point - base, norm))
    moves = {names[k]: float(found.point[k] - base[k]) for k in order}
    return hunt.flip(moved, distance, code, norm, "the closest found", moves)


def _by_weight(
    look: Callable[[FloatArray], Glance], point: FloatArray, base: FloatArray, share: FloatArray
) -> list[int]:
    """Coordinates by how far they move and, where they move alike, by what it would cost the rivals to put one back."""
    back = np.where(np.eye(len(base), dtype=np.bool_), base, point)
    lead = look(np.concatenate([point[None], back])).lead.max(axis=1, initial=-np.inf)
    loss = lead[0] - lead[1:] if np.isfinite(lead).all() else np.zeros(len(base))
    return [int(k) for k in np.lexsort((-loss, -np.round(share, 6)))]


def _alone(hunt: _Hunt, names: tuple[str, ...], resolution: int) -> Flip:
    """Move one at a time: every region of its range is found, unless it is narrower than a step."""
    asked, space = hunt.asked, hunt.asked.problem.model.space
    ends = {}
    for name in names:
        if space[name].choices is None:
            (low, high), here = asked.range_of(name), float(asked.values[name])
            ends[name] = min(low, here), max(high, here)  # a view outside the range: what lies between is looked at too
    scans = asked.scans(ends, hunt.by, resolution)
    best: tuple[float, str, float, int] = (math.inf, "", 0.0, hunt.start)
    for name in names:
        found = _nearest_region(hunt, name, scans[name]) if name in scans else _nearest_choice(hunt, name)
        best = min(best, found, key=lambda one: one[0])
    distance, name, edge, code = best
    if not math.isfinite(distance):
        return hunt.flip({}, math.inf, hunt.start, "one", "", {})
    value = edge
    if name in scans:
        cells = zip(scans[name].labels, itertools.pairwise(scans[name].edges), strict=True)
        low, high = next(ends for c, ends in cells if c == code and ends[0] <= edge <= ends[1])
        value = _just_inside(hunt, name, code, edge, low if edge == high else high)
    changes = {name: (float(asked.values[name]), value)}
    proof = f"the closest, unless an answer holds over less than 1/{resolution} of a range"
    move = {name: math.copysign(distance, value - float(asked.values[name]))}
    return hunt.flip(changes, distance, code, "one", proof, move)


def _nearest_choice(hunt: _Hunt, name: str) -> tuple[float, str, float, int]:
    """Distance, parameter, value and answer of the nearest choice with another answer."""
    at_base, choices = float(hunt.asked.values[name]), hunt.asked.problem.model.space[name].choices
    assert choices is not None
    tried = np.array(sorted({float(c) for c in choices} - {at_base}))
    codes = hunt.asked.worlds({name: tried}, frozenset({hunt.by}))[hunt.by] if len(tried) else np.zeros(0, dtype=int)
    span = max(choices) - min(choices) or 1.0
    hits = np.flatnonzero(hunt.is_other(codes))
    found = [(abs(tried[k] - at_base) / span, name, float(tried[k]), int(codes[k])) for k in hits]
    return min(found, default=(math.inf, name, at_base, hunt.start))


def _nearest_region(hunt: _Hunt, name: str, scan: Scan) -> tuple[float, str, float, int]:
    """Distance, parameter, edge and answer of the nearest other region of one parameter."""
    at_base, width = float(hunt.asked.values[name]), scan.edges[-1] - scan.edges[0]
    found = []
    for code, a, b in zip(scan.labels, scan.edges[:-1], scan.edges[1:], strict=True):
        if hunt.is_other(code):
            edge = min(max(at_base, a), b)  # the base itself on a knife's edge inside: the answer is all around it
            found.append((abs(edge - at_base) / width, name, edge, code))
    return min(found, default=(math.inf, name, at_base, hunt.start))


def _just_inside(hunt: _Hunt, name: str, code: int, edge: float, far: float) -> float:
    """The first of some values beyond a boundary that was solved and has the answer: the boundary itself is a tie."""
    shares = np.concatenate([[1e-9], np.geomspace(1e-8, 0.5, 24)])
    tried = edge + (far - edge) * shares
    hits = np.flatnonzero(hunt.asked.worlds({name: tried}, frozenset({hunt.by}))[hunt.by] == code)
    return float(tried[hits[0]]) if len(hits) else float((edge + far) / 2)
