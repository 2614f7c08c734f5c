"""What a sweep found, as labelled arrays, and what can be read off them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from decide.errors import StudyError, unknown
from decide.evaluate import Problem
from decide.points import Status, solved
from decide.sensitivity.criteria import shares_of
from decide.study.acceptability import acceptability_of
from decide.study.choosing import column_of, criteria_of, dominance_of
from decide.study.importance import importance_of, salib_problem
from decide.study.scenarios import Scenarios, find_scenarios
from decide.study.settings import pooled, restricted

if TYPE_CHECKING:
    import os

    import pandas as pd
    import xarray as xr

__all__ = ["Study"]

#: Methods whose concept has one answer, or one that is asked for: that there are others is no news.
ONE_ANSWER = ("commitment", "correlated", "coarse_correlated", "logit", "level_k")
#: Methods that split what is tied evenly.
SPLITS_TIES = ("backward_induction", "level_k")
#: How a world that makes a valid game may fail; what makes none is told by the first failure's own words.
WHY_FAILED = (
    Status.UNREACHED, Status.NO_EQUILIBRIUM, Status.NOT_CERTIFIED, Status.FAILED, Status.INVALID_GAME,
)  # fmt: skip
#: What it means that worlds are `tied`, where that is not simply that a tie was met.
TIED = {
    "markov_perfect": "a stage had several equilibria and one path was followed; compare horizons h and h + 1",
    **dict.fromkeys(
        ("nash", "subgame_perfect"),
        "somebody is all but indifferent (in a tree perhaps only where nobody goes): mixtures may be equilibria too",
    ),
}
ENGINE: Any = "scipy"


@dataclass(frozen=True, eq=False, repr=False)
class Study:
    """What a sweep found.

    Attributes
    ----------
    data : xarray.Dataset
        Over ``draw``: one variable a parameter; ``option_value``, ``advantage``, ``choice`` (draw, option), each with
        ``_low`` and ``_high`` over all equilibria; ``recommended``, ``selected``, ``modal_choice`` (codes into the
        coordinate ``recommendation``: the options, then the classes); ``margin``; ``payoff`` (draw, player);
        ``outcome_probability`` (draw, option, outcome); ``n_equilibria``, ``n_recommended`` (by how many options one
        equilibrium or another is answered best), ``n_silent`` (how many equilibria never lead to the decision and hold
        no beliefs there: they are left out of everything but ``n_equilibria``), ``complete``, ``tied``, ``incredible``
        and ``status`` (codes into ``status_message``). Draws that failed hold zeros; ``status`` alone says which.
        Where a selection rule chose none, the plain values are zeros too; low, high and ``recommended`` stand.
        Attributes name model, versions, method, options, selection, design and seed.
    problem : Problem or None
        What was asked, so that further questions can be; None for a study read from a file.
    levels : mapping of str to tuple
        The values of every setting that was swept; empty for a study read from a file.
    """

    data: xr.Dataset = field()
    problem: Problem | None = field(default=None, compare=False)
    levels: Mapping[str, tuple[Any, ...]] = field(default_factory=dict, compare=False)

    @property
    def options(self) -> tuple[str, ...]:
        """The decider's options."""
        return tuple(map(str, self.data["option"].values))

    @property
    def failed(self) -> NDArray[np.bool_]:
        """Which draws failed."""
        return ~solved(np.asarray(self._column("status")))

    def _column(self, name: str) -> NDArray[Any]:
        return column_of(self.data, name)

    def where(self, **settings: Any) -> Study:
        """Return the draws that were solved under some values of settings that were swept, as a study of their own.

        Parameters
        ----------
        **settings
            One value a setting, such as ``allies=True``; settings not named stay swept.

        Returns
        -------
        Study
            As if it had been swept with these settings fixed: every question can be asked of it.

        Raises
        ------
        UnknownNameError
            If no such setting was swept.
        StudyError
            If it was not swept over this value, or no setting is named.

        Examples
        --------
        >>> import decide
        >>> from decide import Decision, ExtensiveForm, Outcome, Parameter, Value, model
        >>> @model(decider="Us")
        ... def ford(*, depth: Value = Parameter(1, low=0, high=4), bridge: bool = False):
        ...     cross = Outcome({"Us": 3 - depth + (2 if bridge else 0)})
        ...     return ExtensiveForm(Decision("Us", {"cross": cross, "wait": Outcome({"Us": 0})}))
        >>> both = decide.sweep(ford, 100, rng=0, settings={"bridge": [False, True]})
        >>> [float(both.where(bridge=b).shares()["share"].sel(option="cross").round(2)) for b in (False, True)]
        [0.76, 1.0]
        """
        return restricted(self, settings)

    def shares(self, by: str = "recommended") -> xr.Dataset:
        """Return how much of the stated ranges each option wins.

        Parameters
        ----------
        by : {"recommended", "selected", "modal_choice"}
            Which answer is counted.

        Returns
        -------
        xarray.Dataset
            Over ``option`` (the options, then ``mixed or tied``, ``depends on equilibrium``, ``failed``): ``share``,
            and ``error``, its standard error for the design that was used. For a design given by the user the error
            is that of independent draws, and means something only if the rows are.
        """
        import xarray as xr

        if by not in ("recommended", "selected", "modal_choice"):
            raise unknown("answer to count", by, ("recommended", "selected", "modal_choice"))
        labels = [str(x) for x in self.data["recommendation"].values]
        share, error = shares_of(self._column(by), len(labels), np.asarray(self.data["replicate"].values))
        design = json.loads(self.data.attrs["design"])
        meaning = "share of the stated ranges, not a probability, unless a joint belief was declared"
        return xr.Dataset(
            {"share": ("option", share), "error": ("option", error)},
            coords={"option": labels},
            attrs={"by": by, "draws": len(self.failed) if "status" in self.data else self.data.sizes["draw"],
                   "sampling": design["sampling"], "meaning": meaning, **pooled(self.data)},
        )  # fmt: skip

    def criteria(
        self,
        *,
        optimism: float = 0.5,
        threshold: float | None = None,
        percentile: float = 0.05,
        over: str = "selected",
    ) -> xr.Dataset:
        """Score the options by criteria of choice under uncertainty, over the draws that were solved.

        Parameters
        ----------
        optimism : float
            Hurwicz's weight on the best world, in [0, 1].
        threshold : float, optional
            What satisfices; what the best option is worth at the base unless given.
        percentile : float
            In [0, 1]: the share of worst worlds that the criterion ``percentile`` looks past.
        over : {"selected", "worst", "best"}
            Where there are several equilibria: values at the selected one, or each option at the one worst or best
            for it.

        Returns
        -------
        xarray.Dataset
            ``score`` over criterion and option, and ``best``, the option each criterion favours (``mixed or tied`` if
            several). Maximin: least value. Minimax loss: largest loss against the best option of the same world (less
            is better). Hurwicz: weighted best and least. Laplace: mean, all worlds alike; where distributions or
            correlations were declared it is called ``expected value``. Satisficing: share of worlds in which the
            value reaches the threshold. Maximax: greatest value. Expected loss: mean loss (less is better).
            Percentile: the value reached in all but this share of the worlds. Least and greatest are those of the
            sample; `decide.worst_case` searches the whole box.

        Raises
        ------
        StudyError
            If no draw was solved, or optimism or percentile is outside [0, 1].

        References
        ----------
        Luce & Raiffa 1957, Games and Decisions, ch. 13.
        """
        return criteria_of(self.data, optimism=optimism, threshold=threshold, percentile=percentile, over=over)

    def dominance(self, *, over: str = "selected") -> xr.Dataset:
        """Say which options dominate which, over the draws that were solved, each as likely as the next.

        Parameters
        ----------
        over : {"selected", "worst", "best"}
            As for `criteria`.

        Returns
        -------
        xarray.Dataset
            Over ``option`` and ``other``, whether the first dominates the second: ``statewise`` (at least as good in
            every world), ``first_order`` (whatever the threshold, it is reached in at least as many worlds: preferred
            by all who like more) and ``second_order`` (the worst so many worlds are at least as good on average:
            preferred by all who like more and dislike risk); ``dominated``, whether any other option dominates it by
            second order, which the others imply. Of the sample: a world not drawn may differ.

        References
        ----------
        Hadar & Russell 1969, American Economic Review 59; Levy 2016, Stochastic Dominance.
        """
        return dominance_of(self.data, over=over)

    def acceptability(
        self, parameter: str, *, values: Iterable[float] | None = None, draws: int | None = None
    ) -> xr.Dataset:
        """Say how often each option is best as one parameter takes value after value: an acceptability curve.

        Parameters
        ----------
        parameter : str
            Often one of the decider's own values (kind ``"value"``): what a benefit is worth, or a loss costs.
        values : iterable of float, optional
            Values to look at; 21 over its range, or its choices, unless given.
        draws : int, optional
            Solve only so many of the draws again, spread over the design; all unless given.

        Returns
        -------
        xarray.Dataset
            Over the parameter: ``share`` of the worlds in which each option, or class, is the answer
            (``recommendation``); ``expected_value`` of each option over the worlds that were solved; ``frontier``, the
            option of highest expected value, and ``frontier_share``, how often that one is the answer. The option on
            the frontier need not be the one that is most often best.

        Raises
        ------
        StudyError
            If the study was read from a file, did not keep its parameters, or an argument makes no sense.
        UnknownNameError
            If there is no such parameter.

        Notes
        -----
        All other parameters are as they were drawn, whatever they were correlated with. Cost: one sweep of the draws a
        value.

        References
        ----------
        Fenwick, Claxton & Sculpher 2001, Health Economics 10.
        """
        return acceptability_of(self.data, self.problem, parameter, values, draws, self.levels)

    def scenarios(
        self,
        option: str,
        *,
        by: str = "recommended",
        loss_above: float | None = None,
        value_below: float | None = None,
        most: int = 3,
        boxes: int = 1,
        density: float | None = None,
        level: float = 0.05,
        parameters: Iterable[str] | None = None,
    ) -> Scenarios:
        """Find in which corner of the space an option wins, or fares badly: a rule of few parameters, to be read aloud.

        Parameters
        ----------
        option : str
            The answer looked for: an option, or a class such as ``depends on equilibrium`` or ``failed``.
        by : {"recommended", "selected", "modal_choice"}
            Which answer.
        loss_above, value_below : float, optional
            Look instead for the worlds in which choosing the option costs more than this against the best there, or in
            which it is worth less (at the selected equilibrium).
        most : int
            Restrict at most so many parameters.
        boxes : int
            Find so many corners, each among the worlds outside those before.
        density : float, optional
            In [0, 1]: of the boxes met, take the one of greatest coverage that is at least so dense, if there is one.
            Unless given, coverage is weighed against density (`decide.sensitivity.prim`).
        level : float
            Restrictions that chance would explain with a higher probability are dropped.
        parameters : iterable of str, optional
            Those that may be restricted; all that vary unless given, settings that were swept among them.

        Returns
        -------
        Scenarios
            Rules are made from every other replicate and measured in the others too (every other draw where there is
            but one replicate). Shares are shares of the worlds drawn.

        Raises
        ------
        StudyError
            If no draw was solved, the study did not keep its parameters, or an argument makes no sense.
        UnknownNameError
            If there is no such option, class or parameter.

        Notes
        -----
        Boxes with sides along the parameters: a corner cut across two of them is described by a box inside it. Cost:
        about a second for 10,000 draws of 50 parameters.

        References
        ----------
        Friedman & Fisher 1999, Statistics and Computing 9; Bryant & Lempert 2010, Technological Forecasting and Social
        Change 77.
        """
        return find_scenarios(
            self.data, option, by=by, loss_above=loss_above, value_below=value_below, most=most, boxes=boxes,
            density=density, level=level, parameters=parameters,
        )  # fmt: skip

    def importance(
        self,
        *,
        of: str = "recommended",
        groups: Mapping[str, Iterable[str]] | str | None = None,
        draws: int | None = None,
        rng: int | np.random.Generator | None = None,
        confidence: float = 0.95,
        most_dropped: float = 0.1,
    ) -> xr.Dataset:
        """Return how much each parameter that was drawn matters to the answer.

        Parameters
        ----------
        of : str
            What varies: a label (``"recommended"``, ``"selected"``, ``"modal_choice"``, ``"n_equilibria"``) or numbers
            (``"option_value"``, ``"advantage"``, ``"margin"``, ``"payoff"``).
        groups : mapping of str to iterable of str, or {"group", "kind"}, optional
            Parameters that are taken as one, by the group's name; or by the parameters' own ``group`` or ``kind``.
            Those in no group stay alone.
        draws : int, optional
            Base draws, a power of two from 128; so that at most 65,000 worlds are solved unless given (8,000 where the
            model is called once a world). Each takes as many worlds as there are parameters, and two more.
        rng : None, int or numpy.random.Generator
            Where the new draws come from; the seed used is recorded either way.
        confidence : float
            Of the intervals.
        most_dropped : float
            The largest share of worlds that may be left out because they failed; of chains of worlds, where parameters
            are correlated.

        Returns
        -------
        xarray.Dataset
            Over ``parameter`` (or group) and ``option`` (the labels or numbers that vary: options and classes, counts
            of equilibria, players, or ``margin``): ``first``, the share of the variance explained by the parameter
            alone, and ``total``, the share that is left when all others are known. Over ``parameter``:
            ``aggregated_first`` and ``aggregated_total``, the same of all options together (sums of partial variances
            over sums of variances), ``information_share``, the part of the expected gain from learning everything
            before choosing that learning this parameter alone would bring, and ``information_value``, the same in
            payoff units. Each but the last has ``_low`` and ``_high``. Over ``option``: ``variance``, and ``constant``
            where there is none, and so no sensitivity. Attributes name the method, the draws, the worlds solved, the
            share of worlds that ``failed``, the share of pairs ``dropped`` (of the parameter that lost most), and why
            something is absent. Settings that were swept count as parameters, each value as likely as the next.

        Raises
        ------
        StudyError
            If nothing is drawn, there are too few draws, or more worlds failed than ``most_dropped``.
        UnknownNameError
            If there is no such output, parameter or way to group.

        Notes
        -----
        Labels enter as one indicator each, never as codes: names and order do not matter. Classes that are no option
        count as labels; failed worlds are left out, with their partner, and counted. Then first-order indices are taken
        from all worlds with an answer as they are. All are shares of the variance over these worlds: another space than
        the one stated, in which parameters depend on each other where failures depend on several of them.

        Worlds are solved again in pairs (see `decide.sensitivity.indices`). Where parameters of different groups are
        correlated there is no ``total`` but ``shapley`` and ``aggregated_shapley``, which share the variance out. A
        study with a design of its own, or read from a file, gives ``first`` only, from the draws it has; their
        intervals then suppose independent rows.

        Label variance is no decision value: a parameter may often change the answer between options that are worth
        nearly the same. The information shares say what that is worth; they are expected values only under a
        joint belief, and where the others see the option before they move.

        Examples
        --------
        >>> import decide
        >>> from decide import Decision, ExtensiveForm, Outcome, Parameter, Value, model
        >>> @model(decider="Us")
        ... def harvest(*, rain: Value = Parameter(1, low=0, high=4), seed: Value = Parameter(2, low=1, high=3)):
        ...     return ExtensiveForm(Decision("Us", {"sow": Outcome({"Us": rain}), "keep": Outcome({"Us": seed})}))
        >>> found = decide.sweep(harvest, 100, rng=0).importance(rng=0)
        >>> found["aggregated_total"].values.round(1)
        array([0.9, 0.3])
        """
        return importance_of(
            self, of=of, groups=groups, draws=draws, rng=rng, confidence=confidence, most_dropped=most_dropped
        )

    def to_salib(self) -> dict[str, Any]:
        """Return what was drawn as the problem that SALib's samplers and analyses take.

        Returns
        -------
        dict
            ``num_vars``, ``names``, ``bounds``, and ``groups`` where the parameters have any.

        Raises
        ------
        StudyError
            If a parameter is not uniform on a range, or parameters are correlated, which such a problem cannot say; or
            the study was read from a file, which does not hold the ranges.

        Examples
        --------
        >>> import decide
        >>> decide.sweep(decide.load("rocket_attack"), 100, rng=0, view="hawks").to_salib()["names"][:3]
        ['detect', 'control_if_ordered', 'blame']
        """
        return salib_problem(self)

    def to_dataframe(self) -> pd.DataFrame:
        """Return a pandas frame with one row a draw; codes are written out, ``option_value[none]`` etc. are columns.

        The index is the coordinate ``view`` where there is one.
        """
        import pandas as pd

        columns: dict[str, Any] = {}
        for name, variable in self.data.data_vars.items():
            if variable.dims == ("draw",):
                codes = variable.attrs.get("codes")
                values = variable.values
                columns[str(name)] = self.data[codes].values[values] if codes else values
                continue
            rest = variable.dims[1:]
            labels = [[str(x) for x in self.data[d].values] for d in rest]
            for index in np.ndindex(*variable.shape[1:]):
                words = ", ".join(own[k] for own, k in zip(labels, index, strict=True))
                columns[f"{name}[{words}]"] = variable.values[(slice(None), *index)]
        if "view" in self.data.coords:
            return pd.DataFrame(columns, index=pd.Index(self.data["view"].values.astype(str), name="view"))
        return pd.DataFrame(columns, index=pd.RangeIndex(self.data.sizes["draw"], name="draw"))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the study to a netCDF file that xarray alone can open."""
        self.data.to_netcdf(path, engine=ENGINE, format="NETCDF3_64BIT")

    @staticmethod
    def load(path: str | os.PathLike[str]) -> Study:
        """Read a study from a file; nothing in it is evaluated.

        Raises
        ------
        StudyError
            If the file is not a study.
        """
        import xarray as xr

        try:
            with xr.open_dataset(path, engine=ENGINE) as opened:
                data = opened.load()
        except FileNotFoundError:
            raise
        except Exception:  # what the reader says of it may be advice to install what would not help
            raise StudyError(f"{path} is no study: it is no netCDF file as Study.save writes them") from None
        if "design" not in data.attrs or "recommendation" not in data.coords:
            raise StudyError(f"{path} is no study: it has no design or no recommendation")
        return Study(data)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Study) and self.data.identical(other.data)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        title = self.data.attrs.get("model", "").split(":")[-1]
        notes = "".join(f"; {note}" for note in self._notes())
        if "view" in self.data.coords and {"recommended", "margin"} <= set(self.data):
            answers = self.data["recommendation"].values[self.data["recommended"].values]
            margins = self.data["margin"].values
            seen = [
                f"{v}: {a}" + (f" by {m:.3g}" if a in self.options else "")
                for v, a, m in zip(self.data["view"].values, answers, margins, strict=True)
            ]
            return f"<Study of {title} through {len(seen)} views, {', '.join(seen)}{notes}>"
        counted = ""
        if "recommended" in self.data:
            table = self.shares()
            sampled = table.attrs["sampling"] != "given"
            counted = ": " + ", ".join(
                f"{o} {float(s):.1%}" + (f" (+-{float(e):.1%})" if sampled else "")
                for o, s, e in zip(table["option"].values, table["share"].values, table["error"].values, strict=True)
                if s > 0
            )
        return f"<Study of {title}, {self.data.sizes['draw']:,} draws{counted}{notes}>"

    def _notes(self) -> list[str]:
        """What a reader of the shares must know: whose ties were split, and why draws failed."""
        notes = []
        method = self.data.attrs.get("method", "")
        if self.data.attrs.get("finds", "all") != "all" and method not in ONE_ANSWER:
            notes.append(f"{method} does not look for all equilibria: others may favour another option")
        elif {"complete", "status"} <= set(self.data) and (
            n := int((~self.data["complete"].values & ~self.failed).sum())
        ):
            notes.append(f"in {n:,} the equilibria are not proved to be all")
        if {"n_silent", "status"} <= set(self.data) and (
            n := int(((self.data["n_silent"].values > 0) & ~self.failed).sum())
        ):
            notes.append(f"in {n:,} some equilibria never lead to the decision, say nothing of it and are left out")
        if "tied" in self.data and (n := int(self.data["tied"].values.sum())):
            said = TIED.get(method, "a tie was met somewhere" + (" and split evenly" if method in SPLITS_TIES else ""))
            notes.append(f"in {n:,} {said} (see tied)")
        if "status" in self.data:
            status = self.data["status"].values
            for code in WHY_FAILED:
                if n := int((status == code).sum()):
                    notes.append(f"in {n:,} {code.message}")
            if n := int((status == Status.NO_SELECTION).sum()):
                rule = self.data.attrs["selection"]
                notes.append(f"in {n:,} the rule {rule} chose none, and criteria leave them out")
            if n := int((status == Status.NOT_ATTAINED).sum()):
                notes.append(f"in {n:,} the value is a supremum, not attained")
        if self.data.attrs.get("first_failure"):
            notes.append(f"first failure: {self.data.attrs['first_failure']}")
        return notes
