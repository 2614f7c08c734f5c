"""What can be asked of an assessment: play, and beliefs at every information set (Kreps & Wilson 1982).

*Sequential rationality*: nobody gains by another move at any information set, given the beliefs there and everyone's
later play. *Weak perfect Bayesian*: with Bayes' rule on the path and any beliefs off it. *Perfect Bayesian*: beliefs
off the path also obey chance wherever chance alone tells the nodes of a set apart, and in every proper subgame play is
a Nash equilibrium (a common minimum; definitions differ). *Sequential*: with beliefs that are limits of trembles.
*Perfect in the agent form*: no agent, one for each information set, would change if all others made small mistakes
(Selten 1975).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from decide.certify.trees import subgame_regrets
from decide.errors import TooLargeError
from decide.games.values import FloatArray
from decide.refinements import is_perfect
from decide.refinements.check import Check, Failure
from decide.refinements.consistency import Trembles, against_bayes, consistency
from decide.refinements.play import Play
from decide.refinements.tables import TIE, program

__all__ = [
    "agent_perfect",
    "perfect_bayesian",
    "sequential",
    "sequential_rationality",
    "subgame_perfect",
    "weak_perfect_bayesian",
]

#: Combinations of supports of beliefs that `sequential` looks at.
MOST_SUPPORTS = 4_096
#: Where the search for beliefs that depend on each other starts.
STARTS = 6
#: Payoffs of an agent form.
MOST_PAYOFFS = 200_000


def sequential_rationality(play: Play, beliefs: Sequence[FloatArray] | None = None) -> Check:
    """Check that nobody gains by another move at any information set.

    Parameters
    ----------
    play : Play
    beliefs : sequence of numpy.ndarray, optional
        Per information set; NaN, and all unless given, stand for Bayes' rule, and where that says nothing for the
        beliefs under which least is gained.

    Returns
    -------
    Check
        With those beliefs.
    """
    return _rational(play, _fill(play, beliefs), "sequential rationality")


def weak_perfect_bayesian(play: Play, beliefs: Sequence[FloatArray] | None = None) -> Check:
    """Check for a weak perfect Bayesian equilibrium: rational, by Bayes' rule on the path, by any beliefs off it."""
    free = [b if play.reached(h) or len(b) == 1 else np.full(len(b), np.nan) for h, b in enumerate(play.bayes)]
    held = free if beliefs is None else [np.where(np.isnan(b), o, b) for b, o in zip(beliefs, free, strict=True)]
    against = _bayes_failures(play, held, [h for h in range(len(held)) if play.reached(h)])
    check = _rational(play, [_favourable(play, h) if np.isnan(b).any() else b for h, b in enumerate(held)], "")
    failures = (*against, *check.failures)
    return Check("weak perfect Bayesian", not failures, failures, check.beliefs)


def perfect_bayesian(play: Play, beliefs: Sequence[FloatArray] | None = None) -> Check:
    """Check for a perfect Bayesian equilibrium: weak, with chance obeyed off the path, and perfect in every subgame."""
    held = play.held(beliefs)
    rational = sequential_rationality(play, held)
    failures = (*_bayes_failures(play, held), *rational.failures, *subgame_perfect(play).failures)
    return Check("perfect Bayesian", not failures, failures, rational.beliefs)


def subgame_perfect(play: Play, _beliefs: Sequence[FloatArray] | None = None) -> Check:
    """Check that play is a Nash equilibrium in every subgame; failures name the set at the root of the subgame."""
    failures = []
    for root, gains in subgame_regrets(play.tree, [x[None] for x in play.strategies]).items():
        for i, gain in enumerate(gains[:, 0]):
            if gain > play.slack(i):
                h = play.s.infoset_of[root]
                name = play.s.infosets[h].name if h >= 0 else play.s.path(root)
                failures.append(Failure(play.s.players[i], name, float(gain), "gains in the subgame that starts here"))
    return Check("subgame perfect", not failures, tuple(failures))


def agent_perfect(play: Play, _beliefs: Sequence[FloatArray] | None = None) -> Check:
    """Check for trembling-hand perfection in the agent form, as far as `decide.refinements.is_perfect` decides."""
    try:
        form = play.tree.agent_form(limit=MOST_PAYOFFS)
    except TooLargeError as error:
        return Check("perfect", None, note=str(error))
    holds = is_perfect(form.payoffs, play.strategies)
    return Check(
        "perfect", holds, note="" if holds is not None else "three or more agents, and small trembles do not tell"
    )


