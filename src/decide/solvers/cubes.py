"""All equilibria of three players with two actions each, in closed form, batched over games.

With ``x, y, z`` the weights of the players' second actions, player 1 is indifferent where ``D1(y, z) = 0``, ``D1``
being the gain from the second action: bilinear, as ``D2(x, z)`` and ``D3(x, y)`` are. Player 1's equation gives y in
terms of z, player 2's gives x, and both put into the third leave one quadratic in z: at most two equilibria in which
all mix. Where one plays purely the other two have linear equations; pure profiles need signs only.

Every solution of the three equations solves the quadratic, so nothing is lost, unless a division on the way is by
(nearly) nothing. Such games, ties, double roots, and whatever else comes within a margin of changing the answer are
handed back as *doubtful*, for `decide.solvers.polynomial` to settle.

Cost: some hundred array operations for the whole batch. Use `decide.solvers.many_players`, which calls this.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from decide.games.values import FloatArray
from decide.solvers.base import TIE

__all__ = ["cube_equilibria"]

#: Games worked on at once, to bound memory; more are no faster (measured).
CHUNK = 32_768
#: Relative distance from a boundary, or from a double root, below which a game is doubtful.
MARGIN = 1e-7

Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]


def cube_equilibria(units: FloatArray) -> tuple[Ints, tuple[FloatArray, ...], Bools]:
    """Find all equilibria of 2 x 2 x 2 games.

    Parameters
    ----------
    units : numpy.ndarray, shape (3, 2, 2, 2, n)
        Payoffs of each player, scaled to [0, 1].

    Returns
    -------
    owner : numpy.ndarray of int, shape (e,)
        Ascending.
    strategies : tuple of numpy.ndarray, shape (e, 2)
    doubtful : numpy.ndarray of bool, shape (n,)
        Games in which something was too close to call; what is listed for them need not be right.
    """
    n = units.shape[-1]
    parts = [_chunk(units[..., start : start + CHUNK]) for start in range(0, max(n, 1), CHUNK)]
    owner = np.concatenate([o + k * CHUNK for k, (o, _, _) in enumerate(parts)])
    second = np.concatenate([x for _, x, _ in parts], axis=1)
    return owner, tuple(np.stack([1.0 - x, x], axis=1) for x in second), np.concatenate([d for _, _, d in parts])


def _chunk(units: FloatArray) -> tuple[Ints, FloatArray, Bools]:
    """Find the weights of the second actions, shape (3, e)."""
    gains = [np.ascontiguousarray(units[i].take(1, axis=i) - units[i].take(0, axis=i)) for i in range(3)]
    doubtful = np.zeros(units.shape[-1], dtype=np.bool_)
    for gain in gains:
        doubtful |= (np.abs(gain) <= TIE).any(axis=(0, 1))
    found: list[tuple[Ints, FloatArray]] = [*_pure(gains), *_one_pure(gains, doubtful), *_interior(gains, doubtful)]
    owner = np.concatenate([o for o, _ in found])
    second = np.concatenate([x for _, x in found], axis=1)
    order = np.argsort(owner, kind="stable")
    return owner[order], second[:, order], doubtful


def _pure(gains: Sequence[FloatArray]) -> list[tuple[Ints, FloatArray]]:
    """Pure equilibria: every sign is right."""
    up = [gain > 0 for gain in gains]
    found = []
    for a in itertools.product((0, 1), repeat=3):
        good = np.logical_and.reduce([up[i][(*a[:i], *a[i + 1 :])] == bool(a[i]) for i in range(3)])
        at = np.flatnonzero(good)
        found.append((at, np.repeat(np.array(a, dtype=np.float64)[:, None], len(at), axis=1)))
    return found


def _one_pure(gains: Sequence[FloatArray], doubtful: Bools) -> list[tuple[Ints, FloatArray]]:
    """Equilibria in which one player plays purely and two mix."""
    found = []
    for i, a in itertools.product(range(3), (0, 1)):
        j, k = (m for m in range(3) if m != i)
        # each other's gains with i at a, by what the remaining player does
        p, q = (gains[m][a] if i < 3 - i - m else gains[m][:, a] for m in (j, k))
        at = np.flatnonzero(((p[0] > 0) != (p[1] > 0)) & ((q[0] > 0) != (q[1] > 0)))
        x = np.empty((3, len(at)))
        x[i] = a
        x[k] = _zero(p[0, at], p[1, at])
        x[j] = _zero(q[0, at], q[1, at])
        gain = _bilinear(gains[i][..., at], x[j], x[k])
        doubtful[at] |= np.abs(gain) <= 2 * TIE
        good = (gain > 0) == bool(a)
        found.append((at[good], x[:, good]))
    return found


def _zero(at_0: FloatArray, at_1: FloatArray) -> FloatArray:
    """Where the line through two values of opposite sign is 0."""
    return np.asarray(at_0 / (at_0 - at_1))


def _bilinear(corner: FloatArray, s: FloatArray, t: FloatArray) -> FloatArray:
    low = corner[0, 0] + (corner[1, 0] - corner[0, 0]) * s
    return np.asarray(low + (corner[0, 1] + (corner[1, 1] - corner[0, 1]) * s - low) * t)


def _interior(gains: Sequence[FloatArray], doubtful: Bools) -> list[tuple[Ints, FloatArray]]:
    """Equilibria in which all three mix; three attempts, each eliminating in favour of another player."""
    both = [(gain > 0).any(axis=(0, 1)) & (gain < 0).any(axis=(0, 1)) for gain in gains]
    left = np.flatnonzero(np.logical_and.reduce(both) & ~doubtful)
    found: list[tuple[Ints, FloatArray]] = []
    for shift in range(3):
        # relabel players so that player `shift + 2` is the last; gains keep their axes in the order of the others
        order = [(shift + m) % 3 for m in range(3)]
        turned = []
        for place, i in enumerate(order):
            others = [m for m in range(3) if m != i]
            wanted = [order[m] for m in range(3) if m != place]
            gain = gains[i][..., left]
            turned.append(gain if others == wanted else gain.swapaxes(0, 1))
        unclear = np.zeros(len(left), dtype=np.bool_)
        attempt = _all_mix(turned, unclear)
        for at, x in attempt:
            clear = ~unclear[at]
            back = np.empty((3, int(clear.sum())))
            back[order] = x[:, clear]
            found.append((left[at[clear]], back))
        left = left[unclear]
        if not len(left):
            break
    doubtful[left] = True
    return found


def _all_mix(gains: Sequence[FloatArray], unclear: Bools) -> list[tuple[Ints, FloatArray]]:
    """Solve the quadratic in the last player's odds ``z / (1 - z)``; mark games that are too close to call."""
    D, E, F = gains  # D(y, z), E(x, z), F(x, y)
    e0, middle, e2 = _quadratic(D, E, F)
    scale = np.maximum(np.maximum(np.abs(e0), np.abs(e2)), np.abs(middle))
    size = np.prod([np.abs(gain).max(axis=(0, 1)) for gain in gains], axis=0)
    unclear |= scale <= MARGIN * size
    near = MARGIN * scale
    one_sign = (np.minimum(np.minimum(e0, middle), e2) > near) | (np.maximum(np.maximum(e0, middle), e2) < -near)
    under = middle**2 - e0 * e2
    unclear |= ~one_sign & (np.abs(under) <= MARGIN * scale**2)
    t = -(middle + np.copysign(np.sqrt(np.maximum(under, 0.0)), middle))
    possible = ~one_sign & (under > 0) & ~unclear
    found = []
    for top, bottom in ((t, e2), (e0, t)):  # the two roots: odds are top / bottom
        total = top + bottom
        z = np.divide(top, total, out=np.full_like(top, -1.0), where=np.abs(total) > near)
        at = np.flatnonzero(possible & (z > -MARGIN) & (z < 1.0 + MARGIN))
        found.append(_completed([gain[..., at] for gain in gains], z[at], at, unclear))
    return found


