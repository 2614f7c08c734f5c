"""How should the United States answer militia rocket attacks in Iraq? The decision of 12 March 2020, as a tree.

**Every number is illustrative.** The case is one newspaper report of the week of 15 March 2020; ``P14`` is its 14th
non-blank line. The report contains no probability and no payoff: each value is a reading of words, each range is
wide, and no result of this model says what should have been done. It shows what the two camps of advisers would have
to believe.

**Story.** On 11 March rockets killed three soldiers at Taji. Iran may have ordered the attack (chance, as the US sees
it), and if it did there may be direct evidence of that. Seeing only the evidence, the US does nothing, strikes
moderately (depots at night), or strikes aggressively, in Iraq (militia leaders) or on Iran (naval vessels). A strike
may kill innocents. Iran then sees everything, and escalates, tolerates what the militia does, restrains it or talks;
the militia attacks again or stops, if it is free to choose; Iraq may evict the American troops; and there may be
wider war.

**Order of play.** chance: ordered? - chance: direct evidence? - US: none / moderate / aggressive, in Iraq or on Iran
- chance: innocents killed? - chance: is the regime breakable? - Iran: escalate / tolerate / restrain / talk -
militia: attack / stop (it attacks if Iran escalates; if Iran restrains or talks it is free only where it does not
obey) - chance: evicted? - chance: war?

**Payoffs.** US, in points of which 100 are a wider war: costs of attacks going on, of eviction, of war, of the Iraqi
army lost, of inaction; the worth of talks; and after a strike on Iran the worth of having hit the guilty, or the cost
of having hit the wrong one. The militia: eviction 10, and if it attacks its revenge less what the answer made
attacking cost. Iran: eviction 15, the face it saves and the punishment it expects by escalating, the blame it expects
by tolerating, the price and the gain of talking. War risk and Iran's fear of it are two parameters: in one, more
shared risk would first hurt and then deter.

**Attribution is chance here**, so its value leaves out what better attribution does to deterrence (Baliga, Bueno de
Mesquita & Wolitzky 2020). Iran and the militia choose by logit at `precision`, or exactly with ``exact=True``: always
show both.

**What happens where.** At base a moderate strike is best, with no answer next; the hawks' view favours a strike on Iran
under both choice rules, the doves' view a moderate strike under logit but no answer under exact play.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from decide.games.extensive import ExtensiveForm
from decide.games.nodes import Chance, Decision, Node, Outcome
from decide.models import model
from decide.parameters import Parameter, Value

__all__ = ["KNOWN", "OPTIONS", "rocket_attack"]

OPTIONS = ("none", "moderate", "aggressive / in Iraq", "aggressive / on Iran")

WAR = 100.0  # the yardstick of the US scale
MILITIA_EVICTION, IRAN_EVICTION = 10.0, 15.0
FEAR_SCALE = 40.0
TALKS_PRICE, TALKS_GAIN, TALKS_LOSS = 10.0, 12.0, 50.0


UNITS = {
    "strain": "strain",
    "pain": "share",
    "resolve": "share",
    "iran_avenge": "multiplier",
    "militia_avenge": "multiplier",
    "war_risk": "share",
    "fear": "share",
    "deter": "share",
    "harm": "probability",
}


def _structural(base: float, doc: str, source: str, group: str) -> Parameter:
    """A number of the model's structure: swept by half either way."""
    return Parameter(
        base, low=base / 2, high=base * 1.5, unit=UNITS[group], kind="structure", doc=doc, source=source, group=group
    )


def _zero(doc: str, group: str) -> Parameter:
    return Parameter(0.0, unit=UNITS[group], kind="structure", doc=doc, source="assumed", group=group)


def _belief(base: float, low: float, high: float, doc: str, source: str) -> Parameter:
    return Parameter(base, low=low, high=high, unit="probability", kind="belief", doc=doc, source=source)


def _other(base: float, low: float, high: float, doc: str, source: str) -> Parameter:
    return Parameter(base, low=low, high=high, unit="points", kind="other's payoff", doc=doc, source=source)


