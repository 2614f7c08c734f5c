"""Gambit as a second opinion on answers: games go over as files, both sides solve, and each certifies the other's.

Equilibria are compared set for set where both find all (tables of two players, trees by way of their reduced normal
form, tables of three), value for value where each finds one (sequence form), and point by point where the definition
says which (logit on the principal branch). Gambit is no oracle: where the two differ, fractions decide, and what was
found is kept in `test_where_gambit_errs`.

Nothing here runs unless ``pygambit`` can be imported (``make oracle``); written against its release 17.0.0b2.
"""

from __future__ import annotations

import io
import itertools
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import corpus
import exact
import poker
from decide import Chance, Decision, ExtensiveForm, NormalForm, Outcome, solve
from decide.certify import normal_certificate, tree_certificate
from decide.games.formats import parse, render
from test_agent_logit import beer_quiche, horse, signalling

pygambit = pytest.importorskip("pygambit", reason="Gambit is not installed (pip install pygambit); it is only asked")

NEAR = 1e-7


# ------------------------------------------------------------------ over and back


def as_gambit(game: NormalForm | ExtensiveForm) -> Any:
    """The same game in Gambit, by way of a file."""
    kind = "nfg" if isinstance(game, NormalForm) else "efg"
    source = io.BytesIO(render(game, kind).encode())
    return pygambit.read_nfg(source) if kind == "nfg" else pygambit.read_efg(source)


def mixed(profile: Any) -> tuple[tuple[float, ...], ...]:
    """Gambit's mixed strategies as numbers, in the order in which it lists them."""
    return tuple(tuple(float(p) for _, p in profile[player]) for player in profile.game.players)


def behaviour(tree: ExtensiveForm, profile: Any) -> list[np.ndarray]:
    """Gambit's behaviour strategies as ours: it lists the sets of a player in the same order."""
    found = []
    own = {k: iter(list(profile[player])) for k, player in enumerate(tree.players)}
    for info in tree.structure.infosets:
        _, odds = next(own[info.player])
        assert [a for a, _ in odds] == list(info.actions)
        found.append(np.array([float(p) for _, p in odds]))
    return found


def regret_by_gambit(game: NormalForm | ExtensiveForm, profile: Any) -> float:
    """What Gambit says somebody gains from one of our equilibria."""
    theirs = as_gambit(game)
    if isinstance(game, NormalForm):
        return float(theirs.mixed_strategy_profile(data=[x.tolist() for x in profile]).max_regret())
    sets = game.structure.infosets
    own = [[x.tolist() for x, i in zip(profile, sets, strict=True) if i.player == k] for k in range(len(game.players))]
    return float(theirs.mixed_behavior_profile(data=own).max_regret())


def same(ours: Any, theirs: Any) -> bool:
    """Whether two lists of profiles are the same set, up to rounding."""
    a, b = ([np.concatenate([np.ravel(x) for x in profile]) for profile in some] for some in (ours, theirs))
    near = [[bool(np.abs(x - y).max() <= NEAR) for y in b] for x in a]
    return all(map(any, near)) and all(map(any, zip(*near, strict=True))) and bool(a) == bool(b)


# ------------------------------------------------------------------ the games


def random_table(seed: int) -> NormalForm:
    """Two players of two to four actions; small whole numbers in every second game, so that many are degenerate."""
    rng = np.random.default_rng(seed)
    shape = (2, *rng.integers(2, 5, 2))
    return NormalForm(rng.integers(-3, 4, shape) if seed % 2 else rng.integers(-(10**6), 10**6, shape))


LITERATURE = tuple(
    name
    for name, g in corpus.GAMES.items()
    if max(g.shape) <= 5 and max(abs(m).max() for m in g.floats) < 2**20 and "literature" in g.traits
)


