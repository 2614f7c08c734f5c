"""All isolated roots of the indifference equations on one support profile, by subdivision; batched over boxes.

With the supports fixed, what makes every player indifferent is a square system ``F(x) = 0`` in which every equation is
affine in each player's weights (Datta 2010). On a product of simplices (here: a *box*) such a function attains its
extremes at the vertices, so all ranges below are exact, up to rounding, and cost one contraction of the table:

1. a box in which some action of the support is everywhere worse than another action holds no equilibrium (on the whole
   simplices this is conditional dominance: Porter, Nudelman & Shoham 2008);
2. with ``C`` the inverse Jacobian at the centroid, roots are fixed points of ``N = x - C F(x)``, affine in each player
   too (Krawczyk 1969): the range of ``N`` excludes the box or shrinks it;
3. where ``|I - C F'| < 1`` at every vertex of an enlarged box, ``F`` is one to one there, because the norm is convex: a
   root that Newton's method finds there is the only one, and the box is settled;
4. otherwise the box is halved along its longest edge.

A support on which nothing is left is settled: its roots are all known. It is not settled if boxes get smaller than
`SMALLEST` or more numerous than the limit: a double root, a curve of equilibria, or nearly so.
Margins, not directed rounding, keep the arithmetic honest: payoffs in [0, 1] are compared with 1e-9.

Cost: a few thousand operations a box; one box where the equations are linear, tens to hundreds where not.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from decide.games.values import FloatArray
from decide.solvers.base import TIE

__all__ = ["Roots", "contract", "newton", "roots"]

#: Boxes with edges shorter than this are not halved again.
SMALLEST = 1e-7
#: How much a box is enlarged, about its centroid, before it is asked whether the equations are one to one there.
ENLARGED = 1.5
#: Boxes worked on at once.
BLOCK = 8_192

Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]
#: Per player: payoffs of its actions, those of its support first, against the others' supports; shape (a_i, k_j for
#: every other j, n). Points and boxes: per player (k_j, n) weights, and (k_j, k_j, n) with one vertex a row.
Tables = Sequence[FloatArray]


@dataclass(frozen=True, eq=False)
class Roots:
    """Points of each system, ascending by system.

    Attributes
    ----------
    owner : numpy.ndarray of int, shape (r,)
    points : tuple of numpy.ndarray, shape (k_j, r)
    settled : numpy.ndarray of bool, shape (n,)
        Whether every root of the system in which no action outside does better is among the points.
    """

    owner: Ints
    points: tuple[FloatArray, ...]
    settled: Bools


def roots(tables: Tables, sizes: Sequence[int], limit: Ints) -> Roots:
    """Find the roots of n systems with supports of the same sizes, looking at no more than `limit` boxes of each.

    Systems that are not settled contribute points near which something was left undecided: candidates, no more.
    """
    n = tables[0].shape[-1]
    state = _State(n, limit)
    corners = [np.repeat(np.eye(k)[..., None], n, axis=2) for k in sizes]
    work = [(np.arange(n), corners)]
    while work:
        owner, box = work.pop()
        kept = ~state.given_up[owner]
        owner, box = owner[kept], _pick(kept, box)
        if len(owner) > BLOCK:
            work += [(owner[k : k + BLOCK], [v[..., k : k + BLOCK] for v in box]) for k in range(0, len(owner), BLOCK)]
        elif len(owner):
            left = _step(state, tables, sizes, owner, box)
            if len(left[0]):
                work.append(left)
    return state.found(sizes)


class _State:
    """What is known so far about every system."""

    def __init__(self, n: int, limit: Ints) -> None:
        self.spent = np.zeros(n, dtype=np.intp)
        self.limit = limit.copy()
        self.given_up = np.zeros(n, dtype=np.bool_)
        self.undecided = np.zeros(n, dtype=np.bool_)
        self.owners: list[Ints] = []
        self.points: list[list[FloatArray]] = []

    def record(self, owner: Ints, points: Sequence[FloatArray]) -> None:
        if len(owner):
            self.owners.append(owner)
            self.points.append(list(points))

    def leave(self, owner: Ints, box: Sequence[FloatArray], which: Bools) -> None:
        """Note boxes that stay undecided, by their centroids."""
        self.undecided[owner[which]] = True
        self.record(owner[which], [v[..., which].mean(axis=0) for v in box])

    def found(self, sizes: Sequence[int]) -> Roots:
        if not self.owners:
            return Roots(np.zeros(0, dtype=np.intp), tuple(np.zeros((k, 0)) for k in sizes), ~self.undecided)
        owner = np.concatenate(self.owners)
        order = np.argsort(owner, kind="stable")
        points = tuple(np.concatenate(p, axis=1)[:, order] for p in zip(*self.points, strict=True))
        return Roots(owner[order], points, ~self.undecided)


def _step(
    state: _State, tables: Tables, sizes: Sequence[int], owner: Ints, box: list[FloatArray]
) -> tuple[Ints, list[FloatArray]]:
    """Exclude, settle, shrink or halve every box of a block; return the boxes that are left."""
    local = at_vertices([t[..., owner] for t in tables], box)
    keep = ~_beaten(local, sizes)
    state.spent += np.bincount(owner, minlength=len(state.spent))
    vanishing = _vanishing(local, sizes) & keep
    owner, box, local = owner[keep], _pick(keep, box), _pick(keep, local)
    state.limit[owner[vanishing[keep]]] = np.minimum(state.limit[owner[vanishing[keep]]], 64)
    if not len(owner):
        return owner, box
    owner, box, shrunk = _krawczyk(state, tables, sizes, owner, box, local)
    if not len(owner):
        return owner, box
    longest = _edges(box).max(axis=0)
    small = longest < SMALLEST
    over = state.spent[owner] > state.limit[owner]
    state.leave(owner, box, (small & ~over) | _most_central(owner, box, over))
    state.given_up[owner[over]] = True
    left = ~small & ~over
    again, split = left & shrunk, left & ~shrunk
    parts = [(owner[again], _pick(again, box)), *_halves(owner[split], _pick(split, box))]
    return np.concatenate([o for o, _ in parts]), [
        np.concatenate(v, axis=2) for v in zip(*(b for _, b in parts), strict=True)
    ]


def _most_central(owner: Ints, box: Sequence[FloatArray], over: Bools) -> Bools:
    """Of every system that is given up, the box whose centroid is nearest to even weights."""
    chosen = np.zeros(len(owner), dtype=np.bool_)
    if over.any():
        away = np.max([np.abs(v.mean(axis=0) - 1.0 / len(v)).max(axis=0) for v in box], axis=0)
        at = np.flatnonzero(over)
        at = at[np.lexsort((away[at], owner[at]))]
        _, first = np.unique(owner[at], return_index=True)
        chosen[at[first]] = True
    return chosen


def _pick(mask: Bools, arrays: list[FloatArray]) -> list[FloatArray]:
    return arrays if mask.all() else [v[..., mask] for v in arrays]


def at_vertices(tables: Tables, box: Sequence[FloatArray]) -> list[FloatArray]:
    """Payoffs of every action when each of the others plays one vertex of its box; shaped like `tables`."""
    found = []
    for i, table in enumerate(tables):
        for axis, j in enumerate([j for j in range(len(box)) if j != i]):
            a, k = table.shape[: axis + 1], table.shape[axis + 1]
            flat = table.reshape(int(np.prod(a)), k, -1, table.shape[-1])
            rows = [sum(box[j][v, c] * flat[:, c] for c in range(k)) for v in range(k)]
            table = np.stack(rows, axis=1).reshape(table.shape)
        found.append(table)
    return found


def contract(table: FloatArray, points: Sequence[FloatArray], skip: Sequence[int]) -> FloatArray:
    """Average out every player not in `skip`; `table` has the axes of the players after `skip[0]`'s own first."""
    own, *kept = skip
    others = [j for j in range(len(points)) if j != own]
    for axis, j in reversed(list(enumerate(others))):
        if j not in kept:
            table = sum(np.take(table, c, axis=axis + 1) * w for c, w in enumerate(points[j]))
    return table


