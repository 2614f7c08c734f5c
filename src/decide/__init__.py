"""Choose while others answer back: games with uncertain parameters, solved in a million possible worlds."""

from decide import catalogue as catalogue
from decide import errors as errors
from decide import plots as plots
from decide.catalogue import load as load
from decide.games.extensive import ExtensiveForm as ExtensiveForm
from decide.games.nodes import Chance as Chance
from decide.games.nodes import Decision as Decision
from decide.games.nodes import Outcome as Outcome
from decide.games.normal import NormalForm as NormalForm
from decide.models import Model as Model
from decide.models import model as model
from decide.parameters import Parameter as Parameter
from decide.parameters import Space as Space
from decide.parameters import Value as Value
from decide.questions import Interval as Interval
from decide.questions import compare_views as compare_views
from decide.questions import switch_points as switch_points
from decide.solution import Equilibrium as Equilibrium
from decide.solution import Solution as Solution
from decide.solution import Status as Status
from decide.solvers import methods as methods
from decide.solvers import solve as solve
from decide.study import Study as Study
from decide.study import sweep as sweep

__all__ = [
    "Chance",
    "Decision",
    "Equilibrium",
    "ExtensiveForm",
    "Interval",
    "Model",
    "NormalForm",
    "Outcome",
    "Parameter",
    "Solution",
    "Space",
    "Status",
    "Study",
    "Value",
    "catalogue",
    "compare_views",
    "errors",
    "load",
    "methods",
    "model",
    "plots",
    "solve",
    "sweep",
    "switch_points",
]

__version__ = "0.1.0"
