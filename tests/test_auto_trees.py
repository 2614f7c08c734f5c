"""What `auto` takes for trees in which moves of others are unseen: all, else all that are credible, else one."""

from __future__ import annotations

import numpy as np
import pytest

import decide
from decide import Decision, ExtensiveForm, NormalForm, Outcome
from decide.solvers import choose_method, subgame_perfect

DILEMMA = NormalForm.bimatrix([[3, 0], [5, 1]], [[3, 5], [0, 1]])
SEXES = NormalForm.bimatrix([[2, 0], [0, 1]], [[1, 0], [0, 2]])


def alliance(stay: float | np.ndarray = 0.9) -> ExtensiveForm:
    """P chooses a dilemma or a coordination for Q and R, who move at once, or to stay: 3 players, 2 pieces of 2 x 2."""

    def ends(name: str, table: dict[tuple[str, str], tuple[float, float, float]]) -> Decision:
        moves = list(dict.fromkeys(a for a, _ in table))
        return Decision("Q", {
            a: Decision("R", {
                b: Outcome(dict(zip("PQR", table[a, b], strict=True))) for b in moves
            }, infoset=f"R {name}") for a in moves
        }, infoset=f"Q {name}")  # fmt: skip

    dilemma = {("help", "help"): (3, 3, 3), ("help", "shirk"): (1, 0, 4),
               ("shirk", "help"): (1, 4, 0), ("shirk", "shirk"): (-1, 1, 1)}  # fmt: skip
    meeting = {("A", "A"): (2, 2, 1), ("A", "B"): (0, 0, 0), ("B", "A"): (0, 0, 0), ("B", "B"): (1, 1, 2)}
    return ExtensiveForm(Decision("P", {
        "dilemma": ends("dilemma", dilemma), "meeting": ends("meeting", meeting),
        "stay": Outcome({"P": stay, "Q": 0, "R": 0}),
    }))  # fmt: skip


def test_a_long_repetition_is_answered_credibly() -> None:
    answer = decide.solve(decide.repeat(DILEMMA, 3))
    assert answer.method == "subgame_perfect"
    assert answer.complete
    assert answer.reason.startswith("chosen: to find all Nash equilibria would take long, and at 'round 1' Column")
    assert answer.reason.endswith("; finds all credible in every subgame")
    (e,) = answer.equilibria
    assert decide.check(e, "subgame perfect").holds
    assert all(s["1"] == 1.0 for own in e.strategies.values() for s in own.values())  # nobody ever restrains


def test_three_players_by_hand() -> None:
    # The dilemma ends at -1 for P; the meeting at 2, 1, or, mixed, 2/9 * 2 + 2/9 * 1 = 2/3, less than staying.
    answer = decide.solve(alliance())
    assert answer.method == "subgame_perfect"
    assert sorted(e.payoffs["P"] for e in answer.equilibria) == pytest.approx([0.9, 1.0, 2.0])
    batch = decide.solve(alliance(np.array([0.5, 0.9, 1.5])))
    assert batch.method == "subgame_perfect"
    assert [sorted(e.payoffs["P"] for e in batch[k].equilibria) for k in range(3)] == [
        pytest.approx(worth) for worth in ([2 / 3, 1.0, 2.0], [0.9, 1.0, 2.0], [1.5, 1.5, 2.0])
    ]


def test_all_nash_equilibria_where_they_can_be_listed() -> None:
    method, reason = choose_method(decide.repeat(DILEMMA, 2))
    assert method == "nash"
    assert reason.endswith("finds all Nash equilibria; method 'subgame_perfect' keeps those credible in every subgame")
    method, reason = choose_method(decide.repeat(DILEMMA, 1))
    assert method == "nash"
    assert reason.endswith("finds all Nash equilibria")  # no proper subgame


def test_many_equilibria_are_not_quick() -> None:
    thrice = decide.repeat(SEXES, 3)  # 3 equilibria in each of 16 last rounds
    assert choose_method(thrice)[0] == "sequence_form"
    assert not subgame_perfect.is_quick(thrice)
    assert not subgame_perfect.is_quick(decide.repeat(DILEMMA, 1))
    assert not subgame_perfect.is_quick(decide.repeat(DILEMMA, 5))  # 341 rounds to be solved
    assert subgame_perfect.is_quick(alliance(np.array([0.5, 0.9])))
