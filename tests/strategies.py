"""Hypothesis strategies for games: tables, trees, and what they are made of, in one place.

Payoffs come in three kinds. *Whole* numbers from -4 to 4 are full of exact ties; *fine* ones are multiples of 1/1024 in
a wide range, so ties are rare and differences are either 0 or far above any tolerance; *scaled* ones are whole numbers
times a power of ten from 1e-12 to 1e12. Every sum and product of them that a small game needs is far from rounding
trouble, so a test may ask for twelve digits.

Trees are drawn as sketches: frozen descriptions that hold one number a world, so that one sketch can be written as a
batch, or as the single game of any one world, and can be rewritten (renamed, reordered, rescaled) before it is written.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from hypothesis import strategies as st

from decide import Chance, Decision, ExtensiveForm, NormalForm, Outcome

SCALES = (1e-12, 1e-6, 1e-3, 1e3, 1e6, 1e12)
KINDS = ("whole", "fine", "scaled")
PLAYERS = ("Ann", "Bob", "Cy", "Dot")
LABELS = ("war", "peace", "talks")


@st.composite
def numbers(draw: Any, size: int, kind: str) -> list[float]:
    """Return payoffs of one kind."""
    if kind == "fine":
        return [k / 1024 for k in draw(st.lists(st.integers(-(10**6), 10**6), min_size=size, max_size=size))]
    scale = draw(st.sampled_from(SCALES)) if kind == "scaled" else 1.0
    return [k * scale for k in draw(st.lists(st.integers(-4, 4), min_size=size, max_size=size))]


# ------------------------------------------------------------------ games in normal form


@st.composite
def tables(
    draw: Any,
    players: tuple[int, int] = (1, 3),
    actions: tuple[int, int] = (1, 3),
    kinds: Sequence[str] = KINDS,
    batch: tuple[int, ...] = (),
) -> np.ndarray:
    """Return a payoff array of shape (*batch, n_players, a_0, ..., a_{n-1}); each player's payoffs of one kind."""
    n = draw(st.integers(*players))
    shape = tuple(draw(st.lists(st.integers(*actions), min_size=n, max_size=n)))
    size = int(np.prod(shape)) * int(np.prod(batch, dtype=int))
    own = [np.array(draw(numbers(size, draw(st.sampled_from(kinds))))).reshape((*batch, 1, *shape)) for _ in range(n)]
    return np.concatenate(own, axis=len(batch))


@st.composite
def normal_forms(draw: Any, batch: tuple[int, ...] = (), **options: Any) -> NormalForm:
    """Return a game in normal form with names of its own; options are those of `tables`."""
    table = draw(tables(batch=batch, **options))
    n = table.ndim - len(batch) - 1
    names = PLAYERS[:n]
    actions = [[f"{p[0].lower()}{k}" for k in range(m)] for p, m in zip(names, table.shape[-n:], strict=True)]
    return NormalForm(table, players=names, actions=actions)


def two_players(actions: tuple[int, int] = (1, 4), kinds: Sequence[str] = KINDS, batch: tuple[int, ...] = ()) -> Any:
    """Return two-player games in normal form."""
    return normal_forms(players=(2, 2), actions=actions, kinds=kinds, batch=batch)


@st.composite
def mixtures(draw: Any, n: int) -> np.ndarray:
    """Return a probability vector of length n, zeros and pure ones included."""
    weights = draw(st.lists(st.integers(0, 4), min_size=n, max_size=n).filter(any))
    return np.array(weights) / sum(weights)


# ------------------------------------------------------------------ trees


@dataclass(frozen=True)
class End:
    """A leaf: per player one payoff a world."""

    payoffs: dict[str, tuple[float, ...]]
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Luck:
    """A move of chance: (event, one probability a world, what follows)."""

    events: tuple[tuple[str, tuple[float, ...], Any], ...]


@dataclass(frozen=True)
class Turn:
    """A player's move: (action, what follows)."""

    player: str
    moves: tuple[tuple[str, Any], ...]
    infoset: str | None = None
    rationality: float | None = None


Sketch = End | Luck | Turn


def write(sketch: Sketch, world: int | None = None) -> Any:
    """Write a sketch with `decide`'s nodes: one world, or all of them as arrays where there are several."""

    def number(values: tuple[float, ...]) -> Any:
        if world is not None:
            return values[world]
        return np.array(values) if len(values) > 1 else values[0]

    if isinstance(sketch, End):
        return Outcome({p: number(v) for p, v in sketch.payoffs.items()}, labels=sketch.labels)
    if isinstance(sketch, Luck):
        return Chance({e: (number(odds), write(then, world)) for e, odds, then in sketch.events})
    return Decision(
        sketch.player,
        {a: write(then, world) for a, then in sketch.moves},
        infoset=sketch.infoset,
        rationality=sketch.rationality,
    )


def tree(sketch: Sketch, world: int | None = None, **options: Any) -> ExtensiveForm:
    """Return the game of a sketch."""
    return ExtensiveForm(write(sketch, world), **options)


def rewrite(sketch: Sketch, change: Callable[[Sketch], Sketch]) -> Sketch:
    """Return the sketch with every piece changed, from the leaves up."""
    if isinstance(sketch, Luck):
        sketch = replace(sketch, events=tuple((e, p, rewrite(then, change)) for e, p, then in sketch.events))
    elif isinstance(sketch, Turn):
        sketch = replace(sketch, moves=tuple((a, rewrite(then, change)) for a, then in sketch.moves))
    return change(sketch)