def _beaten(local: Tables, sizes: Sequence[int]) -> Bools:
    """Whether some action of a support is worse than another action in all of the box."""
    found = np.zeros(local[0].shape[-1], dtype=np.bool_)
    for table, k in zip(local, sizes, strict=True):
        flat = table.reshape(len(table), -1, table.shape[-1])
        for a, b in itertools.product(range(k), range(len(flat))):
            if a != b:
                found |= (flat[a] - flat[b]).max(axis=0) < -TIE
    return found


def _vanishing(local: Tables, sizes: Sequence[int]) -> Bools:
    """Whether two actions of a support are the same in all of the box: then a root is never isolated."""
    found = np.zeros(local[0].shape[-1], dtype=np.bool_)
    for table, k in zip(local, sizes, strict=True):
        flat = table.reshape(len(table), -1, table.shape[-1])
        for a, b in itertools.combinations(range(k), 2):
            found |= np.abs(flat[a] - flat[b]).max(axis=0) <= TIE
    return found


def _square(sizes: Sequence[int]) -> bool:
    """Whether no player has more equations than the others have weights."""
    total = sum(sizes) - len(sizes)
    return all(2 * (k - 1) <= total for k in sizes)


def _krawczyk(
    state: _State, tables: Tables, sizes: Sequence[int], owner: Ints, box: list[FloatArray], local: Tables
) -> tuple[Ints, list[FloatArray], Bools]:
    """Steps 2 and 3; return the boxes that are left, and which of them have shrunk a lot."""
    F = equations(local, sizes)
    square = _square(sizes)
    C = _preconditioner(F, sizes, square)
    G = np.einsum("efn,f...n->e...n", C, F)
    slack = 1e-14 * np.abs(C).sum(axis=1) + 1e-10
    low, possible = _range(G, sizes, slack)
    sure = possible & (_contraction(G, sizes) < 0.95) if square else np.zeros_like(possible)
    settled = ~possible
    if sure.any():
        at = np.flatnonzero(sure)
        part = [t[..., owner[at]] for t in tables]
        x, converged = newton(part, sizes, [v[..., at].mean(axis=0) for v in box])
        inside, here = _located(x, [v[..., at] for v in box])
        settled[at] |= converged & inside
        weights = np.min([p.min(axis=0) for p in x], axis=0)
        good = converged & inside & here & (weights >= -TIE)
        state.record(owner[at][good], [p[:, good] for p in x])
    left = ~settled
    owner, box, low = owner[left], list(_pick(left, box)), _pick(left, low)
    shrunk = np.zeros(len(owner), dtype=np.bool_)
    for j, (v, b) in enumerate(zip(box, low, strict=True)):
        if len(b) == 1:
            continue
        total = np.maximum(b.sum(axis=0), 1e-300)
        b = b * np.minimum(1.0, 0.999 / total)
        s = 1.0 - b.sum(axis=0)
        box[j] = s * v + np.einsum("cn,cdn->dn", b, v)
        shrunk |= s < 0.6
    return owner, box, shrunk


