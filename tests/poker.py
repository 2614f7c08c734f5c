"""Two small pokers as trees, for tests and benchmarks: Kuhn's (1950) and Leduc (Southey et al. 2005).

In both everybody antes 1. Kuhn: three cards J < Q < K, one each; one bet of 1. Leduc: two suits of three ranks; one
card each and a round with bets of 2, then a card for all to see and a round with bets of 4, at most two bets a round;
who pairs the common card wins, else the higher rank. Everything is written as the rules say it, with no regard to how
it is solved.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from decide import Chance, Decision, ExtensiveForm, Outcome

PLAYERS = ("One", "Two")


def ends(first: float, offset: float = 0.0, scale: float = 1.0, rake: float = 0.0) -> Outcome:
    """Return the end at which the first player wins what the second loses, less a share that the house takes."""
    kept = [first - rake * abs(first), -first - rake * abs(first)]
    return Outcome({p: offset + scale * v for p, v in zip(PLAYERS, kept, strict=True)})


def kuhn(offset: float = 0.0, scale: float = 1.0) -> ExtensiveForm:
    """Return Kuhn poker; information sets are called by the card and what was done, such as ``J check bet``."""

    def play(one: str, two: str) -> Any:
        wins = 1.0 if "JQK".index(one) > "JQK".index(two) else -1.0

        def end(stake: float) -> Outcome:
            return ends(stake, offset, scale)

        answer = Decision("Two", {"fold": end(1), "call": end(2 * wins)}, infoset=f"{two} bet")
        last = Decision("One", {"fold": end(-1), "call": end(2 * wins)}, infoset=f"{one} check bet")
        second = Decision("Two", {"check": end(wins), "bet": last}, infoset=f"{two} check")
        return Decision("One", {"check": second, "bet": answer}, infoset=one)

    deals = {f"{a}{b}": (1 / 6, play(a, b)) for a in "JQK" for b in "JQK" if a != b}
    return ExtensiveForm(Chance(deals))


def leduc(*, suits: bool = True, rake: float = 0.0) -> ExtensiveForm:
    """Return Leduc poker, 936 information sets; 288 without the suits, which play no part."""
    left = dict.fromkeys([r + s for r in "JQK" for s in "sh"], 1) if suits else dict.fromkeys("JQK", 2)

    def deal(cards: dict[str, int], then: Callable[[str], Any]) -> Chance:
        total = sum(cards.values())
        return Chance({card: (k / total, then(card)) for card, k in cards.items() if k})

    def without(cards: dict[str, int], card: str) -> dict[str, int]:
        return {c: k - (c == card) for c, k in cards.items()}

    def showdown(hands: tuple[str, str], common: str, paid: int) -> Outcome:
        strength = ["JQK".index(hand[0]) + 3 * (hand[0] == common[0]) for hand in hands]
        return ends(paid * ((strength[0] > strength[1]) - (strength[0] < strength[1])), rake=rake)

    def betting(
        hands: tuple[str, str], seen: str, size: int, paid: tuple[int, int], then: Callable[[str, int], Any]
    ) -> Any:
        """One round; `then` is given what was done and what each has paid."""

        def turn(who: int, done: str, paid: tuple[int, int], bets: int) -> Any:
            other = paid[1 - who]
            level = (other, other)
            raised = (other + size, paid[1]) if who == 0 else (paid[0], other + size)
            moves: dict[str, Any] = {}
            if paid[who] < other:
                moves["fold"] = ends(-paid[0] if who == 0 else paid[1], rake=rake)
                moves["call"] = then(done + "c", level[0])
            else:
                moves["check"] = turn(1, done + "k", paid, bets) if done == "" else then(done + "k", level[0])
            if bets < 2:
                moves["raise"] = turn(1 - who, done + "r", raised, bets + 1)
            return Decision(PLAYERS[who], moves, infoset=f"{hands[who]}{seen}:{done}")

        return turn(0, "", paid, 0)

    def second(hands: tuple[str, str], cards: dict[str, int], done: str, paid: int) -> Any:
        return deal(
            cards,
            lambda c: betting(hands, f"{c} {done}", 4, (paid, paid), lambda _, total: showdown(hands, c, total)),
        )

    def first(one: str, two: str) -> Any:
        cards = without(without(left, one), two)
        return betting((one, two), "", 2, (1, 1), lambda done, paid: second((one, two), cards, done, paid))

    return ExtensiveForm(deal(left, lambda a: deal(without(left, a), lambda b: first(a, b))))
