"""Commitment: the literature, exact arithmetic, the linear programs, and what theory promises about any game."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decide import Decision, ExtensiveForm, NormalForm, Outcome, Status, errors, maximin, solve
from decide.certify import commitment_residual
from decide.solvers import commitment as module
from decide.solvers.commitment import commitment
from decide.solvers.commitment_programs import commitment_by_programs
from strategies import SCALES, two_players

SOME = settings(max_examples=40, deadline=None)
FINE = ("whole", "fine")


def value(game: NormalForm, **options: Any) -> float:
    """What the leader gets."""
    answer = solve(game, method="commitment", **options)
    assert answer.complete
    assert answer.count == 1
    assert answer.equilibria[0].residual <= 1e-9
    return answer.equilibria[0].payoffs[game.players[0]]


def both(game: NormalForm) -> tuple[np.ndarray, np.ndarray]:
    """Payoffs of leader and follower, scaled to [0, 1] (whole numbers stay exact enough for the tests here)."""
    unit = []
    for u in game.payoffs:
        spread = np.ptp(u)
        unit.append((u - u.min()) / (spread if spread > 0 else 1.0))
    return unit[0], unit[1]


# ------------------------------------------------------------------ exact arithmetic, a leader with two actions


def crossings(columns: list[tuple[Fraction, Fraction]]) -> Iterator[Fraction]:
    """Where two lines p a + (1 - p) b cross, strictly between 0 and 1."""
    for (a, b), (c, d) in itertools.combinations(columns, 2):
        if (a - b) != (c - d):
            p = (d - b) / ((a - b) - (c - d))
            if 0 < p < 1:
                yield p


def exact_two(L: Any, F: Any) -> tuple[Fraction, Fraction, bool]:
    """Strong value, weak value (the supremum) and whether that is attained, of a leader with two actions."""
    lead = [(Fraction(a), Fraction(b)) for a, b in zip(*np.asarray(L).tolist(), strict=True)]
    follow = [(Fraction(a), Fraction(b)) for a, b in zip(*np.asarray(F).tolist(), strict=True)]

    def at(p: Fraction, columns: list[tuple[Fraction, Fraction]]) -> list[Fraction]:
        return [p * a + (1 - p) * b for a, b in columns]

    def best(p: Fraction) -> list[int]:
        worth = at(p, follow)
        return [j for j, w in enumerate(worth) if w == max(worth)]

    ends = sorted({Fraction(0), Fraction(1), *crossings(follow), *crossings(lead)})
    strong = max(at(p, lead)[j] for p in ends for j in best(p))
    attained_values = [min(at(p, lead)[j] for j in best(p)) for p in ends]
    limits = []
    for low, high in itertools.pairwise(ends):  # between two ends the best replies stay the same, and so does the worst
        middle = (low + high) / 2
        replies = best(middle)
        attained_values.append(min(at(middle, lead)[j] for j in replies))
        limits += [min(at(p, lead)[j] for j in replies) for p in (low, high)]
    sup = max(attained_values + limits)
    return strong, sup, max(attained_values) == sup


@given(two_players(actions=(1, 4), kinds=("whole",)))
@settings(max_examples=150, deadline=None)
def test_against_exact_arithmetic(game: NormalForm) -> None:
    if game.n_actions[0] > 2:
        game = NormalForm(game.payoffs[:, :2], players=game.players)
    L, F = game.payoffs
    strong, weak, attained = exact_two(*((L, F) if len(L) == 2 else (np.repeat(L, 2, 0), np.repeat(F, 2, 0))))
    assert value(game) == pytest.approx(float(strong), abs=1e-9)
    assert value(game, ties="weak") == pytest.approx(float(weak), abs=1e-9)
    status = solve(game, method="commitment", ties="weak").status
    assert status == (Status.SOLVED if attained else Status.NOT_ATTAINED)
    assert solve(game, method="commitment").status == Status.SOLVED
    assert status.ok


# ------------------------------------------------------------------ corners against linear programs


@given(st.data(), st.booleans(), st.sampled_from(FINE))
@settings(max_examples=80, deadline=None)
def test_corners_and_linear_programs_agree(data: Any, weak: bool, kind: str) -> None:
    game = data.draw(two_players(actions=(1, 4), kinds=(kind,)))
    L, F = both(game)
    x, reply, attained, proved = commitment_by_programs(L, F, weak=weak)
    (fast, doubtful) = (module._weak if weak else module._strong)(L[..., None], F[..., None])
    assert proved
    assert x.sum() == pytest.approx(1)
    if doubtful[0]:  # left to the programs
        return
    assert fast.x[:, 0] @ L[:, fast.reply[0]] == pytest.approx(x @ L[:, reply], abs=1e-8)
    assert fast.attained[0] == attained
    for point, j in ((fast.x[:, 0], fast.reply[0]), (x, reply)):
        assert (point @ F).max() - point @ F[:, j] <= 1e-9


def test_few_games_need_the_programs() -> None:
    rng = np.random.default_rng(0)
    for weak in (False, True):
        for m, n in ((2, 2), (3, 3), (4, 4), (2, 6)):
            L, F = rng.uniform(size=(2, m, n, 200))
            assert not (module._weak if weak else module._strong)(L, F)[1].any()
    L, F = rng.integers(0, 4, size=(2, 3, 3, 500)) / 3.0
    assert module._weak(L, F)[1].mean() < 0.1


@pytest.mark.parametrize("ties", ["strong", "weak"])
@pytest.mark.parametrize("shape", [(5, 5), (6, 3), (2, 30), (7, 6)])
def test_large_games_take_the_programs(shape: tuple[int, int], ties: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Equal to the corners where these can be had, when the limits are lifted; and no sampled commitment is better."""
    rng = np.random.default_rng(sum(shape))
    game = NormalForm(rng.normal(size=(2, *shape)))
    found = value(game, ties=ties)
    L, F = game.payoffs
    for x in rng.dirichlet(np.full(shape[0], 0.5), size=2_000):
        assert (x @ L)[(x @ F).argmax()] <= found + 1e-9
    if min(shape) <= 4:
        monkeypatch.setattr(module, "MOST_PAIRS", 10**6)
        assert value(game, ties=ties) == pytest.approx(found, abs=1e-9)