def equations(local: Tables, sizes: Sequence[int]) -> FloatArray:
    """Payoff differences within every support, at all vertices of the box; shape (m, k_0, ..., k_{n-1}, boxes)."""
    n = local[0].shape[-1]
    rows = []
    for i, (table, k) in enumerate(zip(local, sizes, strict=True)):
        difference = np.expand_dims(table[1:k] - table[:1], i + 1)
        rows.append(np.broadcast_to(difference, (k - 1, *sizes, n)))
    return np.concatenate(rows)


def _preconditioner(F: FloatArray, sizes: Sequence[int], square: bool) -> FloatArray:
    """Inverse Jacobian at the centroid in barycentric coordinates; any matrix will do where that is singular.

    A root is a fixed point of ``x - C F(x)`` whatever C is. Where some player has more equations than the others have
    weights, the pseudo-inverse leads to where the equations come nearest to a solution, and there they exclude one.
    """
    axes = range(1, len(sizes) + 1)
    columns = []
    for j in range(len(sizes)):
        mean = F.mean(axis=tuple(a for a in axes if a != j + 1))
        columns.append(mean[:, 1:] - mean[:, :1])
    J = np.concatenate(columns, axis=1)
    if not square:
        return np.asarray(np.moveaxis(np.linalg.pinv(np.moveaxis(J, -1, 0), rcond=1e-6), 0, -1))
    m = len(J)
    noise = np.cos(1.0 + np.arange(m * m, dtype=np.float64) ** 2).reshape(m, m, 1)
    J = J + 1e-13 * np.maximum(np.abs(J).max(axis=(0, 1)), 1e-30) * noise
    return np.asarray(np.moveaxis(np.linalg.inv(np.moveaxis(J, -1, 0)), 0, -1))


def _blocks(sizes: Sequence[int]) -> Iterator[tuple[int, slice]]:
    """The rows that belong to each player's weights."""
    start = 0
    for j, k in enumerate(sizes):
        yield j, slice(start, start + k - 1)
        start += k - 1


def _range(G: FloatArray, sizes: Sequence[int], slack: FloatArray) -> tuple[list[FloatArray], Bools]:
    """Lower bounds of the barycentric weights of any root in the box, and whether there can be one."""
    possible = np.ones(G.shape[-1], dtype=np.bool_)
    lows = []
    for j, rows in _blocks(sizes):
        k = sizes[j]
        others = tuple(a for a in range(1, len(sizes) + 1) if a != j + 1)
        own, room = G[rows], slack[rows]
        unit = np.eye(k)[..., None]
        first = unit[0] + own.sum(axis=0).min(axis=tuple(a - 1 for a in others)) if k > 1 else unit[0]
        rest_low = unit[1:] - own.max(axis=others)
        rest_high = unit[1:] - own.min(axis=others)
        possible &= (rest_high.max(axis=1) + room >= 0).all(axis=0)
        low = np.concatenate([(first.min(axis=0) - room.sum(axis=0))[None], rest_low.min(axis=1) - room])
        low = np.clip(low, 0.0, None)
        possible &= low.sum(axis=0) <= 1.0
        lows.append(low)
    return lows, possible


