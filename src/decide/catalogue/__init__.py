"""Ready models, one file each, found by scanning this folder.

A file ``name.py`` holds a model called ``name`` and ``KNOWN``, what is known of it. Adding a model is adding a file.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

from decide.errors import unknown
from decide.models import Model

__all__ = ["known", "load", "names"]


def names() -> tuple[str, ...]:
    """List the names of all models, in alphabetical order."""
    return tuple(sorted(m.name for m in pkgutil.iter_modules(__path__)))


def load(name: str) -> Model[Any]:
    """Return a model of the catalogue.

    Parameters
    ----------
    name : str
        One of `names`.

    Raises
    ------
    UnknownNameError
        If there is no such model.
    """
    found = getattr(_module(name), name)
    assert isinstance(found, Model)
    return found


def known(name: str) -> tuple[dict[str, Any], ...]:
    """Return what is known of a model: values, what is true there, and by what source."""
    return tuple(_module(name).KNOWN)


def _module(name: str) -> Any:
    if name not in names():
        raise unknown("model in the catalogue", name, names())
    return importlib.import_module(f"{__name__}.{name}")