@given(two_players(actions=(2, 3), kinds=FINE, batch=(5,)), st.sampled_from(["strong", "weak"]), st.booleans())
@SOME
def test_a_batch_is_its_games(game: NormalForm, ties: str, mixed: bool) -> None:
    many = solve(game, method="commitment", ties=ties, mixed=mixed)
    assert many.shape == (5,)
    for k in range(5):
        one = solve(game[k], method="commitment", ties=ties, mixed=mixed)
        assert one.status == many.status[k]
        assert one.tied == many.tied[k]
        assert one.complete == many.complete[k]
        for mine, its in zip(one.equilibria[0].profile, many[k].equilibria[0].profile, strict=True):
            assert mine.tolist() == its.tolist()


# ------------------------------------------------------------------ the literature

CONITZER = NormalForm.bimatrix([[2, 4], [1, 3]], [[1, 0], [0, 1]])


def test_conitzer_and_sandholm_2006() -> None:
    assert solve(CONITZER).equilibria[0].payoffs["Row"] == 2
    assert value(CONITZER, mixed=False) == 3
    answer = solve(CONITZER, method="commitment")
    assert answer.equilibria[0].profile[0] == pytest.approx([0.5, 0.5])
    assert answer.equilibria[0].profile[1].tolist() == [0, 1]
    assert answer.equilibria[0].payoffs == {"Row": pytest.approx(3.5), "Column": pytest.approx(0.5)}
    assert (answer.status, answer.tied, answer.complete) == (Status.SOLVED, True, True)
    weak = solve(CONITZER, method="commitment", ties="weak")
    assert weak.equilibria[0].payoffs["Row"] == pytest.approx(3.5)
    assert weak.status == Status.NOT_ATTAINED
    assert not solve(CONITZER, method="commitment", mixed=False).tied


def test_the_leader_has_regret_and_the_follower_has_none() -> None:
    e = solve(CONITZER, method="commitment").equilibria[0]
    assert e.regret == pytest.approx(0.5)
    assert e.residual <= 1e-15


def test_chicken_is_won_by_who_commits() -> None:
    game = NormalForm.bimatrix([[0, -1], [1, -10]], [[0, 1], [-1, -10]], actions=[["swerve", "stand"]] * 2)
    for options in ({}, {"ties": "weak"}, {"mixed": False}):
        answer = solve(game, method="commitment", **options)
        assert answer.equilibria[0].strategies["Row"]["stand"] == 1
        assert answer.equilibria[0].strategies["Column"]["swerve"] == 1
        assert answer.equilibria[0].payoffs == {"Row": 1, "Column": -1}
        assert answer.status == Status.SOLVED