def small_tree(seed: int) -> ExtensiveForm:
    """Two players and chance, which A sees; B sees A's move, or nothing. Whole payoffs; at most nine plans by four."""
    rng = np.random.default_rng(seed)
    seen = rng.random() < 0.5

    def end() -> Outcome:
        a, b = (int(x) for x in rng.integers(-9, 10, 2))
        return Outcome({"A": a, "B": -a if seed % 3 == 0 else b})

    def reply(name: str) -> Decision:
        return Decision("B", {"l": end(), "r": end()}, infoset=name)

    def move(k: int) -> Decision:
        moves: dict[str, Any] = {a: reply(f"B {a}" if seen else "B") for a in ("u", "d")}
        if rng.random() < 0.5:
            moves["out"] = end()
        return Decision("A", moves, infoset=f"A {k}")

    if rng.random() < 0.5:
        return ExtensiveForm(move(0), players=("A", "B"))
    odds = (0.25, 0.75) if rng.random() < 0.5 else (0.5, 0.5)
    return ExtensiveForm(Chance({f"e{k}": (p, move(k)) for k, p in enumerate(odds)}), players=("A", "B"))


def two_stages(seed: int) -> ExtensiveForm:
    """A chooses one of two battles, both fought at once: proper subgames with moves nobody sees."""
    rng = np.random.default_rng(seed)

    def battle(k: int) -> Decision:
        ends = {
            (i, j): Outcome({"A": int(a), "B": int(b)})
            for (i, j), a, b in zip(
                itertools.product("ud", "lr"), rng.integers(-99, 99, 4), rng.integers(-99, 99, 4), strict=True
            )
        }
        own = {i: Decision("B", {j: ends[i, j] for j in "lr"}, infoset=f"B {k}") for i in "ud"}
        return Decision("A", own, infoset=f"A {k}")

    return ExtensiveForm(Decision("A", {"x": battle(0), "y": battle(1)}), players=("A", "B"))


def catalog() -> dict[str, Any]:
    """Gambit's own catalogue of games from the literature, those of perfect recall."""
    found = {}
    for name in pygambit.catalog.games()["Game"]:
        game = pygambit.catalog.load(name)
        if not isinstance(game, pygambit.ExtensiveGame) or game.is_perfect_recall:
            found[name] = game
    return found


CATALOG = catalog() if hasattr(pygambit, "catalog") else {}


# ------------------------------------------------------------------ tables


def compare_tables(game: NormalForm, theirs: Any) -> None:
    answer = solve(game, method="nash")
    found = [mixed(p) for p in pygambit.nash.enummixed_solve(theirs, rational=True).equilibria]
    assert answer.complete
    assert same([e.profile for e in answer.equilibria], found)
    span = [float(np.ptp(u)) or 1.0 for u in game.payoffs]
    for e in answer.equilibria:
        data = [x.tolist() for x in e.profile]
        assert float(theirs.mixed_strategy_profile(data=data).max_regret()) <= 1e-9 * max(span)
    for profile in found:
        rows = [np.array(x)[None] for x in profile]
        assert normal_certificate(game.payoffs[..., None], rows).relative[0] <= 1e-12


@pytest.mark.parametrize("seed", range(30))
def test_all_equilibria_of_random_tables(seed: int) -> None:
    game = random_table(seed)
    compare_tables(game, as_gambit(game))


@pytest.mark.parametrize("name", LITERATURE)
def test_all_equilibria_of_tables_from_the_literature(name: str) -> None:
    game = NormalForm.bimatrix(corpus.GAMES[name].A, corpus.GAMES[name].B)
    compare_tables(game, as_gambit(game))


@pytest.mark.parametrize("seed", range(6))
def test_all_equilibria_of_three_players(seed: int) -> None:
    """Gambit's enumeration of supports loses isolated points now and then: what it has, we have, and ours all hold."""
    rng = np.random.default_rng(seed)
    game = NormalForm(rng.integers(-50, 50, (3, 2, 2, 2)))
    answer = solve(game, method="nash")
    ours = [np.concatenate(e.profile) for e in answer.equilibria]
    assert answer.complete or answer.tied
    for profile in pygambit.nash.enumpoly_solve(as_gambit(game)).equilibria:
        theirs = np.concatenate(mixed(profile))
        assert min(np.abs(x - theirs).max() for x in ours) <= 1e-6
    assert all(regret_by_gambit(game, e.profile) <= 1e-7 for e in answer.equilibria)


