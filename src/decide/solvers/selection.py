r"""Selection: rules that choose one equilibrium of each game, or none.

A rule names what an equilibrium must be; it is chosen if it is the only one found that is. Where none qualifies, or
more than one does, nothing is chosen and the status says so: there is no fallback. Rules compare the equilibria that
were *found*: where the list is not proved complete, `Solution.complete` stays False beside the choice.

What is compared:

- ``payoff_dominant``: at least as good for every player as every other equilibrium, and better for one (Harsanyi &
  Selten 1988 ask that it be better for all). A game's only equilibrium qualifies.
- ``risk_dominant``, two players: the *strict* equilibrium that risk-dominates every other strict one. Of two,
  ``a`` risk-dominates ``b`` if ``prod_i [u_i(a) - u_i(b_i, a_{-i})] > prod_i [u_i(b) - u_i(a_i, b_{-i})]``: the
  product of what the players lose by leaving alone for the other equilibrium is larger (Harsanyi & Selten 1988, for
  2 x 2 games; in larger ones it is their relation in the game of these two actions each, not the tracing procedure,
  and it may cycle, then nothing is chosen). Equilibria that are not strict are not compared; a game without a strict
  one has no choice.
- ``best``, ``worst``: the highest or lowest payoff of one player.
- ``maximum_entropy``: the largest sum over players of ``-sum p log p``.
- ``mixed``: the only one in which somebody mixes.
- ``strict``, ``undominated``, ``perfect``: the only one with that property (`decide.refinements`). Where it is not
  decided for some equilibrium, nothing is chosen.
- ``logit_limit``: the equilibrium the principal logit branch leads to (McKelvey & Palfrey 1995), every player's
  payoffs scaled to range 1 first. It must be among those found, within 1e-6.

Payoffs within 1e-9 of the player's payoff range are tied, and so are entropies within 1e-9; rows whose strategies
differ by at most 1e-9 are one equilibrium.

Cost: a few passes over the rows; ``undominated`` and ``perfect`` take linear programs where a player has more than two
actions, ``logit_limit`` follows a branch for each game. When not to use it: to hide that there are several equilibria;
a conclusion that depends on the rule is one about the rule.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from decide.equilibrium import Equilibrium, Game
from decide.errors import SolveError, unknown
from decide.games.normal import NormalForm
from decide.games.stochastic import StochasticGame
from decide.games.values import FloatArray
from decide.points import Points, Status
from decide.refinements import is_perfect, is_undominated
from decide.refinements.masks import dominance_mask, regular_mask, strict_mask
from decide.solution import Solution
from decide.solvers import logit
from decide.solvers.base import TIE

__all__ = ["FOR_PLAYER", "RULES", "Choice", "Rule", "choose", "pick", "select"]

#: How near the end of the logit branch an equilibrium must be to be the one it leads to.
NEAR = 1e-6

Rows: TypeAlias = NDArray[np.intp]
Bools: TypeAlias = NDArray[np.bool_]

#: A user's own rule: of the equilibria of one game it returns one, or None.
Choice: TypeAlias = Callable[[tuple[Equilibrium, ...]], Equilibrium | None]


class Case(NamedTuple):
    """What a rule looks at: as for `pick`; `player` is a position, or -1."""

    entries: FloatArray
    points: Points
    n_games: int
    player: int


#: Gives for every game a row of the points, or -1.
Rule: TypeAlias = Callable[[Case], Rows]


def pick(
    rule: str,
    entries: FloatArray,
    points: Points,
    n_games: int,
    *,
    player: str | int | None = None,
    players: Sequence[str] | None = None,
) -> Rows:
    """Choose one equilibrium of each game.

    Parameters
    ----------
    rule : str
        A name from `RULES`.
    entries : numpy.ndarray, shape (n_players, a_0, ..., a_{k-1}, n_games)
        Payoffs, games last. Rules about payoffs and probabilities take trees too: (n_players, n_leaves, n_games).
    points : Points
        Equilibria, rows sorted by game.
    n_games : int
    player : str or int, optional
        Whose payoff counts: needed by ``best`` and ``worst``, refused by the others.
    players : sequence of str, optional
        The names, if `player` is one.

    Returns
    -------
    numpy.ndarray of int, shape (n_games,)
        A row of `points`, or -1 where none or more than one qualifies.
    """
    if rule not in RULES:
        raise unknown("selection rule", rule, RULES)
    if (player is None) == (rule in FOR_PLAYER):
        if player is None:
            raise SolveError(f"selection {rule!r} needs player=: the name of the player whose payoff counts")
        raise SolveError(f"selection {rule!r} was given player {player!r}; expected none for this rule")
    if not len(points):
        return np.full(n_games, -1, dtype=np.intp)
    return RULES[rule](Case(entries, points, n_games, _index(player, players, len(entries))))


def select(
    solution: Solution,
    rule: str | Choice,
    *,
    player: str | None = None,
) -> Solution:
    """Keep one equilibrium of each game: the one a rule chooses.

    Parameters
    ----------
    solution : Solution
    rule : str or callable
        ``"payoff_dominant"``, ``"risk_dominant"``, ``"best"``, ``"worst"``, ``"maximum_entropy"``, ``"mixed"``,
        ``"strict"``, ``"undominated"``, ``"perfect"`` or ``"logit_limit"``; or a function of the tuple of equilibria of
        one game that returns one of them, or None. It is called game by game.
    player : str, optional
        Whose payoff counts, for ``"best"`` and ``"worst"``.

    Returns
    -------
    Solution
        The same, with only the chosen equilibria. Where the rule chooses none the status is NO_SELECTION (games
        without an equilibrium keep the status they had). `complete` stays what it was: where it is False, the choice
        was made among the equilibria that were found.

    Raises
    ------
    UnknownNameError
        If there is no such rule or player.
    SolveError
        If the rule does not apply to this game or concept, lacks its player, or returns what it was not given.

    Examples
    --------
    >>> from decide.solvers import solve
    >>> stag = solve(NormalForm.bimatrix([[9, 0], [8, 7]], [[9, 8], [0, 7]]))
    >>> stag.count, select(stag, "payoff_dominant").equilibria[0].payoffs["Row"]
    (3, 9.0)
    >>> select(stag, "risk_dominant").equilibria[0].payoffs["Row"]
    7.0
    >>> select(solve(NormalForm.bimatrix([[2, 0], [0, 1]], [[1, 0], [0, 2]])), "payoff_dominant").status.name
    'NO_SELECTION'
    """
    rows = choose(solution, rule, player=player)
    chosen = rows[rows >= 0]
    status = np.array(solution._status).reshape(-1)
    found = np.isin(status, [code for code in Status if code.ok])
    status[found & (rows < 0)] = Status.NO_SELECTION
    return solution.only(chosen, status.astype(np.int8))


def choose(solution: Solution, rule: str | Choice, *, player: str | None = None) -> Rows:
    """Return for every game (flat) the row of ``solution.points`` that a rule chooses, or -1; see `select`."""
    if not isinstance(solution, Solution):
        raise SolveError(f"{solution!r} is a {type(solution).__name__}; expected a Solution")
    if not isinstance(rule, str) and not callable(rule):
        raise SolveError(f"selection is {rule!r}; expected one of {', '.join(RULES)}, or a function")
    if player is not None and not isinstance(player, str):
        raise SolveError(f"player is {player!r}; expected one of {', '.join(solution.game.players)}")
    if callable(rule):
        if player is not None:
            raise SolveError(f"select was given player {player!r} with a function; expected no player")
        return _by_function(solution, rule)
    if rule in NORMAL_FORM:
        _refuse(rule, solution.game, solution.points)
    n, game = int(np.prod(solution.shape, dtype=np.intp)), solution.game
    return pick(rule, _payoffs(game), solution.points, n, player=player, players=game.players)


def _by_function(solution: Solution, rule: Choice) -> Rows:
    """Ask the user's function, game by game."""
    n = int(np.prod(solution.shape, dtype=np.intp))
    rows = np.full(n, -1, dtype=np.intp)
    starts = np.searchsorted(solution.points.owner, np.arange(n))
    for k, index in enumerate(np.ndindex(*solution.shape)):
        one = solution[index] if solution.shape else solution
        if not one.equilibria:
            continue
        chosen = rule(one.equilibria)
        place = next((p for p, e in enumerate(one.equilibria) if e is chosen), None)
        if chosen is not None and place is None:
            raise SolveError(f"the selection rule returned {chosen!r}; expected one of the equilibria given, or None")
        rows[k] = -1 if place is None else starts[k] + place
    return rows


