"""What follows in a tree when everyone's moves are fixed: reach probabilities, beliefs, outcomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from decide.errors import GameError
from decide.games.values import Number

if TYPE_CHECKING:
    from decide.games.extensive import ExtensiveForm, Structure

__all__ = ["beliefs_at_sets", "by_player", "chance_of", "label_odds", "node_odds", "reach_of_sets"]


def by_player(strategies: Any) -> Mapping[str, Any]:
    """Return strategies as a mapping by player: one that is given, or that of an equilibrium."""
    said = getattr(strategies, "strategies", strategies)
    if not isinstance(said, Mapping):
        raise GameError(f"strategies are {strategies!r}; expected a mapping by player, or one Equilibrium")
    return said


def node_odds(tree: ExtensiveForm, strategies: Any) -> list[Number]:
    """Return how likely each node is to be reached; strategies need not say anything where play does not lead."""
    s, strategies = tree.structure, by_player(strategies)
    reach: list[Number] = [0.0] * len(s.rows)
    reach[0] = 1.0
    odds_of: dict[int, list[Number]] = {}
    for node, row in enumerate(s.rows):
        if not s.children[node] or not np.any(reach[node]):
            continue
        h = s.infoset_of[node]
        if h >= 0 and h not in odds_of:
            odds_of[h] = tree.odds_at(h, strategies)
        odds = odds_of[h] if h >= 0 else [tree.pool[k] for k in row[3]]
        for child in s.children[node]:
            reach[child] = reach[node] * odds[s.branch[child]]
    return reach


def reach_of_sets(s: Structure, reach: Sequence[Number]) -> dict[str, dict[str, Number]]:
    """Sum the nodes of each information set."""
    found: dict[str, dict[str, Number]] = {player: {} for player in s.players}
    for info in s.infosets:
        found[s.players[info.player]][info.name] = _total([reach[node] for node in info.nodes])
    return found


def beliefs_at_sets(tree: ExtensiveForm, reach: Sequence[Number]) -> dict[str, dict[str, dict[str, Number]]]:
    """Divide the reach of the nodes of each set by that of the set."""
    s = tree.structure
    found: dict[str, dict[str, dict[str, Number]]] = {player: {} for player in s.players}
    for info in s.infosets:
        weights: list[Number] = [1.0]
        if len(info.nodes) > 1:
            nature = len({s.history[node] for node in info.nodes}) == 1  # told apart by chance alone
            weights = [chance_of(tree, node) if nature else reach[node] for node in info.nodes]
        total = _total(weights)
        known = bool(np.all(np.asarray(total) > 0))
        found[s.players[info.player]][info.name] = {
            path: weight / total for path, weight in zip(s.paths_of(info) if known else (), weights, strict=False)
        }
    return found


def label_odds(s: Structure, reach: Sequence[Number]) -> dict[str, Number]:
    """Sum the leaves that carry each outcome label."""
    found: dict[str, Number] = dict.fromkeys(s.outcomes, 0.0)
    for leaf in s.leaves:
        for label in dict.fromkeys(s.rows[leaf][4]):
            found[label] = found[label] + reach[leaf]
    return found


def chance_of(tree: ExtensiveForm, node: int) -> Number:
    """How likely a node is if all players do what leads there."""
    s = tree.structure
    weight: Number = 1.0
    while (up := s.parent[node]) >= 0:
        if s.infoset_of[up] < 0:
            weight = weight * tree.pool[s.rows[up][3][s.branch[node]]]
        node = up
    return weight


def _total(numbers: Sequence[Number]) -> Number:
    total: Number = 0.0
    for number in numbers:
        total = total + number
    return total