@pytest.mark.parametrize("seed", range(8))
def test_the_logit_branch_of_tables(seed: int) -> None:
    game = random_table(2 * seed + 1)  # Gambit's steps are not relative: payoffs of a million keep it for minutes
    precision = 3.0 / float(np.ptp(game.payoffs))
    answer = solve(game, method="logit", rationality=precision)
    (theirs,) = pygambit.qre.logit_solve_lambda(as_gambit(game), precision)
    assert answer.complete
    assert same([answer.equilibria[0].profile], [mixed(theirs.profile)])


# ------------------------------------------------------------------ trees


@pytest.mark.parametrize("seed", range(30))
def test_all_equilibria_of_random_trees(seed: int) -> None:
    """Both list the plans of the reduced normal form in the same order."""
    tree = small_tree(seed)
    theirs = as_gambit(tree)
    compare_tables(tree.to_normal_form(), theirs)
    for e in solve(tree, method="nash").equilibria:
        assert regret_by_gambit(tree, e.profile) <= 1e-9


@pytest.mark.parametrize("seed", range(30))
def test_pure_equilibria_of_random_trees(seed: int) -> None:
    tree = small_tree(seed)
    found = [mixed(p) for p in pygambit.nash.enumpure_solve(as_gambit(tree)).equilibria]
    ours = solve(tree.to_normal_form(), method="pure").equilibria
    assert (same([e.profile for e in ours], found)) if found else not ours


@pytest.mark.parametrize("seed", range(0, 60, 3))
def test_values_of_zero_sum_trees(seed: int) -> None:
    tree = small_tree(seed)
    theirs = as_gambit(tree)
    answer = solve(tree, method="sequence_form")
    assert answer.complete
    e = answer.equilibria[0]
    assert regret_by_gambit(tree, e.profile) <= 1e-9
    for solver in (pygambit.nash.lcp_solve, pygambit.nash.lp_solve):
        profile = solver(theirs).equilibrium
        play = behaviour(tree, profile)
        if any(abs(x.sum() - 1) > 1e-12 or x.min() < 0 for x in play):
            assert solver is pygambit.nash.lp_solve  # known: what it returns may be no distribution
            continue
        certified = tree_certificate(tree, [x[None] for x in play])
        assert certified.relative[0] <= 1e-12
        assert float(profile.payoffs["A"]) == pytest.approx(e.payoffs["A"], abs=1e-9)
        assert certified.payoffs[0, 0] == pytest.approx(e.payoffs["A"], abs=1e-9)


@pytest.mark.parametrize("seed", [s for s in range(45) if s % 3])
def test_sequence_form_of_other_trees(seed: int) -> None:
    """Each finds one; both are Nash by both certificates, and among all that there are where those are isolated."""
    tree = small_tree(seed)
    e = solve(tree, method="sequence_form").equilibria[0]
    theirs = pygambit.nash.lcp_solve(as_gambit(tree)).equilibrium
    play = behaviour(tree, theirs)
    assert regret_by_gambit(tree, e.profile) <= 1e-9
    certified = tree_certificate(tree, [x[None] for x in play])
    assert certified.relative[0] <= 1e-12
    assert certified.payoffs[0].tolist() == pytest.approx([float(theirs.payoffs[p]) for p in tree.players], abs=1e-9)
    everything = solve(tree, method="nash")
    if everything.complete and not everything.tied:
        worth = [[x.payoffs[p] for p in tree.players] for x in everything.equilibria]
        for own in (e.payoffs, {p: float(theirs.payoffs[p]) for p in tree.players}):
            assert any(np.allclose([own[p] for p in tree.players], w, rtol=0, atol=1e-8) for w in worth)


def test_kuhn_poker() -> None:
    tree = poker.kuhn()
    ours = solve(tree, method="sequence_form").equilibria[0]
    theirs = pygambit.nash.lcp_solve(as_gambit(tree)).equilibrium
    assert theirs.payoffs["One"] == pytest.approx(-1 / 18, abs=1e-12)
    assert ours.payoffs["One"] == pytest.approx(-1 / 18, abs=1e-12)
    assert regret_by_gambit(tree, ours.profile) <= 1e-12
    assert tree_certificate(tree, [x[None] for x in behaviour(tree, theirs)]).relative[0] <= 1e-12


