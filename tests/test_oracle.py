"""Gambit as a second opinion, where it is installed: the games that one side writes, the other reads as they are.

Nothing here runs unless ``pygambit`` can be imported; the project neither needs nor installs it.
"""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest

from decide import Chance, Decision, ExtensiveForm, NormalForm, Outcome
from decide.games.formats import parse, render

pygambit = pytest.importorskip("pygambit", reason="Gambit is not installed (pip install pygambit); it is only asked")

NAMES = ("Ann", "Bob", "Cy")


def through_gambit(text: str) -> str:
    """Let Gambit read a file and write it again."""
    source = io.BytesIO(text.encode())
    return str(pygambit.read_nfg(source).to_nfg() if text.startswith("NFG") else pygambit.read_efg(source).to_efg())


def random_table(seed: int) -> NormalForm:
    """Two or three players, up to four actions each; payoffs of many sizes, exact in every third game."""
    rng = np.random.default_rng(seed)
    shape = rng.integers(1, 5, rng.integers(2, 4))
    payoffs: Any = rng.normal(size=(len(shape), *shape)) * 10.0 ** rng.integers(-8, 9)
    if seed % 3 == 0:
        payoffs = np.array([f"{k}/{k % 7 + 1}" for k in rng.integers(-99, 99, payoffs.size)]).reshape(payoffs.shape)
    return NormalForm(payoffs, players=NAMES[: len(shape)], actions=[[f"m{k}" for k in range(n)] for n in shape])


def random_tree(seed: int) -> ExtensiveForm:
    """Chance deals each player one of three cards; they move in turn, seeing their own card and all moves."""
    rng = np.random.default_rng(seed)
    players = NAMES[: rng.integers(1, 4)]
    moves = {(depth, k): int(rng.integers(1, 4)) for depth in range(3) for k in range(3)}
    weights = rng.random(3) if seed % 2 else np.array([1.0, 1.0, 4.0])
    odds = weights / weights.sum()

    def play(cards: tuple[int, ...], path: tuple[int, ...]) -> Any:
        if len(path) == 3:
            payoffs = {p: float(x) for p, x in zip(players, rng.normal(size=len(players)), strict=True)}
            return Outcome(payoffs, labels=f"end {rng.integers(10**9)}" if rng.random() < 0.5 else ())
        k = len(path) % len(players)
        after = {f"m{a}": play(cards, (*path, a)) for a in range(moves[len(path), sum(path) % 3])}
        return Decision(players[k], after, infoset=f"{cards[k]} after {path}")

    def deal(cards: tuple[int, ...]) -> Any:
        if len(cards) == len(players):
            return play(cards, ())
        return Chance({f"card {c}": (float(odds[c]), deal((*cards, c))) for c in range(3)})

    return ExtensiveForm(deal(()), players=players)


@pytest.mark.parametrize("seed", range(20))
def test_gambit_reads_our_tables_and_we_read_them_back(seed: int) -> None:
    game = random_table(seed)
    back = parse(through_gambit(render(game, "nfg")))
    assert isinstance(back, NormalForm)
    assert (back.players, back.actions, back.outcomes) == (game.players, game.actions, None)
    assert back.payoffs.tobytes() == game.payoffs.tobytes()
    if game.exact is not None:
        assert back == game


@pytest.mark.parametrize("seed", range(20))
def test_gambit_reads_our_trees_and_we_read_them_back(seed: int) -> None:
    game = random_tree(seed)
    text = render(game, "efg")
    back = parse(through_gambit(text))
    assert back == parse(text)
    assert isinstance(back, ExtensiveForm)
    assert back.payoffs.tobytes() == game.payoffs.tobytes()
    assert back.infosets == game.infosets
    assert np.allclose(np.sort(back.pool), np.sort(game.pool), rtol=0, atol=1e-15)  # chances may be rounded once


@pytest.mark.parametrize("seed", range(10))
def test_gambit_sees_the_reduced_normal_form_that_we_write(seed: int) -> None:
    """Gambit numbers the plans of a tree, we name them; the payoffs are the same up to rounding."""
    game = random_tree(seed)
    if len(game.structure.infosets) > 12:
        game = ExtensiveForm(Chance({"only": (1.0, game.subtree("card 0"))}), players=game.players)
    try:
        ours = parse(render(game, "nfg"))
    except ValueError as error:  # too many plans for a table
        assert "reduced normal form" in str(error)  # noqa: PT017
        return
    theirs = parse(pygambit.read_efg(io.BytesIO(render(game, "efg").encode())).to_nfg())
    assert isinstance(ours, NormalForm)
    assert isinstance(theirs, NormalForm)
    assert theirs.n_actions == ours.n_actions
    assert np.allclose(theirs.payoffs, ours.payoffs, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", sorted(pygambit.catalog.games()["Game"]) if hasattr(pygambit, "catalog") else [])
def test_we_read_the_games_that_gambit_comes_with(name: str) -> None:
    theirs = pygambit.catalog.load(name)
    if not isinstance(theirs, pygambit.ExtensiveGame):
        game = parse(theirs.to_nfg())
        assert parse(through_gambit(render(game, "nfg"))) == game
        return
    if not theirs.is_perfect_recall:
        with pytest.raises(ValueError, match="forgets"):
            parse(theirs.to_efg())
        return
    game = parse(theirs.to_efg())
    assert isinstance(game, ExtensiveForm)
    assert game.players == tuple(theirs.players)
    assert parse(through_gambit(render(game, "efg"))) == game
