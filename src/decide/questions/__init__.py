"""Questions about a model that the answer may hang on: where it flips, and what each view makes of it."""

from decide.questions.bounds import worst_case
from decide.questions.equilibria import equilibrium_counts, equilibrium_regions
from decide.questions.flips import Flip, nearest_flip
from decide.questions.info_gap import info_gap
from decide.questions.maps import region_map
from decide.questions.priors import across_views
from decide.questions.screening import screening
from decide.questions.structures import structures
from decide.questions.switching import Interval, Intervals, switch_points
from decide.questions.tornado import profile, tornado
from decide.questions.views import compare_views
from decide.questions.weights import value_weights

__all__ = [
    "Flip",
    "Interval",
    "Intervals",
    "across_views",
    "compare_views",
    "equilibrium_counts",
    "equilibrium_regions",
    "info_gap",
    "nearest_flip",
    "profile",
    "region_map",
    "screening",
    "structures",
    "switch_points",
    "tornado",
    "value_weights",
    "worst_case",
]
