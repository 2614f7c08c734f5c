"""The simplex method in integers, for small linear programs whose answer must not rest on rounding.

Maximise ``c x`` subject to ``A x <= b``, ``x >= 0``, where all numbers are integers, ``b >= 0`` (so that ``x = 0`` is
a start) and there is a maximum. The tableau is kept in integers over one common denominator, the last pivot (Edmonds
1967; Bareiss 1968); Bland's rule (1977) keeps it from going round in circles.

Cost: (rows + columns) x rows products of long integers a step. Use HiGHS where rounding does no harm.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

__all__ = ["simplex"]


def simplex(A: Sequence[Sequence[int]], b: Sequence[int], c: Sequence[int]) -> list[Fraction]:
    """Return an optimal ``x``, without rounding.

    >>> simplex([[1, 2], [3, 1]], [4, 6], [1, 1])
    [Fraction(8, 5), Fraction(6, 5)]
    """
    m, n = len(b), len(c)
    T = np.zeros((m + 1, n + m + 1), dtype=object)
    T[:m, :n], T[:m, -1], T[m, :n] = A, b, [-v for v in c]
    T[range(m), range(n, n + m)] = 1
    basis, last = list(range(n, n + m)), 1
    while (T[m, :-1] < 0).any():
        k = int(np.argmax(T[m, :-1] < 0))
        r = min((i for i in range(m) if T[i, k] > 0), key=lambda i: (Fraction(T[i, -1], T[i, k]), basis[i]))
        pivot, row = T[r, k], T[r].copy()
        T = (T * pivot - np.outer(T[:, k], row)) // last
        T[r], basis[r], last = row, k, pivot
    value = {j: Fraction(T[i, -1], last) for i, j in enumerate(basis)}
    return [value.get(j, Fraction(0)) for j in range(n)]
