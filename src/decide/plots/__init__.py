"""Pictures of results: each takes ``ax=None`` and returns the Axes; nothing is computed here.

matplotlib is the extra ``decide[plot]``.
"""

from decide.plots.bands import equilibrium_counts, equilibrium_regions
from decide.plots.cases import across_views, value_weights, worst_case
from decide.plots.choice import criteria, distributions, dominance
from decide.plots.curves import acceptability
from decide.plots.flips import flip_distances, nearest_flip
from decide.plots.global_importance import importance
from decide.plots.looks import legend_of, style
from decide.plots.maps import region_map
from decide.plots.one_way import profile, tornado
from decide.plots.robust import info_gap, scenarios
from decide.plots.screens import screening
from decide.plots.structures import structures
from decide.plots.studies import option_values, shares
from decide.plots.switching import switch_points
from decide.plots.trees import tree

__all__ = [
    "acceptability",
    "across_views",
    "criteria",
    "distributions",
    "dominance",
    "equilibrium_counts",
    "equilibrium_regions",
    "flip_distances",
    "importance",
    "info_gap",
    "legend_of",
    "nearest_flip",
    "option_values",
    "profile",
    "region_map",
    "scenarios",
    "screening",
    "shares",
    "structures",
    "style",
    "switch_points",
    "tornado",
    "tree",
    "value_weights",
    "worst_case",
]
