"""From candidates to a solution: every row is checked by `decide.certify`, and what fails is dropped and told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from decide.certify import (
    TOLERANCE,
    NormalCertificate,
    are_strategies,
    exact_certificate,
    joint_certificate,
    normal_certificate,
    stochastic_certificates,
    tree_certificate,
)
from decide.equilibrium import AnyGame
from decide.frozen import FrozenMap, Lazy, read_only, ready
from decide.games.extensive import ExtensiveForm
from decide.games.normal import NormalForm
from decide.games.stochastic import StochasticGame
from decide.games.values import FloatArray
from decide.points import Certified, Points, Status
from decide.solution import Solution
from decide.solvers.base import Found, Method, Pending

__all__ = ["to_solution", "told_in_tree"]

CHUNK = 8_192
#: Of stochastic games so many numbers of dense equations are held at once.
DENSE = 1 << 23


def to_solution(
    game: AnyGame, method: Method, found: Found | Pending, reason: str, options: Mapping[str, Any]
) -> Solution:
    """Make a solution of what was found; it is written out and certified when somebody looks."""
    settled = FrozenMap(options)
    return Solution(
        game=game,
        method=method.name,
        finds=method.finds,
        concept=method.concept,
        reason=reason,
        options=settled,
        _result=_result(game, method, found, settled),
        _tied=read_only(found.tied.reshape(game.shape)),
    )


def told_in_tree(tree: ExtensiveForm, solution: Solution, behaviour: tuple[FloatArray, ...]) -> Solution:
    """Give the solution of a tree's normal form, by a concept of its own, as one of the tree.

    Payoffs and regrets are those of the behaviour in the tree; residuals stay those of the table.
    """
    points = solution.points
    flat = tree if len(tree.shape) < 2 else _flat(tree)
    t = tree_certificate(flat[points.owner] if tree.shape else tree, behaviour)
    told = Points(points.owner, behaviour, t.payoffs, t.regret, t.relative, points.residual)
    result = Certified(told, solution._complete, solution._status)
    return replace(solution, game=tree, _result=ready(result))


def _result(game: AnyGame, method: Method, found: Found | Pending, options: Mapping[str, Any]) -> Lazy[Certified]:
    later = Lazy(lambda: _certify(game, method, found, options))
    if isinstance(found, Found):
        later.value  # noqa: B018  (nothing is left to wait for)
    return later


def _certify(game: AnyGame, method: Method, found: Found | Pending, options: Mapping[str, Any]) -> Certified:
    """Check what was found, drop what fails, and say so."""
    certificate = _certificate_of(game)
    step = CHUNK if not isinstance(game, StochasticGame) else max(1, min(CHUNK, DENSE // len(game.states) ** 2))
    own_error = method.check != "regret" or method.residual is not None
    n_games = int(np.prod(game.shape, dtype=np.intp))
    lost = np.zeros(n_games, dtype=np.bool_)
    parts: list[Points] = []
    complete: list[NDArray[np.bool_]] = []
    said = np.full(n_games, Status.SOLVED, dtype=np.int8)
    for piece in found.pieces():
        complete.append(piece.complete)
        said = said if piece.status is None else piece.status
        for start in range(0, max(len(piece.owner), 1), step):
            points = certificate(game, method, piece, slice(start, start + step), options)
            error = points.residual if own_error else points.relative_regret
            good = (error <= TOLERANCE) & are_strategies(points.strategies, len(points))
            if not good.all():
                lost[points.owner[~good]] = True
                points = points.take(good)
            parts.append(points)
    points = _joined(parts)
    count = np.bincount(points.owner, minlength=n_games)
    nothing = np.where(said == Status.SOLVED, Status.NO_EQUILIBRIUM, said)
    status = np.where(count > 0, said, np.where(lost, Status.NOT_CERTIFIED, nothing))
    return Certified(
        points=points,
        complete=read_only((np.concatenate(complete) & ~lost).reshape(game.shape)),
        status=read_only(status.astype(np.int8).reshape(game.shape)),
    )


def _certificate_of(game: AnyGame) -> Callable[..., Points]:
    """How rows of this kind of game are checked; a table's payoffs are laid out once for all of them."""
    if isinstance(game, NormalForm):
        return partial(_of_table, game.entries())
    return _of_states if isinstance(game, StochasticGame) else _of_tree