def sequential(play: Play, beliefs: Sequence[FloatArray] | None = None) -> Check:
    """Check for a sequential equilibrium: rational under beliefs that are consistent.

    Parameters
    ----------
    play : Play
    beliefs : sequence of numpy.ndarray, optional
        Per information set; checked as they are. At sets with NaN, and at all unless given, Bayes' rule stands in, and
        where that says nothing beliefs are looked for that go with the others: every combination of nodes that may be
        believed in, and beliefs on them.

    Returns
    -------
    Check
        `holds` is None if there are too many combinations, or beliefs at several sets depend on each other's trembles
        in a way that was not settled.
    """
    held = play.held(beliefs)
    free = [h for h, b in enumerate(held) if np.isnan(b).any()]
    consistent = consistency(play, held)
    rational = sequential_rationality(play, held)  # by favourable beliefs at free sets: what fails here must fail
    failures = consistent.failures + rational.failures
    if failures:
        return Check("sequential", False, failures, rational.beliefs)
    if consistent.holds is None:
        return Check("sequential", None, (), None, consistent.note)
    return _search(play, held, free) if free else Check("sequential", True, (), rational.beliefs)


def _search(play: Play, known: list[FloatArray], free: list[int]) -> Check:
    """Look for beliefs at free sets, consistent with those known, one combination of believed nodes at a time."""
    s, trembles = play.s, Trembles.of(play)
    choices = [_supports(len(s.infosets[h].nodes)) for h in free]
    if np.prod([float(len(c)) for c in choices]) > MOST_SUPPORTS:
        note = f"more than {MOST_SUPPORTS:,} combinations of believed nodes at {len(free)} sets"
        return Check("sequential", None, note=note)
    fixed = _Fixed.of(play, trembles, known)
    open_ = False
    for combination in itertools.product(*choices):
        held = list(known)
        found = [_favourable(play, h, list(b)) for h, b in zip(free, combination, strict=True)]
        for h, mu in zip(free, found, strict=True):
            held[h] = mu
        if any(not _is_rational_at(play, h, held[h]) for h in free):
            continue
        relations = [trembles.relations(s.infosets[h].nodes, b) for h, b in zip(free, combination, strict=True)]
        equal = np.concatenate([fixed.equal, *(r[0] for r in relations)])
        if trembles.has_orders(equal, np.concatenate([fixed.more, *(r[1] for r in relations)])) is not True:
            continue
        interior = all((mu[list(b)] > TIE).all() for mu, b in zip(found, combination, strict=True))
        if interior and consistency(play, held).holds:
            return Check("sequential", True, (), play.named(held))
        if len(equal) and np.linalg.matrix_rank(equal) < len(equal):
            tied = _tied_beliefs(play, trembles, free, combination, held, fixed.directions(equal))
            if tied is not None and consistency(play, tied).holds:
                return Check("sequential", True, (), play.named(tied))
            open_ = True
    if open_:
        return Check("sequential", None, note="beliefs at several sets depend on the same trembles; not settled")
    why = "no consistent beliefs make this rational"
    failures = tuple(Failure(s.players[s.infosets[h].player], s.infosets[h].name, 0.0, why) for h in free)
    return Check("sequential", False, failures)


