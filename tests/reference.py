"""The same answers by slow and obvious means: lists, recursion, and exact fractions where that is simplest.

Nothing here knows how `decide` solves or certifies anything. Tables are nested lists, one a player; trees are the
`Decision`, `Chance` and `Outcome` objects that the user writes, walked from the root; strategies of a tree are
``strategies[player][information set][action]``.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from decide import Chance, Decision, Outcome

TIE = 1e-9  # moves closer than this share of a player's payoff range are tied

# ------------------------------------------------------------------ tables


def lists(payoffs: Any) -> list[Any]:
    """Return one nested list a player, from an array of shape (n_players, a_0, ...)."""
    return [own.tolist() for own in payoffs]


def sizes(tables: Sequence[Any]) -> list[int]:
    """Return how many actions each player has."""
    found, level = [], tables[0]
    for _ in tables:
        found.append(len(level))
        level = level[0]
    return found


def cell(table: Any, profile: Sequence[int]) -> Any:
    """Return the entry at a profile."""
    for action in profile:
        table = table[action]
    return table


def profiles(tables: Sequence[Any]) -> Iterator[tuple[int, ...]]:
    """Yield every profile."""
    yield from itertools.product(*map(range, sizes(tables)))


def spread(table: Any, tables: Sequence[Any]) -> float:
    """Return a player's payoff range."""
    values = [cell(table, profile) for profile in profiles(tables)]
    return max(values) - min(values)


def expected_payoff(table: Any, tables: Sequence[Any], mixed: Sequence[Sequence[float]]) -> float:
    """Return one player's expected payoff when everyone mixes independently."""
    return math.fsum(
        cell(table, profile) * math.prod(x[a] for x, a in zip(mixed, profile, strict=True))
        for profile in profiles(tables)
    )


def table_regrets(tables: Sequence[Any], mixed: Sequence[Sequence[float]]) -> list[float]:
    """Return the most each player could gain by any one of its actions."""
    found = []
    for i, table in enumerate(tables):
        now = expected_payoff(table, tables, mixed)
        n = sizes(tables)[i]
        instead = [
            expected_payoff(table, tables, [*mixed[:i], [float(a == b) for b in range(n)], *mixed[i + 1 :]])
            for a in range(n)
        ]
        found.append(max(max(instead) - now, 0.0))
    return found


def pure_equilibria(tables: Sequence[Any]) -> list[tuple[int, ...]]:
    """Return the profiles from which nobody gains by another action (ties compared within 1e-9 of the range)."""
    found = []
    for profile in profiles(tables):
        stays = True
        for i, table in enumerate(tables):
            slack = TIE * spread(table, tables)
            for a in range(sizes(tables)[i]):
                other = (*profile[:i], a, *profile[i + 1 :])
                stays = stays and cell(table, other) <= cell(table, profile) + slack
        if stays:
            found.append(profile)
    return found


def solve_linear(rows: list[list[Fraction]], right: list[Fraction]) -> list[Fraction] | None:
    """Return the only solution of a linear system, or None if there is none or more than one."""
    n = len(rows[0])
    work = [[*row, b] for row, b in zip(rows, right, strict=True)]
    for column in range(n):
        pivot = next((r for r in range(column, len(work)) if work[r][column] != 0), None)
        if pivot is None:
            return None
        work[column], work[pivot] = work[pivot], work[column]
        work[column] = [x / work[column][column] for x in work[column]]
        for r in range(len(work)):
            if r != column and work[r][column] != 0:
                work[r] = [x - work[r][column] * y for x, y in zip(work[r], work[column], strict=True)]
    return [work[r][n] for r in range(n)] if all(work[r][n] == 0 for r in range(n, len(work))) else None


def weights_making_best(table: list[list[Fraction]], own: Sequence[int], other: Sequence[int]) -> list[Fraction] | None:
    """Return the opponent's only weights over `other` that make every action of `own` a best reply, or None."""
    rows = [[table[i][j] - table[own[0]][j] for j in other] for i in own[1:]]
    found = solve_linear([*rows, [Fraction(1)] * len(other)], [Fraction(0)] * len(rows) + [Fraction(1)])
    if found is None or min(found) < 0:
        return None
    worth = [sum(w * row[j] for w, j in zip(found, other, strict=True)) for row in table]
    return found if worth[own[0]] == max(worth) else None


def fractions_of(A: Any, B: Any) -> tuple[list[list[Fraction]], list[list[Fraction]]]:
    """Return the row player's table, and the column player's transposed, as the exact numbers the floats are."""
    mine = [[Fraction(x) for x in row] for row in A]
    theirs = [[Fraction(x) for x in row] for row in B]
    return mine, [list(column) for column in zip(*theirs, strict=True)]


