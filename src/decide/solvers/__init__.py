"""Solvers: one textbook algorithm a file, all behind `solve`.

A solver finds candidates; `solve` has them certified by `decide.certify`, which shares no code with any of them, and
returns what passes. Games whose candidates did not all pass are not called complete.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import numpy as np

from decide.certify import coarse_residual, commitment_residual, correlated_residual, level_k_residual, logit_residual
from decide.equilibrium import AnyGame
from decide.errors import GameError, SolveError, TooLargeError, unknown
from decide.games.extensive import ExtensiveForm
from decide.games.normal import NormalForm
from decide.games.plans import StrategicForm
from decide.games.stochastic import StochasticGame
from decide.games.subgames import subgame_roots
from decide.models import Model
from decide.solution import Solution
from decide.solvers import (
    agent_logit,
    commitment,
    correlated,
    from_nashpy,
    learning,
    lemke_howson,
    level_k,
    logit,
    many_players,
    markov_perfect,
    nash,
    pure,
    sequence_form,
    shapley,
    subgame_perfect,
    zero_sum,
)
from decide.solvers import backward_induction as induction
from decide.solvers.base import Found, Method, Pending, for_trees, no_tree, two_players
from decide.solvers.certified import to_solution, told_in_tree
from decide.solvers.completion import completed
from decide.solvers.door import GameLike, as_game
from decide.solvers.plan_tables import plan_table, table_equilibria
from decide.solvers.selection import FOR_PLAYER, Choice, select

__all__ = ["METHODS", "Methods", "choose_method", "methods", "solve"]

#: Every method by name. To add one, write its file and its row.
METHODS: dict[str, Method] = {
    m.name: m
    for m in (
        Method(
            "pure", "normal form, any number of players", "all",
            "every profile of pure actions was tested", True, "Nash, in pure strategies", "Nash 1950",
            no_tree, pure.pure,
        ),
        Method(
            "nash", "normal form, two players up to 8 x 8 actions, more players with few", "all",
            "all extreme equilibria were found, ties settled by exact arithmetic; more players: all isolated ones",
            True, "Nash",
            "Mangasarian 1964; Dickhaut & Kaplan 1991; Avis et al. 2010", nash.refuses, nash.nash, ("exact",),
        ),
        Method(
            "zero_sum", "normal form, two players, constant sum", "one",
            "the linear programs of both players were solved", True, "Nash (optimal strategies)",
            "von Neumann 1928; Dantzig 1951", zero_sum.refuses, zero_sum.zero_sum,
        ),
        Method(
            "correlated", "normal form, any number of players", "one",
            "the linear program was solved to optimality", True, "correlated equilibrium",
            "Aumann 1974; Gilboa & Zemel 1989", no_tree, correlated.correlated, ("objective", "sense"),
            correlated_residual,
        ),
        Method(
            "coarse_correlated", "normal form, any number of players", "one",
            "the linear program was solved to optimality", True, "coarse correlated equilibrium",
            "Moulin & Vial 1978", no_tree, correlated.coarse_correlated, ("objective", "sense"), coarse_residual,
        ),
        Method(
            "support_enumeration", "normal form, two players", "sample",
            "never claimed: nashpy may lose equilibria", True, "Nash", "Dickhaut & Kaplan 1991; nashpy",
            two_players, from_nashpy.support_enumeration,
        ),
        Method(
            "vertex_enumeration", "normal form, two players", "sample",
            "never claimed: nashpy may lose equilibria", True, "Nash", "Mangasarian 1964; nashpy",
            two_players, from_nashpy.vertex_enumeration,
        ),
        Method(
            "lemke_howson", "normal form, two players", "one",
            "a path ended in an equilibrium", True, "Nash", "Lemke & Howson 1964; von Stengel 2007",
            two_players, lemke_howson.lemke_howson,
        ),
        Method(
            "fictitious_play", "normal form, two players", "sample",
            "never claimed: a process, followed to where it settles", False, "Nash, where the process has settled",
            "Brown 1951; Robinson 1951; nashpy", two_players, learning.play_method, ("iterations", "start", "rng"),
        ),
        Method(
            "replicator", "normal form, two players", "sample",
            "never claimed: a process, followed to where it settles", False, "Nash, where the process has settled",
            "Taylor & Jonker 1978; nashpy", two_players, learning.replicator_method, ("time", "start"),
        ),
        Method(
            "commitment", "normal form, two players", "one",
            "every linear program, or every corner of the follower's best-reply regions, was looked at", True,
            "commitment: the best strategy of a leader whose follower sees it and replies best",
            "von Stackelberg 1934; Conitzer & Sandholm 2006; von Stengel & Zamir 2010", two_players,
            commitment.commitment, ("leader", "ties", "mixed"), commitment_residual,
        ),
        Method(
            "logit", "normal form, any number of players", "one",
            "the principal branch was followed from precision 0 without a jump, and met no crossing", False,
            "logit quantal response equilibrium, on the principal branch; in the limit Nash",
            "McKelvey & Palfrey 1995; Turocy 2005", no_tree, logit.logit, ("rationality",), logit_residual,
            logit.prepare,
        ),
        Method(
            "logit_limit", "normal form, any number of players", "one",
            "a point was found", False, "Nash", "Turocy 2005; Harsanyi & Selten 1988",
            no_tree, many_players.one_equilibrium,
        ),
        Method(
            "level_k", "normal form, any number of players", "one",
            "every level of the chain was computed", True, "a prediction, not an equilibrium: level-k thinking",
            "Nagel 1995; Stahl & Wilson 1995; Camerer, Ho & Chong 2004", no_tree, level_k.level_k,
            ("level", "rationality", "level_0", "hierarchy"), level_k_residual, level_k.prepare,
        ),
        Method(
            "backward_induction", "trees in which only chance is unseen", "all",
            "no tie that matters was met and chance reaches every set of several nodes: it is the only one", True,
            "sequential rationality under the beliefs chance gives (subgame perfect), logit where a precision is named",
            "Zermelo 1913; Kuhn 1953; McKelvey & Palfrey 1998", induction.refuses, induction.backward_induction,
            ("rationality",), trees=True, check="local",
        ),
        Method(
            "agent_logit", "trees, any number of players", "one",
            "the principal branch was followed from precision 0, and met no crossing", False,
            "agent logit equilibrium, on the principal branch; without a precision its limit, a sequential equilibrium",
            "McKelvey & Palfrey 1998; Turocy 2010", agent_logit.refuses, agent_logit.agent_logit, ("rationality",),
            trees=True, check="local",
        ),
        Method(
            "subgame_perfect", "trees of exact players", "all",
            "no tie was met below the root's own piece, and all equilibria of every piece are proved found", True,
            "subgame-perfect Nash: a Nash equilibrium in every subgame", "Selten 1965, 1975", subgame_perfect.refuses,
            subgame_perfect.subgame_perfect, trees=True, check="subgames",
        ),
        Method(
            "sequence_form", "trees with up to two players", "one",
            "the linear program was solved, or a path ended in an equilibrium", True, "Nash",
            "Romanovskii 1962; von Stengel 1996; Koller, Megiddo & von Stengel 1996", sequence_form.refuses,
            sequence_form.sequence_form, trees=True,
        ),
        Method(
            "shapley", "stochastic games, two players, constant sum", "one",
            "the values were computed; they are within the regret of the true ones", False,
            "Nash, in stationary strategies that are optimal from every state", "Shapley 1953; Hoffman & Karp 1966",
            shapley.refuses, shapley.shapley, ("horizon",), prepare=shapley.prepare,
        ),
        Method(
            "markov_perfect", "stochastic games, any number of players", "one",
            "a point was found; with a horizon, also that every stage was proved to have one equilibrium", False,
            "Markov perfect: stationary, and Nash from every state",
            "Fink 1964; Eibelshäuser & Poensgen 2019", markov_perfect.refuses, markov_perfect.markov_perfect,
            ("horizon",), prepare=shapley.prepare,
        ),
    )
}  # fmt: skip


#: The largest payoff table a tree is turned into.
MOST_PAYOFFS = 1_000_000


class Methods(tuple[Method, ...]):
    """The rows of `METHODS`; prints as a table and converts to a frame."""

    __slots__ = ()

    def __repr__(self) -> str:
        head = ("name", "finds", "exact", "takes", "reference")
        rows = [head, *((m.name, m.finds, "yes" if m.exact else "no", m.takes, m.reference) for m in self)]
        widths = [max(len(r[k]) for r in rows) for k in range(len(head))]
        return "\n".join("  ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)).rstrip() for r in rows)

    def to_dataframe(self) -> Any:
        """Return the table as a pandas frame, one row a method."""
        import pandas as pd

        names = [f.name for f in fields(Method) if f.name not in ("refuses", "run", "residual", "prepare")]
        return pd.DataFrame([{n: getattr(m, n) for n in names} for m in self])


def methods() -> Methods:
    """List the methods: what each takes, what it finds, what ``complete`` means for it, and its reference.

    Returns
    -------
    tuple of Method
        With fields ``name``, ``takes``, ``finds`` (all, one or sample), ``complete``, ``exact``, ``concept``,
        ``reference``, ``options``.

    Examples
    --------
    >>> [m.name for m in methods() if m.finds == "all"]
    ['pure', 'nash', 'backward_induction', 'subgame_perfect']
    """
    return Methods(METHODS.values())


def solve(
    game: GameLike,
    *,
    method: str = "auto",
    base: Mapping[str, Any] | str | None = None,
    selection: str | Choice | None = None,
    player: str | None = None,
    **options: Any,
) -> Solution:
    """Solve a game, or a batch of games.

    Parameters
    ----------
    game : NormalForm, ExtensiveForm, StochasticGame, Model, str or os.PathLike
        A model is solved at its base, with its own default options. A string or path is the name of a ``.nfg`` or
        ``.efg`` file, which is read first (see `decide.read`).
    method : str
        A name from `methods`, or ``"auto"``: all equilibria where that is feasible, else one; the solution's `reason`
        says what was chosen and why. A tree is taken by a normal-form method by way of its reduced normal form.
    base : mapping or str, optional
        For a model: values by name, or the name of a view.
    selection : str or callable, optional
        Keep one equilibrium of each game, by a rule of `decide.select`; all are kept unless asked.
    player : str, optional
        Whose payoff counts for the rules ``"best"`` and ``"worst"``; a model's decider unless said.
    **options
        Options of the method, by name in `methods` and described on its page. ``rationality`` (trees, ``logit``,
        ``level_k``): precision of logit choice per unit of payoff, a number, an array of the batch's shape, or by
        player. In a tree None and infinity are exact play, and players not named keep what the tree says; ``logit``
        wants a number for everybody, and infinity for all is the limit of the branch. ``exact=True`` (``nash``): also
        return fractions. ``horizon`` (stochastic games): how many stages are played, without end unless given.

    Returns
    -------
    Solution
        Of the shape of the game. Every equilibrium in it is certified.

    Raises
    ------
    SolveError
        If the method does not exist, does not take this game, or does not know an option.
    FormatError, OSError
        If a file is no game, or cannot be read.

    Examples
    --------
    >>> answer = solve(NormalForm.bimatrix([[3, 0], [5, 1]], [[3, 5], [0, 1]]))
    >>> answer.method, answer.finds, answer.complete, answer.count
    ('nash', 'all', True, 1)
    >>> answer.equilibria[0].strategies["Row"]["1"]
    1.0
    """
    if isinstance(game, Model):
        known = {option for m in METHODS.values() for option in m.options}
        for option in options.keys() - known:
            if option in game.parameters or option in game.settings:
                raise SolveError(
                    f"{option!r} belongs to {game.name}, not to the method; expected base={{{option!r}: ...}}"
                )
        built, defaults = game.problem(game.values(base))
        default_method = defaults.pop("method", "auto")
        defaults.pop("selection", None)  # a study's: solving shows every equilibrium unless asked
        solution = solve_game(built, default_method if method == "auto" else method, options, defaults)
        player = game.decider if player is None and isinstance(selection, str) and selection in FOR_PLAYER else player
    elif base is not None:
        raise SolveError(f"base is {base!r}, but a game has no parameters; give a model")
    else:
        solution = solve_game(as_game(game), method, options)
    if selection is None:
        if player is not None:
            raise SolveError(f"player is {player!r}, but no selection is asked for; expected selection= too")
        return solution
    return select(solution, selection, player=player)


def solve_game(
    game: AnyGame, method: str, options: Mapping[str, Any], defaults: Mapping[str, Any] | None = None
) -> Solution:
    """Solve a game; options must be known to the method, defaults are dropped where it does not take them."""
    if not isinstance(game, NormalForm | ExtensiveForm | StochasticGame):
        raise SolveError(
            f"{game!r} is a {type(game).__name__}; expected a model, a NormalForm, an ExtensiveForm or a StochasticGame"
        )
    if not isinstance(method, str):
        raise SolveError(f"method is {method!r}; expected a name, one of auto, {', '.join(METHODS)}")
    for option in defaults or {}:
        if all(option not in m.options for m in METHODS.values()):
            known = sorted({o for m in METHODS.values() for o in m.options})
            raise unknown("option of any method (in the model's solve=)", option, known)
    wanted = {**(defaults or {}), **options}
    by_tree = method == "auto" or (method in METHODS and METHODS[method].check == "local")
    if "rationality" in wanted and isinstance(game, ExtensiveForm) and by_tree:
        game = game.with_rationality(wanted["rationality"])
    method, reason = choose_method(game) if method == "auto" else (method, "as asked")
    chosen = _method(method)
    for option in options:
        if option not in chosen.options:
            why = f" ({reason})" if reason != "as asked" else ""
            others = [m.name for m in METHODS.values() if option in m.options]
            why += f"; method {' or '.join(map(repr, others))} does" if others else ""
            raise SolveError(
                f"{method} takes no option {option!r}; expected {', '.join(chosen.options) or 'none'}{why}"
            )
    dropped = [option for option in defaults or {} if option not in chosen.options]
    if dropped:
        reason += f"; the model's default {', '.join(dropped)} does not apply"
    settled = {option: value for option, value in wanted.items() if option in chosen.options}
    if isinstance(game, ExtensiveForm) and not for_trees(chosen):
        return _by_normal_form(game, chosen, reason, settled)
    refusal = chosen.refuses(game)
    if refusal:
        raise SolveError(f"{method} does not take this game: {refusal}")
    if chosen.prepare is not None:
        game, settled = chosen.prepare(game, settled)
    found = _run(chosen, game, settled)
    return to_solution(game, chosen, found, reason + _of_ties(game, chosen, found), settled)


def _of_ties(game: AnyGame, method: Method, found: Found | Pending) -> str:
    """Say what is not there where backward induction met a tie, and who finds it."""
    if method.run is not induction.backward_induction or not isinstance(game, ExtensiveForm) or not found.tied.any():
        return ""
    if subgame_perfect.refuses(game):
        return "; a tie was met, and equal weights give one of several"
    where = f" in {int(found.tied.sum())} of {found.tied.size} games" if game.shape else ""
    return (
        f"; a tie was met{where}, and equal weights give one of several: method 'subgame_perfect' lists the pure ones"
    )


def _run(method: Method, game: AnyGame, options: Mapping[str, Any]) -> Found | Pending:
    """Run a method; those that are checked locally find the precisions in the tree."""
    read_off = ("rationality",) if method.check == "local" else ()
    return method.run(game, **{name: value for name, value in options.items() if name not in read_off})


def _method(name: str) -> Method:
    if name not in METHODS:
        raise SolveError(str(unknown("method", name, ["auto", *METHODS])))
    return METHODS[name]


def choose_method(game: AnyGame) -> tuple[str, str]:
    """Choose a method for a game, and say why.

    Returns
    -------
    method, reason : str
    """
    if isinstance(game, StochasticGame):
        if not shapley.refuses(game):
            return "shapley", "chosen: a zero-sum stochastic game; finds one, not all"
        return "markov_perfect", "chosen: a stochastic game; finds one, not all"
    if isinstance(game, ExtensiveForm):
        refusal = induction.refuses(game)
        if not refusal:
            return "backward_induction", "chosen: a tree in which only chance is unseen; finds all"
        method, why = _choose_for_plans(game, refusal)
        if method != "nash" and subgame_perfect.is_quick(game):
            method = "subgame_perfect"
            why = f"to find all Nash equilibria would take long, and {refusal}; finds all credible in every subgame"
        elif method == "nash" and len(subgame_roots(game.structure)) > 1:
            why += "; method 'subgame_perfect' keeps those credible in every subgame"
        return method, f"chosen: {why}"
    return _choose_for_table(game)


def _choose_for_plans(tree: ExtensiveForm, refusal: str) -> tuple[str, str]:
    """Choose among what looks for Nash equilibria of a tree by its plans: all of them where that is feasible."""
    sequences = not sequence_form.refuses(tree)
    table = _table_of(tree, 2 * nash.MOST_BASES if sequences else MOST_PAYOFFS)
    if sequences and (table is None or nash.refuses(table)):
        return "sequence_form", f"too many plans to find all, and {refusal}; finds one, not all"
    start = f"by the reduced normal form, because {refusal}; "
    if table is None:
        return "pure", f"{start}finds all in pure strategies only"
    method, why = _choose_for_table(table)
    return method, start + why.removeprefix("chosen: ").replace("finds all", "finds all Nash equilibria")


def _choose_for_table(game: NormalForm) -> tuple[str, str]:
    if not two_players(game):
        if not nash.refuses(game):
            return "nash", "chosen: two players with few actions; finds all"
        return "lemke_howson", "chosen: two players with many actions; finds one, not all"
    if many_players.is_quick(game):
        return "nash", "chosen: few players with few actions; finds all"
    if not nash.refuses(game):
        return "logit_limit", "chosen: to find all would take long (ask method 'nash'); finds one, not all"
    return "logit_limit", "chosen: too many players or actions to find all; finds one, not all"


def _table_of(tree: ExtensiveForm, limit: int) -> NormalForm | None:
    try:
        return tree.to_normal_form(limit=limit)
    except GameError:
        return None


def _by_normal_form(tree: ExtensiveForm, method: Method, reason: str, options: Mapping[str, Any]) -> Solution:
    """Solve a tree's reduced normal form, and bring what is found back to the tree."""
    if any(
        info.rationality >= 0 and not np.isinf(tree.pool[info.rationality]).all() for info in tree.structure.infosets
    ):
        raise SolveError(f"{method.name} knows exact play only; this tree has players with a precision (rationality)")
    if options.get("exact"):
        raise SolveError("exact=True takes a game in normal form; give it tree.to_normal_form()")
    try:
        table = plan_table(tree, MOST_PAYOFFS)
    except TooLargeError as error:
        raise TooLargeError(f"{error}{_instead(tree)}") from None
    refusal = method.refuses(table)
    if refusal:
        raise SolveError(f"{method.name} does not take this tree's normal form: {refusal}{_instead(tree)}")
    if method.residual is not None:
        return _by_table(tree, table, method, reason, options)
    if method.run is nash.nash:
        found = table_equilibria(table, table, range(len(table.players)))
    else:
        found = method.run(table, **options).write()
    flat = tree[np.unravel_index(found.owner, tree.shape)] if tree.shape else tree
    play = completed(flat, table.behaviour(found.strategies))
    behaviour = _distinct(replace(found, strategies=play, exact=None))
    return to_solution(tree, method, behaviour, reason, options)


