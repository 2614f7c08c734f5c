"""Pictures of game trees, from left to right, and of what is played in them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from decide.equilibrium import Equilibrium
from decide.errors import GameError
from decide.games.extensive import CHANCE, DECISION, LEAF, ExtensiveForm
from decide.games.play import node_odds
from decide.plots.looks import BOX, axes_of, style
from decide.solution import Solution
from decide.solvers.door import GameLike, as_game

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["tree"]

#: Trees with more ends than this are not drawn.
MOST_ENDS = 60
#: Inches: a row, a letter, the slanted part of a branch, and what is left free around words.
ROW, LETTER, SLANT, FREE = 0.5, 0.085, 0.3, 0.18
#: Lines between nodes that are not told apart, by turns.
DASHES = (":", "--", "-.")
#: Branches that are not played.
FAINT = "#AAAAAA"


@dataclass(frozen=True)
class _Plan:
    """Where everything goes, in inches.

    Attributes
    ----------
    x, y : list of float
        Of each node.
    width, height : float
        Of the whole picture.
    """

    x: list[float]
    y: list[float]
    width: float
    height: float


def tree(game: GameLike, solution: Solution | Equilibrium | None = None, *, ax: Axes | None = None) -> Axes:
    """Draw a game tree from left to right, and what is played in it.

    Parameters
    ----------
    game : ExtensiveForm, Model, str or os.PathLike
        One game, no batch, with at most 60 ends. A model is taken at its base, a file is read.
    solution : Equilibrium or Solution, optional
        What to show as played; a solution with several equilibria is refused: pick one.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes
        Every player has a colour and a marker, and its name stands at its nodes; chance is a small white circle, with
        odds. Nodes that are not told apart are joined by a dashed line; their set's name stands at each. Payoffs stand
        at the ends, with outcome labels. With a solution, what is played is thick, with its probability unless that is
        1: dark where play leads, pale where it would be played; beliefs stand in square brackets.

    Raises
    ------
    GameError
        If the game is no tree, is a batch or too large, or the solution is not of this tree or has not one equilibrium.
    MissingExtraError
        If matplotlib is not installed.
    """
    drawn = as_game(game)
    if not isinstance(drawn, ExtensiveForm):
        raise GameError(f"{drawn!r} is no tree; expected an ExtensiveForm")
    if drawn.shape:
        raise GameError(f"the tree is a batch {drawn.shape}; expected one game: pick it by its index")
    ends = len(drawn.structure.leaves)
    if ends > MOST_ENDS:
        raise GameError(
            f"the tree has {ends:,} ends; a picture holds {MOST_ENDS}: draw a part of it, such as one of its subgames"
        )
    shown = _one(drawn, solution)
    ours, ax = ax is None, axes_of(ax)
    plan = _place(drawn, shown)
    if ours:
        ax.figure.set_size_inches(plan.width + 0.2, plan.height + 0.3)  # type: ignore[union-attr]
    _draw_branches(ax, drawn, shown, plan)
    _draw_sets(ax, drawn, plan)
    _draw_nodes(ax, drawn, shown, plan)
    ax.set_xlim(-0.1, plan.width)
    ax.set_ylim(-plan.height + ROW * 0.7, ROW * 0.7)
    ax.set_axis_off()
    words = _legend(drawn, shown)
    if words:
        ax.text(0.0, -plan.height + ROW * 1.0, "; ".join(words), fontsize=8, color="#444444", va="center")
    return ax


def _one(game: ExtensiveForm, solution: Solution | Equilibrium | None) -> Equilibrium | None:
    """The equilibrium to show; it must be one of this tree."""
    if isinstance(solution, Solution):
        if solution.shape:
            raise GameError(f"the solution is of {solution.shape} games; expected one: pick it by its index")
        if solution.count != 1:
            raise GameError(f"the solution has {solution.count} equilibria; expected one, such as .equilibria[0]")
        solution = solution.equilibria[0]
    if solution is None or isinstance(solution, Equilibrium):
        own = None if solution is None else solution._game
        exact = game.with_rationality(None)  # how well people choose is asked of a solver; the story is the same
        if own is None or (isinstance(own, ExtensiveForm) and own.with_rationality(None) == exact):
            return solution
        raise GameError(f"{solution!r} is not of this tree; expected an equilibrium of {game!r}")
    raise GameError(f"the solution is {solution!r}; expected an Equilibrium or a Solution")


# ------------------------------------------------------------------ where and what


def _place(game: ExtensiveForm, shown: Equilibrium | None) -> _Plan:
    """Put the ends under each other, every other node amidst what follows, and columns as wide as their words."""
    s = game.structure
    level = [0] * len(s.rows)
    for node in range(1, len(s.rows)):
        level[node] = level[s.parent[node]] + 1
    wide = [0.0] * (max(level) + 1)  # room to the left of each column, for names and the branches that end there
    for node in range(len(s.rows)):
        words = LETTER * 0.9 * len(_node_words(game, node)) if s.kind[node] == DECISION else 0.0
        if node:
            words += LETTER * len(_branch_words(game, shown, node)) + SLANT + FREE * 2
        wide[level[node]] = max(wide[level[node]], words + FREE)
    start = np.cumsum(wide)
    y = [0.0] * len(s.rows)
    for k, leaf in enumerate(_in_order(game)):
        y[leaf] = -ROW * k
    for node in reversed(range(len(s.rows))):
        if s.children[node]:
            below = [y[c] for c in s.children[node]]
            y[node] = (max(below) + min(below)) / 2
    x = [float(start[level[node]]) for node in range(len(s.rows))]
    right = max(x[leaf] + FREE + LETTER * len(_end_words(game, leaf)) for leaf in s.leaves)
    right = max(right, LETTER * 0.85 * len("; ".join(_legend(game, shown))))
    return _Plan(x, y, right + FREE, ROW * (len(s.leaves) + 0.7))


def _in_order(game: ExtensiveForm) -> list[int]:
    """The ends from the top down, moves in the order of their information set."""
    s = game.structure
    found, stack = [], [0]
    while stack:
        node = stack.pop()
        if s.kind[node] == LEAF:
            found.append(node)
        stack.extend(reversed(s.children[node]))
    return found


def _branch_words(game: ExtensiveForm, shown: Equilibrium | None, node: int) -> str:
    """The name of the move that leads to a node, and its odds."""
    s = game.structure
    up = s.parent[node]
    name = str(s.rows[up][4][s.rows[node][1]])
    if s.kind[up] == CHANCE:
        return f"{name} ({_number(float(np.asarray(game.pool[s.rows[up][3][s.branch[node]]])))})"
    odds = 1.0 if shown is None else float(shown.profile[s.infoset_of[up]][s.branch[node]])
    return name if odds in (0.0, 1.0) else f"{name} ({_number(odds)})"


def _node_words(game: ExtensiveForm, node: int) -> str:
    info = game.structure.infosets[game.structure.infoset_of[node]]
    player = game.players[info.player]
    return f"{player}: {info.name}" if info.named and info.name != player else player


def _end_words(game: ExtensiveForm, leaf: int) -> str:
    row = game.structure.rows[leaf]
    money = ", ".join(
        f"{p}: {_number(float(np.asarray(game.pool[k])))}" for p, k in zip(game.players, row[3], strict=True)
    )
    return f"{money}  [{', '.join(row[4])}]" if row[4] else money


def _number(value: float) -> str:
    return f"{value + 0.0:.3g}".replace("-", "\N{MINUS SIGN}")


def _legend(game: ExtensiveForm, shown: Equilibrium | None) -> list[str]:
    """What the lines mean, where they are there."""
    joined = any(len(info.nodes) > 1 for info in game.structure.infosets)
    words = ["dashed: not told apart"] if joined else []
    if shown is not None:
        words += ["thick: played (grey: if play led there)"]
        words += ["[ ]: belief"] if joined else []
    return words


# ------------------------------------------------------------------ drawing


def _draw_branches(ax: Axes, game: ExtensiveForm, shown: Equilibrium | None, plan: _Plan) -> None:
    s = game.structure
    reach = None if shown is None else node_odds(game, shown.strategies)
    for node in range(1, len(s.rows)):
        up = s.parent[node]
        odds = _odds(game, shown, node)
        on = reach is None or float(np.asarray(reach[node])) > 0
        if shown is None or s.kind[up] == CHANCE:
            colour, thick = ("black" if on or shown is None else FAINT), 1.2
        elif odds > 0:
            colour, thick = ("black" if on else "#8C8C8C"), 1.6 + 2.4 * odds
        else:
            colour, thick = FAINT, 0.9
        bend = plan.x[up] + SLANT
        ax.plot(
            [plan.x[up], bend, plan.x[node]], [plan.y[up], plan.y[node], plan.y[node]],
            color=colour, linewidth=thick, solid_joinstyle="round", zorder=1,
        )  # fmt: skip
        weight = "bold" if shown is not None and s.kind[up] == DECISION and odds > 0 and on else "normal"
        ax.text(
            bend + FREE / 3, plan.y[node] + 0.03, _branch_words(game, shown, node), fontsize=9, va="bottom",
            weight=weight, zorder=4,
        )  # fmt: skip


def _odds(game: ExtensiveForm, shown: Equilibrium | None, node: int) -> float:
    """The probability of a player's move that leads to a node; 1 where nothing is shown."""
    s = game.structure
    h = s.infoset_of[s.parent[node]]
    return 1.0 if shown is None or h < 0 else float(shown.profile[h][s.branch[node]])