def nash_equilibria(A: Any, B: Any) -> list[tuple[tuple[float, ...], tuple[float, ...]]]:
    """Return the equilibria on supports of equal size: all there are unless the game is degenerate."""
    mine, theirs = fractions_of(A, B)
    m, n = len(mine), len(theirs)
    found: list[tuple[tuple[Fraction, ...], tuple[Fraction, ...]]] = []
    for k in range(1, min(m, n) + 1):
        for rows in itertools.combinations(range(m), k):
            for columns in itertools.combinations(range(n), k):
                y = weights_making_best(mine, rows, columns)
                x = weights_making_best(theirs, columns, rows) if y is not None else None
                if x is None or y is None:
                    continue
                point = (
                    tuple(x[rows.index(i)] if i in rows else Fraction(0) for i in range(m)),
                    tuple(y[columns.index(j)] if j in columns else Fraction(0) for j in range(n)),
                )
                if point not in found:
                    found.append(point)
    return [(tuple(map(float, x)), tuple(map(float, y))) for x, y in found]


def is_degenerate(A: Any, B: Any) -> bool:
    """Whether some mixed strategy has more best replies than actions it is played with (von Stengel 2007)."""
    for table in fractions_of(A, B):
        for k in range(1, len(table[0]) + 1):
            for own in itertools.combinations(range(len(table)), k + 1):
                for other in itertools.combinations(range(len(table[0])), k):
                    found = weights_making_best(table, own, other)
                    if found is not None and min(found) > 0:
                        return True
    return False


# ------------------------------------------------------------------ trees

Path = tuple[str, ...]
Strategies = Mapping[str, Mapping[str, Mapping[str, float]]]


def name_of(node: Decision, path: Path) -> str:
    """Return the name of a node's information set: as given, or the path."""
    return node.infoset if node.infoset is not None else " / ".join(path) or "start"