def test_inspection() -> None:
    """The inspector commits to the frequency at which violating just does not pay (Avenhaus et al. 2002).

    Inspection costs 1; a violation undetected costs the inspector 10 and gains the inspectee 1, detected costs 5 and 4.
    """
    game = NormalForm.bimatrix(
        [[-1, -6], [0, -10]], [[0, -4], [0, 1]], actions=[["inspect", "not"], ["legal", "violate"]]
    )
    nash = solve(game).equilibria
    assert len(nash) == 1
    assert nash[0].strategies["Row"]["inspect"] == pytest.approx(0.2)
    e = solve(game, method="commitment").equilibria[0]
    assert e.strategies["Row"]["inspect"] == pytest.approx(0.2)
    assert e.strategies["Column"]["legal"] == 1
    assert e.payoffs["Row"] == pytest.approx(-0.2)
    assert nash[0].payoffs["Row"] == pytest.approx(-2)
    assert value(game, ties="weak") == pytest.approx(-0.2)


@pytest.mark.parametrize(("worth", "patrols"), [((4.0, 3.0, 2.0), 1), ((5.0, 4.0, 3.0, 1.0), 2), ((10.0, 1.0), 1)])
def test_base_defence(worth: tuple[float, ...], patrols: int) -> None:
    """Zero-sum protection of targets: L = (k - m) / sum(1 / v) over the attacked set, coverage 1 - L / v."""
    guarded = list(itertools.combinations(range(len(worth)), patrols))
    A = [[0.0 if t in g else -v for t, v in enumerate(worth)] for g in guarded]
    losses = [
        (k - patrols) / sum(1 / v for v in worth[:k])
        for k in range(patrols + 1, len(worth) + 1)
        if worth[k - 1] > (k - patrols) / sum(1 / v for v in worth[:k])
    ]
    game = NormalForm.zero_sum(A)
    assert value(game) == pytest.approx(-max(losses))
    assert value(game, ties="weak") == pytest.approx(-max(losses))
    e = solve(game, method="commitment").equilibria[0]
    coverage = [sum(p for p, g in zip(e.profile[0], guarded, strict=True) if t in g) for t in range(len(worth))]
    least = [max(1 - max(losses) / v, 0) for v in worth]
    assert all(c >= b - 1e-12 for c, b in zip(coverage, least, strict=True))


def test_a_supremum_no_commitment_attains_and_one_that_others_attain() -> None:
    # Column's replies are equal at "up" only; there it may do what is bad for Row, just beside it will not.
    apart = NormalForm.bimatrix([[3, 0], [2, 0]], [[1, 1], [1, 0]])
    weak = solve(apart, method="commitment", ties="weak")
    assert weak.status == Status.NOT_ATTAINED
    assert weak.equilibria[0].payoffs["Row"] == 3
    assert weak.tied
    # The same, but all mixtures are worth 3 to Row, and all but the one at the edge are safe.
    flat = NormalForm.bimatrix([[3, 0], [3, 0]], [[1, 1], [1, 0]])
    weak = solve(flat, method="commitment", ties="weak")
    assert weak.status == Status.SOLVED
    assert weak.equilibria[0].payoffs["Row"] == 3
    assert not weak.tied
    # Here both ends of the region are unsafe and only what lies between attains the value.
    between = NormalForm.bimatrix([[3, 0, 0], [3, 0, 0]], [[1, 1, 0], [1, 0, 1]])
    weak = solve(between, method="commitment", ties="weak")
    assert weak.status == Status.SOLVED
    assert 0 < weak.equilibria[0].profile[0][0] < 1


def test_equivalent_replies_are_taken_at_their_worst() -> None:
    twins = NormalForm.bimatrix([[5, 1], [1, 5]], [[2, 2], [2, 2]])
    assert value(twins) == 5
    weak = solve(twins, method="commitment", ties="weak")
    assert weak.equilibria[0].payoffs["Row"] == pytest.approx(3)
    assert weak.equilibria[0].profile[0] == pytest.approx([0.5, 0.5])
    assert weak.status == Status.SOLVED
    assert value(twins, ties="weak", mixed=False) == 1
    # A reply that is best on an edge only has no inside: nobody can be made to rest a supremum on it.
    edge = NormalForm.bimatrix([[9, 0], [0, 0]], [[1, 1], [0, 1]])
    assert value(edge) == 9
    assert value(edge, ties="weak") == 0