def _quadratic(D: FloatArray, E: FloatArray, F: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Coefficients of ``e0 (1 - z)^2 + 2 e1 z (1 - z) + e2 z^2``.

    From ``y : 1 - y = D(0, z) : -D(1, z)`` and ``x : 1 - x = E(0, z) : -E(1, z)`` put into ``F(x, y) = 0``.
    """

    def product(i: int, j: int) -> FloatArray:
        return np.asarray(
            F[0, 0] * E[1, i] * D[1, j]
            - F[0, 1] * E[1, i] * D[0, j]
            - F[1, 0] * E[0, i] * D[1, j]
            + F[1, 1] * E[0, i] * D[0, j]
        )

    return product(0, 0), (product(0, 1) + product(1, 0)) / 2, product(1, 1)


def _completed(gains: Sequence[FloatArray], z: FloatArray, at: Ints, unclear: Bools) -> tuple[Ints, FloatArray]:
    """Find x and y for a root z, polish, and keep what lies inside."""
    D, E, F = gains
    doubt = np.zeros(len(at), dtype=np.bool_)
    y, y_known = _weight(D[:, 0] + (D[:, 1] - D[:, 0]) * z)
    x, x_known = _weight(E[:, 0] + (E[:, 1] - E[:, 0]) * z)
    third_y, third_y_known = _weight(F[0] + (F[1] - F[0]) * x)
    third_x, third_x_known = _weight(F[:, 0] + (F[:, 1] - F[:, 0]) * y)
    doubt |= ~(x_known | third_x_known & y_known) | ~(y_known | third_y_known & x_known)
    x, y = np.where(x_known, x, third_x), np.where(y_known, y, third_y)
    # far outside already: no equilibrium, however ill-conditioned; where x or y is unknown it is in doubt
    outside = ~doubt & ((np.minimum(x, y) < -1e-3) | (np.maximum(x, y) > 1.001))
    point = np.where(outside | doubt, 0.5, np.stack([x, y, z]))
    error = _errors(gains, point)
    off = np.abs(error).max(axis=0) > 1e-6
    polished, sound = point, np.ones(len(at), dtype=np.bool_)
    for _ in range(3):
        polished, good = _newton(gains, polished)
        sound &= good
    moved = np.abs(polished - point).max(axis=0, initial=0.0) > 1e-4
    edge = np.minimum(polished, 1.0 - polished).min(axis=0)
    doubt |= ~outside & (off | moved | ~sound | (np.abs(edge) <= MARGIN))
    unclear[at[doubt]] = True
    good = ~outside & ~doubt & (edge > 0)
    return at[good], polished[:, good]


def _weight(line: FloatArray) -> tuple[FloatArray, Bools]:
    """Where a line given at 0 and 1 is 0, and whether that is well determined."""
    fall = line[0] - line[1]
    known = np.abs(fall) > 1e-5
    return np.divide(line[0], fall, out=np.full_like(fall, 0.5), where=known), known


def _errors(gains: Sequence[FloatArray], point: FloatArray) -> FloatArray:
    x, y, z = point
    return np.stack([_bilinear(gains[0], y, z), _bilinear(gains[1], x, z), _bilinear(gains[2], x, y)])


def _newton(gains: Sequence[FloatArray], point: FloatArray) -> tuple[FloatArray, Bools]:
    """One step for the three equations; none of them contains its own player's weight."""
    x, y, z = point
    D, E, F = gains
    e = _errors(gains, point)
    a, b = _slopes(D, y, z)  # d D / dy, d D / dz
    c, d = _slopes(E, x, z)
    f, g = _slopes(F, x, y)
    determinant = a * d * f + b * c * g
    size = np.max([np.abs(v) for v in (a, b, c, d, f, g)], axis=0)
    sound = np.abs(determinant) > 1e-6 * size**3
    safe = np.where(sound, determinant, 1.0)
    # [0 a b; c 0 d; f g 0]^-1 e by cofactors
    steps = np.stack(
        [
            -d * g * e[0] + b * g * e[1] + a * d * e[2],
            d * f * e[0] - b * f * e[1] + b * c * e[2],
            c * g * e[0] + a * f * e[1] - a * c * e[2],
        ]
    )
    return np.where(sound, point - steps / safe, point), sound


def _slopes(corner: FloatArray, s: FloatArray, t: FloatArray) -> tuple[FloatArray, FloatArray]:
    along_s = corner[1, 0] - corner[0, 0] + (corner[1, 1] - corner[1, 0] - corner[0, 1] + corner[0, 0]) * t
    along_t = corner[0, 1] - corner[0, 0] + (corner[1, 1] - corner[1, 0] - corner[0, 1] + corner[0, 0]) * s
    return along_s, along_t