def _draw_sets(ax: Axes, game: ExtensiveForm, plan: _Plan) -> None:
    """Join the nodes of a set by a bowed dashed line, so that it does not hide behind what stands between them."""
    from matplotlib.patches import FancyArrowPatch

    looks = style(("", *game.players))
    for h, info in enumerate(game.structure.infosets):
        nodes = sorted(info.nodes, key=lambda node: -plan.y[node])
        for a, b in itertools.pairwise(nodes):
            ax.add_patch(
                FancyArrowPatch(
                    (plan.x[a], plan.y[a]), (plan.x[b], plan.y[b]), arrowstyle="-", linewidth=2.0,
                    linestyle=DASHES[h % 3], connectionstyle=f"arc3,rad={0.08 + 0.06 * (h % 3)}",
                    color=looks[game.players[info.player]][0], zorder=2,
                )
            )  # fmt: skip


def _draw_nodes(ax: Axes, game: ExtensiveForm, shown: Equilibrium | None, plan: _Plan) -> None:
    s, looks = game.structure, style(("", *game.players))  # the first colour, grey, is nobody's
    for node in range(len(s.rows)):
        x, y = plan.x[node], plan.y[node]
        if s.kind[node] == LEAF:
            ax.text(x + FREE / 2, y, _end_words(game, node), fontsize=9, va="center", zorder=4)
            continue
        if s.kind[node] == CHANCE:
            ax.plot(x, y, marker="o", color="white", markeredgecolor="black", markersize=6, zorder=3)
            continue
        info = s.infosets[s.infoset_of[node]]
        colour, marker, _ = looks[game.players[info.player]]
        ax.plot(x, y, marker=marker, color=colour, markeredgecolor="black", markersize=9, zorder=3)
        ax.text(x - 0.1, y + 0.06, _node_words(game, node), fontsize=8, va="bottom", ha="right", bbox=BOX, zorder=5)
        if shown is not None and len(info.nodes) > 1:
            held = shown.beliefs[game.players[info.player]][info.name]
            if held:
                said = f"[{_number(held[s.path(node)])}]"
                ax.text(x - 0.1, y - 0.06, said, fontsize=8, va="top", ha="right", bbox=BOX, zorder=5)