def _worth(base: float, low: float, high: float, doc: str, source: str) -> Parameter:
    return Parameter(base, low=low, high=high, unit="points of 100 = wider war", kind="value", doc=doc, source=source)


@model(
    decider="US",
    at="no direct evidence",
    views={
        "hawks": {
            "p_iran_ordered": 0.75, "control_of_proxy": 0.85, "p_breakable": 0.50, "wait_option": 0.20,
            "iran_weakness": 1.9, "resolve_signal": 8.0, "iran_face": 5.0, "iran_fear": 0.07, "war_risk_agg": 0.08,
            "inadvertent": 0.05, "deter_mod": 1.0, "deter_agg": 6.0, "p_harm_agg": 0.10, "evict_threshold": 5.0,
            "cost_inaction": 6.0, "resolve_moderate": 0.0,
        },
        "doves": {
            "p_iran_ordered": 0.25, "control_of_proxy": 0.40, "p_breakable": 0.04, "wait_option": 0.60,
            "iran_weakness": 1.3, "resolve_signal": 2.0, "iran_face": 12.0, "iran_fear": 0.16, "war_risk_agg": 0.40,
            "war_risk_mod": 0.03, "inadvertent": 0.20, "deter_mod": 4.0, "deter_agg": 4.0, "p_harm_agg": 0.30,
            "evict_threshold": 3.7,
        },
        "analysts": {
            "p_iran_ordered": 0.25, "control_of_proxy": 0.45, "p_breakable": 0.04, "wait_option": 0.70,
        },
    },
)  # fmt: skip
def rocket_attack(
    *,
    p_iran_ordered: Value = _belief(
        0.35, 0.05, 0.90, "Iran ordered the attack, before looking for evidence", "P5 P6 P17 P24"
    ),
    detect: Value = _belief(0.5, 0.2, 0.8, "direct evidence is found, given that Iran ordered the attack", "P6 P17"),
    control_of_proxy: Value = _belief(0.6, 0.2, 0.9, "the militia obeys 'stop', Iran not having ordered", "P17-P19"),
    control_if_ordered: Value = _belief(0.85, 0.5, 1.0, "the militia obeys 'stop', Iran having ordered", "P19"),
    p_breakable: Value = _belief(0.12, 0.01, 0.60, "the regime would talk once hurt", "P5 P24 P25"),
    wait_option: Value = Parameter(
        0.5,
        low=0.1,
        high=0.9,
        unit="share",
        kind="belief",
        source="P25",
        doc="share of the incentive to talk that is removed by waiting for another president",
    ),
    iran_weakness: Value = Parameter(
        1.4,
        low=1.0,
        high=2.0,
        unit="multiplier",
        kind="other's payoff",
        source="P10 P26 P27",
        doc="multiplier on Iran's own costs",
    ),
    resolve_signal: Value = _other(4.0, 0.0, 10.0, "punishment Iran expects for answering", "P11 P28"),
    blame: Value = Parameter(
        0.4,
        low=0.0,
        high=1.0,
        unit="share",
        kind="other's payoff",
        source="P17",
        doc="share of that punishment Iran expects for tolerating an attack",
    ),
    cost_answer: Value = _other(2.0, 0.0, 8.0, "Iran's own cost of escalating", "P10 P27"),
    iran_face: Value = _other(8.0, 2.0, 20.0, "Tehran's gain from answering a blow", "P15 P16"),
    iran_fear: Value = Parameter(
        0.15,
        low=0.02,
        high=0.40,
        unit="probability",
        kind="other's payoff",
        source="P16 P27",
        doc="war risk Iran fears after a strike on Iran, if it escalates",
    ),
    war_risk_agg: Value = _belief(0.25, 0.05, 0.60, "wider war if Iran escalates after a strike on Iran", "P6 P8"),
    war_risk_mod: Value = _belief(0.05, 0.01, 0.15, "wider war if Iran escalates after a moderate strike", "P6"),
    inadvertent: Value = Parameter(
        0.10,
        low=0.0,
        high=0.40,
        unit="share",
        kind="belief",
        source="P6",
        doc="share of the option's war risk that is left if Iran does not escalate",
    ),
    revenge: Value = _other(3.0, 1.0, 6.0, "the militia's gain from hitting back", "P15"),
    militia_cost: Value = _other(0.5, 0.0, 3.0, "the militia's cost of any attack", "assumed"),
    deter_mod: Value = _other(3.0, 0.0, 6.0, "the militia's extra cost of attacking after a moderate strike", "P24"),
    deter_agg: Value = _other(5.0, 0.0, 9.0, "the militia's extra cost after a large strike in Iraq", "P11 P28"),
    p_harm_agg: Value = _belief(0.20, 0.05, 0.50, "civilians or Iraqi troops die in a large strike in Iraq", "P14"),
    p_harm_mod: Value = _belief(0.05, 0.01, 0.15, "civilians or Iraqi troops die in a moderate strike", "P7"),
    evict_threshold: Value = Parameter(
        4.0,
        low=2.0,
        high=6.5,
        unit="strain",
        kind="belief",
        source="P6 P12 P14",
        doc="strain on Iraq at which eviction is even odds",
    ),
    evict_noise: Value = Parameter(
        1.0,
        low=0.5,
        high=2.0,
        unit="strain",
        kind="structure",
        source="assumed",
        doc="standard deviation of that threshold",
    ),
    cost_cycle: Value = _worth(12.0, 3.0, 40.0, "cost of attacks going on", "P22"),
    cost_evict: Value = _worth(20.0, 5.0, 50.0, "cost of being evicted from Iraq", "P12"),
    cost_iraqi_army: Value = _worth(8.0, 2.0, 25.0, "cost of losing the Iraqi army when innocents die", "P14"),
    value_talks: Value = _worth(30.0, 10.0, 60.0, "worth of Iran coming to talks", "P25"),
    cost_inaction: Value = _worth(4.0, 0.0, 12.0, "cost of not answering", "assumed"),
    cost_wrong_target: Value = _worth(6.0, 0.0, 15.0, "cost of striking Iran when it did not order the attack", "P6"),
    value_guilty: Value = _worth(4.0, 0.0, 12.0, "worth of striking Iran when it did", "P5 P28"),
    precision: Value = Parameter(
        0.3,
        low=0.1,
        high=2.0,
        unit="per point",
        kind="structure",
        source="assumed",
        doc="logit precision of Iran and the militia; exact play is a setting",
    ),
    strain_none: Value = _zero("strain on Iraq: none", "strain"),
    strain_moderate: Value = _structural(1.0, "strain on Iraq: moderate", "P14", "strain"),
    strain_in_iraq: Value = _structural(2.4, "strain on Iraq: aggressive, in Iraq", "P6 P14", "strain"),
    strain_on_iran: Value = _structural(1.4, "strain on Iraq: aggressive, on Iran", "P6", "strain"),
    strain_patriots: Value = _structural(0.5, "strain on Iraq: Patriots at the bases", "P31", "strain"),
    strain_harm: Value = _structural(2.0, "strain on Iraq: innocents killed", "P14", "strain"),
    strain_attacks: Value = _structural(1.0, "strain on Iraq: attacks go on", "P14", "strain"),
    pain_none: Value = _zero("further pain to Iran if it holds out: none", "pain"),
    pain_moderate: Value = _structural(0.1, "further pain to Iran if it holds out: moderate", "P24", "pain"),
    pain_in_iraq: Value = _structural(0.3, "further pain to Iran if it holds out: aggressive, in Iraq", "P5", "pain"),
    pain_on_iran: Value = _structural(1.0, "further pain to Iran if it holds out: aggressive, on Iran", "P24", "pain"),
    resolve_none: Value = _zero("resolve shown: none", "resolve"),
    resolve_moderate: Value = _structural(0.25, "resolve shown: moderate", "P24 P28", "resolve"),
    resolve_in_iraq: Value = _structural(0.5, "resolve shown: aggressive, in Iraq", "P28", "resolve"),
    resolve_on_iran: Value = _structural(1.0, "resolve shown: aggressive, on Iran", "P24 P28", "resolve"),
    iran_avenge_none: Value = _structural(0.2, "what Iran has to avenge: none", "P15 P16", "iran_avenge"),
    iran_avenge_moderate: Value = _structural(0.3, "what Iran has to avenge: moderate", "P15 P16", "iran_avenge"),
    iran_avenge_in_iraq: Value = _structural(
        0.8, "what Iran has to avenge: aggressive, in Iraq", "P15 P16", "iran_avenge"
    ),
    iran_avenge_on_iran: Value = _structural(
        1.5, "what Iran has to avenge: aggressive, on Iran", "P15 P16", "iran_avenge"
    ),
    militia_avenge_none: Value = _structural(0.3, "what the militia has to avenge: none", "P15", "militia_avenge"),
    militia_avenge_moderate: Value = _structural(
        0.6, "what the militia has to avenge: moderate", "P15", "militia_avenge"
    ),
    militia_avenge_in_iraq: Value = _structural(
        1.5, "what the militia has to avenge: aggressive, in Iraq", "P15", "militia_avenge"
    ),
    militia_avenge_on_iran: Value = _structural(
        0.6, "what the militia has to avenge: aggressive, on Iran", "P15", "militia_avenge"
    ),
    war_risk_none: Value = _structural(0.01, "wider war if Iran escalates: none", "P6", "war_risk"),
    war_share_in_iraq: Value = _structural(
        0.5, "wider war if Iran escalates: aggressive, in Iraq, as a share of war_risk_agg", "P6", "war_risk"
    ),
    fear_none: Value = _structural(0.04, "share of iran_fear: none", "P16", "fear"),
    fear_moderate: Value = _structural(0.2, "share of iran_fear: moderate", "P16", "fear"),
    fear_in_iraq: Value = _structural(0.5, "share of iran_fear: aggressive, in Iraq", "P16", "fear"),
    fear_on_iran: Value = _structural(1.0, "share of iran_fear: aggressive, on Iran", "P16", "fear"),
    deter_none: Value = _zero("the militia's extra cost of attacking: none", "deter"),
    deter_share_on_iran: Value = _structural(
        0.5, "the militia's extra cost of attacking: aggressive, on Iran, as a share of deter_mod", "P24", "deter"
    ),
    harm_none: Value = _zero("innocents killed: none", "harm"),
    harm_on_iran: Value = _zero("innocents killed: aggressive, on Iran", "harm"),
    patriots: bool = True,
    exact: bool = False,
) -> ExtensiveForm:
    """The answer to the rocket attacks of March 2020, seen from Washington (illustrative numbers)."""
    strain = dict(zip(OPTIONS, (strain_none, strain_moderate, strain_in_iraq, strain_on_iran), strict=True))
    pain = dict(zip(OPTIONS, (pain_none, pain_moderate, pain_in_iraq, pain_on_iran), strict=True))
    resolve = dict(zip(OPTIONS, (resolve_none, resolve_moderate, resolve_in_iraq, resolve_on_iran), strict=True))
    iran_avenge = dict(
        zip(OPTIONS, (iran_avenge_none, iran_avenge_moderate, iran_avenge_in_iraq, iran_avenge_on_iran), strict=True)
    )
    militia_avenge = dict(
        zip(
            OPTIONS,
            (militia_avenge_none, militia_avenge_moderate, militia_avenge_in_iraq, militia_avenge_on_iran),
            strict=True,
        )
    )
    war_risk = dict(
        zip(OPTIONS, (war_risk_none, war_risk_mod, war_share_in_iraq * war_risk_agg, war_risk_agg), strict=True)
    )
    fear = dict(zip(OPTIONS, (fear_none, fear_moderate, fear_in_iraq, fear_on_iran), strict=True))
    deter = dict(zip(OPTIONS, (deter_none, deter_mod, deter_agg, deter_share_on_iran * deter_mod), strict=True))
    p_harm = dict(zip(OPTIONS, (harm_none, p_harm_mod, p_harm_agg, harm_on_iran), strict=True))
    rationality: Any = None if exact else precision

    # Each number is computed once and shared by all the places in the tree where it is the same.
    @cache
    def p_evicted(option: str, harmed: bool, attacks: bool) -> tuple[Value, Value]:
        total = (
            strain[option]
            + (strain_patriots if patriots else 0.0)
            + (strain_harm if harmed else 0.0)
            + (strain_attacks if attacks else 0.0)
        )
        p = normal_cdf((total - evict_threshold) / evict_noise)
        return p, 1.0 - p

    @cache
    def p_war(option: str, escalated: bool) -> tuple[Value, Value]:
        p = war_risk[option] if escalated else inadvertent * war_risk[option]
        return p, 1.0 - p

    @cache
    def us_so_far(option: str, guilty: bool, harmed: bool, attacks: bool, talks: bool) -> Value:
        total: Value = 0.0
        if attacks:
            total = total - cost_cycle
        if harmed:
            total = total - cost_iraqi_army
        if talks:
            total = total + value_talks
        if option == "none":
            total = total - cost_inaction
        if option == "aggressive / on Iran":
            total = total + value_guilty if guilty else total - cost_wrong_target
        return total

    @cache
    def us_in_peace(option: str, guilty: bool, harmed: bool, attacks: bool, talks: bool, evicted: bool) -> Value:
        total = us_so_far(option, guilty, harmed, attacks, talks)
        return total - cost_evict if evicted else total

    @cache
    def us(option: str, guilty: bool, harmed: bool, attacks: bool, talks: bool, evicted: bool, war: bool) -> Value:
        total = us_in_peace(option, guilty, harmed, attacks, talks, evicted)
        return total - WAR if war else total

    @cache
    def militia(option: str, harmed: bool, attacks: bool, evicted: bool) -> Value:
        spoils = MILITIA_EVICTION if evicted else 0.0
        if not attacks:
            return spoils
        anger = militia_avenge[option] + (1.0 if harmed else 0.0)
        return spoils + (revenge * anger - deter[option] - militia_cost)

    @cache
    def iran_move(option: str, move: str, breakable: bool, attacks: bool) -> Value:
        expected = resolve[option] * resolve_signal
        if move == "escalate":
            punished = expected + FEAR_SCALE * iran_fear * fear[option] + cost_answer
            return iran_face * iran_avenge[option] - iran_weakness * punished
        if move == "tolerate" and attacks:
            return -(iran_weakness * blame * expected)
        if move == "talk":
            gain = TALKS_GAIN * pain[option] * iran_weakness * (1.0 - wait_option) if breakable else -TALKS_LOSS
            return gain - TALKS_PRICE
        return 0.0

    @cache
    def iran(option: str, move: str, breakable: bool, attacks: bool, evicted: bool) -> Value:
        if evicted:
            return iran_move(option, move, breakable, attacks) + IRAN_EVICTION
        return iran_move(option, move, breakable, attacks)

    @cache
    def aftermath(option: str, guilty: bool, harmed: bool, breakable: bool, move: str, attacks: bool) -> Node:
        """Iraq evicts or not, and there is wider war or not."""
        happened = [
            label
            for label, true in (
                ("attacks go on", attacks), ("talks", move == "talk"),
                ("innocents killed", harmed), ("escalation", move == "escalate"),
            )
            if true
        ]  # fmt: skip

        def end(evicted: bool, war: bool) -> Outcome:
            return Outcome(
                {
                    "US": us(option, guilty, harmed, attacks, move == "talk", evicted, war),
                    "Iran": iran(option, move, breakable, attacks, evicted),
                    "militia": militia(option, harmed, attacks, evicted),
                },
                labels=[*happened, *(["evicted"] if evicted else []), *(["war"] if war else [])],
            )

        war, peace = p_war(option, move == "escalate")
        out, stay = p_evicted(option, harmed, attacks)
        return Chance(
            {
                "evicted": (out, Chance({"war": (war, end(True, True)), "no war": (peace, end(True, False))})),
                "not evicted": (stay, Chance({"war": (war, end(False, True)), "no war": (peace, end(False, False))})),
            }
        )

    def after(option: str, guilty: bool) -> Node:
        """Everything that follows an answer, Iran having ordered the attack or not."""
        obeys = control_if_ordered if guilty else control_of_proxy
        free_odds = 1.0 - obeys
        struck = option == "aggressive / on Iran"

        def reply(harmed: bool, breakable: bool) -> Node:
            def attack(move: str) -> Node:
                return aftermath(option, struck and guilty, harmed, breakable and move == "talk", move, True)

            def stop(move: str) -> Node:
                return aftermath(option, struck and guilty, harmed, breakable and move == "talk", move, False)

            def free(move: str) -> Node:
                return Decision("militia", {"attack": attack(move), "stop": stop(move)}, rationality=rationality)

            def told_to_stop(move: str) -> Node:
                return Chance({"obeys": (obeys, stop(move)), "does not obey": (free_odds, free(move))})

            moves = {
                "escalate": attack("escalate"), "tolerate": free("tolerate"),
                "restrain": told_to_stop("restrain"), "talk": told_to_stop("talk"),
            }  # fmt: skip
            return Decision("Iran", moves, rationality=rationality)

        def regime(harmed: bool) -> Node:
            return Chance({
                "breakable": (p_breakable, reply(harmed, True)), "not breakable": (not_breakable, reply(harmed, False)),
            })  # fmt: skip

        risk = p_harm[option]
        if isinstance(risk, float) and risk == 0.0:
            return regime(False)
        return Chance({"innocents killed": (risk, regime(True)), "none killed": (1.0 - risk, regime(False))})

    def answer(guilty: bool, evidence: str) -> Node:
        targets = Decision(
            "US",
            {"in Iraq": follow("aggressive / in Iraq", guilty), "on Iran": follow("aggressive / on Iran", guilty)},
            infoset=f"{evidence}: target",
        )
        return Decision(
            "US",
            {"none": follow("none", guilty), "moderate": follow("moderate", guilty), "aggressive": targets},
            infoset=evidence,
        )

    follow = cache(after)
    not_breakable = 1.0 - p_breakable
    found = Chance(
        {
            "direct evidence": (detect, answer(True, "direct evidence")),
            "no direct evidence": (1.0 - detect, answer(True, "no direct evidence")),
        }
    )
    return ExtensiveForm(
        Chance(
            {
                "ordered": (p_iran_ordered, found),
                "not ordered": (1.0 - p_iran_ordered, answer(False, "no direct evidence")),
            }
        ),
        players=("US", "Iran", "militia"),
    )


def normal_cdf(x: Value) -> Value:
    """Return the standard normal distribution function."""
    from scipy.special import ndtr

    return np.asarray(ndtr(x)) if isinstance(x, np.ndarray) else float(ndtr(x))


def _row(view: str, exact: bool, values: tuple[float, ...]) -> dict[str, Any]:
    return {
        "base": view,
        "values": {"exact": exact},
        "option_value": dict(zip(OPTIONS, values, strict=True)),
        "decimals": 2,
        "source": "two independent computations of the same tree",
    }


#: Expected points of each option at "no direct evidence", by view and choice rule.
KNOWN = (
    _row("base", False, (-10.50, -7.98, -22.86, -16.25)),
    _row("base", True, (-16.22, -2.31, -26.10, -11.72)),
    _row("hawks", False, (-10.93, -6.24, -4.97, 11.03)),
    _row("hawks", True, (-18.05, -13.08, -4.15, 12.73)),
    _row("doves", False, (-11.73, -10.11, -39.00, -51.19)),
    _row("doves", True, (-16.48, -18.25, -48.43, -60.81)),
    _row("analysts", False, (-10.91, -8.35, -23.15, -18.21)),
    _row("analysts", True, (-16.22, -2.31, -24.93, -14.50)),
)
