"""Pictures of results: each takes ``ax=None`` and returns the Axes; nothing is computed here.

matplotlib is the extra ``decide[plot]``.
"""

from decide.plots.global_importance import importance
from decide.plots.looks import legend_of, style
from decide.plots.maps import region_map
from decide.plots.one_way import profile, tornado
from decide.plots.robust import info_gap, scenarios
from decide.plots.structures import structures
from decide.plots.studies import option_values, shares
from decide.plots.switching import switch_points
from decide.plots.trees import tree

__all__ = [
    "importance",
    "info_gap",
    "legend_of",
    "option_values",
    "profile",
    "region_map",
    "scenarios",
    "shares",
    "structures",
    "style",
    "switch_points",
    "tornado",
    "tree",
]
