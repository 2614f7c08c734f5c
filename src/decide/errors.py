"""The exceptions of ``decide``.

Every error names the thing, the value and what was expected::

    DecideError
    ├── GameError (ValueError)            a game is described wrongly
    │   ├── PayoffError                   a payoff is missing, not finite or of the wrong shape
    │   ├── ProbabilityError              chances below 0 or not summing to 1
    │   ├── InformationSetError           an information set with different moves or players
    │   │   └── RecallError               a player forgets what it did or knew
    │   ├── TooLargeError                 a table that would not fit, with its size
    │   └── FormatError                   a file that cannot be read, with line and column
    ├── ModelError (ValueError)           a model, parameter, setting or view is described wrongly
    │   ├── ParameterError                a parameter's range, base or distribution
    │   └── UnknownNameError (KeyError)   a name nobody declared, with the nearest that exists
    ├── SolveError (ValueError)           a method that does not exist, or does not take this game
    ├── StudyError (ValueError)           a design, a selection or a statistic that makes no sense
    │   └── Interrupted (KeyboardInterrupt)   a sweep was stopped; ``.study`` holds what was done
    └── MissingExtraError (ImportError)   an optional package is absent; the message names the extra

`DesignWarning` (a ``UserWarning``) is the only warning.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

__all__ = [
    "DecideError",
    "DesignWarning",
    "FormatError",
    "GameError",
    "InformationSetError",
    "Interrupted",
    "MissingExtraError",
    "ModelError",
    "ParameterError",
    "PayoffError",
    "ProbabilityError",
    "RecallError",
    "SolveError",
    "StudyError",
    "TooLargeError",
    "UnknownNameError",
]


class DecideError(Exception):
    """The root of every error that ``decide`` raises on purpose."""


class GameError(DecideError, ValueError):
    """A game is described wrongly.

    Parameters
    ----------
    message : str
        What is wrong, with the value and what was expected.
    draws : numpy.ndarray of bool, optional
        In a batch, which games are at fault; a sweep marks those as failed and goes on with the others.
    """

    def __init__(self, message: str, draws: Any = None) -> None:
        super().__init__(message)
        self.draws = draws


class PayoffError(GameError):
    """A payoff is missing, not finite, or has the wrong shape."""


class ProbabilityError(GameError):
    """Chances are below 0, not finite, or do not sum to 1."""


class InformationSetError(GameError):
    """The nodes of an information set differ in player or in moves, or a name is used twice."""


class RecallError(InformationSetError):
    """A player forgets what it knew or did (imperfect recall)."""


class TooLargeError(GameError):
    """A table would be too large; the message says how large."""


class FormatError(GameError):
    """A game's file cannot be read; the message gives line and column, what was found and what was expected."""


class ModelError(DecideError, ValueError):
    """A model, a setting or a view is described wrongly, or its function does not return a game."""


class ParameterError(ModelError):
    """A parameter's base, range, choices or distribution make no sense."""


class UnknownNameError(ModelError, KeyError):
    """A name was used that nobody declared."""

    def __str__(self) -> str:
        return str(self.args[0])


class SolveError(DecideError, ValueError):
    """The method does not exist, does not take this game, or was given an option it does not know."""


class StudyError(DecideError, ValueError):
    """A design, a selection rule or a statistic that makes no sense."""


class Interrupted(StudyError, KeyboardInterrupt):
    """A sweep was interrupted; nothing done is lost.

    Parameters
    ----------
    message : str
        How much was done.
    study : decide.Study or None
        The draws that were finished, in the order of the design; give it to ``sweep(..., resume=)`` to go on.
    """

    def __init__(self, message: str, study: Any = None) -> None:
        super().__init__(message)
        self.study = study


class DesignWarning(UserWarning):
    """A design that will do, but loses the property it was chosen for."""


class MissingExtraError(DecideError, ImportError):
    """An optional package is not installed."""


def unknown(what: str, name: object, known: Iterable[object]) -> UnknownNameError:
    """Return the error for a name that nobody declared: both the name and the nearest declared one are named.

    >>> unknown("parameter", "prid", ["pride", "crash"]).args[0]
    "there is no parameter 'prid'; did you mean 'pride'? (known: pride, crash)"
    >>> unknown("information set", "weak", ["strong", "strong, asked"]).args[0]
    "there is no information set 'weak' (known: 'strong', 'strong, asked')"
    """
    import difflib  # only errors need it

    names = [str(k) for k in known]
    near = difflib.get_close_matches(str(name), names, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    shown = [repr(k) for k in names] if any("," in k for k in names) else names
    return UnknownNameError(f"there is no {what} {str(name)!r}{hint} (known: {', '.join(shown) or 'none'})")