def test_more_equivalent_replies_than_can_be_dropped() -> None:
    rng = np.random.default_rng(5)
    A = rng.integers(0, 9, (3, 3)).astype(float)
    game = NormalForm.bimatrix(A, np.zeros((3, 3)))
    assert value(game, ties="weak") == pytest.approx(solve(NormalForm.zero_sum(A)).equilibria[0].payoffs["Row"])
    assert value(game) == A.max()


# ------------------------------------------------------------------ what holds in every game


@given(two_players(actions=(1, 3), kinds=FINE))
@settings(max_examples=60, deadline=None)
def test_strong_weak_pure_nash_and_maximin_are_in_order(game: NormalForm) -> None:
    room = 1e-8 * float(np.ptp(game.payoffs[0]))
    leader = game.players[0]
    strong, weak = value(game), value(game, ties="weak")
    assert strong >= weak - room
    assert strong >= value(game, mixed=False) - room
    assert weak >= value(game, ties="weak", mixed=False) - room
    assert weak >= maximin(game, leader).value - room
    equilibria = [e.payoffs[leader] for e in solve(game).equilibria]
    assert strong >= max(equilibria) - room
    assert weak >= min(equilibria) - room  # von Stengel & Zamir 2010


@given(two_players(actions=(1, 3), kinds=("fine",)))
@SOME
def test_in_games_without_ties_strong_and_weak_coincide(game: NormalForm) -> None:
    F = game.payoffs[1]
    if any(np.ptp(row) == 0 or len(set(row)) < len(row) for row in F.tolist()):
        return
    assert value(game) == pytest.approx(value(game, ties="weak"), abs=1e-8 * float(np.ptp(game.payoffs[0])))


@given(two_players(actions=(1, 4), kinds=FINE), st.sampled_from(["strong", "weak"]))
@SOME
def test_of_a_zero_sum_game_it_is_the_value(game: NormalForm, ties: str) -> None:
    zero = NormalForm.zero_sum(game.payoffs[0])
    worth = solve(zero, method="zero_sum").equilibria[0].payoffs["Row"]
    assert value(zero, ties=ties) == pytest.approx(worth, abs=1e-8 * max(1.0, float(np.ptp(game.payoffs[0]))))


@given(two_players(actions=(1, 3), kinds=("whole",)), st.sampled_from(SCALES), st.sampled_from([0.0, -7.0, 100.0]))
@SOME
def test_units_do_not_matter(game: NormalForm, scale: float, offset: float) -> None:
    L, F = game.payoffs
    other = NormalForm.bimatrix((L + offset) * scale, F * scale - offset * scale)
    for ties in ("strong", "weak"):
        mine, theirs = solve(game, method="commitment", ties=ties), solve(other, method="commitment", ties=ties)
        assert theirs.status == mine.status
        assert value(other, ties=ties) == pytest.approx(
            (value(game, ties=ties) + offset) * scale, rel=1e-9, abs=1e-9 * scale
        )


@pytest.mark.parametrize("offset", [1e9, -1e15])
@pytest.mark.parametrize("ties", ["strong", "weak"])
def test_large_offsets(offset: float, ties: str) -> None:
    game = NormalForm.bimatrix([[2, 4, 0], [1, 3, 7]], [[1, 0, 0], [0, 3, 1]])
    one, two = (solve(g, method="commitment", ties=ties) for g in (game, NormalForm(game.payoffs + offset)))
    assert two.status == one.status
    assert two.equilibria[0].residual <= 1e-12
    assert two.equilibria[0].profile[0] == pytest.approx(one.equilibria[0].profile[0], abs=1e-12)


@given(two_players(actions=(1, 3), kinds=("whole",)), st.sampled_from(["strong", "weak"]))
@SOME
def test_doubled_actions_change_nothing(game: NormalForm, ties: str) -> None:
    twice = NormalForm(np.repeat(np.repeat(game.payoffs, 2, axis=1), 2, axis=2))
    one, two = (solve(g, method="commitment", ties=ties) for g in (game, twice))
    assert two.equilibria[0].payoffs["Row"] == pytest.approx(one.equilibria[0].payoffs[game.players[0]], abs=1e-8)
    assert two.status == one.status


@given(two_players(actions=(1, 4), kinds=FINE))
@SOME
def test_pure_commitment_by_hand(game: NormalForm) -> None:
    L, F = game.payoffs.tolist()
    rows = [[own for own, f in zip(a, b, strict=True) if f == max(b)] for a, b in zip(L, F, strict=True)]
    assert value(game, mixed=False) == max(max(r) for r in rows)
    assert value(game, mixed=False, ties="weak") == max(min(r) for r in rows)