def _refuse(rule: str, game: Game, points: Points) -> None:
    """Refuse what a rule about actions and independent mixing does not apply to."""
    if not isinstance(game, NormalForm):
        raise SolveError(f"selection {rule!r} takes a game in normal form; this is a tree")
    if points.joint.size:
        raise SolveError(f"selection {rule!r} takes players who mix independently; this concept is a correlated one")
    if rule == "risk_dominant" and len(game.players) != 2:
        raise SolveError(f"selection 'risk_dominant' takes two players; this game has {len(game.players)}")


def _payoffs(game: Game) -> FloatArray:
    """All payoffs of a game, players first and games last."""
    if isinstance(game, NormalForm):
        return game.entries()
    if isinstance(game, StochasticGame):
        flat, n = game.flat(), len(game.players)
        return np.moveaxis(np.concatenate([u.reshape(len(u), n, -1) for u in flat.payoffs], axis=2), 0, -1)
    return np.moveaxis(game.payoffs.reshape(-1, *game.payoffs.shape[-2:]), 0, -1)


def _index(player: str | int | None, players: Sequence[str] | None, n_players: int) -> int:
    """Position of the player, -1 for none."""
    if player is None:
        return -1
    names = list(range(n_players)) if isinstance(player, int) else list(players or ())
    if player not in names:
        raise unknown("player", player, names)
    return names.index(player)  # type: ignore[arg-type]