def _of_table(
    entries: FloatArray, game: NormalForm, method: Method, found: Found, here: slice, options: Mapping[str, Any]
) -> Points:
    """Certify some rows of games in normal form, whose payoffs are laid out as `entries`."""
    owner, strategies = found.owner[here], tuple(s[here] for s in found.strategies)
    exact = () if found.exact is None else tuple(s[here] for s in found.exact)
    joint = None if found.joint is None else found.joint[here]
    own = entries.take(owner, axis=-1)
    if exact:
        c = _exactly(game, owner, exact)
    else:
        c = normal_certificate(own, strategies) if joint is None else joint_certificate(own, joint)
    residual = c.regret
    if method.residual is not None:
        settled = _at_rows(options, game.shape, owner)
        residual = method.residual(own, strategies, joint, players=game.players, **settled)
    mixed = np.zeros((0, 0)) if joint is None else joint
    return Points(owner, strategies, c.payoffs, c.regret, c.relative, residual, joint=mixed, exact=exact)


def _of_states(game: StochasticGame, _method: Method, found: Found, here: slice, options: Mapping[str, Any]) -> Points:
    """Certify some rows of stochastic games."""
    owner, strategies = found.owner[here], tuple(s[here] for s in found.strategies)
    flat = game.flat() if game.shape else game
    rows = stochastic_certificates(flat[owner] if game.shape else game, strategies, horizon=options.get("horizon"))
    return Points(owner, strategies, rows.values[:, :, 0], rows.regret, rows.relative, rows.regret)


def _of_tree(game: ExtensiveForm, method: Method, found: Found, here: slice, _options: Mapping[str, Any]) -> Points:
    """Certify some rows of trees."""
    owner, strategies = found.owner[here], tuple(s[here] for s in found.strategies)
    flat = game if len(game.shape) < 2 else _flat(game)
    beliefs = None if found.beliefs is None else [b[here] for b in found.beliefs]
    t = tree_certificate(flat[owner] if game.shape else game, strategies, check=method.check, beliefs=beliefs)
    residual = t.regret if method.check == "regret" else t.residual
    return Points(owner, strategies, t.payoffs, t.regret, t.relative, residual, t.beliefs, t.local_regret)


def _exactly(game: NormalForm, owner: NDArray[np.intp], exact: tuple[NDArray[np.object_], ...]) -> NormalCertificate:
    """Certify strategies given as fractions on the payoffs as they were given."""
    payoffs, regret, relative = np.empty((len(owner), len(exact))), np.empty(len(owner)), np.empty(len(owner))
    flat = game.payoffs.reshape(-1, *game.payoffs.shape[len(game.shape) :]) if game.exact is None else game.exact[None]
    for row, k in enumerate(owner):
        table = flat[k]
        worth, gain = exact_certificate(table, [tuple(x[row]) for x in exact])
        least = min(Fraction(own.max()) - Fraction(own.min()) for own in table)
        payoffs[row], regret[row] = [float(w) for w in worth], float(gain)
        relative[row] = 0.0 if gain == 0 else float(gain / least) if least else np.inf
    return NormalCertificate(payoffs, regret, relative)


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
    """Put the parts on end, field by field, and let go of each field's parts as soon as it is whole."""
    if len(parts) == 1:
        return parts[0]
    shared = all(p.residual is p.regret for p in parts)
    names = [f.name for f in fields(Points)]
    columns: dict[str, list[Any]] = {name: [getattr(p, name) for p in parts] for name in names}
    parts.clear()
    whole: dict[str, Any] = {}
    for name in names:
        pieces = columns.pop(name)
        if name == "residual" and shared:
            whole[name] = whole["regret"]
        elif isinstance(pieces[0], tuple):
            each = [list(own) for own in zip(*pieces, strict=True)]
            pieces.clear()
            whole[name] = tuple(_on_end(each.pop(0)) for _ in range(len(each)))
        else:
            whole[name] = np.concatenate(pieces)
        del pieces
    return Points(**whole)


def _on_end(parts: Sequence[FloatArray]) -> FloatArray:
    """Put rows on end, each action's probabilities side by side in memory, as the kernels had them."""
    return np.concatenate([part.T for part in parts], axis=1).T
