"""Refinements asked of an equilibrium of a tree, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from decide.equilibrium import Equilibrium
from decide.errors import GameError, InformationSetError, ProbabilityError, unknown
from decide.games.extensive import ExtensiveForm
from decide.games.values import FloatArray
from decide.refinements.assessments import (
    agent_perfect,
    perfect_bayesian,
    sequential,
    sequential_rationality,
    subgame_perfect,
    weak_perfect_bayesian,
)
from decide.refinements.check import Check
from decide.refinements.consistency import consistency
from decide.refinements.play import Play
from decide.refinements.signalling import d1, intuitive_criterion

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CONCEPTS", "Checks", "check", "checks"]

Test = Callable[[Play, Sequence[FloatArray] | None], Check]


def _consistent(play: Play, beliefs: Sequence[FloatArray] | None) -> Check:
    """Consistency of all beliefs: where nobody says any, under those that make play sequential, if there are such."""
    found = consistency(play, play.held(beliefs))
    where = [i.name for i, b in zip(play.s.infosets, play.held(beliefs), strict=True) if np.isnan(b).any()]
    if not where or not found.holds:
        return found
    open_ = ", ".join(map(repr, where[:3])) + (f" and {len(where) - 3} more" if len(where) > 3 else "")
    kept = sequential(play, beliefs)
    if kept.holds:
        return replace(kept, concept="consistency", note=f"under the beliefs found for 'sequential' at {open_}")
    return Check("consistency", None, note=f"there are no beliefs at {open_}; give beliefs=")


#: What can be asked.
CONCEPTS: dict[str, Test] = {
    "sequential rationality": sequential_rationality,
    "consistency": _consistent,
    "subgame perfect": subgame_perfect,
    "weak perfect Bayesian": weak_perfect_bayesian,
    "perfect Bayesian": perfect_bayesian,
    "sequential": sequential,
    "perfect": agent_perfect,
    "intuitive criterion": intuitive_criterion,
    "D1": d1,
}


class Checks(tuple[Check, ...]):
    """The answers to all checks; prints as a table and converts to a frame."""

    __slots__ = ()

    def __getitem__(self, key: Any) -> Any:
        """Return a check by its concept, or by position."""
        if isinstance(key, str):
            found = [c for c in self if c.concept == key]
            if not found:
                raise unknown("concept", key, [c.concept for c in self])
            return found[0]
        return super().__getitem__(key)

    def to_dataframe(self) -> pd.DataFrame:
        """Return a pandas frame, one row a concept."""
        import pandas as pd

        rows = [(c.concept, c.holds, _why(c)) for c in self]
        return pd.DataFrame(rows, columns=["concept", "holds", "why"]).set_index("concept")

    def __repr__(self) -> str:
        width = max(len(c.concept) for c in self)
        words = {True: "yes", False: "no", None: "not decided"}
        return "\n".join(f"{c.concept.ljust(width)}  {words[c.holds]:11}  {_why(c)}".rstrip() for c in self)


def _why(c: Check) -> str:
    failures = [f"{f.player} at {f.infoset!r} {f.why}" + (f" (by {f.gain:.4g})" if f.gain else "") for f in c.failures]
    return "; ".join([*failures, *([c.note] if c.note else [])])


def check(equilibrium: Equilibrium, concept: str, *, beliefs: Mapping[str, Any] | None = None) -> Check:
    """Ask whether an equilibrium of a tree is a refined one, and if not, where it fails and by how much.

    Parameters
    ----------
    equilibrium : Equilibrium
        Of a tree, found by any method.
    concept : str
        ``"sequential rationality"``, ``"consistency"``, ``"subgame perfect"``, ``"weak perfect Bayesian"``,
        ``"perfect Bayesian"``, ``"sequential"``, ``"perfect"`` (trembling-hand, in the agent form), ``"intuitive
        criterion"`` or ``"D1"``.
    beliefs : mapping, optional
        ``beliefs[player][infoset][path]``, where they are to be other than the equilibrium's own; what is given is what
        is tested, also against Bayes' rule. At sets where neither says anything, beliefs under which it holds are
        looked for (or those under which it fails by least).

    Returns
    -------
    Check
        ``holds`` (None: not decided, and ``note`` says why), ``failures`` and ``beliefs``.

    Raises
    ------
    GameError, UnknownNameError
        If this is no equilibrium or not one of a tree, or there is no such concept, player, set or node.

    Examples
    --------
    >>> from decide import Decision, ExtensiveForm, Outcome, solve
    >>> fight = Decision("B", {"fight": Outcome({"A": -1, "B": -1}), "share": Outcome({"A": 1, "B": 1})})
    >>> entry = ExtensiveForm(Decision("A", {"out": Outcome({"A": 0, "B": 2}), "in": fight}))
    >>> threat = min(solve(entry, method="pure").equilibria, key=lambda e: e.payoffs["A"])
    >>> check(threat, "subgame perfect").failures
    (Failure(player='B', infoset='in', gain=2.0, why='gains in the subgame that starts here'),)
    """
    if not isinstance(equilibrium, Equilibrium):
        raise GameError(
            f"check takes one equilibrium, such as solution.equilibria[0]; this is {type(equilibrium).__name__} "
            f"{equilibrium!r}"
        )
    tree = equilibrium._game
    if not isinstance(tree, ExtensiveForm):
        raise GameError(f"{equilibrium!r} is not of a tree; its refinements are its own: strict, perfect, proper, ...")
    if concept not in CONCEPTS:
        raise unknown("concept", concept, CONCEPTS)
    own: Sequence[FloatArray] | None = equilibrium._beliefs or None
    if beliefs is not None:
        own = _read(tree, beliefs, own)
    return CONCEPTS[concept](Play(tree, equilibrium.profile), own)


def checks(equilibrium: Equilibrium, *, beliefs: Mapping[str, Any] | None = None) -> Checks:
    """Ask all of `check` at once.

    Parameters
    ----------
    equilibrium, beliefs
        As for `check`.

    Returns
    -------
    tuple of Check
        Prints as a table; ``["sequential"]`` picks one by its concept.
    """
    return Checks(check(equilibrium, concept, beliefs=beliefs) for concept in CONCEPTS)


def _read(tree: ExtensiveForm, beliefs: Mapping[str, Any], own: Sequence[FloatArray] | None) -> tuple[FloatArray, ...]:
    """Beliefs by name as vectors; NaN where nothing is said."""
    s = tree.structure
    found = [np.full(len(info.nodes), np.nan) if own is None else own[h] for h, info in enumerate(s.infosets)]
    if not isinstance(beliefs, Mapping):
        raise InformationSetError(f"beliefs are {beliefs!r}; expected beliefs[player][infoset][path]")
    for player, sets in beliefs.items():
        if player not in tree.players:
            raise unknown("player (in beliefs)", player, tree.players)
        if not isinstance(sets, Mapping) or not all(isinstance(odds, Mapping) for odds in sets.values()):
            raise InformationSetError(f"beliefs of {player} are {sets!r}; expected beliefs[player][infoset][path]")
        for name, odds in sets.items():
            h = s.infoset_index(name, player)
            paths = [s.path(node) for node in s.infosets[h].nodes]
            for path in odds:
                if path not in paths:
                    raise unknown(f"node of {name!r}", path, paths)
            if set(odds) != set(paths):
                raise InformationSetError(f"beliefs at {name!r} name {list(odds)}; expected all of {paths}")
            x = np.array([float(odds[path]) for path in paths])
            if not np.isfinite(x).all() or (x < 0).any() or abs(float(x.sum()) - 1.0) > 1e-9:
                raise ProbabilityError(f"beliefs at {name!r} are {x.tolist()}; expected numbers from 0 with sum 1")
            found[h] = x
    return tuple(found)