@pytest.mark.parametrize("seed", range(30))
def test_subgame_perfect_equilibria_are_among_all(seed: int) -> None:
    """By Gambit's list of all equilibria: a perfect one, as a mixture over plans, is one of them."""
    tree = two_stages(seed)
    answer = solve(tree, method="subgame_perfect")
    assert answer.count >= 1
    assert answer.complete or answer.tied
    form = tree.to_normal_form()
    listed = [mixed(p) for p in pygambit.nash.enummixed_solve(as_gambit(tree)).equilibria]
    pure = [e for e in answer.equilibria if all(x.max() == 1 for x in e.profile)]
    for e in answer.equilibria:
        assert regret_by_gambit(tree, e.profile) <= 1e-8
    for e in pure:  # a mixed one may be inside a set of equilibria, whose corners alone are listed
        own = [
            np.array([all(e.profile[h][a] == 1 for h, a in plan) for plan in plans], dtype=float)
            for plans in form.plans
        ]
        assert any(same([own], [profile]) for profile in listed)


def trees_for_logit() -> dict[str, tuple[ExtensiveForm, float]]:
    found: dict[str, tuple[ExtensiveForm, float]] = {
        f"signalling {k}": (signalling(np.random.default_rng(k), 2, 2, 2), 0.5 + k / 2) for k in range(8)
    }
    found |= {f"small {k}": (small_tree(k), 0.05 + k / 40) for k in range(12)}
    found |= {f"two stages {k}": (two_stages(k), 0.01 + k / 400) for k in range(8)}
    found |= {"beer": (beer_quiche(0.3), 1.5), "horse": (horse(), 1.0), "kuhn": (poker.kuhn(), 2.0)}
    return found


LOGIT = trees_for_logit()


@pytest.mark.parametrize("name", LOGIT)
def test_the_agent_logit_branch(name: str) -> None:
    tree, precision = LOGIT[name]
    answer = solve(tree, method="agent_logit", rationality=precision)
    (theirs,) = pygambit.qre.logit_solve_lambda(as_gambit(tree), precision)
    play = behaviour(tree, theirs.profile)
    noisy = tree.with_rationality(precision)
    assert tree_certificate(noisy, [x[None] for x in play], check="local").residual[0] <= 1e-5
    assert answer.complete
    assert all(np.abs(x - y).max() <= 2e-6 for x, y in zip(answer.equilibria[0].profile, play, strict=True))
    beliefs = dict(theirs.profile.beliefs)
    assert beliefs  # and where they are asked for, ours are the same: they follow from play by Bayes' rule


@pytest.mark.parametrize("name", CATALOG)
def test_games_that_gambit_comes_with(name: str) -> None:
    """Literature: read from Gambit, solved by both where both find all in short."""
    theirs = CATALOG[name]
    game = parse(theirs.to_efg() if isinstance(theirs, pygambit.ExtensiveGame) else theirs.to_nfg())
    table = game.to_normal_form() if isinstance(game, ExtensiveForm) else game
    if len(table.players) != 2:
        pure = [mixed(p) for p in pygambit.nash.enumpure_solve(theirs).equilibria]
        ours = solve(table, method="pure").equilibria
        assert same([e.profile for e in ours], pure) if pure else not ours
        return
    compare_tables(table, theirs)
    if isinstance(game, ExtensiveForm):
        e = solve(game, method="sequence_form").equilibria[0]
        assert regret_by_gambit(game, e.profile) <= 1e-9
        for perfect in solve(game, method="subgame_perfect").equilibria:
            assert regret_by_gambit(game, perfect.profile) <= 1e-9


# ------------------------------------------------------------------ where they differ


def test_where_gambit_errs() -> None:
    """Exact arithmetic decides: the game has an equilibrium, and Gambit's rational enumeration returns none."""
    A, B = [[2**31, 0], [0, 1]], [[1, 0], [0, 2**31]]
    truth = exact.truth(A, B).equilibria
    game = NormalForm.bimatrix(A, B)
    ours = solve(game, method="nash", exact=True)
    assert sorted(tuple(tuple(map(Fraction, x)) for x in e.exact.profile) for e in ours.equilibria) == sorted(truth)
    theirs = pygambit.nash.enummixed_solve(as_gambit(game), rational=True).equilibria
    assert len(theirs) in (0, len(truth))  # 17.0.0b2: none
