"""Correlated and coarse correlated equilibria, held against the literature, the dual program and exact enumeration."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import reference
from decide import ExtensiveForm, NormalForm, Outcome, Status, errors, methods, solve
from decide.certify import coarse_residual, correlated_residual
from decide.solvers import correlated
from decide.solvers.correlated import Program
from strategies import normal_forms, two_players

FEW = settings(max_examples=25, deadline=None)
CHICKEN = NormalForm.bimatrix([[6, 2], [7, 0]], [[6, 7], [2, 0]])
ROCK = NormalForm.zero_sum([[0, -1, 1], [1, 0, -1], [-1, 1, 0]])
CONCEPTS = ("correlated", "coarse_correlated")


def best(game: NormalForm, method: str = "correlated", **options: Any) -> Any:
    """Return the only equilibrium of an answer that must be there."""
    answer = solve(game, method=method, **options)
    assert answer.status == Status.SOLVED
    assert answer.complete
    assert answer.count == 1
    assert not answer.tied
    return answer.equilibria[0]


def scaled(game: NormalForm) -> list[dict[tuple[int, ...], float]]:
    """Each player's payoffs by profile, from 0 to 1."""
    tables = reference.lists(game.payoffs)
    found = []
    for table in tables:
        low, width = min(reference.cell(table, s) for s in reference.profiles(tables)), reference.spread(table, tables)
        found.append({s: (reference.cell(table, s) - low) / (width or 1.0) for s in reference.profiles(tables)})
    return found


def temptations(values: list[dict[Any, Any]], coarse: bool) -> Iterator[dict[Any, Any]]:
    """Per constraint: profile -> what the player gains there by the other action."""
    profiles = list(values[0])
    for i, u in enumerate(values):
        own = range(max(s[i] for s in profiles) + 1)
        for b in own:
            gain = {s: u[(*s[:i], b, *s[i + 1 :])] - u[s] for s in profiles}
            if coarse:
                yield gain
            else:
                yield from ({s: g if s[i] == a else 0 for s, g in gain.items()} for a in own if a != b)


def dual_value(values: list[dict[Any, float]], worth: dict[Any, float], coarse: bool) -> float:
    """Return the largest expected worth by the dual: least z with z >= worth(s) - sum of prices x temptations at s."""
    from scipy.optimize import linprog

    rows = list(temptations(values, coarse))
    matrix = [[-1.0, *(-row[s] for row in rows)] for s in values[0]]
    answer = linprog(
        [1.0] + [0.0] * len(rows),
        matrix,
        [-worth[s] for s in values[0]],
        bounds=[(None, None)] + [(0, None)] * len(rows),
    )
    assert answer.success
    return float(answer.fun)


def joint_of(e: Any, game: NormalForm) -> np.ndarray:
    return np.array([e.joint[names] for names in game.profiles])


def independent(game: NormalForm, profile: Any) -> np.ndarray:
    """The joint distribution of independent strategies."""
    joint = np.ones(1)
    for x in profile:
        joint = np.outer(joint, x).ravel()
    return joint


def residual(game: NormalForm, joint: np.ndarray, coarse: bool = False) -> float:
    """The certificate of one distribution, with its own marginals."""
    table = joint.reshape(game.n_actions)
    axes = range(table.ndim)
    marginals = [table.sum(axis=tuple(j for j in axes if j != i))[None] for i in axes]
    return float((coarse_residual if coarse else correlated_residual)(game.entries(), marginals, joint[None])[0])


# ------------------------------------------------------------------ the literature


@pytest.mark.parametrize("method", CONCEPTS)
@pytest.mark.parametrize("objective", ["welfare", "fairness"])
def test_aumanns_chicken(method: str, objective: str) -> None:
    """Aumann 1974: 1/2, 1/4, 1/4 gives 5.25 each, outside the hull of the Nash equilibria."""
    e = best(CHICKEN, method, objective=objective)
    assert e.payoffs == pytest.approx({"Row": 5.25, "Column": 5.25}, abs=1e-12)
    assert joint_of(e, CHICKEN) == pytest.approx([0.5, 0.25, 0.25, 0], abs=1e-12)
    assert e.strategies["Row"] == pytest.approx({"0": 0.75, "1": 0.25}, abs=1e-12)
    assert e.outcomes[("0", "0")] == pytest.approx(0.5, abs=1e-12)


