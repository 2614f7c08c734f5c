"""What a picture is given: checked in one place, so that all say in the same words what they expected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from decide.errors import StudyError
from decide.study import Study

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["one_or_several", "study_of", "table_of"]

T = TypeVar("T")


def table_of(found: object, picture: str, source: str, *variables: str) -> xr.Dataset:
    """Return a table, checked to be the one that a picture draws.

    Parameters
    ----------
    found : object
        What was given.
    picture : str
        The function that draws it.
    source : str
        The function that returns it.
    *variables : str
        What only such a table has.

    Raises
    ------
    StudyError
        If it is something else.
    """
    import xarray as xr

    if not isinstance(found, xr.Dataset) or not set(variables) <= {str(name) for name in found.variables}:
        raise StudyError(f"{picture} was given {_words(found)}; expected the Dataset that {source} returns")
    return found


def study_of(found: object, picture: str) -> Study:
    """Return a study, checked to be one.

    Raises
    ------
    StudyError
        If it is something else.
    """
    if not isinstance(found, Study):
        raise StudyError(f"{picture} was given {_words(found)}; expected a Study, which decide.sweep returns")
    return found


def one_or_several(found: Any, kind: type[T], picture: str, source: str) -> dict[str, T]:
    """Return results by name; one alone is called an empty string.

    Raises
    ------
    StudyError
        If one of them is of another kind, or there is none.
    """
    import xarray as xr

    table = isinstance(found, xr.Dataset)  # a mapping too, but one result
    several = dict(found) if isinstance(found, Mapping) and not table else {"": found}
    for one in several.values():
        if not isinstance(one, kind):
            wanted = f"{kind.__name__}, which {source} returns, or several by name"
            raise StudyError(f"{picture} was given {_words(one)}; expected {wanted}")
    if not several:
        raise StudyError(f"{picture} was given nothing; expected {kind.__name__}, which {source} returns, by name")
    return {str(name): one for name, one in several.items()}


def _words(found: object) -> str:
    """A value in a few words: never a page of numbers."""
    import xarray as xr

    if found is None or isinstance(found, str | int | float | bool):
        return repr(found)[:60]
    kind = type(found).__name__
    if isinstance(found, xr.Dataset):
        names = [str(name) for name in found.data_vars]
        return f"a Dataset of {', '.join(names[:4]) or 'nothing'}{', ...' if len(names) > 4 else ''}"
    return f"{'an' if kind[0].lower() in 'aeiou' else 'a'} {kind}"
