"""One tree and one behaviour profile, as the refinements of trees read them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from decide.certify import bayes_beliefs
from decide.errors import GameError
from decide.frozen import FrozenMap
from decide.games.extensive import CHANCE, LEAF, ExtensiveForm
from decide.games.values import FloatArray
from decide.refinements.tables import TIE

__all__ = ["Play"]


class Play:
    """What a behaviour profile makes of a tree.

    Parameters
    ----------
    tree : ExtensiveForm
        One game, not a batch.
    strategies : sequence of numpy.ndarray, shape (n_actions,) each
        Per information set.
    """

    def __init__(self, tree: ExtensiveForm, strategies: Sequence[FloatArray]) -> None:
        if tree.shape:
            raise GameError(f"the tree is a batch {tree.shape}; expected one game: pick it by its index")
        self.tree, self.s = tree, tree.structure
        self.strategies = [np.asarray(x, dtype=np.float64) for x in strategies]
        self.span = [float(np.ptp(own)) for own in tree.payoffs]

    def slack(self, player: int) -> float:
        """What counts as nothing to a player."""
        return TIE * self.span[player]

    def odds(self, node: int) -> float:
        """Probability of the move that leads to a node from its parent."""
        up = self.s.parent[node]
        if self.s.kind[up] == CHANCE:
            return self.chance(node)
        return float(self.strategies[self.s.infoset_of[up]][self.s.branch[node]])

    def chance(self, node: int) -> float:
        """Probability of the event of chance that leads to a node from its parent; 1 after a player's move."""
        up = self.s.parent[node]
        return float(self.tree.pool[self.s.rows[up][3][self.s.branch[node]]]) if self.s.kind[up] == CHANCE else 1.0

    @cached_property
    def value(self) -> FloatArray:
        """Every player's expected payoff from every node on, above its lowest, shape (n_nodes, n_players).

        Only differences are read from it, and a large offset, common to all of a player's payoffs, would drown them.
        """
        s = self.s
        found = np.zeros((len(s.rows), len(s.players)))
        low = self.tree.payoffs.min(axis=-1)
        for node in reversed(range(len(s.rows))):
            if s.kind[node] == LEAF:
                found[node] = [self.tree.pool[k] for k in s.rows[node][3]] - low
            if node:
                found[s.parent[node]] += self.odds(node) * found[node]
        return found

    @cached_property
    def reach(self) -> FloatArray:
        """Probability of every node."""
        found = np.ones(len(self.s.rows))
        for node in range(1, len(self.s.rows)):
            found[node] = found[self.s.parent[node]] * self.odds(node)
        return found

    @cached_property
    def chance_reach(self) -> FloatArray:
        """Probability of every node by chance alone."""
        found = np.ones(len(self.s.rows))
        for node in range(1, len(self.s.rows)):
            found[node] = found[self.s.parent[node]] * self.chance(node)
        return found

    @cached_property
    def bayes(self) -> tuple[FloatArray, ...]:
        """Beliefs by Bayes' rule, NaN where it says nothing; see `decide.certify.bayes_beliefs`."""
        return tuple(b[0] for b in bayes_beliefs(self.tree, [x[None] for x in self.strategies]))

    def held(self, beliefs: Sequence[FloatArray] | None) -> list[FloatArray]:
        """Beliefs as given (NaN where nothing is), else by Bayes' rule, NaN where neither says anything."""
        given = self.bayes if beliefs is None else beliefs
        return [np.where(np.isnan(b), own, b) for b, own in zip(given, self.bayes, strict=True)]

    def named(self, beliefs: Sequence[FloatArray]) -> FrozenMap[str, Any]:
        """Beliefs by name, ``[player][infoset][path]``."""
        found: dict[str, dict[str, Any]] = {player: {} for player in self.s.players}
        for info, held in zip(self.s.infosets, beliefs, strict=True):
            odds = (np.asarray(held) + 0.0).tolist()  # + 0.0: no belief reads -0
            found[self.s.players[info.player]][info.name] = FrozenMap(
                dict(zip(self.s.paths_of(info), odds, strict=True))
            )
        return FrozenMap({player: FrozenMap(sets) for player, sets in found.items()})

    def reached(self, h: int) -> bool:
        """Whether play leads to an information set."""
        return float(self.reach[list(self.s.infosets[h].nodes)].sum()) > 1e-12

    def worth(self, h: int) -> FloatArray:
        """What each action is worth to its player at each node of its set, shape (n_nodes, n_actions)."""
        info = self.s.infosets[h]
        found = np.zeros((len(info.nodes), len(info.actions)))
        for k, node in enumerate(info.nodes):
            for child in self.s.children[node]:
                found[k, self.s.branch[child]] = self.value[child, info.player]
        return found

    def gains(self, h: int) -> FloatArray:
        """What each action gains over what is played, at each node, shape (n_nodes, n_actions)."""
        worth = self.worth(h)
        return worth - (worth @ self.strategies[h])[:, None]