def test_the_other_ends_of_chicken() -> None:
    """The worst welfare is at (0, 2/5, 2/5, 1/5), where three constraints bind."""
    e = best(CHICKEN, sense="worst")
    assert joint_of(e, CHICKEN) == pytest.approx([0, 0.4, 0.4, 0.2], abs=1e-12)
    assert best(CHICKEN, objective="Row").payoffs == pytest.approx({"Row": 7, "Column": 2}, abs=1e-12)
    assert best(CHICKEN, objective="Row", sense="worst").payoffs["Row"] == pytest.approx(2, abs=1e-12)
    assert min(best(CHICKEN, objective="fairness", sense="worst").payoffs.values()) == pytest.approx(2, abs=1e-12)


@pytest.mark.parametrize("objective", ["welfare", "fairness", "Row", "Column"])
@pytest.mark.parametrize("sense", ["best", "worst"])
def test_rock_paper_scissors_has_only_the_uniform_one(objective: str, sense: str) -> None:
    e = best(ROCK, objective=objective, sense=sense)
    assert joint_of(e, ROCK) == pytest.approx(np.full(9, 1 / 9), abs=1e-12)


def test_coarse_correlated_rock_paper_scissors_is_a_larger_set() -> None:
    """Always playing the same is coarse correlated, but whoever is told its own action does better by the next one."""
    same = np.eye(3).ravel() / 3
    assert residual(ROCK, same, coarse=True) == pytest.approx(0, abs=1e-15)
    assert residual(ROCK, same) == pytest.approx(1 / 6, abs=1e-15)


def test_coarse_beats_correlated_in_the_game_of_moulin_and_vial() -> None:
    """After Moulin & Vial 1978: one correlated equilibrium, of (3, 3); the diagonal in equal parts gives 10/3 each."""
    game = NormalForm.bimatrix([[3, 1, 4], [1, 5, 0], [1, 0, 2]], [[3, 1, 1], [4, 2, 0], [1, 0, 5]])
    diagonal = np.eye(3).ravel() / 3
    assert residual(game, diagonal, coarse=True) == pytest.approx(0, abs=1e-15)
    assert residual(game, diagonal) == pytest.approx(2 / 3 / 5)
    for sense in ("best", "worst"):
        assert best(game, sense=sense).payoffs == pytest.approx({"Row": 3, "Column": 3}, abs=1e-12)
    assert best(game, "coarse_correlated").payoffs == pytest.approx({"Row": 4, "Column": 3}, abs=1e-12)
    fair = best(game, "coarse_correlated", objective="fairness")
    assert min(fair.payoffs.values()) >= 10 / 3 - 1e-12


def test_three_players_of_aumann() -> None:
    """Aumann 1974, 2.7; Osborne & Rubinstein 1994, exercise 48.1: 3 plays B while 1 and 2 toss one coin, all get 2."""
    table = {
        ("T", "L"): [(0, 0, 3), (2, 2, 2), (0, 0, 0)],
        ("T", "R"): [(0, 0, 0), (0, 0, 0), (0, 0, 0)],
        ("B", "L"): [(1, 0, 0), (0, 0, 0), (0, 1, 0)],
        ("B", "R"): [(0, 0, 0), (2, 2, 2), (0, 0, 3)],
    }
    cells = {(*rc, m): cell for rc, row in table.items() for m, cell in zip("ABC", row, strict=True)}
    game = NormalForm.from_table(cells, players=("1", "2", "3"))
    e = best(game)
    assert e.payoffs == pytest.approx({"1": 2, "2": 2, "3": 2}, abs=1e-12)
    coin = [0.5 * (names in [("T", "L", "B"), ("B", "R", "B")]) for names in game.profiles]
    assert residual(game, np.array(coin)) <= 1e-15
    pure = {tuple(p.payoffs.values()) for p in solve(game, method="pure").equilibria}
    assert pure == {(1, 0, 0), (0, 1, 0), (0, 0, 0)}


