"""Choose while others answer back: games with uncertain parameters, solved in a million possible worlds."""

from decide import catalogue as catalogue
from decide import errors as errors
from decide import plots as plots
from decide.catalogue import load as load
from decide.equilibrium import Equilibrium as Equilibrium
from decide.games.bayesian import bayesian as bayesian
from decide.games.extensive import ExtensiveForm as ExtensiveForm
from decide.games.formats import read as read
from decide.games.formats import write as write
from decide.games.nodes import Chance as Chance
from decide.games.nodes import Decision as Decision
from decide.games.nodes import Outcome as Outcome
from decide.games.normal import NormalForm as NormalForm
from decide.games.stochastic import StochasticGame as StochasticGame
from decide.models import Model as Model
from decide.models import model as model
from decide.parameters import Parameter as Parameter
from decide.parameters import Space as Space
from decide.parameters import Value as Value
from decide.points import Status as Status
from decide.questions import Flip as Flip
from decide.questions import Interval as Interval
from decide.questions import across_views as across_views
from decide.questions import compare_views as compare_views
from decide.questions import equilibrium_counts as equilibrium_counts
from decide.questions import equilibrium_regions as equilibrium_regions
from decide.questions import info_gap as info_gap
from decide.questions import nearest_flip as nearest_flip
from decide.questions import profile as profile
from decide.questions import region_map as region_map
from decide.questions import screening as screening
from decide.questions import structures as structures
from decide.questions import switch_points as switch_points
from decide.questions import tornado as tornado
from decide.questions import value_weights as value_weights
from decide.questions import worst_case as worst_case
from decide.refinements.check import Check as Check
from decide.refinements.check import Failure as Failure
from decide.refining import Checks as Checks
from decide.refining import check as check
from decide.refining import checks as checks
from decide.reports import RobustnessTable as RobustnessTable
from decide.reports import report as report
from decide.reports import robustness_table as robustness_table
from decide.solution import Solution as Solution
from decide.solvers import methods as methods
from decide.solvers import solve as solve
from decide.solvers.bargaining import Bargain as Bargain
from decide.solvers.bargaining import bargain as bargain
from decide.solvers.dominance import dominated as dominated
from decide.solvers.dominance import iterated_dominance as iterated_dominance
from decide.solvers.dominance import rationalizable as rationalizable
from decide.solvers.fit import LogitFit as LogitFit
from decide.solvers.fit import fit_logit as fit_logit
from decide.solvers.learning import fictitious_play as fictitious_play
from decide.solvers.learning import replicator as replicator
from decide.solvers.repeated import FolkTheorem as FolkTheorem
from decide.solvers.repeated import critical_discount as critical_discount
from decide.solvers.repeated import folk_theorem as folk_theorem
from decide.solvers.repeated import repeat as repeat
from decide.solvers.security import Security as Security
from decide.solvers.security import maximin as maximin
from decide.solvers.security import minimax_loss as minimax_loss
from decide.solvers.selection import select as select
from decide.study import Scenarios as Scenarios
from decide.study import Study as Study
from decide.study import sweep as sweep

__all__ = [
    "Bargain",
    "Chance",
    "Check",
    "Checks",
    "Decision",
    "Equilibrium",
    "ExtensiveForm",
    "Failure",
    "Flip",
    "FolkTheorem",
    "Interval",
    "LogitFit",
    "Model",
    "NormalForm",
    "Outcome",
    "Parameter",
    "RobustnessTable",
    "Scenarios",
    "Security",
    "Solution",
    "Space",
    "Status",
    "StochasticGame",
    "Study",
    "Value",
    "across_views",
    "bargain",
    "bayesian",
    "catalogue",
    "check",
    "checks",
    "compare_views",
    "critical_discount",
    "dominated",
    "equilibrium_counts",
    "equilibrium_regions",
    "errors",
    "fictitious_play",
    "fit_logit",
    "folk_theorem",
    "info_gap",
    "iterated_dominance",
    "load",
    "maximin",
    "methods",
    "minimax_loss",
    "model",
    "nearest_flip",
    "plots",
    "profile",
    "rationalizable",
    "read",
    "region_map",
    "repeat",
    "replicator",
    "report",
    "robustness_table",
    "screening",
    "select",
    "solve",
    "structures",
    "sweep",
    "switch_points",
    "tornado",
    "value_weights",
    "worst_case",
    "write",
]

__version__ = "0.1.0"
