"""Solvers: one textbook algorithm a file, all behind `solve`.

A solver finds candidates; `solve` has them certified by `decide.certify`, which shares no code with any of them, and
returns what passes. Games whose candidates did not all pass are not called complete.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from decide.certify import TOLERANCE, are_strategies, joint_certificate, normal_certificate, tree_certificate
from decide.errors import GameError, SolveError, unknown
from decide.frozen import FrozenMap, read_only
from decide.games.extensive import ExtensiveForm
from decide.games.normal import NormalForm
from decide.games.plans import StrategicForm
from decide.models import Model
from decide.solution import Game, Points, Solution, Status
from decide.solvers import backward_induction as induction
from decide.solvers import from_nashpy, nash, pure, zero_sum
from decide.solvers.base import Found, Method, no_tree, two_players

__all__ = ["METHODS", "Methods", "choose_method", "methods", "solve"]

CHUNK = 2_048
EXACT_LIMIT = 20_000


def _small(game: Game) -> str:
    reason = two_players(game)
    if not reason and isinstance(game, NormalForm) and max(game.n_actions) > nash.LARGEST:
        size = " x ".join(map(str, game.n_actions))
        return f"it takes up to {nash.LARGEST} x {nash.LARGEST} actions; this game is {size}"
    return reason


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
            "nash", "normal form, two players, up to 4 x 4 actions", "all",
            "every pair of supports was tested and no near-tie was met", True, "Nash",
            "Dickhaut & Kaplan 1991; von Stengel 2007", _small, nash.nash,
        ),
        Method(
            "zero_sum", "normal form, two players, constant sum", "one",
            "the linear programs of both players were solved", True, "Nash (optimal strategies)",
            "von Neumann 1928; Dantzig 1951", zero_sum.refuses, zero_sum.zero_sum,
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
            "a path ended in an equilibrium", True, "Nash", "Lemke & Howson 1964; nashpy",
            two_players, from_nashpy.lemke_howson,
        ),
        Method(
            "backward_induction", "trees in which only chance is unseen", "all",
            "no tie that matters was met and chance reaches every set of several nodes: it is the only one", True,
            "sequential rationality under the beliefs chance gives (subgame perfect), logit where a precision is named",
            "Zermelo 1913; Kuhn 1953; McKelvey & Palfrey 1998", induction.refuses, induction.backward_induction,
            ("rationality",),
        ),
    )
}  # fmt: skip


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

        names = [f.name for f in fields(Method) if f.name not in ("refuses", "run")]
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
    ['pure', 'nash', 'backward_induction']
    """
    return Methods(METHODS.values())


def solve(
    game: Game | Model[Any], *, method: str = "auto", base: Mapping[str, Any] | str | None = None, **options: Any
) -> Solution:
    """Solve a game, or a batch of games.

    Parameters
    ----------
    game : NormalForm, ExtensiveForm or Model
        A model is solved at its base, with its own default options.
    method : str
        A name from `methods`, or ``"auto"``: all equilibria where that is feasible, else one; the solution's `reason`
        says what was chosen and why. A tree is taken by a normal-form method by way of its reduced normal form.
    base : mapping or str, optional
        For a model: values by name, or the name of a view.
    **options
        Options of the method. ``rationality`` (trees): precision of logit choice per unit of payoff, a number, an
        array of the batch's shape, or by player; None or infinity is exact play.

    Returns
    -------
    Solution
        Of the shape of the game. Every equilibrium in it is certified.

    Raises
    ------
    SolveError
        If the method does not exist, does not take this game, or does not know an option.

    Examples
    --------
    >>> answer = solve(NormalForm.bimatrix([[3, 0], [5, 1]], [[3, 5], [0, 1]]))
    >>> answer.method, answer.finds, answer.complete, answer.count
    ('nash', 'all', True, 1)
    >>> answer.equilibria[0].strategies["Row"]["1"]
    1.0
    """
    if isinstance(game, Model):
        built, defaults = game.problem(game.values(base))
        default_method = defaults.pop("method", "auto")
        return solve_game(built, default_method if method == "auto" else method, options, defaults)
    if base is not None:
        raise SolveError(f"base is {base!r}, but a game has no parameters; give a model")
    return solve_game(game, method, options)


