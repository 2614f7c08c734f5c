"""From a tree to its normal form and back.

A *plan* of a player says what to do at every information set, in the reduced form at those only that the plan itself
does not rule out. Plans are counted before they are listed. A mixed strategy over plans and the behaviour strategy made
of it lead to every leaf equally often, and so does the mixed strategy made of a behaviour strategy (Kuhn 1953), because
recall is perfect.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from decide.errors import GameError, TooLargeError
from decide.frozen import FrozenMap
from decide.games.normal import NormalForm
from decide.games.play import by_player, chance_of
from decide.games.values import FloatArray, Number

if TYPE_CHECKING:
    from decide.equilibrium import Equilibrium
    from decide.games.extensive import ExtensiveForm

__all__ = ["StrategicForm", "agent_form", "exact_entries", "strategic_form"]

Plan = tuple[tuple[int, int], ...]  # (information set, action), sets in the order of the tree


@dataclass(frozen=True, eq=False, repr=False)
class StrategicForm(NormalForm):
    """The normal form of a tree: a `NormalForm` whose actions are plans, with the ways there and back.

    Attributes
    ----------
    tree : ExtensiveForm
        The tree it was made from.
    plans : tuple of tuple
        Per player and plan, the (information set, action) pairs it consists of.
    """

    tree: Any = field(default=None, compare=False)
    plans: tuple[tuple[Plan, ...], ...] = field(default=(), compare=False)

    def behaviour(self, profile: Sequence[FloatArray]) -> tuple[FloatArray, ...]:
        r"""Return the behaviour strategies that a profile of mixed strategies amounts to.

        Parameters
        ----------
        profile : sequence of numpy.ndarray
            Per player the probabilities of its plans, shape (\*n, n_plans).

        Returns
        -------
        tuple of numpy.ndarray
            Per information set of the tree the probabilities of its actions, shape (\*n, n_actions); equal ones
            where the player's own plans never lead to the set.

        Raises
        ------
        GameError
            If the profile has another shape.

        See Also
        --------
        mixed
        """
        given = [np.shape(x)[-1:] for x in profile]
        if given != [(n,) for n in self.n_actions]:
            raise GameError(
                f"the profile has {[n for own in given for n in own]} probabilities; "
                f"expected {list(self.n_actions)}, one array of its plans' for each player"
            )
        found = []
        allow = [_allowed(self.tree, player, plans) for player, plans in enumerate(self.plans)]
        says = [list(map(dict, plans)) for plans in self.plans]
        for h, info in enumerate(self.tree.structure.infosets):
            mixed = np.asarray(profile[info.player], dtype=np.float64)
            before = self.tree.structure.sequences[info.player][info.nodes[0]]
            takes = np.zeros((mixed.shape[-1], len(info.actions)))
            for k in np.flatnonzero(allow[info.player][:, before]):
                takes[k, says[info.player][k][h]] = 1.0
            weight = mixed @ takes
            total = weight.sum(-1, keepdims=True)
            equal = np.full(weight.shape, 1 / len(info.actions))
            found.append(np.where(total > 0, weight / np.where(total > 0, total, 1.0), equal))
        return tuple(found)

    def mixed(self, behaviour: Sequence[FloatArray] | Mapping[str, Any] | Equilibrium) -> tuple[FloatArray, ...]:
        r"""Return the mixed strategies that behaviour strategies amount to: moves at different sets drawn separately.

        Parameters
        ----------
        behaviour : sequence of numpy.ndarray, mapping or Equilibrium
            Per information set the probabilities of its actions, shape (\*n, n_actions), as `behaviour` returns them
            or ``Equilibrium.profile`` of the tree holds them; or strategies by name, as
            `ExtensiveForm.expected_payoffs` takes them, here with a move at every set.

        Returns
        -------
        tuple of numpy.ndarray
            Per player the probabilities of its plans, shape (\*n, n_plans).

        Raises
        ------
        GameError
            If something is not said or has another shape.

        Examples
        --------
        >>> from decide import Decision, ExtensiveForm, Outcome
        >>> again = Decision("A", {"x": Outcome({"A": 1}), "y": Outcome({"A": 2})})
        >>> form = ExtensiveForm(Decision("A", {"stop": Outcome({"A": 0}), "go": again})).to_normal_form()
        >>> form.actions
        (('start: stop', 'start: go; go: x', 'start: go; go: y'),)
        >>> form.mixed({"A": {"start": {"stop": 0.5, "go": 0.5}, "go": "y"}})
        (array([0.5, 0. , 0.5]),)
        """
        infosets = self.tree.structure.infosets
        if not isinstance(behaviour, Sequence):
            behaviour = by_player(behaviour)
        if isinstance(behaviour, Mapping):
            said = [self.tree.odds_at(h, behaviour) for h in range(len(infosets))]
            rows = [np.stack(np.broadcast_arrays(*odds), axis=-1) for odds in said]
        else:
            rows = [np.asarray(x, dtype=np.float64) for x in behaviour]
            wanted, given = [len(i.actions) for i in infosets], [x.shape[-1] if x.ndim else 0 for x in rows]
            if wanted != given:
                raise GameError(
                    f"behaviour has {given} probabilities; expected {wanted}, one array for each information set"
                )
        shape = np.broadcast_shapes(*(x.shape[:-1] for x in rows))
        found = []
        for plans in self.plans:
            weight = np.ones((*shape, len(plans)))
            for k, plan in enumerate(plans):
                for h, a in plan:
                    weight[..., k] *= rows[h][..., a]
            found.append(weight)
        return tuple(found)


def strategic_form(
    tree: ExtensiveForm, limit: int, *, reduced: bool = True, above_lowest: bool = False
) -> StrategicForm:
    """Build the normal form of a tree, reduced or full, or refuse with its size.

    With `above_lowest` payoffs are counted from each player's lowest in each game: no strategy is worth more or less
    for it beside another, and averages over chance are not rounded to the size of what all payoffs have in common.
    """
    s = tree.structure
    if reduced:
        counts = [_count(tree, player) for player in range(len(s.players))]
    else:
        counts = [math.prod(len(h.actions) for h in s.infosets if h.player == i) for i in range(len(s.players))]
    size = math.prod(counts) * len(s.players)
    if size > limit:
        kind = "reduced normal form" if reduced else "normal form"
        raise TooLargeError(f"the {kind} has {_sizes(counts)} plans, {_large(size)} payoffs; expected at most {limit}")
    listed = _list_plans if reduced else _list_full_plans
    plans = tuple(listed(tree, player) for player in range(len(s.players)))
    leaves = list(s.leaves)
    follows = _follows(tree, plans)
    low = [_lowest(tree, player) if above_lowest else 0.0 for player in range(len(s.players))]
    memory: NDArray[np.float64] = np.zeros((len(s.players), *counts, *tree.shape))
    for k, leaf in enumerate(leaves):
        chance = chance_of(tree, leaf)
        cells = np.ix_(*(np.flatnonzero(f[:, k]) for f in follows))
        for player, where in enumerate(s.rows[leaf][3]):
            memory[player][cells] += chance * (tree.pool[where] - low[player])
    names = tuple(_names(tree, player, own) for player, own in enumerate(plans))
    made = object.__new__(StrategicForm)
    made._set(
        np.moveaxis(memory, range(len(counts) + 1, memory.ndim), range(len(tree.shape))), s.players, names, None, None
    )
    object.__setattr__(made, "tree", tree)
    object.__setattr__(made, "plans", plans)
    object.__setattr__(made, "outcomes", _profile_labels(tree, names, follows) if not tree.shape else None)
    return made


def exact_entries(form: StrategicForm, games: Sequence[int] | NDArray[np.intp]) -> NDArray[np.object_]:
    """Compute the table of some games (flat positions in the batch) from the tree's own numbers, without rounding.

    Returns
    -------
    numpy.ndarray of Fraction, shape (n_players, n_plans, ..., n_games)
        Payoffs above each player's lowest. The chances of a node are taken as shares of their sum, which is 1 to within
        rounding: else what they leave over would make a lottery over equal payoffs worth another amount.
    """
    tree, s = form.tree, form.tree.structure
    pool, follows = tree.flat_pool(), _follows(tree, form.plans)
    made = np.full((len(s.players), *map(len, form.plans), len(games)), Fraction(0), dtype=object)
    for column, g in enumerate(games):
        numbers = [Fraction(v if isinstance(v, float) else float(v[g])) for v in pool]
        weight = [Fraction(1)] * len(s.rows)
        for node in range(1, len(s.rows)):
            up = s.parent[node]
            weight[node] = weight[up]
            if s.infoset_of[up] < 0:
                odds = [numbers[k] for k in s.rows[up][3]]
                weight[node] *= odds[s.branch[node]] / sum(odds)
        low = [min(numbers[s.rows[leaf][3][i]] for leaf in s.leaves) for i in range(len(s.players))]
        for k, leaf in enumerate(s.leaves):
            cells = np.ix_(*(np.flatnonzero(f[:, k]) for f in follows))
            for player, where in enumerate(s.rows[leaf][3]):
                made[(player, ..., column)][cells] += weight[leaf] * (numbers[where] - low[player])
    return made


def _follows(tree: ExtensiveForm, plans: Sequence[tuple[Plan, ...]]) -> list[NDArray[np.bool_]]:
    """Whether each plan of each player makes its moves on the way to each leaf, shape (n_plans, n_leaves)."""
    s = tree.structure
    return [
        _allowed(tree, player, own)[:, [s.sequences[player][leaf] for leaf in s.leaves]]
        for player, own in enumerate(plans)
    ]


def _lowest(tree: ExtensiveForm, player: int) -> Any:
    s = tree.structure
    low, *rest = (tree.pool[k] for k in dict.fromkeys(s.rows[leaf][3][player] for leaf in s.leaves))
    for value in rest:
        low = np.minimum(low, value)
    return low


def _sizes(counts: Sequence[int]) -> str:
    """Numbers with crosses between them; many, or enormous ones, cut short."""
    shown = " x ".join(map(_large, counts[:6]))
    return shown if len(counts) <= 6 else f"{shown} x ... ({len(counts)} numbers)"


def _large(n: int) -> str:
    return str(n) if n < 10**30 else f"about 10^{math.log10(n):.0f}"


def agent_form(tree: ExtensiveForm, limit: int) -> NormalForm:
    """Build the agent normal form of a tree, or refuse with its size."""
    s = tree.structure
    counts = [len(info.actions) for info in s.infosets]
    size = math.prod(counts) * max(len(counts), 1)
    if not counts:
        raise GameError("nobody moves in this tree; it has no agents")
    if size > limit:
        raise TooLargeError(
            f"the agent form has {_sizes(counts)} actions, {_large(size)} payoffs; expected at most {limit}"
        )
    memory: NDArray[np.float64] = np.zeros((len(counts), *counts, *tree.shape))
    for leaf in s.leaves:
        where: list[Any] = [slice(None)] * len(counts)
        chance: Number = 1.0
        node = leaf
        while (up := s.parent[node]) >= 0:
            if s.kind[up] == 1:
                chance = chance * tree.pool[s.rows[up][3][s.branch[node]]]
            else:
                where[s.infoset_of[up]] = s.branch[node]
            node = up
        for h, info in enumerate(s.infosets):
            memory[(h, *where)] += chance * tree.pool[s.rows[leaf][3][info.player]]
    return NormalForm(
        np.moveaxis(memory, range(len(counts) + 1, memory.ndim), range(len(tree.shape))),
        players=[f"{s.players[info.player]} at {info.name}" for info in s.infosets],
        actions=[info.actions for info in s.infosets],
    )


def _sets_after(tree: ExtensiveForm, player: int) -> dict[int, list[int]]:
    """Per own sequence, the player's information sets that come next."""
    s = tree.structure
    after: dict[int, list[int]] = {}
    for h, info in enumerate(s.infosets):
        if info.player == player:
            after.setdefault(s.sequences[player][info.nodes[0]], []).append(h)
    return after