# ------------------------------------------------------------------ slow and obvious


def exact_extremes(game: NormalForm, coarse: bool) -> tuple[Fraction, Fraction]:
    """Least and greatest welfare over the vertices of a 2 x 2 game's polytope, in fractions."""
    tables = [[[Fraction(x) for x in row] for row in table] for table in reference.lists(game.payoffs)]
    profiles = list(itertools.product(range(2), repeat=2))
    values = [{(i, j): table[i][j] for i, j in profiles} for table in tables]
    rows = [[row[s] for s in profiles] for row in temptations(values, coarse)]
    rows += [[Fraction(-(s == t)) for t in profiles] for s in profiles]
    found = []
    for three in itertools.combinations(rows, 3):
        p = reference.solve_linear([*three, [Fraction(1)] * 4], [Fraction(0)] * 3 + [Fraction(1)])
        if p is not None and all(sum(a * b for a, b in zip(row, p, strict=True)) <= 0 for row in rows):
            found.append(sum(q * (values[0][s] + values[1][s]) for q, s in zip(p, profiles, strict=True)))
    return min(found), max(found)


@FEW
@given(two_players(actions=(2, 2), kinds=("whole",)), st.booleans())
def test_welfare_of_two_by_two_games_is_that_of_the_best_vertex(game: NormalForm, coarse: bool) -> None:
    least, most = map(float, exact_extremes(game, coarse))
    method = CONCEPTS[coarse]
    assert sum(best(game, method).payoffs.values()) == pytest.approx(most, abs=1e-9)
    assert sum(best(game, method, sense="worst").payoffs.values()) == pytest.approx(least, abs=1e-9)


@FEW
@given(normal_forms(players=(1, 3)), st.booleans(), st.data())
def test_the_value_is_that_of_the_dual_program(game: NormalForm, coarse: bool, data: Any) -> None:
    values = scaled(game)
    player = data.draw(st.sampled_from(range(len(game.players))))
    own, method = values[player], CONCEPTS[coarse]
    for sense, sign in (("best", 1.0), ("worst", -1.0)):
        e = best(game, method, objective=game.players[player], sense=sense)
        p = dict(zip(own, joint_of(e, game), strict=True))
        reached = sum(own[s] * q for s, q in p.items())
        bound = sign * dual_value(values, {s: sign * v for s, v in own.items()}, coarse)
        assert reached == pytest.approx(bound, abs=1e-6)


def fairest(values: list[dict[Any, float]], coarse: bool) -> tuple[float, list[float]]:
    """The largest least payoff by a dense program of its own, and everyone's payoffs at it."""
    from scipy.optimize import linprog

    profiles = list(values[0])
    rows = [[row[s] for s in profiles] + [0.0] for row in temptations(values, coarse)]
    own = [u for u in values if any(u.values())]
    rows += [[-u[s] for s in profiles] + [1.0] for u in own]
    n = len(profiles)
    answer = linprog(
        [0.0] * n + [-1.0], rows, [0.0] * len(rows), [[1.0] * n + [0.0]], [1.0], bounds=[(0, 1)] * n + [(None, None)]
    )
    assert answer.success
    return -float(answer.fun), [sum(u[s] * q for s, q in zip(profiles, answer.x, strict=False)) for u in own]


@FEW
@given(normal_forms(players=(1, 3)), st.booleans())
def test_fairness_is_the_largest_least_share_of_the_range(game: NormalForm, coarse: bool) -> None:
    values = scaled(game)
    own = [u for u in values if any(u.values())]
    assume(own)
    e = best(game, CONCEPTS[coarse], objective="fairness")
    p = joint_of(e, game)
    least = min(sum(u[s] * q for s, q in zip(u, p, strict=True)) for u in own)
    assert least == pytest.approx(fairest(values, coarse)[0], abs=1e-6)
    worst = joint_of(best(game, CONCEPTS[coarse], objective="fairness", sense="worst"), game)
    lowest = min(sum(u[s] * q for s, q in zip(u, worst, strict=True)) for u in own)
    bounds = [-dual_value(values, {s: -v for s, v in u.items()}, coarse) for u in own]
    assert lowest == pytest.approx(min(bounds), abs=1e-6)


