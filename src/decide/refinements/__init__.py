r"""Refinements of Nash equilibrium: which equilibria survive a closer look.

One game and one profile of it at a time, as arrays. Every test answers True or False where that can be decided, and
None where it cannot: nothing is guessed. A profile that is no equilibrium passes no test but `is_undominated`, which is
about strategies alone.

Payoffs are scaled to [0, 1] for each player; payoffs of a table that differ by at most 1e-9 of its range count as
equal, and an action is played if its probability is above 1e-9. What implies what: strict equilibria are proper,
proper ones perfect, perfect ones undominated; completely mixed equilibria are proper.

How each is decided stands in `trembles` (undominated, perfect), `orders` (proper) and `stability`; `masks` tells of
many games at once what can be told quickly.

Cost: `is_strict` is one pass over the payoffs; undominated and perfect take linear programs of the size of the payoff
table; what proper and evolutionarily stable take grows exponentially, with the number of equally good unplayed actions
and of unplayed best replies. A `decide.Equilibrium` computes each when it is first asked for.

When not to use it: to choose among equilibria by reflex. In most games refinements leave several, or all: they remove
what rests on mistakes nobody would make, and do not say what players will do (rules that pick one are under
`decide.select`). Not for trees, nor for the normal form of a tree in place of sequential rationality: what is perfect
in a normal form need not be so in its tree. Not on payoffs known roughly: of equilibria that are neither strict nor
completely mixed a refinement turns on ties, and a small change of payoffs may undo it. Evolutionary stability is about
one population that meets itself, not about two players who reason.
"""

from __future__ import annotations

import numpy as np

from decide.errors import GameError
from decide.games.values import FloatArray, to_unit
from decide.refinements.masks import strict_mask
from decide.refinements.orders import proper_pair
from decide.refinements.stability import invasion_form, is_copositive, plays_itself
from decide.refinements.tables import (
    TIE,
    Profile,
    all_of,
    by_action,
    completely_mixed,
    is_nash,
    levelled,
    support,
)
from decide.refinements.trembles import better_however, first_order_trembles, nothing_dominates

__all__ = ["is_evolutionarily_stable", "is_perfect", "is_proper", "is_strict", "is_undominated"]

#: The most best replies outside the support for which `is_evolutionarily_stable` looks at every face.
MOST_OUTSIDE = 12


def is_strict(entries: FloatArray, profile: Profile) -> bool | None:
    """Tell whether everyone plays the only best reply, which is then pure (Harsanyi 1973).

    Parameters
    ----------
    entries : numpy.ndarray, shape (n_players, a_0, ..., a_{k-1})
        Payoffs.
    profile : sequence of numpy.ndarray, shape (a_i,) each
        Mixed strategies.

    Returns
    -------
    bool or None
        Never None.

    Examples
    --------
    >>> dilemma = np.array([[[3.0, 0.0], [5.0, 1.0]], [[3.0, 5.0], [0.0, 1.0]]])
    >>> is_strict(dilemma, (np.array([0.0, 1.0]), np.array([0.0, 1.0])))
    True
    """
    _check(entries, profile)
    return bool(strict_mask(entries[..., None], tuple(np.asarray(x)[None] for x in profile))[0])


def is_undominated(entries: FloatArray, profile: Profile) -> bool | None:
    """Tell whether no strategy of the profile is weakly dominated by a pure or mixed one (Luce & Raiffa 1957).

    With three players or more, dominance is against the others' joint profiles. Whether the profile is an equilibrium
    does not matter.

    Parameters
    ----------
    entries, profile
        As for `is_strict`.

    Returns
    -------
    bool or None
        None only if a linear program fails.
    """
    _check(entries, profile)
    answers = (nothing_dominates(by_action(u, i), support(profile[i])) for i, u in enumerate(levelled(entries)))
    return all_of(answers)


def is_perfect(entries: FloatArray, profile: Profile) -> bool | None:
    """Tell whether an equilibrium is trembling-hand perfect (Selten 1975).

    Parameters
    ----------
    entries, profile
        As for `is_strict`.

    Returns
    -------
    bool or None
        Two players: decided, because perfect is then the same as undominated (van Damme 1991). Three or more:
        completely mixed or strict: True; dominated: False; other pure equilibria by first-order trembles, and None
        where these do not tell; otherwise None.
    """
    _check(entries, profile)
    if not is_nash(entries, profile):
        return False
    if completely_mixed(profile) or is_strict(entries, profile):
        return True
    undominated = is_undominated(entries, profile)
    if len(profile) <= 2 or not undominated:
        return undominated
    tables = levelled(entries)
    if any(better_however(tables[i], i, profile) for i in range(len(profile))):
        return False
    return True if first_order_trembles(tables, profile) else None


def is_proper(entries: FloatArray, profile: Profile) -> bool | None:
    """Tell whether an equilibrium is proper (Myerson 1978): costlier mistakes are infinitely less likely.

    Parameters
    ----------
    entries, profile
        As for `is_strict`.

    Returns
    -------
    bool or None
        Strict or completely mixed: True; not perfect: False. Else decided for two players (Blume, Brandenburger &
        Dekel 1991) unless more than 200 pairs of orders would have to be tried; None for more players.

    Examples
    --------
    Myerson's game: of three equilibria one is proper, one merely perfect, one neither.

    >>> A = np.array([[1.0, 0, -9], [0, 0, -7], [-9, -7, -7]])
    >>> [is_proper(np.stack([A, A.T]), (e, e)) for e in np.eye(3)]
    [True, False, False]
    """
    _check(entries, profile)
    perfect = is_perfect(entries, profile)
    if perfect is False:
        return False
    if completely_mixed(profile) or is_strict(entries, profile):
        return True
    if perfect is None or len(profile) != 2:
        return perfect if len(profile) == 1 else None
    return proper_pair(levelled(entries), profile)


def is_evolutionarily_stable(entries: FloatArray, profile: Profile) -> bool | None:
    """Tell whether a symmetric equilibrium is an evolutionarily stable strategy (Maynard Smith & Price 1973).

    Parameters
    ----------
    entries, profile
        As for `is_strict`.

    Returns
    -------
    bool or None
        None unless the game is one of two players with ``A = B^T`` and both play the same strategy, and where more
        than 12 best replies are not played. Decided by strict copositivity (Haigh 1975; Abakuks 1980).

    Examples
    --------
    Hawks and doves, value 2, cost 4: V/C hawks are stable, in a game of one population.

    >>> A = np.array([[-1.0, 2.0], [0.0, 1.0]])
    >>> is_evolutionarily_stable(np.stack([A, A.T]), (np.array([0.5, 0.5]), np.array([0.5, 0.5])))
    True
    """
    _check(entries, profile)
    if not plays_itself(entries, profile):
        return None
    if not is_nash(entries, profile):
        return False
    A, x = to_unit(entries[0]), np.asarray(profile[0])
    worth = A @ x
    played = support(x)
    outside = [k for k in range(len(x)) if k not in played and worth[k] >= worth.max() - TIE]
    if len(outside) > MOST_OUTSIDE:
        return None
    Q = invasion_form(A, played[0], [*played[1:], *outside])
    return is_copositive(Q, len(played) - 1)


def _check(entries: FloatArray, profile: Profile) -> None:
    if entries.shape != (len(profile), *(len(x) for x in profile)):
        wanted = (len(profile), *(len(x) for x in profile))
        raise GameError(f"entries has shape {entries.shape}; expected {wanted}, to go with the profile")