def _deepest_first(tree: ExtensiveForm, player: int) -> list[int]:
    """Own sequences, every one after those that continue it (they are numbered as met, so later means deeper)."""
    return list(range(len(tree.structure.sequence_table[player])))[::-1]


def _count(tree: ExtensiveForm, player: int) -> int:
    s, after = tree.structure, _sets_after(tree, player)
    step = {pair: k for k, pair in enumerate(s.sequence_table[player])}
    count: dict[int, int] = {}
    for q in _deepest_first(tree, player):
        count[q] = math.prod(
            sum(count[step[q, h, a]] for a in range(len(s.infosets[h].actions))) for h in after.get(q, [])
        )
    return count[0]


def _list_plans(tree: ExtensiveForm, player: int) -> tuple[Plan, ...]:
    s, after = tree.structure, _sets_after(tree, player)
    step = {pair: k for k, pair in enumerate(s.sequence_table[player])}
    plans: dict[int, list[Plan]] = {}
    for q in _deepest_first(tree, player):
        choices = [
            [((h, a), *rest) for a in range(len(s.infosets[h].actions)) for rest in plans[step[q, h, a]]]
            for h in after.get(q, [])
        ]
        plans[q] = [tuple(sorted(itertools.chain(*pick))) for pick in itertools.product(*choices)]
    return tuple(plans[0])