def test_fairness_breaks_ties_by_welfare() -> None:
    """Among those of the best least payoff the sum decides, in given units; who always gets the same is left out."""
    u = np.zeros((3, 2, 2, 2))
    u[0, 0], u[1, 0], u[2, ..., 1] = 1, 1, 2  # a and b get their most where a plays its first, c where it its second
    three = NormalForm(u, players=("a", "b", "c"))
    assert best(three, objective="fairness").payoffs == pytest.approx({"a": 1, "b": 1, "c": 2})
    rich = NormalForm([[[5, 5], [0, 0]], [[1, 1], [1, 1]]], players=("a", "b"))
    assert best(rich, objective="fairness").payoffs == pytest.approx({"a": 5, "b": 1})
    outsider = np.zeros((3, 2, 2, 1))  # c has no choice: it is indifferent to a and b, and everyone to their matching
    outsider[0], outsider[1] = np.eye(2)[..., None], np.eye(2)[..., None]
    outsider[2, 1, 1] = 50
    game = NormalForm(outsider, players=("a", "b", "c"))
    assert best(game, objective="fairness").payoffs == pytest.approx({"a": 1, "b": 1, "c": 50})
    assert best(game, objective="fairness", sense="worst").payoffs["c"] == pytest.approx(0, abs=1e-12)


# ------------------------------------------------------------------ what must hold in every game


def welfare(e: Any) -> float:
    return float(sum(e.payoffs.values()))


@FEW
@given(two_players(actions=(1, 3)))
def test_correlated_reaches_at_least_what_nash_does_and_coarse_no_less(game: NormalForm) -> None:
    room = 1e-9 * sum(float(np.ptp(u)) for u in game.payoffs)
    nash = [welfare(e) for e in solve(game).equilibria]
    high, low = (welfare(best(game, sense=s)) for s in ("best", "worst"))
    coarse_high, coarse_low = (welfare(best(game, "coarse_correlated", sense=s)) for s in ("best", "worst"))
    assert coarse_low - room <= low <= min(nash) + room
    assert max(nash) - room <= high <= coarse_high + room


@FEW
@given(two_players(actions=(1, 3)), st.data())
def test_nash_is_correlated_and_correlated_is_coarse(game: NormalForm, data: Any) -> None:
    for e in solve(game).equilibria:
        joint = independent(game, e.profile)
        assert residual(game, joint) <= 1e-9
        assert residual(game, joint, coarse=True) <= 2e-9
    weights = data.draw(st.lists(st.integers(0, 3), min_size=len(game.profiles), max_size=len(game.profiles)))
    assume(any(weights))
    joint = np.array(weights) / sum(weights)
    most = max(game.n_actions)
    assert residual(game, joint, coarse=True) <= most * residual(game, joint) + 1e-12


@FEW
@given(normal_forms(players=(1, 3)), st.data())
def test_the_certificate_is_the_obvious_one(game: NormalForm, data: Any) -> None:
    weights = data.draw(st.lists(st.integers(0, 3), min_size=len(game.profiles), max_size=len(game.profiles)))
    assume(any(weights))
    joint = np.array(weights) / sum(weights)
    values = scaled(game)
    for coarse in (False, True):
        gains = [sum(g * q for g, q in zip(row.values(), joint, strict=True)) for row in temptations(values, coarse)]
        assert residual(game, joint, coarse) == pytest.approx(max([0.0, *gains]), abs=1e-12)


