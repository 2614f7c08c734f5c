"""From a tree to its reduced normal form and back.

A *plan* of a player says what to do at every information set that the plan itself does not rule out. Plans are
counted before they are listed. A mixed strategy over plans and the behaviour strategy made of it lead to every leaf
equally often (Kuhn 1953), because recall is perfect.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from decide.errors import GameError, TooLargeError
from decide.frozen import FrozenMap
from decide.games.normal import NormalForm
from decide.games.values import FloatArray, Number

if TYPE_CHECKING:
    from decide.games.extensive import ExtensiveForm

__all__ = ["StrategicForm", "agent_form", "strategic_form"]

Plan = tuple[tuple[int, int], ...]  # (information set, action), sets in the order of the tree


@dataclass(frozen=True, eq=False, repr=False)
class StrategicForm(NormalForm):
    """The reduced normal form of a tree: a `NormalForm` whose actions are plans, with the way back.

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
        """
        found = []
        for h, info in enumerate(self.tree.structure.infosets):
            mixed = np.asarray(profile[info.player], dtype=np.float64)
            takes = np.zeros((mixed.shape[-1], len(info.actions)))
            for k, plan in enumerate(self.plans[info.player]):
                for where, action in plan:
                    if where == h:
                        takes[k, action] = 1.0
            weight = mixed @ takes
            total = weight.sum(-1, keepdims=True)
            equal = np.full(weight.shape, 1 / len(info.actions))
            found.append(np.where(total > 0, weight / np.where(total > 0, total, 1.0), equal))
        return tuple(found)


def strategic_form(tree: ExtensiveForm, limit: int) -> StrategicForm:
    """Build the reduced normal form of a tree, or refuse with its size."""
    s = tree.structure
    counts = [_count(tree, player) for player in range(len(s.players))]
    size = math.prod(counts) * len(s.players)
    if size > limit:
        shape = " x ".join(map(str, counts))
        raise TooLargeError(f"the reduced normal form has {shape} plans, {size} payoffs; expected at most {limit}")
    plans = tuple(_list_plans(tree, player) for player in range(len(s.players)))
    follows = [_compatible(tree, player, plans[player]) for player in range(len(s.players))]
    memory: NDArray[np.float64] = np.zeros((len(s.players), *counts, *tree.shape))
    for k, leaf in enumerate(s.leaves):
        chance = _chance_of(tree, leaf)
        cells = np.ix_(*(np.flatnonzero(f[:, k]) for f in follows))
        for player, where in enumerate(s.rows[leaf][3]):
            memory[player][cells] += chance * tree.pool[where]
    names = tuple(tuple(_name(tree, plan) for plan in own) for own in plans)
    made = object.__new__(StrategicForm)
    made._set(
        np.moveaxis(memory, range(len(counts) + 1, memory.ndim), range(len(tree.shape))), s.players, names, None, None
    )
    object.__setattr__(made, "tree", tree)
    object.__setattr__(made, "plans", plans)
    object.__setattr__(made, "outcomes", _profile_labels(tree, names, follows) if not tree.shape else None)
    return made


def agent_form(tree: ExtensiveForm, limit: int) -> NormalForm:
    """Build the agent normal form of a tree, or refuse with its size."""
    s = tree.structure
    counts = [len(info.actions) for info in s.infosets]
    size = math.prod(counts) * max(len(counts), 1)
    if not counts:
        raise GameError("nobody moves in this tree; it has no agents")
    if size > limit:
        shape = " x ".join(map(str, counts))
        raise TooLargeError(f"the agent form has {shape} actions, {size} payoffs; expected at most {limit}")
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


def _compatible(tree: ExtensiveForm, player: int, plans: tuple[Plan, ...]) -> NDArray[np.bool_]:
    """Whether each plan allows each leaf, shape (n_plans, n_leaves)."""
    s = tree.structure
    takes = [dict(plan) for plan in plans]
    needs: list[list[tuple[int, int]]] = []
    for before, h, a in s.sequence_table[player]:
        needs.append([] if before < 0 else [*needs[before], (h, a)])
    return np.array(
        [[all(t.get(h) == a for h, a in needs[s.sequences[player][leaf]]) for leaf in s.leaves] for t in takes]
    )


def _chance_of(tree: ExtensiveForm, node: int) -> Number:
    s = tree.structure
    weight: Number = 1.0
    while (up := s.parent[node]) >= 0:
        if s.kind[up] == 1:
            weight = weight * tree.pool[s.rows[up][3][s.branch[node]]]
        node = up
    return weight


def _name(tree: ExtensiveForm, plan: Plan) -> str:
    """Name a plan: the bare action where the player has one set, else ``set: action; set: action``."""
    infosets = tree.structure.infosets
    if not plan:
        return "no move"
    only = sum(info.player == infosets[plan[0][0]].player for info in infosets) == 1
    return "; ".join(
        infosets[h].actions[a] if only else f"{infosets[h].name}: {infosets[h].actions[a]}" for h, a in plan
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
