"""Reading numbers: one payoff or probability, scalar or array, into float64, refusing what is not a finite number."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from decide.errors import GameError, PayoffError

__all__ = ["LARGEST", "FloatArray", "Number", "as_exact", "as_number", "check_finite", "each_to_unit", "to_unit"]

FloatArray: TypeAlias = NDArray[np.float64]

#: A scalar as float, or a batch as a float64 array.
Number: TypeAlias = float | FloatArray


#: Numbers beyond this size are refused: their differences could overflow.
LARGEST = 1e300


def as_number(value: Any, what: str, error: type[GameError] = PayoffError) -> Number:
    """Return `value` as a float, or as a float64 array when it is one; it is not yet checked to be finite."""
    if type(value) is float:
        return value
    if isinstance(value, np.ndarray):
        if value.dtype == np.float64:
            return value if value.ndim else float(value)
        if value.dtype.kind in "biuf":
            return value.astype(np.float64) if value.ndim else float(value)
        raise error(f"{what} is an array of {value.dtype}; expected numbers")
    if isinstance(value, str):
        exact = as_exact(value)
        if exact is None:
            raise error(f"{what} is {value!r}; expected a number")
        return float(exact)
    if isinstance(value, list | tuple):
        return as_number(_array(value, what, error), what, error)
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        if hasattr(value, "__array__"):
            return as_number(np.asarray(value), what, error)
        raise error(f"{what} is {value!r}; expected a number") from None


def _array(value: Any, what: str, error: type[GameError]) -> NDArray[Any]:
    try:
        array = np.asarray(value)
    except (TypeError, ValueError):
        raise error(f"{what} is {value!r}; expected a number") from None
    if array.dtype == object:
        array = array.astype(np.float64)
    return array


def as_exact(value: Any) -> Fraction | None:
    """Return the rational number meant by an integer, fraction, decimal or string such as ``"1/3"``; else None."""
    if isinstance(value, bool | np.bool_):
        return Fraction(int(value))
    if isinstance(value, int | Fraction | np.integer):
        return Fraction(int(value)) if isinstance(value, np.integer) else Fraction(value)
    if isinstance(value, Decimal):
        return Fraction(value) if value.is_finite() else None
    if isinstance(value, str):
        try:
            return Fraction(value.strip())
        except (ValueError, ZeroDivisionError):
            return None
    return None


def check_finite(value: Number, what: str, error: type[GameError] = PayoffError) -> None:
    """Raise unless every entry is finite; the error says which entries of the batch are not."""
    if isinstance(value, float):
        if not abs(value) <= LARGEST:
            raise error(f"{what} is {value!r}; expected a finite number, at most {LARGEST:g} in size")
        return
    good = np.abs(value) <= LARGEST
    if not good.all():
        bad = value[~good]
        raise error(
            f"{what} is {float(bad.flat[0])!r} in {bad.size} of {value.size} games; expected finite numbers", ~good
        )


def to_unit(payoffs: FloatArray, axes: tuple[int, ...] | None = None) -> FloatArray:
    """Scale one player's payoffs to [0, 1] over some axes, all unless given; constant payoffs become 0."""
    low = payoffs.min(axis=axes, keepdims=True)
    scale = payoffs.max(axis=axes, keepdims=True) - low
    return np.asarray((payoffs - low) / np.where(scale > 0, scale, 1.0))


def each_to_unit(entries: FloatArray) -> FloatArray:
    """Scale every player's payoffs to [0, 1] in every game, entries (n_players, a_0, ..., a_{k-1}, n_games)."""
    return to_unit(entries, tuple(range(1, entries.ndim - 1)))
