"""The certificate: regret and residuals from payoffs and strategies alone, by code that no solver shares.

`tables` checks games in normal form, `concepts` what is not Nash, `trees` games in extensive form, `states` stochastic
games; `interim` reads a tree's play from where a player stands.
"""

from decide.certify.concepts import (
    coarse_residual,
    commitment_residual,
    correlated_residual,
    level_k_residual,
    logit_residual,
)
from decide.certify.interim import Interim, interim_views
from decide.certify.states import (
    StochasticCertificate,
    StochasticCertificates,
    stochastic_certificate,
    stochastic_certificates,
)
from decide.certify.tables import (
    TOLERANCE,
    NormalCertificate,
    are_strategies,
    exact_certificate,
    joint_certificate,
    normal_certificate,
)
from decide.certify.trees import TreeCertificate, bayes_beliefs, tree_certificate

__all__ = [
    "TOLERANCE",
    "Interim",
    "NormalCertificate",
    "StochasticCertificate",
    "StochasticCertificates",
    "TreeCertificate",
    "are_strategies",
    "bayes_beliefs",
    "coarse_residual",
    "commitment_residual",
    "correlated_residual",
    "exact_certificate",
    "interim_views",
    "joint_certificate",
    "level_k_residual",
    "logit_residual",
    "normal_certificate",
    "stochastic_certificate",
    "stochastic_certificates",
    "tree_certificate",
]