def walk(node: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield every node with its path, in the order in which they are written."""
    yield path, node
    moves = {} if isinstance(node, Outcome) else node.moves
    for label, then in moves.items():
        yield from walk(then[1] if isinstance(node, Chance) else then, (*path, label))


def infosets(root: Any) -> dict[str, dict[str, list[str]]]:
    """Return the actions at each player's information sets."""
    found: dict[str, dict[str, list[str]]] = {p: {} for p in players(root)}
    for path, node in walk(root):
        if isinstance(node, Decision):
            found[node.player].setdefault(name_of(node, path), list(node.moves))
    return found


def players(root: Any) -> list[str]:
    """Return the players, in the order of the first outcome."""
    return next(list(node.payoffs) for _, node in walk(root) if isinstance(node, Outcome))


def payoff_range(root: Any, player: str) -> float:
    """Return the range of a player's payoffs over all leaves."""
    values = [node.payoffs[player] for _, node in walk(root) if isinstance(node, Outcome)]
    return max(values) - min(values)


def leaf_odds(node: Any, strategies: Strategies, path: Path = (), weight: float = 1.0) -> dict[Path, float]:
    """Return how likely each leaf is reached."""
    if isinstance(node, Outcome):
        return {path: weight}
    found: dict[Path, float] = {}
    for label, then in node.moves.items():
        if isinstance(node, Chance):
            p, then = then
        else:
            p = strategies[node.player][name_of(node, path)].get(label, 0.0)
        found |= leaf_odds(then, strategies, (*path, label), weight * p)
    return found


def expected(node: Any, strategies: Strategies, path: Path = ()) -> dict[str, float]:
    """Return what each player expects from a node on."""
    if isinstance(node, Outcome):
        return dict(node.payoffs)
    total: dict[str, float] = {}
    for label, then in node.moves.items():
        if isinstance(node, Chance):
            p, then = then
        else:
            p = strategies[node.player][name_of(node, path)].get(label, 0.0)
        for player, value in expected(then, strategies, (*path, label)).items():
            total[player] = total.get(player, 0.0) + p * value
    return total


def label_odds(root: Any, strategies: Strategies) -> dict[str, float]:
    """Return how likely each outcome label is."""
    odds = leaf_odds(root, strategies)
    found: dict[str, float] = {}
    for path, node in walk(root):
        if isinstance(node, Outcome):
            for label in set(node.labels):
                found[label] = found.get(label, 0.0) + odds[path]
    return found


def n_plans(root: Any, player: str) -> int:
    """Return how many pure plans a player has, one action for every information set."""
    return math.prod(len(actions) for actions in infosets(root)[player].values())


def plans(root: Any, player: str) -> Iterator[dict[str, dict[str, float]]]:
    """Yield every pure plan of a player: one action at every information set."""
    own = infosets(root)[player]
    for pick in itertools.product(*own.values()):
        yield {name: {action: 1.0} for name, action in zip(own, pick, strict=True)}


def best_plan(root: Any, player: str, strategies: Strategies) -> float:
    """Return the most a player can expect from any plan, the others' strategies given."""
    return max(expected(root, {**strategies, player: plan})[player] for plan in plans(root, player))


def tree_regrets(root: Any, strategies: Strategies) -> dict[str, float]:
    """Return the most each player could gain by another plan."""
    now = expected(root, strategies)
    return {p: max(best_plan(root, p, strategies) - now[p], 0.0) for p in players(root)}


def beliefs(root: Any) -> dict[tuple[str, str], list[tuple[Path, Any, float]]]:
    """Return the nodes of each information set with the odds chance gives them, equal ones where it gives none."""

    def chance_only(node: Any, path: Path, weight: float) -> Iterator[tuple[Path, Any, float]]:
        if isinstance(node, Decision):
            yield path, node, weight
        moves = {} if isinstance(node, Outcome) else node.moves
        for label, then in moves.items():
            p, then = then if isinstance(node, Chance) else (1.0, then)
            yield from chance_only(then, (*path, label), weight * p)

    found: dict[tuple[str, str], list[tuple[Path, Any, float]]] = {}
    for path, node, weight in chance_only(root, (), 1.0):
        found.setdefault((node.player, name_of(node, path)), []).append((path, node, weight))
    for key, nodes in found.items():
        total = math.fsum(w for _, _, w in nodes)
        found[key] = [(path, node, w / total if total > 0 else 1 / len(nodes)) for path, node, w in nodes]
    return found


def local_regrets(root: Any, strategies: Strategies) -> dict[tuple[str, str], float]:
    """Return the most to be gained by one other action at each information set, under the beliefs chance gives."""
    found = {}
    for (player, name), nodes in beliefs(root).items():
        worth = {
            action: math.fsum(
                w * expected(node.moves[action], strategies, (*path, action))[player] for path, node, w in nodes
            )
            for action in nodes[0][1].moves
        }
        now = math.fsum(strategies[player][name].get(a, 0.0) * v for a, v in worth.items())
        found[player, name] = max(max(worth.values()) - now, 0.0)
    return found


def soft_choice(worth: Mapping[str, float], precision: float) -> dict[str, float]:
    """Choose by logit."""
    top = max(worth.values())
    weight = {a: math.exp(precision * (v - top)) for a, v in worth.items()}
    total = math.fsum(weight.values())
    return {a: w / total for a, w in weight.items()}


def best_choice(worth: Mapping[str, float], slack: float) -> dict[str, float]:
    """Choose the best action; those tied with it get equal weights."""
    top = max(worth.values())
    best = [a for a, v in worth.items() if v >= top - slack]
    return {a: 1 / len(best) if a in best else 0.0 for a in worth}


class Induction:
    """Backward induction by recursion: a choice is made when something before it asks what follows.

    Attributes
    ----------
    strategies : dict
    tied : bool
        Whether somebody who chooses exactly was indifferent between moves that matter to anybody.
    """

    def __init__(self, root: Any) -> None:
        self.root = root
        self.beliefs = beliefs(root)
        self.slack = {p: TIE * payoff_range(root, p) for p in players(root)}
        self.strategies: dict[str, dict[str, dict[str, float]]] = {p: {} for p in players(root)}
        self.tied = False
        for player, name in self.beliefs:
            self.choose(player, name)
        self.payoffs = expected(root, self.strategies)

    def value(self, node: Any, path: Path) -> dict[str, float]:
        """Return what each player expects from a node on."""
        if isinstance(node, Decision):
            self.choose(node.player, name_of(node, path))
        if isinstance(node, Outcome):
            return dict(node.payoffs)
        total = dict.fromkeys(self.slack, 0.0)
        for label, then in node.moves.items():
            if isinstance(node, Chance):
                p, then = then
            else:
                p = self.strategies[node.player][name_of(node, path)][label]
            for player, v in self.value(then, (*path, label)).items():
                total[player] += p * v
        return total

    def choose(self, player: str, name: str) -> None:
        """Decide what a player does at an information set."""
        if name in self.strategies[player]:
            return
        nodes = self.beliefs[player, name]
        worth: dict[str, dict[str, float]] = {}
        for action in nodes[0][1].moves:
            values = [(w, self.value(node.moves[action], (*path, action))) for path, node, w in nodes]
            worth[action] = {p: math.fsum(w * v[p] for w, v in values) for p in self.slack}
        own = {action: v[player] for action, v in worth.items()}
        precision = nodes[0][1].rationality
        if precision is not None and precision != math.inf:
            self.strategies[player][name] = soft_choice(own, precision)
            return
        odds = self.strategies[player][name] = best_choice(own, self.slack[player])
        best = [worth[a] for a, p in odds.items() if p > 0]
        for p, slack in self.slack.items():
            if max(v[p] for v in best) - min(v[p] for v in best) > slack:
                self.tied = True
