"""The precision that fits observed play best: maximum likelihood on the principal branch of logit equilibria.

With counts ``c_ia`` of how often player i was seen to choose a, the log-likelihood of one precision, common to all
players, is ``sum_ia c_ia log p_ia(r)`` with p on the principal branch (McKelvey & Palfrey 1995; see `logit`). The
branch is scanned from precision 0 to a million per payoff range, and every maximum is refined by the sign of the
derivative, which the implicit function theorem gives. Where the branch bends back, p(r) jumps; a maximum may then be
the end of a piece. The interval holds the precisions that a likelihood ratio test does not reject (chi-square, one
degree of freedom); where these are several pieces, it spans them.

The estimate is infinite where no finite precision is more likely than the branch's limit: the data are those of a Nash
equilibrium. It is 0 where even play is at least as likely as anything else; if the interval then is everything, from 0
to infinity, the data cannot tell (in matching pennies the branch does not move at all).

Cost: some hundred points of the branch of one game.

When not to use it: for observations that depend on each other, as choices of the same people over time do. The
likelihood then counts the same evidence more than once, and the interval is too narrow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from decide.errors import SolveError, unknown
from decide.frozen import ByValue
from decide.games.normal import NormalForm
from decide.games.values import FloatArray
from decide.points import Status
from decide.solution import Solution
from decide.solvers import METHODS, solve_game
from decide.solvers.base import Found
from decide.solvers.certified import to_solution
from decide.solvers.door import GameLike, as_table
from decide.solvers.logit import limit, principal_branch
from decide.solvers.quantal import log_slopes

__all__ = ["LogitFit", "fit_logit"]

#: Precisions per (largest) payoff range that are scanned, and how finely a maximum or an end is settled.
SCAN = np.concatenate([[0.0], np.geomspace(1e-3, 1e6, 240)])
FINEST = 1e-11
#: Points to each refinement, and the share of a unit of likelihood, per observation, that is rounding.
POINTS = 33
ROUNDING = 1e-13


@dataclass(frozen=True, eq=False)
class LogitFit(ByValue):
    """The most likely precision of logit play.

    Attributes
    ----------
    rationality : float
        Precision per unit of payoff, the same for all players; infinity if no finite one is more likely than the limit.
    log_likelihood : float
        Of the observations, without the constant that counts their orders.
    low, high : float
        The interval of precisions that a likelihood ratio test does not reject.
    solution : Solution
        The logit equilibrium there.
    """

    rationality: float
    log_likelihood: float
    low: float
    high: float
    solution: Solution


class _Points(NamedTuple):
    """Log-likelihood and its derivative at precisions, shape (n,)."""

    likelihood: FloatArray
    score: FloatArray


def fit_logit(game: GameLike, counts: Mapping[str, Any], *, level: float = 0.95) -> LogitFit:
    """Estimate the precision of logit play from how often each action was chosen.

    Parameters
    ----------
    game : NormalForm, ExtensiveForm, Model, str or os.PathLike
        One game. A model is taken at its base, a file is read, and a tree stands for its
        reduced normal form.
    counts : mapping
        For each player observed the number of times it chose each action: a mapping from action to number (absent
        actions were never chosen), or a sequence in the order of the actions.
    level : float
        Confidence level of the interval.

    Returns
    -------
    LogitFit

    Raises
    ------
    SolveError
        If the game is a batch, the counts make no sense or are all 0, or no payoff depends on anything.

    Examples
    --------
    >>> game = NormalForm.bimatrix([[9, 0], [0, 1]], [[0, 1], [1, 0]])
    >>> fit = fit_logit(game, {"Row": [83, 17], "Column": {"0": 42, "1": 58}})
    >>> round(fit.rationality, 3), round(fit.low, 3), round(fit.high, 3)
    (0.496, 0.315, 0.776)
    """
    table = as_table(game)
    if table.shape:
        raise SolveError(f"this is a batch of shape {table.shape}; fit_logit takes one game: take game[i]")
    if isinstance(level, bool) or not isinstance(level, float | int | np.floating) or not 0 < level < 1:
        raise SolveError(f"level is {level!r}; expected a number between 0 and 1")
    observed = _observed(table, counts)
    entries = table.entries()
    span = float(np.ptp(entries, axis=tuple(range(1, entries.ndim))).max())
    if span == 0:
        raise SolveError("every payoff of a player is the same; no precision is more likely than another")

    def at(scaled: FloatArray) -> _Points:
        return _evaluate(entries, observed, scaled, span)

    scan = at(SCAN)
    best, likelihood = _maximum(at, scan)
    ending = limit(entries, np.ones((len(entries), 1)))
    top = _likelihood(observed, ending.strategies)[0] if ending.ok[0] else -np.inf
    slack = ROUNDING * sum(float(c.sum()) for c in observed)
    if best > 0 and top >= likelihood - slack:
        best, likelihood = np.inf, top
    elif best >= SCAN[-1]:
        raise SolveError(f"the likelihood still rises at a precision of {best / span:g}, and the limit was not found")
    low, high = _interval(at, scan, likelihood, top, best, level)
    return LogitFit(
        best / span, float(likelihood), low / span, high / span, _solution(table, best / span, ending.strategies)
    )


def _solution(game: NormalForm, rationality: float, ending: tuple[FloatArray, ...]) -> Solution:
    if np.isfinite(rationality):
        return solve_game(game, "logit", {"rationality": rationality})
    yes, no = np.ones(1, dtype=np.bool_), np.zeros(1, dtype=np.bool_)
    found = Found(np.zeros(1, dtype=np.intp), ending, yes, no, status=np.full(1, Status.SOLVED, dtype=np.int8))
    reason = "the limit of the principal branch in which all players have the same precision per unit of payoff"
    return to_solution(game, METHODS["logit"], found, reason, {"rationality": np.inf})


def _observed(game: NormalForm, counts: Mapping[str, Any]) -> list[FloatArray]:
    """Read the counts: per player an array over its actions, zeros where it was not observed."""
    if not isinstance(counts, Mapping):
        raise SolveError(f"counts is {counts!r}; expected a mapping from player to counts")
    for name in counts:
        if name not in game.players:
            raise unknown("player (in counts)", name, game.players)
    found = [_of_player(p, a, counts.get(p, {})) for p, a in zip(game.players, game.actions, strict=True)]
    if not any(c.any() for c in found):
        raise SolveError("counts are all 0; expected at least one observation")
    return found


def _of_player(player: str, actions: tuple[str, ...], given: Any) -> FloatArray:
    if isinstance(given, Mapping):
        for name in given:
            if name not in actions:
                raise unknown(f"action of {player} (in counts)", name, actions)
        given = [given.get(a, 0.0) for a in actions]
    try:
        numbers = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError):
        raise SolveError(f"counts of {player} are {given!r}; expected numbers") from None
    if numbers.shape != (len(actions),):
        raise SolveError(f"counts of {player} are {given!r}; expected {len(actions)}, one an action")
    if not (np.isfinite(numbers) & (numbers >= 0)).all():
        raise SolveError(f"counts of {player} are {given!r}; expected finite numbers from 0 on")
    return numbers


# ------------------------------------------------------------------ the likelihood


def _likelihood(observed: list[FloatArray], strategies: tuple[FloatArray, ...]) -> FloatArray:
    total = np.zeros(len(strategies[0]))
    with np.errstate(divide="ignore"):
        for c, p in zip(observed, strategies, strict=True):
            total += (c[c > 0] * np.log(p[:, c > 0])).sum(axis=1)
    return total


def _evaluate(entries: FloatArray, observed: list[FloatArray], scaled: FloatArray, span: float) -> _Points:
    games = np.broadcast_to(entries, (*entries.shape[:-1], len(scaled)))
    precision = np.tile(scaled / span, (len(entries), 1))
    branch = principal_branch(games, precision)
    unit = np.full(precision.shape, 1.0 / span)
    likelihood = np.where(branch.ok, _likelihood(observed, branch.strategies), -np.inf)
    return _Points(likelihood, _score(games, precision, unit, observed, branch.strategies))


def _score(
    games: FloatArray,
    precision: FloatArray,
    unit: FloatArray,
    observed: list[FloatArray],
    strategies: tuple[FloatArray, ...],
) -> FloatArray:
    """Differentiate by the scaled precision."""
    slopes = log_slopes(games, precision, strategies, unit)
    return np.asarray(sum((s @ c for s, c in zip(slopes, observed, strict=True)), np.zeros(precision.shape[1])))


def _maximum(at: Callable[[FloatArray], _Points], scan: _Points) -> tuple[float, float]:
    """Refine every place where the likelihood stops rising, and take the best; the lowest of equals."""
    values = scan.likelihood
    k = int(np.argmax(values >= values.max() - 1e-12 * np.abs(values.max())))
    found = [(float(SCAN[k]), float(values[k]))]
    places = {int(j) for j in np.flatnonzero((scan.score[:-1] > 0) & (scan.score[1:] <= 0))}
    places |= {j for j in (k - 1, k) if 0 <= j < len(SCAN) - 1 and scan.score[j] > 0}
    for place in sorted(places):
        found.append(_refine(at, float(SCAN[place]), float(SCAN[place + 1])))
    top = max(value for _, value in found)
    return min((s, value) for s, value in found if value >= top - 1e-14 * abs(top))


def _refine(at: Callable[[FloatArray], _Points], low: float, high: float) -> tuple[float, float]:
    """Find where the derivative changes sign, by grids; at a jump, the better side."""
    while True:
        grid = np.linspace(low, high, POINTS)
        points = at(grid)
        falls = np.flatnonzero((points.score[:-1] > 0) & (points.score[1:] <= 0))
        k = int(falls[np.argmax(points.likelihood[falls])]) if falls.size else int(np.argmax(points.likelihood))
        k = min(k, POINTS - 2)
        low, high = float(grid[k]), float(grid[k + 1])
        if high - low <= FINEST * (1.0 + high) or not falls.size:
            j = k + int(points.likelihood[k + 1] > points.likelihood[k])
            return float(grid[j]), float(points.likelihood[j])


def _interval(
    at: Callable[[FloatArray], _Points], scan: _Points, likelihood: float, top: float, best: float, level: float
) -> tuple[float, float]:
    """Span the precisions that the likelihood ratio does not reject."""
    from scipy.special import chdtri

    least = likelihood - float(chdtri(1, 1.0 - level)) / 2.0
    inside: NDArray[np.intp] = np.flatnonzero(scan.likelihood >= least)
    low = high = best
    if inside.size and SCAN[inside[0]] < low:
        k = int(inside[0])
        low = 0.0 if k == 0 else _crossing(at, least, float(SCAN[k - 1]), float(SCAN[k]))
    elif low > 0:
        k = int(np.searchsorted(SCAN, min(best, SCAN[-1])))
        low = _crossing(at, least, float(SCAN[k - 1]), min(best, float(SCAN[-1])))
    if top >= least:
        return low, np.inf
    if inside.size and SCAN[inside[-1]] > high:
        k = int(inside[-1])
        high = np.inf if k == len(SCAN) - 1 else _crossing(at, least, float(SCAN[k + 1]), float(SCAN[k]))
    elif np.isfinite(high):
        k = int(np.searchsorted(SCAN, best, side="right"))
        high = _crossing(at, least, float(SCAN[min(k, len(SCAN) - 1)]), best)
    return low, high


def _crossing(at: Callable[[FloatArray], _Points], least: float, outside: float, inside: float) -> float:
    """Find where the likelihood falls below the least, between a point outside and one inside."""
    while abs(inside - outside) > 1e-10 * (1.0 + abs(inside)):
        grid = np.linspace(outside, inside, POINTS)
        good = at(grid).likelihood >= least
        good[0], good[-1] = False, True
        k = int(np.argmax(good))
        outside, inside = float(grid[k - 1]), float(grid[k])
    return inside
