"""Choosing across views: each view a prior, none of them known to be right."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from decide.errors import GameError, StudyError
from decide.evaluate import CLASSES, FAILED
from decide.models import Model
from decide.questions.views import compare_views
from decide.sensitivity.priors import admissible
from decide.sensitivity.sampling import seed_of
from decide.study import OVER, Study, believed, sweep, values_over

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["across_views"]


def across_views(
    model: Model[Any],
    views: Iterable[str] | None = None,
    *,
    draws: int | None = None,
    base: Mapping[str, Any] | None = None,
    over: str = "selected",
    rng: int | np.random.Generator | None = 0,
    **keywords: Any,
) -> xr.Dataset:
    """Take each view as a prior, and say which options can be defended whichever of them is right.

    Parameters
    ----------
    model : Model
    views : iterable of str, optional
        Names of views, ``"base"`` among them; the base and all views unless given.
    draws : int, optional
        Draw what a view does not fix from the ranges, so many times (the same draws for all views, as far as they leave
        the same parameters open); at base unless given.
    base : mapping, optional
        Values and settings that hold in all views, unless a view says otherwise.
    over : {"selected", "worst", "best"}
        With several equilibria: values at the selected one, or each option at the one worst or best for it.
    rng : None, int or numpy.random.Generator
    **keywords
        As for `decide.sweep`.

    Returns
    -------
    xarray.Dataset
        ``expected_value`` over view and option, with its standard ``error`` (0 without draws) and the ``best`` option
        of each view; over option: ``least`` and ``largest_loss`` over views (loss against the option of highest
        expected value in that view), ``e_admissible`` (best under some mixture of the views) with ``mixture``
        (option, view) as its witness and ``lead`` over the best other under it, and ``maximal`` (no other is expected
        to be worth more in every view). Attributes ``best_least`` (Gamma-maximin) and ``least_loss`` name options. A
        view whose worlds make no valid game has the best ``failed``, NaN for values and a ``reason``; what is said over
        views is said over the others.

    Raises
    ------
    StudyError
        If no view has a world that was solved, or as for `decide.sweep`.
    UnknownNameError
        If there is no such view.

    Notes
    -----
    In each view the game is solved as that view sees it, everyone knowing it. A mixture weighs what the views expect;
    it is no model of players who are themselves unsure which view is right. Where options are within their errors of
    each other, so is what is said of them.

    References
    ----------
    Levi 1974, Journal of Philosophy 71; Walley 1991, 3.9; Gilboa & Schmeidler 1989, Journal of Mathematical Economics.

    Examples
    --------
    >>> from decide import Decision, ExtensiveForm, Outcome, Parameter, Value, model
    >>> @model(decider="Us", views={"wet": {"rain": 4}, "dry": {"rain": 0}})
    ... def harvest(*, rain: Value = Parameter(1, low=0, high=4)):
    ...     options = {"sow": rain, "keep": 2.0, "sell": 1.5}
    ...     return ExtensiveForm(Decision("Us", {o: Outcome({"Us": x}) for o, x in options.items()}))
    >>> found = across_views(harvest, ["wet", "dry"])
    >>> found["e_admissible"].values.tolist(), found["mixture"].sel(option="sow").values.tolist()
    ([True, True, False], [1.0, 0.0])
    >>> found.attrs["best_least"]
    'keep'
    """
    import xarray as xr

    if isinstance(views, str) or not isinstance(model, Model):
        raise StudyError(f"model is {model!r} and views {views!r}; expected a model, and a sequence of names")
    names = ["base", *model.views] if views is None else list(views)
    if not names or len(set(names)) != len(names):
        raise StudyError(f"views are {names}; expected different ones, at least one")
    every, reasons = names, dict.fromkeys(names, "")
    studies = _studies(model, names, draws, dict(base or {}), seed_of(rng), keywords, reasons)
    names = [name for name in every if not reasons[name]]
    found = [_mean(study, view, over) for study, view in zip(studies, names, strict=True)]
    options = list(studies[0].options)
    for study, view in zip(studies, names, strict=True):
        if study.options != studies[0].options:
            raise StudyError(
                f"view {view!r} has the options {study.options} and {names[0]!r} {studies[0].options}; expected the "
                "same in all (decide.structures compares models that differ in their options)"
            )
    expected, error = np.array([f[0] for f in found]), np.array([f[1] for f in found])
    loss = expected.max(axis=1, keepdims=True) - expected
    verdict = admissible(expected)
    slack = 1e-9 * (float(np.ptp(expected)) or 1.0)

    def alone(score: Any) -> str:
        best = np.flatnonzero(score >= score.max() - slack)
        return options[int(best[0])] if len(best) == 1 else CLASSES[0]

    table = xr.Dataset(
        {
            "expected_value": (("view", "option"), expected),
            "error": (("view", "option"), error),
            "best": ("view", [alone(row) for row in expected]),
            "draws": ("view", [f[2] for f in found]),
            "failed": ("view", [f[3] for f in found]),
            "least": ("option", expected.min(axis=0)),
            "largest_loss": ("option", loss.max(axis=0)),
            "e_admissible": ("option", verdict.e_admissible),
            "maximal": ("option", verdict.maximal),
            "mixture": (("option", "view"), verdict.mixture),
            "lead": ("option", verdict.lead),
        },
        coords={"view": names, "option": options},
        attrs={
            "model": model.name,
            "title": model.title,
            "decider": studies[0].data.attrs["decider"],
            "best_least": alone(expected.min(axis=0)),
            "least_loss": alone(-loss.max(axis=0)),
            "over": over,
            "values": OVER[over],
            "means": "the rest at base" if draws is None else f"the rest drawn: {believed(studies[0].data)[1]}",
        },
    )
    lost: dict[Hashable, Any] = {
        "expected_value": np.nan, "error": np.nan, "best": CLASSES[FAILED], "draws": 0, "failed": draws or 1,
        "mixture": 0.0,
    }  # fmt: skip
    table = table.assign(best=table["best"].astype(object)).reindex(view=every, fill_value=lost)
    return table.assign(best=table["best"].astype(str), reason=("view", list(reasons.values())))


def _studies(
    model: Model[Any],
    names: list[str],
    draws: int | None,
    common: dict[str, Any],
    seed: int,
    keywords: dict[str, Any],
    reasons: dict[str, str],
) -> list[Study]:
    """One study a view, of those that can be solved; why the others cannot goes into `reasons`."""
    for name in names:
        model.values(name)  # so that a view nobody declared is named
    found = []
    for name in names:
        try:
            if draws is None:
                study = compare_views(model, [name], base=common, **keywords)
            else:
                study = sweep(model, draws, base={**common, **model.views.get(name, {})}, rng=seed, **keywords)
        except GameError as error:
            reasons[name] = str(error)
            continue
        if study.failed.all():
            reasons[name] = str(study.data.attrs.get("first_failure") or "no world was solved")
            continue
        found.append(study)
    if not found:
        raise StudyError(f"no view has a world that was solved; {names[0]}: {reasons[names[0]]}")
    return found


def _mean(study: Study, view: str, over: str) -> tuple[Any, Any, int, int]:
    """Mean of every option's value, its standard error, and how many draws were solved, and were not."""
    try:
        values, _, kept = values_over(study.data, over)
    except StudyError as error:
        raise StudyError(f"view {view!r}: {error}") from None
    n = len(values)
    spread = np.zeros(values.shape[1]) if n < 2 else values.std(axis=0, ddof=1) / np.sqrt(n)
    return values.mean(axis=0), spread, n, int((~kept).sum())