# ------------------------------------------------------------------ what the rules share


def _only(mask: Bools, case: Case) -> Rows:
    """Return for each game the row that is marked, or -1 if none is or several different ones are."""
    points, rows = case.points, np.flatnonzero(mask)
    owner = points.owner[rows]
    first = np.full(case.n_games, -1, dtype=np.intp)
    first[owner[::-1]] = rows[::-1]
    everything = [*points.strategies, *([points.joint] if points.joint.size else [])]
    differs = np.zeros(len(rows), dtype=np.bool_)
    for x in everything:
        differs |= (np.abs(x[rows] - x[first[owner]]) > TIE).any(axis=1)
    first[owner[differs]] = -1
    return first


def _highest(value: FloatArray, slack: FloatArray | float, case: Case) -> Bools:
    """Mark the rows within `slack` (per row) of the highest value of their game."""
    top = np.full(case.n_games, -np.inf)
    np.maximum.at(top, case.points.owner, value)
    return np.asarray(value >= top[case.points.owner] - slack)


def _slack(case: Case) -> FloatArray:
    """What counts as a tie in each player's payoff, shape (n, n_players)."""
    return TIE * _scale(case.entries)[:, case.points.owner].T


def _scale(entries: FloatArray) -> FloatArray:
    """Payoff range of each player in each game."""
    axes = tuple(range(1, entries.ndim - 1))
    return np.asarray(entries.max(axis=axes) - entries.min(axis=axes))


# ------------------------------------------------------------------ the rules


def _payoff_dominant(case: Case) -> Rows:
    """At least as good for every player as every other equilibrium, and better for one."""
    payoffs, slack = case.points.payoffs, _slack(case)
    tops = (_highest(payoffs[:, i], slack[:, i], case) for i in range(len(case.entries)))
    return _only(np.logical_and.reduce(list(tops)), case)


def _risk_dominant(case: Case) -> Rows:
    """The strict equilibrium (two players) that costs more to leave, in product, than every other strict one."""
    entries, points = case.entries, case.points
    strict = np.flatnonzero(strict_mask(entries[..., points.owner], points.strategies))
    owner = points.owner[strict]
    row, column = (x[strict].argmax(axis=1) for x in points.strategies)
    a, b = _pairs(owner)
    game, scale = owner[a], _scale(entries)[:, owner[a]]
    loss = np.ones((2, 2, len(a)))  # of a and of b; of the row and the column player
    for k, (own, other) in enumerate(((a, b), (b, a))):
        here = entries[:, row[own], column[own], game]
        loss[k, 0] = (here[0] - entries[0, row[other], column[own], game]) / scale[0]
        loss[k, 1] = (here[1] - entries[1, row[own], column[other], game]) / scale[1]
    beaten = loss[0].prod(axis=0) <= loss[1].prod(axis=0) + TIE * loss.sum(axis=(0, 1))
    mask = np.zeros(len(points), dtype=np.bool_)
    mask[strict] = True
    mask[strict[a[beaten]]] = False
    return _only(mask, case)