def solve_game(
    game: Game, method: str, options: Mapping[str, Any], defaults: Mapping[str, Any] | None = None
) -> Solution:
    """Solve a game; options must be known to the method, defaults are dropped where it does not take them."""
    if not isinstance(game, NormalForm | ExtensiveForm):
        raise SolveError(f"{game!r} is a {type(game).__name__}; expected a model, a NormalForm or an ExtensiveForm")
    wanted = {**(defaults or {}), **options}
    if "rationality" in wanted and isinstance(game, ExtensiveForm) and method in ("auto", "backward_induction"):
        game = game.with_rationality(wanted["rationality"])
    method, reason = choose_method(game) if method == "auto" else (method, "as asked")
    chosen = _method(method)
    for option in options:
        if option not in chosen.options:
            why = f" ({reason})" if reason != "as asked" else ""
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
    return _certified(game, chosen, _run(chosen, game, settled), reason, settled)


def _run(method: Method, game: Game, options: Mapping[str, Any]) -> Found:
    """Run a method; a tree has been given its precisions already."""
    return method.run(game) if for_trees(method) else method.run(game, **options)


def for_trees(method: Method) -> bool:
    """Whether a method is one for trees themselves."""
    return method.name == "backward_induction"


def _method(name: str) -> Method:
    if name not in METHODS:
        raise SolveError(str(unknown("method", name, ["auto", *METHODS])))
    return METHODS[name]


def choose_method(game: Game) -> tuple[str, str]:
    """Choose a method for a game, and say why.

    Returns
    -------
    method, reason : str
    """
    if isinstance(game, ExtensiveForm):
        refusal = induction.refuses(game)
        if not refusal:
            return "backward_induction", "chosen: a tree in which only chance is unseen; finds all"
        counts = _normal_size(game)
        if counts is not None and len(counts) == 2 and max(counts) <= nash.LARGEST:
            return "nash", f"chosen: by the reduced normal form, because {refusal}; finds all Nash equilibria"
        if counts is not None and len(counts) == 2:
            return "lemke_howson", f"chosen: by the reduced normal form, because {refusal}; finds one"
        return "pure", f"chosen: by the reduced normal form, because {refusal}; finds all in pure strategies only"
    if not _small(game):
        return "nash", "chosen: two players with few actions; finds all"
    if not two_players(game):
        return "lemke_howson", "chosen: two players with many actions; finds one, not all"
    return "pure", "chosen: finds all in pure strategies, not the mixed ones"


def _normal_size(tree: ExtensiveForm) -> tuple[int, ...] | None:
    try:
        return tree.to_normal_form().n_actions
    except GameError:
        return None


def _by_normal_form(tree: ExtensiveForm, method: Method, reason: str, options: Mapping[str, Any]) -> Solution:
    """Solve a tree's reduced normal form, and bring what is found back to the tree."""
    if any(
        info.rationality >= 0 and not np.isinf(tree.pool[info.rationality]).all() for info in tree.structure.infosets
    ):
        raise SolveError(f"{method.name} knows exact play only; this tree has players with a precision (rationality)")
    if method.residual is not None:
        raise SolveError(f"{method.name} takes a game in normal form; give it tree.to_normal_form()")
    table: StrategicForm = tree.to_normal_form()
    refusal = method.refuses(table)
    if refusal:
        raise SolveError(f"{method.name} does not take this tree's normal form: {refusal}")
    found = method.run(table, **options)
    behaviour = _distinct(replace(found, strategies=table.behaviour(found.strategies)))
    return _certified(tree, method, behaviour, reason, options)


def _distinct(found: Found) -> Found:
    """Drop equilibria of a game that are the same behaviour though different mixtures over plans."""
    if not found.strategies:
        return found
    rows = np.column_stack([found.owner, *(np.round(s, 9) + 0.0 for s in found.strategies)])
    _, first = np.unique(rows, axis=0, return_index=True)
    kept = np.sort(first)
    return replace(found, owner=found.owner[kept], strategies=tuple(s[kept] for s in found.strategies))


