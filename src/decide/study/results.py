"""What a sweep found, as labelled arrays, and what can be read off them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from decide.errors import StudyError, unknown
from decide.evaluate import CLASSES, Problem
from decide.points import Status, solved
from decide.sensitivity.criteria import CRITERIA, decision_criteria, shares_of
from decide.study.importance import importance_of, salib_problem

if TYPE_CHECKING:
    import os

    import pandas as pd
    import xarray as xr

__all__ = ["Study"]

#: Methods whose concept has one answer, or one that is asked for: that there are others is no news.
ONE_ANSWER = ("commitment", "correlated", "coarse_correlated", "logit", "level_k")
#: Methods that split what is tied evenly.
SPLITS_TIES = ("backward_induction", "level_k")
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
        equilibrium or another is answered best), ``complete``, ``tied``, ``incredible`` and
        ``status`` (codes into ``status_message``). Draws that failed hold zeros; ``status`` alone says which.
        Where a selection rule chose none, the plain values are zeros too; low, high and ``recommended`` stand.
        Attributes name model, versions, method, options, selection, design and seed.
    problem : Problem or None
        What was asked, so that further questions can be; None for a study read from a file.
    """

    data: xr.Dataset = field()
    problem: Problem | None = field(default=None, compare=False)

    @property
    def options(self) -> tuple[str, ...]:
        """The decider's options."""
        return tuple(map(str, self.data["option"].values))

    @property
    def failed(self) -> NDArray[np.bool_]:
        """Which draws failed."""
        return ~solved(np.asarray(self._column("status")))

    def _column(self, name: str) -> NDArray[Any]:
        if name not in self.data:
            raise StudyError(f"this study did not keep {name!r}; sweep again with keep= naming it")
        return np.asarray(self.data[name].values)

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
                   "sampling": design["sampling"], "meaning": meaning},
        )  # fmt: skip

    def criteria(self, *, optimism: float = 0.5, threshold: float | None = None) -> xr.Dataset:
        """Score the options by criteria of choice under uncertainty, over the draws that were solved.

        Parameters
        ----------
        optimism : float
            Hurwicz's weight on the best world, in [0, 1].
        threshold : float, optional
            What satisfices; what the best option is worth at the base unless given.

        Returns
        -------
        xarray.Dataset
            ``score`` over criterion and option, and ``best``, the option each criterion favours (``mixed or tied`` if
            several). Maximin: least value. Minimax loss: largest loss against the best option of the same world (less
            is better). Hurwicz: weighted best and least. Laplace: mean, which is an expected value only under a joint
            belief. Satisficing: share of worlds in which the value reaches the threshold. Least and largest are those
            of the sample. With several equilibria, values are those of the selected one.

        Raises
        ------
        StudyError
            If no draw was solved, or optimism is outside [0, 1].
        """
        import xarray as xr

        if not 0 <= optimism <= 1:
            raise StudyError(f"optimism is {optimism!r}; expected a number in [0, 1]")
        solved = ~self.failed
        if not solved.any():
            raise StudyError("no draw was solved; there is nothing to score")
        limit = self.data.attrs["base_value"] if threshold is None else float(threshold)
        values = self._column("option_value")[solved]
        score = decision_criteria(values, optimism, limit)
        sign = np.array([1.0, -1.0, 1.0, 1.0, 1.0])[:, None]
        slack = 1e-9 * np.array([np.ptp(values)] * 4 + [0.0])[:, None]
        winners = sign * score >= (sign * score).max(axis=1, keepdims=True) - slack
        best = [self.options[int(np.argmax(w))] if w.sum() == 1 else CLASSES[0] for w in winners]
        return xr.Dataset(
            {"score": (("criterion", "option"), score), "best": ("criterion", best)},
            coords={"criterion": list(CRITERIA), "option": list(self.options)},
            attrs={
                "optimism": optimism, "threshold": limit, "draws": int(solved.sum()), "failed": int((~solved).sum()),
                "selection": self.data.attrs["selection"],
            },
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
            The largest share of rows that may be left out because one of their worlds failed.

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
            where there is none, and so no sensitivity. Attributes name the method, the draws, the worlds solved,
            the share of rows ``dropped``, and why something is absent.

        Raises
        ------
        StudyError
            If nothing is drawn, there are too few draws, or more rows failed than ``most_dropped``.
        UnknownNameError
            If there is no such output, parameter or way to group.

        Notes
        -----
        Labels enter as one indicator each, never as codes: names and order do not matter. Classes that are no option
        count as labels; failed worlds are left out with their row and counted.

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
        except Exception as error:
            raise StudyError(f"{path} is no study: {error}") from None
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
        if "tied" in self.data and (n := int(self.data["tied"].values.sum())):
            split = " and split evenly" if method in SPLITS_TIES else ""
            notes.append(f"in {n:,} a tie was met somewhere{split} (see tied)")
        if "status" in self.data:
            status = self.data["status"].values
            if n := int((status == Status.NO_SELECTION).sum()):
                rule = self.data.attrs["selection"]
                notes.append(f"in {n:,} the rule {rule} chose none, and criteria leave them out")
            if n := int((status == Status.NOT_ATTAINED).sum()):
                notes.append(f"in {n:,} the value is a supremum, not attained")
        if self.data.attrs.get("first_failure"):
            notes.append(f"first failure: {self.data.attrs['first_failure']}")
        return notes