@dataclass(frozen=True, eq=False)
class _Fixed:
    """What beliefs that are known, off the path, ask of trembles.

    Attributes
    ----------
    equal, more : numpy.ndarray, shape (n_relations, n_unplayed)
        As of `Trembles.relations`.
    wanted : numpy.ndarray, shape (n_equal,)
        What the first must give, of log-coefficients.
    """

    equal: FloatArray
    more: FloatArray
    wanted: FloatArray

    @staticmethod
    def of(play: Play, trembles: Trembles, known: list[FloatArray]) -> _Fixed:
        """Collect it over all sets."""
        sets = trembles.open_sets(play, known)
        none = np.zeros((0, trembles.order.shape[1]))
        rows = [(none, none, np.zeros(0)), *(trembles.asked(play.s.infosets[h].nodes, known[h]) for h in sets)]
        equal, more, wanted = (np.concatenate(part) for part in zip(*rows, strict=True))
        return _Fixed(equal, more, wanted)

    def directions(self, equal: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Log-coefficients that give what is wanted, and directions in which they may move, as these rows see it."""
        seen = np.linalg.svd(equal)[2][: np.linalg.matrix_rank(equal)]
        if not len(self.equal):
            return np.zeros(equal.shape[1]), seen
        within = self.equal @ seen.T
        start = np.linalg.lstsq(within, self.wanted, rcond=None)[0]
        rest = np.linalg.svd(within)[2][np.linalg.matrix_rank(within) :]
        return start @ seen, rest @ seen


def _tied_beliefs(
    play: Play,
    trembles: Trembles,
    free: list[int],
    combination: tuple[tuple[bool, ...], ...],
    held: list[FloatArray],
    directions: tuple[FloatArray, FloatArray],
) -> list[FloatArray] | None:
    """Look for beliefs at several sets that come of the same trembles, by minimising what is gained over their odds."""
    from scipy.optimize import minimize

    origin, basis = directions

    def beliefs(z: FloatArray) -> list[FloatArray]:
        found = list(held)
        for h, believed in zip(free, combination, strict=True):
            nodes = list(play.s.infosets[h].nodes)
            log = np.where(believed, trembles.known[nodes] + trembles.order[nodes] @ (origin + basis.T @ z), -np.inf)
            weight = np.exp(log - log.max())
            found[h] = weight / weight.sum()
        return found

    def gain(z: FloatArray) -> float:
        own = beliefs(z)
        return max(float((own[h] @ play.gains(h)).max()) / (play.span[play.s.infosets[h].player] or 1.0) for h in free)

    if not len(basis):  # these nodes differ by chance, by what is played and by what is known alone
        return beliefs(np.zeros(0)) if gain(np.zeros(0)) <= TIE else None
    rng = np.random.default_rng(0)
    for start in (np.zeros(len(basis)), *rng.normal(scale=4.0, size=(STARTS, len(basis)))):
        answer = minimize(gain, start, method="Nelder-Mead", options={"xatol": 1e-12, "fatol": 1e-14, "maxiter": 2000})
        if gain(answer.x) <= TIE:
            return beliefs(answer.x)
    return None


def _supports(n: int) -> list[tuple[bool, ...]]:
    """All non-empty sets of n nodes."""
    return [b for b in itertools.product((False, True), repeat=n) if any(b)]


def _favourable(play: Play, h: int, believed: list[bool] | None = None) -> FloatArray:
    """Beliefs at a set, on some of its nodes, under which least is gained; inside them where that costs nothing."""
    gains = play.gains(h)
    m, n = gains.shape
    inside = np.ones(m, dtype=np.bool_) if believed is None else np.asarray(believed)
    unit = play.span[play.s.infosets[h].player] or 1.0
    # least gain first: variables are the beliefs and the gain t
    rows = np.column_stack([gains.T / unit, -np.ones(n)])
    total = np.append(np.ones(m), 0.0)[None]
    bounds = [(0.0, 1.0 if k else 0.0) for k in inside] + [(None, None)]
    ok, x = program(np.append(np.zeros(m), 1.0), A_ub=rows, b_ub=np.zeros(n), A_eq=total, b_eq=[1.0], bounds=bounds)
    if not ok:
        return np.where(inside, 1.0 / inside.sum(), 0.0)
    least = max(float(x[-1]), 0.0)
    if believed is None:
        return np.asarray(np.clip(x[:-1], 0.0, 1.0) / np.clip(x[:-1], 0.0, 1.0).sum())
    # then the largest of the smallest beliefs, so that every believed node is believed
    rows = np.column_stack([gains.T / unit, np.zeros(n)])
    floor = np.column_stack([-np.eye(m)[inside], np.ones(int(inside.sum()))])
    ok, y = program(
        np.append(np.zeros(m), -1.0), A_ub=np.vstack([rows, floor]), A_eq=total, b_eq=[1.0], bounds=bounds,
        b_ub=np.append(np.full(n, least + TIE / 10), np.zeros(int(inside.sum()))),
    )  # fmt: skip
    chosen = np.clip((y if ok else x)[:-1], 0.0, 1.0)
    return np.asarray(chosen / chosen.sum())


def _fill(play: Play, beliefs: Sequence[FloatArray] | None) -> list[FloatArray]:
    """Beliefs as given, by Bayes' rule where they are not, and the most favourable where that says nothing."""
    return [_favourable(play, h) if np.isnan(b).any() else b for h, b in enumerate(play.held(beliefs))]


def _bayes_failures(
    play: Play, beliefs: Sequence[FloatArray], sets: Sequence[int] | None = None
) -> tuple[Failure, ...]:
    """Where beliefs are not those of Bayes' rule, though it says something there."""
    infosets, players = play.s.infosets, play.s.players
    return tuple(
        Failure(players[infosets[h].player], infosets[h].name, gap, why)
        for h, gap, why in against_bayes(play, beliefs, sets)
    )


def _is_rational_at(play: Play, h: int, mu: FloatArray) -> bool:
    return float((mu @ play.gains(h)).max()) <= play.slack(play.s.infosets[h].player)


def _rational(play: Play, beliefs: Sequence[FloatArray], concept: str) -> Check:
    failures = []
    for h, (info, mu) in enumerate(zip(play.s.infosets, beliefs, strict=True)):
        gain = mu @ play.gains(h)
        best = int(np.argmax(gain))
        if gain[best] > play.slack(info.player):
            why = f"{info.actions[best]} is better under the beliefs there"
            failures.append(Failure(play.s.players[info.player], info.name, float(gain[best]), why))
    return Check(concept, not failures, tuple(failures), play.named(beliefs))