def _list_full_plans(tree: ExtensiveForm, player: int) -> tuple[Plan, ...]:
    own = [(h, len(info.actions)) for h, info in enumerate(tree.structure.infosets) if info.player == player]
    return tuple(itertools.product(*([(h, a) for a in range(n)] for h, n in own)))


def _allowed(tree: ExtensiveForm, player: int, plans: tuple[Plan, ...]) -> NDArray[np.bool_]:
    """Whether each plan makes each own sequence of moves, shape (n_plans, n_sequences)."""
    table = tree.structure.sequence_table[player]
    takes: dict[tuple[int, int], list[int]] = {}
    for k, plan in enumerate(plans):
        for step in plan:
            takes.setdefault(step, []).append(k)
    allowed = np.zeros((len(plans), len(table)), dtype=np.bool_)
    allowed[:, 0] = True
    for q, (before, h, a) in enumerate(table[1:], start=1):
        own = takes.get((h, a), [])
        allowed[own, q] = allowed[own, before]
    return allowed


def _names(tree: ExtensiveForm, player: int, plans: tuple[Plan, ...]) -> tuple[str, ...]:
    """Name plans: by the bare action where the player has one set, else ``set: action; set: action``."""
    infosets = tree.structure.infosets
    only = sum(info.player == player for info in infosets) == 1
    return tuple(
        "; ".join(infosets[h].actions[a] if only else f"{infosets[h].name}: {infosets[h].actions[a]}" for h, a in plan)
        or "no move"
        for plan in plans
    )


def _profile_labels(
    tree: ExtensiveForm, names: tuple[tuple[str, ...], ...], follows: list[NDArray[np.bool_]]
) -> FrozenMap[tuple[str, ...], tuple[Any, ...]] | None:
    """Outcome labels of each profile, where chance does not come between (else they belong to the tree alone)."""
    s = tree.structure
    if any(kind == 1 for kind in s.kind):
        return None
    labels: dict[tuple[str, ...], tuple[Any, ...]] = {}
    for index in np.ndindex(*map(len, names)):
        reached = np.logical_and.reduce([f[k] for f, k in zip(follows, index, strict=True)])
        labels[tuple(n[k] for n, k in zip(names, index, strict=True))] = s.rows[s.leaves[int(np.argmax(reached))]][4]
    return FrozenMap(labels)