@dataclass(frozen=True)
class _Plan:
    """What `sketches` was asked for."""

    players: tuple[str, ...]
    kinds: dict[str, str]
    scales: dict[str, float]
    worlds: int
    rules: dict[str, float | None]
    hidden: bool
    zero: bool
    permute: bool
    counter: list[int]

    def name(self) -> str:
        self.counter[0] += 1
        return f"h{self.counter[0]}"


@st.composite
def sketches(
    draw: Any,
    players: tuple[int, int] = (1, 3),
    depth: int = 3,
    actions: tuple[int, int] = (1, 3),
    kinds: Sequence[str] = KINDS,
    worlds: int = 1,
    logit: bool = True,
    hidden: bool = False,
    zero: bool = False,
    permute: bool = True,
) -> Sketch:
    """Return a random tree with chance and perfect recall.

    Nodes that only chance tells apart may share an information set; later they may be told apart, or not. The nodes of
    a set may list their moves in different orders (`permute`). Some players choose by logit (`logit`), with a precision
    that suits their payoffs. With `hidden`, a player may also move without seeing another's last move. With `zero`,
    chances may be 0.
    """
    names = PLAYERS[: draw(st.integers(*players))]
    kind = {p: draw(st.sampled_from(kinds)) for p in names}
    scale = {p: draw(st.sampled_from(SCALES)) if kind[p] == "scaled" else 1.0 for p in names}
    typical = {p: 500.0 if kind[p] == "fine" else scale[p] for p in names}
    rules = {p: draw(st.sampled_from((None, 0.0, 0.5, 3.0))) if logit else None for p in names}
    rules = {p: rule if rule is None else rule / typical[p] for p, rule in rules.items()}
    plan = _Plan(names, kind, scale, worlds, rules, hidden, zero, permute, [0])
    return _grow(draw, plan, depth, actions, 1, start=True)[0]


def _grow(draw: Any, plan: _Plan, depth: int, actions: tuple[int, int], k: int, *, start: bool = False) -> list[Sketch]:
    """Return k nodes that no player can tell apart so far (they are told apart by chance)."""
    steps = ("chance", "move") if start else ("move", "move", "move", "chance", "end") if k == 1 else ("move", "chance")
    step = draw(st.sampled_from(steps)) if depth else "end"
    if step == "end":
        return _ends(draw, plan, k)
    if k > 1 and draw(st.booleans()) and draw(st.booleans()):  # now everybody sees what chance did
        return [_grow(draw, plan, depth, actions, 1)[0] for _ in range(k)]
    if step == "chance":
        return _lucks(draw, plan, depth, actions, k)
    mover = draw(st.sampled_from(plan.players))
    own = [f"{mover[0].lower()}{j}" for j in range(draw(st.integers(*actions)))]
    others = [p for p in plan.players if p != mover]
    if plan.hidden and others and draw(st.booleans()):
        replier = draw(st.sampled_from(others))
        replies = [f"{replier[0].lower()}{j}" for j in range(draw(st.integers(max(actions[0], 1), 2)))]
        below = {(a, b): _grow(draw, plan, max(depth - 2, 0), actions, k) for a in own for b in replies}
        unseen = plan.name()
        branches = {
            a: [
                _turn(draw, plan, replier, [(b, below[a, b][j]) for b in replies], unseen)
                for j in range(k)
            ]
            for a in own
        }  # fmt: skip
    else:
        branches = {a: _grow(draw, plan, depth - 1, actions, k) for a in own}
    infoset = plan.name() if k > 1 or draw(st.booleans()) else None
    return [_turn(draw, plan, mover, [(a, branches[a][j]) for a in own], infoset) for j in range(k)]


def _turn(draw: Any, plan: _Plan, player: str, moves: list[tuple[str, Sketch]], infoset: str | None) -> Turn:
    order = draw(st.permutations(moves)) if plan.permute and infoset is not None else moves
    return Turn(player, tuple(order), infoset, plan.rules[player])


def _lucks(draw: Any, plan: _Plan, depth: int, actions: tuple[int, int], k: int) -> list[Sketch]:
    n = draw(st.integers(1 if k > 1 else 2, 2 if k > 1 else 3)) if k < 4 else 1
    odds = [[_odds(draw, plan, n) for _ in range(plan.worlds)] for _ in range(k)]
    if draw(st.sampled_from((True, True, False))):  # nobody sees which event it was
        flat = _grow(draw, plan, depth - 1, actions, k * n)
        below = [flat[j * n : (j + 1) * n] for j in range(k)]
    else:
        seen = [_grow(draw, plan, depth - 1, actions, k) for _ in range(n)]
        below = [[seen[e][j] for e in range(n)] for j in range(k)]
    return [
        Luck(tuple((f"e{e}", tuple(world[e] for world in odds[j]), below[j][e]) for e in range(n))) for j in range(k)
    ]


def _odds(draw: Any, plan: _Plan, n: int) -> list[float]:
    least = 0 if plan.zero else 1
    weights = draw(st.lists(st.integers(least, 4), min_size=n, max_size=n).filter(any))
    return [w / sum(weights) for w in weights]


def _ends(draw: Any, plan: _Plan, k: int) -> list[Sketch]:
    made: list[Sketch] = []
    for _ in range(k):
        payoffs = {}
        for p in plan.players:
            kind = "fine" if plan.kinds[p] == "fine" else "whole"
            payoffs[p] = tuple(v * plan.scales[p] for v in draw(numbers(plan.worlds, kind)))
        made.append(End(payoffs, tuple(draw(st.lists(st.sampled_from(LABELS), max_size=2)))))
    return made