def test_the_certificate_sees_what_is_wrong() -> None:
    joint = np.array([[0.6, 0.2, 0.2, 0.0]])
    marginals = [np.array([[0.8, 0.2]])] * 2
    entries = CHICKEN.entries()
    assert correlated_residual(entries, marginals, joint)[0] == pytest.approx((0.6 * 1 - 0.2 * 2) / 7)
    assert coarse_residual(entries, marginals, joint)[0] == pytest.approx((0.8 * 7 - (0.6 * 6 + 0.2 * 2 + 0.2 * 7)) / 7)
    good = np.array([[0.5, 0.25, 0.25, 0.0]])
    assert correlated_residual(entries, marginals, good)[0] == pytest.approx(0.05)  # marginals of another one
    right = [np.array([[0.75, 0.25]])] * 2
    assert correlated_residual(entries, right, good, objective="welfare")[0] <= 1e-15
    assert correlated_residual(entries, right, 1.01 * good)[0] == pytest.approx(0.01)
    assert correlated_residual(entries, right, None)[0] == np.inf
    assert coarse_residual(entries, right, None)[0] == np.inf


@FEW
@given(two_players(actions=(2, 3), kinds=("whole",)), st.sampled_from([1e-12, 1e-3, 1e6, 1e15]), st.integers(-8, 8))
def test_scale_and_offset_change_nothing(game: NormalForm, scale: float, offset: int) -> None:
    other = NormalForm(scale * (game.payoffs + offset), players=game.players, actions=game.actions)
    for method in CONCEPTS:
        for objective in ("welfare", "fairness"):
            values = [best(g, method, objective=objective).payoffs for g in (game, other)]
            room = 1e-8 * max(1.0, float(np.abs(game.payoffs).max()) + abs(offset))
            if objective == "welfare":
                assert sum(values[1].values()) / scale == pytest.approx(sum(values[0].values()) + 2 * offset, abs=room)
            else:
                least = [
                    min(
                        (g[p] / f - k - u.min()) / (np.ptp(u) or 1.0)
                        for p, u in zip(game.players, game.payoffs, strict=True)
                        if np.ptp(u)
                    )
                    for g, f, k in ((values[0], 1.0, 0), (values[1], scale, offset))
                    if any(np.ptp(u) for u in game.payoffs)
                ]
                assert not least or least[0] == pytest.approx(least[1], abs=room)


@pytest.mark.parametrize("method", CONCEPTS)
def test_hard_numbers(method: str) -> None:
    """Small differences beside large ones, offsets that leave few digits, and ties by rounding."""
    tiny = NormalForm.bimatrix([[1, 0], [1 + 1e-8, 0]], [[0, 1], [0, 1e-8]])
    high = NormalForm(1e15 + CHICKEN.payoffs, players=CHICKEN.players)
    noisy = NormalForm.bimatrix([[0.1 + 0.2, 1], [0.3, 1]], [[1, 2], [1, 2]])
    huge = NormalForm(1e299 * CHICKEN.payoffs, players=CHICKEN.players)
    for game in (tiny, high, huge):
        for objective in ("welfare", "fairness", "Row"):
            for sense in ("best", "worst"):
                assert best(game, method, objective=objective, sense=sense).residual <= 1e-12
    for objective in ("welfare", "fairness", "Row"):
        answer = solve(noisy, method=method, objective=objective)
        assert answer.complete
        assert answer.tied  # the optimum rests on a gap of one rounding
        assert answer.equilibria[0].residual <= 1e-12
    assert best(high, method).payoffs["Row"] - 1e15 == pytest.approx(5.25, abs=0.2)
    assert best(tiny).payoffs["Row"] == pytest.approx(0, abs=1e-7)  # both rows are played, Column follows its second


@pytest.mark.parametrize("method", CONCEPTS)
@pytest.mark.parametrize(
    "payoffs",
    [[[[1.0]], [[2.0]]], [[[1, 2, 3]], [[0, 5, 5]]], np.zeros((2, 3, 2)), np.zeros((3, 1, 1, 1)), [[4.0, 9.0, 9.0]]],
)
def test_small_and_constant_games(method: str, payoffs: Any) -> None:
    game = NormalForm(payoffs, players=tuple("abc"[: len(payoffs)]))
    for objective in ("welfare", "fairness", "a"):
        for sense in ("best", "worst"):
            assert best(game, method, objective=objective, sense=sense).residual <= 1e-15


