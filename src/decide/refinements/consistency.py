"""Consistency of beliefs (Kreps & Wilson 1982): whether they are limits of Bayes' rule for play that trembles.

Trembles may be written ``c_a e^K_a`` with e to 0: what is played has order ``K_a = 0`` and its own probability for c,
what is not played has an order of at least 1 and a coefficient of its own. Beliefs are consistent if and only if there
are orders under which, in every information set, the believed nodes are those of least total order (Kreps & Wilson's
labels), and coefficients under which their odds are as believed. Both are linear, in K and in log c, and independent of
each other (that nothing more is needed follows from Motzkin's transposition theorem); so linear programming decides.

Where play does not lead, a belief up to 1e-9 counts as 0, and odds are compared to a millionth. That is decided, not
overlooked: a limit of logit play, or of any computation, leaves such shares where the limit itself is 0, and whether a
node is believed at all decides which orders are asked for. So an assessment that *means* a belief of 1e-10 off the path
is read as one that rules the node out. Where play leads, beliefs however small are held to Bayes' rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from decide.frozen import FrozenMap
from decide.games.values import FloatArray
from decide.refinements.check import Check, Failure
from decide.refinements.play import Play
from decide.refinements.tables import TIE, program

__all__ = ["Trembles", "against_bayes", "consistency"]

#: Believed odds may differ from those of trembles by this much, as logarithms.
LOG_SLACK = 1e-6
#: Beliefs where Bayes' rule says something may differ from it by this much.
BAYES_SLACK = 1e-7


@dataclass(frozen=True, eq=False)
class Trembles:
    """What every node's order and log-coefficient are made of.

    Attributes
    ----------
    order : numpy.ndarray of int, shape (n_nodes, n_unplayed)
        How often each unplayed action leads to the node: the order is this times K, the coefficient this times log c.
    known : numpy.ndarray, shape (n_nodes,)
        The known part of the logarithm: chance and what is played; minus infinity where chance never leads.
    """

    order: FloatArray
    known: FloatArray

    @staticmethod
    def of(play: Play) -> Trembles:
        """Read them off a play."""
        s = play.s
        column: dict[tuple[int, int], int] = {}
        for h, x in enumerate(play.strategies):
            for a in np.flatnonzero(x <= TIE):
                column[h, int(a)] = len(column)
        order, known = np.zeros((len(s.rows), len(column))), np.zeros(len(s.rows))
        for node in range(1, len(s.rows)):
            up = s.parent[node]
            order[node], known[node] = order[up], known[up]
            where = column.get((s.infoset_of[up], s.branch[node]))
            if s.infoset_of[up] >= 0 and where is not None:
                order[node, where] += 1.0
            else:
                odds = play.odds(node)
                known[node] += np.log(odds) if odds > 0 else -np.inf
        return Trembles(order, known)

    def relations(self, nodes: Sequence[int], believed: Sequence[bool]) -> tuple[FloatArray, FloatArray]:
        """Rows on orders at one set: differences that must be 0, and differences that must be at least 1."""
        inside = [n for n, b in zip(nodes, believed, strict=True) if b]
        outside = [n for n, b in zip(nodes, believed, strict=True) if not b and np.isfinite(self.known[n])]
        least = self.order[inside[0]]
        return self.order[inside[1:]] - least, self.order[outside] - least

    def possible(self, play: Play) -> list[int]:
        """Information sets that chance may lead to."""
        return [h for h, i in enumerate(play.s.infosets) if np.isfinite(self.known[list(i.nodes)]).any()]

    def open_sets(self, play: Play, beliefs: Sequence[FloatArray]) -> list[int]:
        """Information sets with beliefs which only trembles can explain."""
        return [h for h in self.possible(play) if np.isnan(play.bayes[h]).any() and not np.isnan(beliefs[h]).any()]

    def asked(self, nodes: Sequence[int], mu: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """What beliefs at one set ask of trembles: rows as of `relations`, and what the first give in logarithms."""
        equal, more = self.relations(nodes, (mu > TIE).tolist())
        inside = [k for k, m in enumerate(mu) if m > TIE]
        log = np.log(mu[inside]) - self.known[[nodes[k] for k in inside]]
        return equal, more, log[1:] - log[0]

    def has_orders(self, equal: FloatArray, more: FloatArray) -> bool | None:
        """Whether orders of at least 1 meet the relations; None if the program failed."""
        k = self.order.shape[1]
        if not k or not len(equal) + len(more):
            return not len(more)
        constraints = {"bounds": (1.0, None)}
        if len(equal):
            constraints |= {"A_eq": equal, "b_eq": np.zeros(len(equal))}  # type: ignore[dict-item]
        if len(more):
            constraints |= {"A_ub": -more, "b_ub": -np.ones(len(more))}  # type: ignore[dict-item]
        return program(np.ones(k), **constraints)[0]

    def misfit(self, equal: FloatArray, wanted: FloatArray) -> FloatArray:
        """How far log-coefficients miss the wanted differences of logarithms, shape (n_relations,)."""
        if not len(wanted):
            return np.zeros(0)
        if not equal.shape[1]:
            return np.abs(wanted)
        found = np.linalg.lstsq(equal, wanted, rcond=None)[0]
        return np.asarray(np.abs(equal @ found - wanted))


def against_bayes(
    play: Play, beliefs: Sequence[FloatArray], sets: Sequence[int] | None = None
) -> list[tuple[int, float, str]]:
    """Where beliefs are not those of Bayes' rule, or of chance where chance alone tells nodes apart: set, gap, why.

    Parameters
    ----------
    play : Play
    beliefs : sequence of numpy.ndarray, shape (n_nodes,) each
        Per information set; NaN is never against anything.
    sets : sequence of int, optional
        Which sets to look at; all unless given.

    Notes
    -----
    Trembles change nothing there in the limit: beliefs, however small, must be those.
    """
    found = []
    for h in range(len(beliefs)) if sets is None else sets:
        gap = float(np.abs(np.asarray(beliefs[h]) - play.bayes[h]).max())
        if gap > BAYES_SLACK:
            why = "beliefs are not those of Bayes' rule" if play.reached(h) else "beliefs are not what chance says"
            found.append((h, gap, why))
    return found


def consistency(play: Play, beliefs: Sequence[FloatArray]) -> Check:
    """Check that beliefs are limits of Bayes' rule under trembles.

    Parameters
    ----------
    play : Play
    beliefs : sequence of numpy.ndarray, shape (n_nodes,) each
        Per information set. NaN stands for Bayes' rule, and where that says nothing for whatever the trembles make of
        the set: whether the other beliefs are consistent does not depend on it.

    Returns
    -------
    Check
        `Failure.gain` is by how much a belief is off where play leads; elsewhere by how much the odds of two nodes are
        off at the worst, as a factor, and 0 where it is their order.
    """
    s, trembles, beliefs = play.s, Trembles.of(play), play.held(beliefs)
    off = against_bayes(play, beliefs, trembles.possible(play))
    if off:
        return _failed(play, off, beliefs)
    rows = {}
    sets = trembles.open_sets(play, beliefs)
    for h in sets:
        nodes, mu = s.infosets[h].nodes, beliefs[h]
        impossible = [n for n, m in zip(nodes, mu, strict=True) if m > TIE and not np.isfinite(trembles.known[n])]
        if impossible:
            return _failed(play, [(h, 0.0, f"chance never leads to {s.path(impossible[0])!r}")], beliefs)
        rows[h] = trembles.asked(nodes, mu)
    wrong = [(h, 0.0, "no trembles make these nodes the likeliest") for h in sets
             if trembles.has_orders(rows[h][0], rows[h][1]) is False]  # fmt: skip
    if not wrong:
        equal = np.concatenate([rows[h][0] for h in sets]) if sets else np.zeros((0, trembles.order.shape[1]))
        more = np.concatenate([rows[h][1] for h in sets]) if sets else equal
        ordered = trembles.has_orders(equal, more)
        if ordered is None:
            return Check("consistency", None, (), _told(play, beliefs), "a linear program failed")
        if not ordered:
            some = [h for h in sets if len(rows[h][0]) + len(rows[h][1])]
            wrong = [(h, 0.0, "not together with the beliefs at the other sets") for h in some]
        miss = trembles.misfit(equal, np.concatenate([rows[h][2] for h in sets]) if sets else np.zeros(0))
        start = 0
        for h in sets:
            own = miss[start : start + len(rows[h][2])]
            start += len(own)
            if own.max(initial=0.0) > LOG_SLACK:
                wrong.append((h, float(np.expm1(own.max())), "the odds are not those of any trembles"))
    return _failed(play, wrong, beliefs)


def _failed(play: Play, wrong: list[tuple[int, float, str]], beliefs: Sequence[FloatArray]) -> Check:
    infosets, players = play.s.infosets, play.s.players
    failures = tuple(Failure(players[infosets[h].player], infosets[h].name, gain, why) for h, gain, why in wrong)
    return Check("consistency", not failures, failures, _told(play, beliefs))


def _told(play: Play, beliefs: Sequence[FloatArray]) -> FrozenMap[str, Any] | None:
    """Beliefs by name, if there are any at every set."""
    return None if any(np.isnan(b).any() for b in beliefs) else play.named(beliefs)