def _certified(game: Game, method: Method, found: Found, reason: str, options: Mapping[str, Any]) -> Solution:
    """Certify what was found, drop what fails, and say so."""
    points = _certificate(game, method, found, options)
    error = points.residual if for_trees(method) or method.residual else points.relative_regret
    good = (error <= TOLERANCE) & are_strategies(points.strategies, len(points))
    lost = np.zeros(len(found.complete), dtype=np.bool_)
    lost[points.owner[~good]] = True
    if not good.all():
        points = points.take(good)
    count = np.bincount(points.owner, minlength=len(lost))
    said = np.full(len(lost), Status.SOLVED) if found.status is None else found.status
    nothing = np.where(said == Status.SOLVED, Status.NO_EQUILIBRIUM, said)
    status = np.where(count > 0, said, np.where(lost, Status.NOT_CERTIFIED, nothing))
    concept = method.concept
    return Solution(
        game=game,
        method=method.name,
        finds=method.finds,
        concept=concept,
        reason=reason,
        options=FrozenMap(options),
        points=points,
        _complete=read_only((found.complete & ~lost).reshape(game.shape)),
        _status=read_only(status.astype(np.int8).reshape(game.shape)),
        _tied=read_only(found.tied.reshape(game.shape)),
    )


def _certificate(game: Game, method: Method, found: Found, options: Mapping[str, Any]) -> Points:
    """Check the rows in chunks."""
    parts: list[Points] = []
    n = len(found.owner)
    entries = game.entries() if isinstance(game, NormalForm) else None
    flat: Any = game if isinstance(game, NormalForm) or len(game.shape) == 1 else _flat(game)
    for start in range(0, max(n, 1), CHUNK):
        here = slice(start, min(start + CHUNK, n))
        owner = found.owner[here]
        strategies = tuple(s[here] for s in found.strategies)
        if entries is not None:
            own = entries[..., owner]
            joint = None if found.joint is None else found.joint[here]
            c = normal_certificate(own, strategies) if joint is None else joint_certificate(own, joint)
            residual = c.regret
            if method.residual is not None:
                residual = method.residual(own, strategies, joint, **_at_rows(options, game.shape, owner))
            mixed = np.zeros((0, 0)) if joint is None else joint
            parts.append(Points(owner, strategies, c.payoffs, c.regret, c.relative, residual, joint=mixed))
        else:
            part: Any = flat[owner] if game.shape else game
            t = tree_certificate(part, strategies, local=for_trees(method))
            residual = t.residual if for_trees(method) else t.regret
            parts.append(
                Points(owner, strategies, t.payoffs, t.regret, t.relative, residual, t.beliefs, t.local_regret)
            )
    return parts[0] if len(parts) == 1 else _joined(parts)


def _at_rows(options: Mapping[str, Any], shape: tuple[int, ...], owner: NDArray[np.intp]) -> dict[str, Any]:
    """Take of options that differ between the games of a batch those of the rows."""

    def pick(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {k: pick(v) for k, v in value.items()}
        return np.broadcast_to(value, shape).reshape(-1)[owner] if np.ndim(value) else value

    return {name: pick(value) for name, value in options.items()}


def _flat(tree: ExtensiveForm) -> ExtensiveForm:
    """View a batch of several dimensions as one of a single dimension."""
    return tree[np.unravel_index(np.arange(int(np.prod(tree.shape))), tree.shape)] if tree.shape else tree


def _joined(parts: list[Points]) -> Points:
    return Points(
        owner=np.concatenate([p.owner for p in parts]),
        strategies=tuple(np.concatenate(s) for s in zip(*(p.strategies for p in parts), strict=True)),
        payoffs=np.concatenate([p.payoffs for p in parts]),
        regret=np.concatenate([p.regret for p in parts]),
        relative_regret=np.concatenate([p.relative_regret for p in parts]),
        residual=np.concatenate([p.residual for p in parts]),
        beliefs=tuple(np.concatenate(b) for b in zip(*(p.beliefs for p in parts), strict=True)),
        local_regret=np.concatenate([p.local_regret for p in parts]),
        joint=np.concatenate([p.joint for p in parts]),
    )
