"""The intuitive criterion and D1 by their definitions, for two types and two replies, in fractions: no program, no code
shared.

After a message the receiver's mixed reply is one number, the odds of its first action. Its best replies to beliefs in
some types are that action, the other, or every mixture (if some belief leaves it indifferent: two linear functions of
one belief that change places cross). What a type gains by the message is linear in the reply, so every set the
definitions speak of is a union of intervals between the zeros of gains, and looking at the zeros and between them is
looking everywhere.
"""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decide import Chance, Decision, ExtensiveForm, Outcome, solve
from decide.refining import check

Payoffs = np.ndarray  # of int, shape (types, messages, replies, 2)


def signalling(payoffs: Payoffs, prior: tuple[float, ...], factor: float = 1.0, shift: float = 0.0) -> ExtensiveForm:
    """A type is drawn, A knows it and sends a message, B replies."""
    _, messages, replies, _ = payoffs.shape

    def reply(t: int, m: int) -> Decision:
        ends = {
            f"r{k}": Outcome({p: float(payoffs[t, m, k, i]) * factor + shift for i, p in enumerate("AB")})
            for k in range(replies)
        }
        return Decision("B", ends, infoset=f"m{m}")

    def sender(t: int) -> Decision:
        return Decision("A", {f"m{m}": reply(t, m) for m in range(messages)}, infoset=f"t{t}")

    return ExtensiveForm(Chance({f"t{t}": (p, sender(t)) for t, p in enumerate(prior)}), players=("A", "B"))


def best_replies(payoffs: Payoffs, m: int, types: list[int]) -> str:
    """Which replies are best under some belief in some types: the first, the second, or all mixtures."""
    lead = [int(payoffs[t, m, 0, 1] - payoffs[t, m, 1, 1]) for t in types]
    if max(lead) < 0:
        return "second"
    return "first" if min(lead) > 0 else "all"


def replies_to_look_at(which: str, gains: list[tuple[Fraction, Fraction]]) -> list[Fraction]:
    """Every reply (odds of the first action) at which something may change, and one between any two of them."""
    if which != "all":
        return [Fraction(1 if which == "first" else 0)]
    zeros = [one[1] / (one[1] - one[0]) for one in gains if one[0] != one[1]]
    marks = sorted({Fraction(0), Fraction(1), *(z for z in zeros if 0 <= z <= 1)})
    return [*marks, *((a + b) / 2 for a, b in itertools.pairwise(marks))]


def gain(one: tuple[Fraction, Fraction], reply: Fraction) -> Fraction:
    return reply * one[0] + (1 - reply) * one[1]


def by_definition(payoffs: Payoffs, m: int, worth: list[Fraction]) -> tuple[bool, bool]:
    """Whether an equilibrium that gives the types `worth` passes the intuitive criterion, and D1, at message m."""
    types = [0, 1]
    gains = [tuple(Fraction(int(payoffs[t, m, k, 0])) - worth[t] for k in (0, 1)) for t in types]
    everything = replies_to_look_at(best_replies(payoffs, m, types), gains)  # type: ignore[arg-type]
    left = [t for t in types if max(gain(gains[t], r) for r in everything) >= 0]  # type: ignore[arg-type]
    intuitive = True
    if left:
        some = replies_to_look_at(best_replies(payoffs, m, left), gains)  # type: ignore[arg-type]
        intuitive = not any(min(gain(gains[t], r) for r in some) > 0 for t in left)  # type: ignore[arg-type]
    # D1: who gains or loses nothing only where the other gains is not believed to have sent it
    strictly = [{r for r in everything if gain(gains[t], r) > 0} for t in types]  # type: ignore[arg-type]
    weakly = [{r for r in everything if gain(gains[t], r) >= 0} for t in types]  # type: ignore[arg-type]
    believed = [t for t in types if not (strictly[1 - t] and weakly[t] <= strictly[1 - t])] or types
    some = replies_to_look_at(best_replies(payoffs, m, believed), gains)  # type: ignore[arg-type]
    d1 = any(all(gain(g, r) <= 0 for g in gains) for r in some)  # type: ignore[arg-type]
    return intuitive, d1


def poolings(payoffs: Payoffs, prior: tuple[Fraction, Fraction]) -> Any:
    """Pure Nash equilibria in which both types send one message: message, replies, and what the types get."""
    _, messages, _, _ = payoffs.shape
    for m, answer in itertools.product(range(messages), itertools.product((0, 1), repeat=messages)):
        own = [sum(prior[t] * int(payoffs[t, m, k, 1]) for t in (0, 1)) for k in (0, 1)]
        worth = [int(payoffs[t, m, answer[m], 0]) for t in (0, 1)]
        best = [max(int(payoffs[t, n, answer[n], 0]) for n in range(messages)) for t in (0, 1)]
        if own[answer[m]] == max(own) and worth == best:
            yield m, answer, [Fraction(w) for w in worth]


def compare(payoffs: Payoffs, factor: float, shift: float) -> int:
    prior = (Fraction(1, 4), Fraction(3, 4))
    game = signalling(payoffs, (0.25, 0.75), factor, shift)
    found = solve(game, method="pure").equilibria
    looked = 0
    for m, answer, worth in poolings(payoffs, prior):
        e = next(
            e
            for e in found
            if all(e.strategies["A"][f"t{t}"][f"m{m}"] == 1 for t in (0, 1))
            and all(e.strategies["B"][f"m{n}"][f"r{k}"] == 1 for n, k in enumerate(answer))
        )
        truth = [by_definition(payoffs, n, worth) for n in range(payoffs.shape[1]) if n != m]
        for concept, expected in zip(("intuitive criterion", "D1"), zip(*truth, strict=True), strict=True):
            answered = check(e, concept)
            assert answered.holds is all(expected), (concept, m, answer)
            for failure in answered.failures:
                assert failure.gain > 0
                assert failure.player == "A"
                message = next(n for n in range(payoffs.shape[1]) if f"by m{n} " in failure.why)
                assert not truth[message - (message > m)][concept == "D1"]
        looked += 1
    return looked


@given(
    st.sampled_from((2, 3)), st.lists(st.integers(-3, 3), min_size=24, max_size=24),
    st.sampled_from(((1.0, 0.0), (2.0**30, 0.0), (2.0**-40, 0.0), (1.0, 2.0**28))),
)  # fmt: skip
@settings(max_examples=50, deadline=None)
def test_two_types_and_two_replies(messages: int, entries: list[int], scale: tuple[float, float]) -> None:
    compare(np.array(entries[: 8 * messages]).reshape(2, messages, 2, 2), *scale)


@pytest.mark.parametrize("scale", [(1.0, 0.0), (1e9, 0.0), (1e-12, 0.0), (1.0, 1e8)])
def test_every_scale_on_the_same_games(scale: tuple[float, float]) -> None:
    rng = np.random.default_rng(1)
    looked = sum(compare(rng.integers(-3, 4, size=(2, 2, 2, 2)), *scale) for _ in range(12))
    assert looked > 8