def test_a_batch_is_its_games() -> None:
    payoffs = np.random.default_rng(3).normal(size=(2, 3, 2, 3, 2))
    games = NormalForm(payoffs, players=("a", "b"))
    many = solve(games, method="correlated", objective="fairness")
    assert many.shape == (2, 3)
    assert many.complete.all()
    assert (many.count == 1).all()
    for k in np.ndindex(2, 3):
        alone = solve(games[k], method="correlated", objective="fairness").equilibria[0]
        assert many[k].equilibria[0].joint == alone.joint
    empty = solve(games[:0], method="coarse_correlated")
    assert empty.shape == (0, 3)
    assert empty.count.sum() == 0


@pytest.mark.parametrize("method", CONCEPTS)
def test_larger_games(method: str) -> None:
    rng = np.random.default_rng(4)
    square = NormalForm.zero_sum(rng.normal(size=(12, 12)))
    value = solve(square, method="zero_sum").equilibria[0].payoffs["Row"]
    for objective in ("welfare", "fairness", "Row"):
        e = best(square, method, objective=objective)
        assert e.payoffs["Row"] == pytest.approx(value, abs=1e-8)
    four = NormalForm(rng.normal(size=(4, 4, 4, 4, 4)), players=tuple("abcd"))
    assert best(four, method).residual <= 1e-12


def test_what_rounding_leaves_is_corrected() -> None:
    program = Program(ROCK.payoffs, coarse=False)
    off = np.full(9, 1 / 9) + 1e-11 * np.random.default_rng(5).normal(size=9)
    off /= off.sum()
    assert (program.matrix @ off).max() > 1e-12
    assert program._corrected(off) == pytest.approx(np.full(9, 1 / 9), abs=1e-15)


def test_a_program_that_fails_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    import scipy.optimize

    real = scipy.optimize.linprog
    fails = iter([False, *[True] * len(correlated.WAYS), False])

    class Failed:
        success = False

    monkeypatch.setattr(scipy.optimize, "linprog", lambda *a, **k: Failed() if next(fails) else real(*a, **k))
    many = solve(NormalForm.stack([CHICKEN] * 3), method="correlated")
    assert many.status.tolist() == [Status.SOLVED, Status.FAILED, Status.SOLVED]
    assert many.complete.tolist() == [True, False, True]
    assert many.count.tolist() == [1, 0, 1]


@pytest.mark.parametrize("method", CONCEPTS)
def test_bad_input_is_named(method: str) -> None:
    with pytest.raises(errors.SolveError, match=r"no objective 'welfair'; did you mean 'welfare'\? .*Row, Column"):
        solve(CHICKEN, method=method, objective="welfair")
    with pytest.raises(errors.SolveError, match="no objective '3'"):
        solve(CHICKEN, method=method, objective=3)
    with pytest.raises(errors.SolveError, match="sense is 'most'; expected 'best' or 'worst'"):
        solve(CHICKEN, method=method, sense="most")
    with pytest.raises(errors.SolveError, match="takes no option 'goal'; expected objective, sense"):
        solve(CHICKEN, method=method, goal="welfare")
    with pytest.raises(errors.SolveError, match="normal_form"):
        solve(ExtensiveForm(Outcome({"A": 1.0})), method=method)


def test_the_methods_are_listed() -> None:
    rows = {m.name: m for m in methods()}
    for name in CONCEPTS:
        assert rows[name].finds == "one"
        assert rows[name].options == ("objective", "sense")
        assert "any number of players" in rows[name].takes


def test_a_joint_distribution_is_in_the_dataset_and_the_frame() -> None:
    game = NormalForm.bimatrix([[6, 2], [7, 0]], [[6, 7], [2, 0]])
    solution = solve(NormalForm.stack([game, game]), method="correlated")
    data = solution.to_dataset()
    assert data["joint"].dims == ("equilibrium", "profile")
    assert data["profile"].values.tolist() == ["0 / 0", "0 / 1", "1 / 0", "1 / 1"]
    assert np.allclose(data["joint"].sum("profile"), 1)
    frame = solution.to_dataframe()
    assert np.allclose(frame["joint: 0 / 1"], data["joint"].values[:, 1])
    assert "joint" not in solve(game).to_dataset()