def _instead(tree: ExtensiveForm) -> str:
    """Name the methods that take a tree without listing plans."""
    able = [m.name for m in METHODS.values() if m.trees and not m.refuses(tree)]
    return f"; {' and '.join(map(repr, able))} work on the tree itself, without listing plans" if able else ""


def _by_table(
    tree: ExtensiveForm, table: StrategicForm, method: Method, reason: str, options: Mapping[str, Any]
) -> Solution:
    """Solve by a concept of tables: what it says is certified on the table, and then told in the tree's words."""
    game, settled = (table, dict(options)) if method.prepare is None else method.prepare(table, options)
    solution = to_solution(game, method, _run(method, game, settled), reason, settled)
    if solution.points.joint.size:
        raise SolveError(f"{method.name} draws a whole plan for each player; give it tree.to_normal_form()")
    return told_in_tree(tree.broadcast_to(game.shape), solution, table.behaviour(solution.points.strategies))


def _distinct(found: Found) -> Found:
    """Drop equilibria of a game that are the same behaviour though different mixtures over plans."""
    if not found.strategies:
        return found
    rows = np.column_stack([found.owner, *(np.round(s, 9) + 0.0 for s in found.strategies)])
    _, first = np.unique(rows, axis=0, return_index=True)
    kept = np.sort(first)
    return replace(found, owner=found.owner[kept], strategies=tuple(s[kept] for s in found.strategies))
