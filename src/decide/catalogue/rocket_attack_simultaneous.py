"""The rocket-attack case if nobody sees the other's move: a 4 x 3 game in normal form.

**Every number is illustrative**, as in `rocket_attack`, from which parameters, settings and views are inherited.

**Story.** Iran, with its militia, commits itself before it knows the American answer: it stands down (Iran restrains,
the militia stops), continues (Iran tolerates, the militia attacks) or escalates (Iran escalates, and with it the
militia attacks). The US commits itself as well.

**Payoffs.** What the US and Iran expect in the tree at "no direct evidence" when these moves are fixed and the rest
is left to chance. ``precision`` and ``exact`` have nothing to act on here.

**What it is for.** The order of moves is an assumption of the model (P14): where this game and the tree recommend
different answers, the case hangs on whether Iran sees the answer before it moves.
"""

from __future__ import annotations

from typing import Any

from decide.catalogue.rocket_attack import OPTIONS, rocket_attack
from decide.games.extensive import ExtensiveForm
from decide.games.normal import NormalForm
from decide.models import model

__all__ = ["KNOWN", "rocket_attack_simultaneous"]

AT = "no direct evidence"

#: What Iran and its militia do, by the name of Iran's action; the militia has no choice if Iran escalates.
REPLIES: dict[str, dict[str, str]] = {
    "stand down": {"Iran": "restrain", "militia": "stop"},
    "continue": {"Iran": "tolerate", "militia": "attack"},
    "escalate": {"Iran": "escalate"},
}


@model(extends=rocket_attack, decider="US", at=None)
def rocket_attack_simultaneous(game: ExtensiveForm) -> NormalForm:
    """The answer to the rocket attacks if Iran cannot wait to see it (illustrative numbers)."""
    table: dict[tuple[str, str], Any] = {}
    for option in OPTIONS:
        answer, _, target = option.partition(" / ")
        us = {AT: answer, f"{AT}: target": target}
        for reply, moves in REPLIES.items():
            table[option, reply] = game.expected_payoffs({"US": us, **moves}, at=AT)
    payoffs = {profile: (value["US"], value["Iran"]) for profile, value in table.items()}
    return NormalForm.from_table(payoffs, players=("US", "Iran"))


def _row(view: str, answer: str, reply: str) -> dict[str, Any]:
    return {
        "base": view,
        "values": {},
        "equilibria": ({"US": {answer: 1.0}, "Iran": {reply: 1.0}},),
        "source": "best replies read off the table; the only one by support enumeration (nashpy)",
    }


#: Every view has one equilibrium, in pure strategies.
KNOWN = (
    _row("base", "moderate", "continue"),
    _row("hawks", "aggressive / on Iran", "stand down"),
    _row("doves", "moderate", "continue"),
    _row("analysts", "moderate", "continue"),
)
