"""The rocket-attack tree as an analyst would write it without a library: plain Python, `math` and lists.

Two scalar versions of what `decide` computes, one world at a time: what each answer of the US is worth at "no direct
evidence", Iran and the militia choosing by logit, and the probability of each outcome label after each answer.

`tree` walks the order of play node by node, down to every leaf; what a sensible author works out once a world is
worked out once a world (eviction odds, war odds, what a move pays before chance). `tight` is the same after an
afternoon of tuning: chance after the last move is summed by formula, the militia's choice is made once for all places
where it is the same, and only the US is followed. Neither shares any code with `decide`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

__all__ = ["LABELS", "OPTIONS", "tight", "tree"]

OPTIONS = ("none", "moderate", "in_iraq", "on_iran")
LABELS = ("attacks go on", "talks", "innocents killed", "escalation", "evicted", "war")
NONE, MODERATE, IN_IRAQ, ON_IRAN = range(4)
ESCALATE, TOLERATE, RESTRAIN, TALK = range(4)

World = Mapping[str, float]
Vector = list[float]  # US, Iran, militia; then, where asked for, the probability of each label


def normal_cdf(x: float) -> float:
    """Return the standard normal distribution function."""
    return 0.5 * math.erfc(-x / math.sqrt(2.0))


def logit(precision: float, values: Sequence[float]) -> list[float]:
    """Return the odds of actions worth `values`."""
    top = max(values)
    weights = [math.exp(precision * (v - top)) for v in values]
    total = sum(weights)
    return [w / total for w in weights]


def mix(odds: Sequence[float], below: Sequence[Vector]) -> Vector:
    """Return the expectation of vectors."""
    return [sum([p * x for p, x in zip(odds, column, strict=True)]) for column in zip(*below, strict=True)]


def two(p: float, first: Vector, second: Vector) -> Vector:
    """Return the expectation of two vectors."""
    q = 1.0 - p
    return [p * x + q * y for x, y in zip(first, second, strict=True)]


class Numbers:
    """What is worked out once a world, by option: lists indexed none, moderate, in Iraq, on Iran."""

    def __init__(self, w: World) -> None:
        def each(name: str) -> list[float]:
            return [w[f"{name}_{option}"] for option in OPTIONS]

        self.precision = w["precision"]
        self.obeys = (w["control_of_proxy"], w["control_if_ordered"])
        self.breakable = w["p_breakable"]
        self.harm = [w["harm_none"], w["p_harm_mod"], w["p_harm_agg"], w["harm_on_iran"]]
        risk = [w["war_risk_none"], w["war_risk_mod"], w["war_share_in_iraq"] * w["war_risk_agg"], w["war_risk_agg"]]
        self.war = [(w["inadvertent"] * r, r) for r in risk]
        self.evicted = [
            [[self._eviction(w, strain, harmed, attacks) for attacks in (0, 1)] for harmed in (0, 1)]
            for strain in each("strain")
        ]
        self.cost_cycle, self.cost_army, self.cost_evict = w["cost_cycle"], w["cost_iraqi_army"], w["cost_evict"]
        self.value_talks = w["value_talks"]
        self.us = [
            (-w["cost_inaction"], -w["cost_inaction"]), (0.0, 0.0), (0.0, 0.0),
            (-w["cost_wrong_target"], w["value_guilty"]),
        ]  # fmt: skip
        anger = [w["revenge"] * x for x in each("militia_avenge")]
        deter = [w["deter_none"], w["deter_mod"], w["deter_agg"], w["deter_share_on_iran"] * w["deter_mod"]]
        self.militia = [
            (a - d - w["militia_cost"], a + w["revenge"] - d - w["militia_cost"])
            for a, d in zip(anger, deter, strict=True)
        ]
        weakness = w["iran_weakness"]
        expected = [r * w["resolve_signal"] for r in each("resolve")]
        self.escalate = [
            w["iran_face"] * face - weakness * (e + 40.0 * w["iran_fear"] * fear + w["cost_answer"])
            for face, e, fear in zip(each("iran_avenge"), expected, each("fear"), strict=True)
        ]
        self.tolerate = [-weakness * w["blame"] * e for e in expected]
        self.talk = [(-60.0, 12.0 * pain * weakness * (1.0 - w["wait_option"]) - 10.0) for pain in each("pain")]
        unseen = w["p_iran_ordered"] * (1.0 - w["detect"])
        self.guilty = unseen / (unseen + 1.0 - w["p_iran_ordered"])

    @staticmethod
    def _eviction(w: World, strain: float, harmed: int, attacks: int) -> float:
        total = strain + w["strain_patriots"] + w["strain_harm"] * harmed + w["strain_attacks"] * attacks
        return normal_cdf((total - w["evict_threshold"]) / w["evict_noise"])


def tree(w: World, labels: bool = False) -> list[Vector]:
    """Walk the tree; return for each option what it is worth to the US and, if asked, the odds of each label."""
    n = Numbers(w)

    def aftermath(k: int, guilty: int, harmed: int, breakable: int, move: int, attacks: int) -> Vector:
        us = n.us[k][guilty]
        if attacks:
            us -= n.cost_cycle
        if harmed:
            us -= n.cost_army
        iran = 0.0
        if move == ESCALATE:
            iran = n.escalate[k]
        elif move == TALK:
            us += n.value_talks
            iran = n.talk[k][breakable]
        elif move == TOLERATE and attacks:
            iran = n.tolerate[k]
        militia = n.militia[k][harmed] if attacks else 0.0
        out, war = n.evicted[k][harmed][attacks], n.war[k][move == ESCALATE]
        total = [0.0, 0.0, 0.0]
        for gone, p in ((1, out), (0, 1.0 - out)):
            for at_war, q in ((1, war), (0, 1.0 - war)):
                odds = p * q
                total[0] += odds * (us - n.cost_evict * gone - 100.0 * at_war)
                total[1] += odds * (iran + 15.0 * gone)
                total[2] += odds * (militia + 10.0 * gone)
        if labels:
            total += [float(attacks), float(move == TALK), float(harmed), float(move == ESCALATE), out, war]
        return total

    def free(k: int, guilty: int, harmed: int, breakable: int, move: int) -> Vector:
        attack = aftermath(k, guilty, harmed, breakable, move, 1)
        stop = aftermath(k, guilty, harmed, breakable, move, 0)
        return two(logit(n.precision, (attack[2], stop[2]))[0], attack, stop)

    def told_to_stop(k: int, guilty: int, harmed: int, breakable: int, move: int) -> Vector:
        stop = aftermath(k, guilty, harmed, breakable, move, 0)
        return two(n.obeys[guilty], stop, free(k, guilty, harmed, breakable, move))

    def reply(k: int, guilty: int, harmed: int, breakable: int) -> Vector:
        at = (k, guilty, harmed, breakable)
        below = [aftermath(*at, ESCALATE, 1), free(*at, TOLERATE), told_to_stop(*at, RESTRAIN), told_to_stop(*at, TALK)]
        return mix(logit(n.precision, [b[1] for b in below]), below)

    def regime(k: int, guilty: int, harmed: int) -> Vector:
        return two(n.breakable, reply(k, guilty, harmed, 1), reply(k, guilty, harmed, 0))

    def follow(k: int, guilty: int) -> Vector:
        if n.harm[k] == 0.0:
            return regime(k, guilty, 0)
        return two(n.harm[k], regime(k, guilty, 1), regime(k, guilty, 0))

    found = [two(n.guilty, follow(k, 1), follow(k, 0)) for k in range(4)]
    return [[vector[0], *vector[3:]] for vector in found]


def tight(w: World) -> list[float]:
    """Return what each option is worth to the US, by formula wherever one is short."""
    n, precision, exp = Numbers(w), w["precision"], math.exp
    values = []
    for k in range(4):
        calm, war = (100.0 * p for p in n.war[k])
        by_guilt = [0.0, 0.0]
        for harmed, p_harm in ((0, 1.0 - n.harm[k]), (1, n.harm[k])):
            if p_harm == 0.0:
                continue
            stays, goes = n.evicted[k][harmed]
            attack = 1.0 / (1.0 + exp(min(precision * (10.0 * (stays - goes) - n.militia[k][harmed]), 700.0)))
            base = -n.cost_army * harmed
            if_stop, if_attack = base - n.cost_evict * stays, base - n.cost_evict * goes - n.cost_cycle
            free = attack * if_attack + (1.0 - attack) * if_stop
            iran_free = 15.0 * (attack * goes + (1.0 - attack) * stays)
            escalate, tolerate = n.escalate[k] + 15.0 * goes, iran_free + attack * n.tolerate[k]
            for guilty in (0, 1):
                obeys = n.obeys[guilty]
                iran_told = obeys * 15.0 * stays + (1.0 - obeys) * iran_free
                told = obeys * if_stop + (1.0 - obeys) * free
                for breakable, p_regime in ((0, 1.0 - n.breakable), (1, n.breakable)):
                    talk = iran_told + n.talk[k][breakable]
                    top = max(escalate, tolerate, iran_told, talk)
                    a, b = exp(precision * (escalate - top)), exp(precision * (tolerate - top))
                    c, d = exp(precision * (iran_told - top)), exp(precision * (talk - top))
                    us = a * (if_attack - war) + b * (free - calm) + (c + d) * (told - calm) + d * n.value_talks
                    by_guilt[guilty] += p_harm * p_regime * us / (a + b + c + d)
        innocent, guilty_value = by_guilt[0] + n.us[k][0], by_guilt[1] + n.us[k][1]
        values.append(n.guilty * guilty_value + (1.0 - n.guilty) * innocent)
    return values
