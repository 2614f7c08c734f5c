"""Pictures of trees: what is written where, what is thick, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import decide
from decide import Chance, Decision, ExtensiveForm, NormalForm, Outcome, solve
from decide.errors import GameError
from pictures import check_writing
from test_agent_logit import beer_quiche, horse

plt = pytest.importorskip("matplotlib.pyplot", reason="plots are the extra decide[plot]")


@pytest.fixture(autouse=True)
def closed() -> Any:
    plt.switch_backend("Agg")
    yield
    plt.close("all")


def words(ax: Any) -> list[str]:
    return [t.get_text() for t in ax.texts]


def strike() -> ExtensiveForm:
    def choice(hit: int, labels: Any) -> Decision:
        moves = {"strike": Outcome({"US": hit, "Iran": -2}, labels=labels), "wait": Outcome({"US": 0, "Iran": 0})}
        return Decision("US", moves, infoset="attacked")

    return ExtensiveForm(Chance({"yes": (0.4, choice(1, "punished")), "no": (0.6, choice(-3, ("wrong", "war")))}))


def test_everything_is_said() -> None:
    found = words(decide.plots.tree(strike()))
    assert found.count("US: attacked") == 2
    assert {"yes (0.4)", "no (0.6)", "strike", "wait"} <= set(found)
    assert "US: 1, Iran: \N{MINUS SIGN}2  [punished]" in found
    assert "US: \N{MINUS SIGN}3, Iran: \N{MINUS SIGN}2  [wrong, war]" in found
    assert found[-1] == "dashed: not told apart"


def test_what_is_played_is_thick_and_what_nobody_reaches_is_pale() -> None:
    game = beer_quiche()
    e = solve(game, method="agent_logit").equilibria[0]
    ax = decide.plots.tree(game, e)
    assert {"[0.1]", "[0.9]", "[1]", "[0]"} <= set(words(ax))
    branches = [line for line in ax.lines if len(line.get_xdata()) == 3]
    thick = {float(line.get_linewidth()) for line in branches}
    assert len(branches) == len(game.structure.rows) - 1
    assert min(thick) < 1 < 3 < max(thick)
    black = [line for line in branches if line.get_color() == "black" and line.get_linewidth() > 3]
    assert len(black) == 4  # both order beer, and are left alone
    bold = [t.get_text() for t in ax.texts if t.get_weight() == "bold"]
    assert sorted(bold) == ["beer", "beer", "leave", "leave"]


def test_mixing_is_written_and_a_solution_of_one_is_taken() -> None:
    flip = ExtensiveForm(
        Decision("A", {
            a: Decision("B", {b: Outcome({"A": v, "B": -v}) for b, v in zip("lr", row, strict=True)}, infoset="unseen")
            for a, row in zip("ud", ((3, -1), (-1, 1)), strict=True)
        })
    )  # fmt: skip
    ax = decide.plots.tree(flip, solve(flip, method="nash"))
    assert {"u (0.333)", "d (0.667)", "l (0.333)", "r (0.667)"} <= set(words(ax))


def test_nothing_runs_into_anything() -> None:
    """No two pieces of writing overlap, in the figures that are our own."""
    for game, e in ((beer_quiche(), solve(beer_quiche(), method="agent_logit").equilibria[0]), (horse(), None)):
        check_writing(decide.plots.tree(game, e))


def test_own_axes_files_and_models(tmp_path: Path) -> None:
    figure, ax = plt.subplots(figsize=(7, 3))
    assert decide.plots.tree(strike(), ax=ax) is ax
    assert figure.get_size_inches().tolist() == [7, 3]
    decide.write(horse(), tmp_path / "horse.efg")
    assert "1: 4, 2: 4, 3: 0" in words(decide.plots.tree(tmp_path / "horse.efg"))
    assert words(decide.plots.tree(ExtensiveForm(Outcome({"A": 2})))) == ["A: 2"]


def test_what_cannot_be_drawn() -> None:
    wide = ExtensiveForm(Decision("A", {f"a{k}": Outcome({"A": k}) for k in range(61)}))
    with pytest.raises(GameError, match="the tree has 61 ends; a picture holds 60: draw a part"):
        decide.plots.tree(wide)
    with pytest.raises(GameError, match=r"the tree is a batch \(2,\)"):
        decide.plots.tree(beer_quiche(np.array([0.1, 0.2])))
    with pytest.raises(GameError, match="is no tree"):
        decide.plots.tree(NormalForm.zero_sum([[1, -1], [-1, 1]]))
    several = solve(horse(), method="nash")
    with pytest.raises(GameError, match=f"the solution has {several.count} equilibria; expected one"):
        decide.plots.tree(horse(), several)
    with pytest.raises(GameError, match="is not of this tree"):
        decide.plots.tree(strike(), several.equilibria[0])
    with pytest.raises(GameError, match="the solution is 'best'; expected an Equilibrium or a Solution"):
        decide.plots.tree(strike(), "best")  # type: ignore[arg-type]


def test_play_of_one_game_is_not_drawn_on_another_of_the_same_shape() -> None:
    """Payoffs of one and play of the other would be shown side by side; another choice rule is the same story."""
    mild, grim = beer_quiche(0.1), beer_quiche(0.2)
    e = solve(mild, method="agent_logit").equilibria[0]
    with pytest.raises(GameError, match="is not of this tree"):
        decide.plots.tree(grim, e)
    decide.plots.tree(mild, e)
    decide.plots.tree(mild, solve(mild, method="agent_logit", rationality=2.0))
