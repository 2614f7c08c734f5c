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

import numpy as np

from decide.certify.trees import subgame_regrets
from decide.errors import TooLargeError
from decide.games.values import FloatArray
from decide.refinements import is_perfect
from decide.refinements.check import Check, Failure
from decide.refinements.consistency import Trembles, consistency
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
    held = _with(beliefs, free)
    against = _bayes_failures(play, held) if beliefs is not None else []
    check = _rational(play, [_favourable(play, h) if np.isnan(b).any() else b for h, b in enumerate(held)], "")
    failures = (*against, *check.failures)
    return Check("weak perfect Bayesian", not failures, failures, check.beliefs)


def perfect_bayesian(play: Play, beliefs: Sequence[FloatArray] | None = None) -> Check:
    """Check for a perfect Bayesian equilibrium: weak, with chance obeyed off the path, and perfect in every subgame."""
    held = _with(beliefs, play.bayes)
    against = _bayes_failures(play, held) if beliefs is not None else []
    rational = sequential_rationality(play, held)
    subgames = subgame_perfect(play)
    failures = (*against, *rational.failures, *subgames.failures)
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
        Checked as they are, if none is missing; otherwise such beliefs are looked for: every combination of nodes that
        may be believed in, and beliefs on them.

    Returns
    -------
    Check
        `holds` is None if there are too many combinations, or beliefs at several sets depend on each other's trembles
        in a way that was not settled.
    """
    if beliefs is not None and not any(np.isnan(b).any() for b in beliefs):
        both = (consistency(play, beliefs), _rational(play, list(beliefs), ""))
        failures = both[0].failures + both[1].failures
        holds = None if both[0].holds is None and not failures else not failures
        return Check("sequential", holds, failures, tuple(np.asarray(b) for b in beliefs))
    free = [h for h, b in enumerate(play.bayes) if np.isnan(b).any()]
    rational = sequential_rationality(play)
    if not rational.holds or not free:
        return Check("sequential", rational.holds, rational.failures, rational.beliefs)
    return _search(play, free)


def _search(play: Play, free: list[int]) -> Check:
    """Look for consistent beliefs at sets that Bayes' rule leaves open, one combination of believed nodes at a time."""
    s, trembles = play.s, Trembles.of(play)
    choices = [_supports(len(s.infosets[h].nodes)) for h in free]
    if np.prod([float(len(c)) for c in choices]) > MOST_SUPPORTS:
        note = f"more than {MOST_SUPPORTS:,} combinations of believed nodes at {len(free)} sets"
        return Check("sequential", None, note=note)
    open_ = False
    for combination in itertools.product(*choices):
        held = [play.bayes[h] for h in range(len(s.infosets))]
        found = [_favourable(play, h, list(b)) for h, b in zip(free, combination, strict=True)]
        for h, mu in zip(free, found, strict=True):
            held[h] = mu
        if any(not _is_rational_at(play, h, held[h]) for h in free):
            continue
        relations = [trembles.relations(s.infosets[h].nodes, b) for h, b in zip(free, combination, strict=True)]
        equal = np.concatenate([r[0] for r in relations])
        if trembles.has_orders(equal, np.concatenate([r[1] for r in relations])) is not True:
            continue
        interior = all((mu[list(b)] > TIE).all() for mu, b in zip(found, combination, strict=True))
        if interior and consistency(play, held).holds:
            return Check("sequential", True, (), tuple(held))
        if len(equal) and np.linalg.matrix_rank(equal) < len(equal):
            tied = _tied_beliefs(play, trembles, free, combination, held, equal)
            if tied is not None and consistency(play, tied).holds:
                return Check("sequential", True, (), tuple(tied))
            open_ = True
    if open_:
        return Check("sequential", None, note="beliefs at several sets depend on the same trembles; not settled")
    why = "no consistent beliefs make this rational"
    failures = tuple(Failure(s.players[s.infosets[h].player], s.infosets[h].name, 0.0, why) for h in free)
    return Check("sequential", False, failures)


def _tied_beliefs(
    play: Play,
    trembles: Trembles,
    free: list[int],
    combination: tuple[tuple[bool, ...], ...],
    held: list[FloatArray],
    equal: FloatArray,
) -> list[FloatArray] | None:
    """Look for beliefs at several sets that come of the same trembles, by minimising what is gained over their odds."""
    from scipy.optimize import minimize

    basis = np.linalg.svd(equal)[2][: np.linalg.matrix_rank(equal)]

    def beliefs(z: FloatArray) -> list[FloatArray]:
        found = list(held)
        for h, believed in zip(free, combination, strict=True):
            nodes = list(play.s.infosets[h].nodes)
            log = np.where(believed, trembles.known[nodes] + trembles.order[nodes] @ (basis.T @ z), -np.inf)
            weight = np.exp(log - log.max())
            found[h] = weight / weight.sum()
        return found

    def gain(z: FloatArray) -> float:
        own = beliefs(z)
        return max(float((own[h] @ play.gains(h)).max()) / (play.span[play.s.infosets[h].player] or 1.0) for h in free)

    if not len(basis):  # these nodes differ by chance and by what is played alone
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


def _with(beliefs: Sequence[FloatArray] | None, own: Sequence[FloatArray]) -> list[FloatArray]:
    """Beliefs as given; where one is missing, others."""
    if beliefs is None:
        return [np.asarray(b) for b in own]
    return [np.where(np.isnan(b), o, b) for b, o in zip(beliefs, own, strict=True)]


def _fill(play: Play, beliefs: Sequence[FloatArray] | None) -> list[FloatArray]:
    """Beliefs as given, by Bayes' rule where they are not, and the most favourable where that says nothing."""
    return [
        _favourable(play, h) if np.isnan(b).any() else b for h, b in enumerate(_with(beliefs, play.bayes))
    ]  # fmt: skip


def _bayes_failures(play: Play, beliefs: Sequence[FloatArray]) -> tuple[Failure, ...]:
    """Where beliefs are not those of Bayes' rule, though play leads there."""
    found = []
    for h, (held, own) in enumerate(zip(beliefs, play.bayes, strict=True)):
        if play.reached(h) and np.abs(held - own).max() > 1e-7:
            info = play.s.infosets[h]
            why = "beliefs are not those of Bayes' rule"
            found.append(Failure(play.s.players[info.player], info.name, float(np.abs(held - own).max()), why))
    return tuple(found)


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
    return Check(concept, not failures, tuple(failures), tuple(np.asarray(b) for b in beliefs))