def _pairs(owner: Rows) -> tuple[Rows, Rows]:
    """All ordered pairs of different rows of the same game."""
    size = np.bincount(owner)[owner] if len(owner) else owner
    start = np.searchsorted(owner, owner)
    a = np.repeat(np.arange(len(owner)), size)
    place = np.arange(len(a)) - np.repeat(np.cumsum(size) - size, size)
    b = np.repeat(start, size) + place
    return a[a != b], b[a != b]


def _best(case: Case) -> Rows:
    """The one in which the player expects most."""
    own, slack = case.points.payoffs[:, case.player], _slack(case)[:, case.player]
    return _only(_highest(own, slack, case), case)


def _worst(case: Case) -> Rows:
    """The one in which the player expects least."""
    own, slack = case.points.payoffs[:, case.player], _slack(case)[:, case.player]
    return _only(_highest(-own, slack, case), case)


def _maximum_entropy(case: Case) -> Rows:
    """The largest sum of the entropies of the strategies."""
    entropy = np.zeros(len(case.points))
    for x in case.points.strategies:
        entropy -= (x * np.log(np.where(x > 0, x, 1.0))).sum(axis=1)
    return _only(_highest(entropy, TIE, case), case)


def _mixed(case: Case) -> Rows:
    """The only one in which somebody mixes."""
    somebody = np.zeros(len(case.points), dtype=np.bool_)
    for x in case.points.strategies:
        somebody |= x.max(axis=1) < 1 - TIE
    return _only(somebody, case)


def _strict(case: Case) -> Rows:
    """The only one in which everyone plays the only best reply (Harsanyi 1973)."""
    return _only(strict_mask(case.entries[..., case.points.owner], case.points.strategies), case)


def _undominated(case: Case) -> Rows:
    """The only one without weakly dominated strategies (Luce & Raiffa 1957)."""
    own, points = case.entries[..., case.points.owner], case.points
    no = dominance_mask(own, points.strategies)
    yes = ~no
    if max(own.shape[1:-1]) > 2:  # else no other dominance is left
        nash = points.relative_regret <= TIE
        yes &= nash & regular_mask(own, points.strategies)
    return _row_by_row(is_undominated, yes, no, own, case)


def _perfect(case: Case) -> Rows:
    """The only trembling-hand perfect one (Selten 1975)."""
    own, points = case.entries[..., case.points.owner], case.points
    no = dominance_mask(own, points.strategies) | (points.relative_regret > TIE)
    yes = ~no
    if len(own) != 2:
        yes &= strict_mask(own, points.strategies)
    elif max(own.shape[1:-1]) > 2:  # two players: undominated is perfect
        yes &= regular_mask(own, points.strategies)
    return _row_by_row(is_perfect, yes, no, own, case)


def _row_by_row(test: Callable[..., bool | None], yes: Bools, no: Bools, own: FloatArray, case: Case) -> Rows:
    """Test the rows that are still open one by one; a game with an undecided row has no choice."""
    yes, lost = yes.copy(), np.zeros(case.n_games, dtype=np.bool_)
    for k in np.flatnonzero(~yes & ~no):
        answer = test(own[..., k], tuple(x[k] for x in case.points.strategies))
        yes[k] = answer is True
        lost[case.points.owner[k]] |= answer is None
    return np.where(lost, -1, _only(yes, case))


def _logit_limit(case: Case) -> Rows:
    """The one the principal logit branch leads to (McKelvey & Palfrey 1995)."""
    points = case.points
    games = np.unique(points.owner)
    end = logit.limit(np.ascontiguousarray(case.entries[..., games]))
    place = np.searchsorted(games, points.owner)
    mask = np.asarray(end.ok)[place]
    for x, goal in zip(points.strategies, end.strategies, strict=True):
        mask &= (np.abs(x - goal[place]) <= NEAR).all(axis=1)
    return _only(mask, case)


#: Every rule by name; the first line of its docstring says what it chooses.
RULES: dict[str, Rule] = {
    "payoff_dominant": _payoff_dominant,
    "risk_dominant": _risk_dominant,
    "best": _best,
    "worst": _worst,
    "maximum_entropy": _maximum_entropy,
    "mixed": _mixed,
    "strict": _strict,
    "undominated": _undominated,
    "perfect": _perfect,
    "logit_limit": _logit_limit,
}
#: Rules that take a player.
FOR_PLAYER = ("best", "worst")
#: Rules about actions and independent mixing: for games in normal form.
NORMAL_FORM = ("risk_dominant", "strict", "undominated", "perfect", "logit_limit")
