"""All Nash equilibria of a tree by way of its reduced normal form, with nothing lost to the rounding of the table.

An entry of the table is an average over chance, and rounded. Two plans that are worth the same may then differ by 1e-17
of the payoff range, and since `nash` takes payoffs for the exact numbers they are, equilibria that rest on the tie are
lost. So payoffs are counted from each player's lowest, which keeps the rounding to 1e-16 of the *range*, where every
tie is still flagged; and of two players every game that is flagged is settled once more on fractions made of the tree's
own numbers. Without chance nothing is rounded, and payoffs are taken as they are.

Cost: as `nash`, and for a flagged game one fraction for each leaf and each profile of plans that leads there.

When not to use it: it is no method of its own. Three and more players have no exact arithmetic here; their table is
only counted from the lowest payoffs.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from decide.games.extensive import CHANCE, ExtensiveForm
from decide.games.normal import NormalForm
from decide.games.plans import StrategicForm, exact_entries, strategic_form
from decide.solvers.base import Found
from decide.solvers.nash import nash, settled_again

__all__ = ["plan_table", "table_equilibria"]


def plan_table(tree: ExtensiveForm, limit: int) -> StrategicForm:
    """Return the reduced normal form as solvers want it: where chance moves, above each player's lowest payoff.

    Raises
    ------
    TooLargeError
        If it has more than `limit` payoffs.
    """
    return strategic_form(tree, limit, above_lowest=_chancy(tree))


def table_equilibria(table: NormalForm, form: StrategicForm, players: Sequence[int]) -> Found:
    """Find all equilibria of a table among some players of a tree's normal form (the others have one plan each).

    Parameters
    ----------
    table : NormalForm
        `form`, or the part of it that those players play; a flat batch or one game.
    form : StrategicForm
    players : sequence of int
    """
    found = nash(table).write()
    games = np.flatnonzero(found.tied)
    if len(players) != 2 or not len(games) or not _chancy(form.tree):
        return found
    entries = exact_entries(form, games)[list(players)]
    A, B = entries.reshape(2, *(form.n_actions[i] for i in players), len(games))
    return settled_again(found, games, A, B)


def _chancy(tree: ExtensiveForm) -> bool:
    return CHANCE in tree.structure.kind