# ------------------------------------------------------------------ who leads, and what is refused


@given(two_players(actions=(1, 3), kinds=("whole",)), st.sampled_from(["strong", "weak"]), st.booleans())
@SOME
def test_either_player_may_lead(game: NormalForm, ties: str, mixed: bool) -> None:
    turned = NormalForm(game.payoffs[::-1].transpose(0, 2, 1), players=game.players[::-1])
    one = commitment(game, leader=game.players[1], ties=ties, mixed=mixed)
    two = commitment(turned, ties=ties, mixed=mixed)
    assert all(np.array_equal(x, y) for x, y in zip(one.strategies, two.strategies[::-1], strict=True))
    assert one.status is not None
    assert two.status is not None
    assert one.status.tolist() == two.status.tolist()


def test_the_residual_is_the_follower_s_regret() -> None:
    entries = CONITZER.entries()
    half, left, right = np.array([[0.5, 0.5]]), np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])
    assert commitment_residual(entries, (half, right)) == [0]
    assert commitment_residual(entries, (left, right)) == [1]
    names = {"players": ("Row", "Column")}
    assert commitment_residual(entries, (left, right), leader="Row", **names) == [1]
    assert commitment_residual(entries, (right, left), leader="Row", **names) == [1]
    assert commitment_residual(entries, (right, left), leader="Column", **names) == [pytest.approx(1 / 3)]
    assert commitment_residual(entries, (left, right), leader="Column", **names) == [0]
    assert commitment_residual(entries, (right, left), leader="Row") == [1]  # who leads cannot be told: both count
    constant = NormalForm.bimatrix([[1, 2]], [[3, 3]]).entries()
    assert commitment_residual(constant, (np.array([[1.0]]), left)) == [0]


def test_a_named_leader_through_solve() -> None:
    for leader in ("Row", "Column"):
        answer = solve(CONITZER, method="commitment", leader=leader)
        assert answer.status == Status.SOLVED
        assert answer.count == 1
    assert answer.equilibria[0].payoffs["Column"] == 1


def test_what_is_refused() -> None:
    with pytest.raises(errors.UnknownNameError, match="no player 'row'; did you mean 'Row'"):
        solve(CONITZER, method="commitment", leader="row")
    with pytest.raises(errors.SolveError, match=r"ties is 'mild'; expected 'strong' .* or 'weak'"):
        solve(CONITZER, method="commitment", ties="mild")
    with pytest.raises(errors.SolveError, match="mixed is 'no'; expected True or False"):
        solve(CONITZER, method="commitment", mixed="no")
    with pytest.raises(errors.SolveError, match="two players; this game has 3"):
        solve(NormalForm(np.zeros((3, 2, 2, 2))), method="commitment")


def test_a_tree_by_way_of_its_normal_form() -> None:
    """Bagwell 1995 without noise: who moves second but could commit would have the first mover stay out."""
    share, fight = Outcome({"Entrant": 1, "Owner": 1}), Outcome({"Entrant": -1, "Owner": -1})
    tree = ExtensiveForm(
        Decision(
            "Entrant",
            {
                "in": Decision("Owner", {"fight": fight, "share": share}, infoset="entered"),
                "out": Outcome({"Entrant": 0, "Owner": 2}),
            },
            infoset="start",
        )
    )
    answer = solve(tree, method="commitment", leader="Owner")
    e = answer.equilibria[0]
    assert (e.strategies["Owner"]["entered"]["fight"], e.strategies["Entrant"]["start"]["out"]) == (1, 1)
    assert e.payoffs == {"Entrant": 0, "Owner": 2}
    assert e.residual == 0


def test_an_empty_batch() -> None:
    game = NormalForm(np.zeros((0, 2, 2, 2)), players=("A", "B"))
    for mixed in (True, False):
        answer = solve(game, method="commitment", mixed=mixed)
        assert answer.shape == (0,)
        assert answer.count.tolist() == []


def test_a_program_that_fails_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    import scipy.optimize

    class Broken:
        success, status, message, x = False, 4, "numerical trouble", None

    monkeypatch.setattr(scipy.optimize, "linprog", lambda *a, **k: Broken())
    monkeypatch.setattr(module, "MOST_PAIRS", 0)
    answer = solve(CONITZER, method="commitment")
    assert (answer.status, answer.count, answer.complete) == (Status.FAILED, 0, False)