def _contraction(G: FloatArray, sizes: Sequence[int]) -> FloatArray:
    """Bound ``|I - C F'|`` over the enlarged box."""
    for axis in range(1, len(sizes) + 1):
        G = ENLARGED * G - (ENLARGED - 1.0) * G.mean(axis=axis, keepdims=True)
    total = np.zeros((len(G), G.shape[-1]))
    for j, rows in _blocks(sizes):
        if sizes[j] == 1:
            continue
        own = np.moveaxis(G, j + 1, 1)
        slope = (own[:, 1:] - own[:, :1]).reshape(len(G), sizes[j] - 1, -1, G.shape[-1])
        target = np.eye(len(G))[:, rows][..., None, None]
        total += np.abs(slope - target).max(axis=2).sum(axis=1)
    return np.asarray(total.max(axis=0))


def _located(x: Sequence[FloatArray], box: Sequence[FloatArray]) -> tuple[Bools, Bools]:
    """Whether points lie in the enlarged boxes, and whether in the boxes themselves (a little more than these)."""
    inside = np.ones(x[0].shape[1], dtype=np.bool_)
    here = inside.copy()
    for p, v in zip(x, box, strict=True):
        k = len(p)
        if k == 1:
            continue
        relative = np.linalg.solve(np.moveaxis(v, -1, 0).swapaxes(1, 2), p.T[..., None])[..., 0]
        inside &= relative.min(axis=1) >= -0.99 * (ENLARGED - 1.0) / k
        here &= relative.min(axis=1) >= -1e-6
    return inside, here


def newton(tables: Tables, sizes: Sequence[int], start: Sequence[FloatArray]) -> tuple[list[FloatArray], Bools]:
    """Newton's method (least squares where the system is singular) from `start`.

    Returns
    -------
    x : list of numpy.ndarray, shape (k_j, n)
        Weights, which sum to 1 and may be negative.
    converged : numpy.ndarray of bool, shape (n,)
        Whether the last step was below 1e-11.
    """
    x = [p.copy() for p in start]
    n = x[0].shape[1]
    converged = np.zeros(n, dtype=np.bool_)
    gaps = [t[1:k] - t[:1] for t, k in zip(tables, sizes, strict=True)]
    for _ in range(12):
        value = np.concatenate([contract(g, x, (i,)) for i, g in enumerate(gaps)])
        J = np.concatenate([_slopes(g, x, i) for i, g in enumerate(gaps)])
        step = _solved(np.moveaxis(J, -1, 0), value.T).T
        size = np.abs(step).max(axis=0, initial=0.0)
        step = np.where(converged | ~(size < 4.0), 0.0, step)
        for j, rows in _blocks(sizes):
            x[j][1:] -= step[rows]
            x[j][0] = 1.0 - x[j][1:].sum(axis=0)
        converged |= size < 1e-11
        if (converged | ~(size < 4.0)).all():
            break
    return x, converged


def _slopes(gap: FloatArray, x: Sequence[FloatArray], i: int) -> FloatArray:
    """Derivatives of player i's equations, shape (k_i - 1, m, n)."""
    columns = []
    for j, p in enumerate(x):
        if j == i:
            columns.append(np.zeros((len(gap), len(p) - 1, gap.shape[-1])))
        else:
            along = contract(gap, x, (i, j))
            columns.append(along[:, 1:] - along[:, :1])
    return np.concatenate(columns, axis=1)


def _solved(J: FloatArray, value: FloatArray) -> FloatArray:
    """Solve every system; by pseudo-inverse if one of them is exactly singular."""
    try:
        return np.asarray(np.linalg.solve(J, value[..., None])[..., 0])
    except np.linalg.LinAlgError:
        return np.asarray((np.linalg.pinv(J, rcond=1e-9) @ value[..., None])[..., 0])


def _edges(box: Sequence[FloatArray]) -> FloatArray:
    """Lengths of all edges, player by player; shape (edges, boxes)."""
    lengths = [np.abs(v[a] - v[b]).max(axis=0) for v in box for a, b in itertools.combinations(range(len(v)), 2)]
    return np.stack(lengths)


def _halves(owner: Ints, box: list[FloatArray]) -> Iterator[tuple[Ints, list[FloatArray]]]:
    """Cut every box at the middle of its longest edge."""
    if not len(owner):
        return
    longest = _edges(box).argmax(axis=0)
    pairs = [(j, a, b) for j, v in enumerate(box) for a, b in itertools.combinations(range(len(v)), 2)]
    low, high = [v.copy() for v in box], [v.copy() for v in box]
    for e, (j, a, b) in enumerate(pairs):
        at = np.flatnonzero(longest == e)
        middle = (box[j][a][:, at] + box[j][b][:, at]) / 2
        low[j][b][:, at] = middle
        high[j][a][:, at] = middle
    yield np.concatenate([owner, owner]), [np.concatenate([x, y], axis=2) for x, y in zip(low, high, strict=True)]
