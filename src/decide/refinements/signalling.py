"""Refinements of signalling games: what may be believed of whoever sends a message that nobody should have sent.

A *sender*, who knows its type, moves first; whoever moves next, a *receiver* of one type or of several, has seen the
message and not the sender's type. Later moves are kept as they are in the equilibrium.

*Intuitive criterion* (Cho & Kreps 1987): a type that could not gain by the message, however the receivers, believing
whatever they like, reply best, is not believed to have sent it. The equilibrium fails if then some remaining type is
sure to gain. *D1* (Banks & Sobel 1987, Cho & Kreps 1987): a type is not believed to have sent the message if another
type would gain from it under every best reply under which the first gains or loses nothing. The equilibrium fails if no
beliefs in the types that remain, and no best reply to them, keep all types from sending it.

Best replies are found by linear programming over the sets of replies that can be best together under one belief about
the sender's type; so both are decided, for small games.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from decide.games.extensive import CHANCE, DECISION
from decide.games.values import FloatArray
from decide.refinements.check import Check, Failure
from decide.refinements.play import Play
from decide.refinements.tables import TIE, program

__all__ = ["d1", "intuitive_criterion"]

#: Combinations of replies that are looked at.
MOST_REPLIES = 20_000

Support = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, eq=False)
class _Message:
    """What follows a message.

    Attributes
    ----------
    name : str
    senders : list of int
        Information sets (types) that can send it.
    receivers : list of int
        Information sets that follow.
    unit : float
        The sender's payoff range, in which all that it is about is counted: linear programs have absolute tolerances.
    sender_worth : list of numpy.ndarray, shape (n_types, n_actions)
        Per receiver, what each of its actions adds to what the message is worth to each type.
    sender_rest : numpy.ndarray, shape (n_types,)
        What it is worth where no receiver moves.
    receiver_worth : list of numpy.ndarray, shape (n_actions, n_types)
        Per receiver, what each action is worth if each type sent it, times how likely chance leads there.
    equilibrium : numpy.ndarray, shape (n_types,)
        What each type has in the equilibrium.
    """

    name: str
    senders: list[int]
    receivers: list[int]
    unit: float
    sender_worth: list[FloatArray]
    sender_rest: FloatArray
    receiver_worth: list[FloatArray]
    equilibrium: FloatArray

    def gain(self, reply: Sequence[int]) -> FloatArray:
        """What each type gains by the message if the receivers reply so, shape (n_types,)."""
        worth = self.sender_rest.copy()
        for u, a in zip(self.sender_worth, reply, strict=True):
            worth += u[:, a]
        return np.asarray(worth - self.equilibrium)


def intuitive_criterion(play: Play, _beliefs: Sequence[FloatArray] | None = None) -> Check:
    """Check the intuitive criterion at every message that is never sent."""
    return _over_messages(play, "intuitive criterion", _intuitive)


def d1(play: Play, _beliefs: Sequence[FloatArray] | None = None) -> Check:
    """Check D1 at every message that is never sent."""
    return _over_messages(play, "D1", _d1)


def _over_messages(play: Play, concept: str, test: Any) -> Check:
    messages, why = _messages(play)
    if why:
        return Check(concept, None, note=f"this is no signalling game: {why}")
    failures: list[Failure] = []
    for message in messages:
        if np.prod([2.0 ** len(w) for w in message.receiver_worth]) > MOST_REPLIES:
            return Check(concept, None, note=f"too many replies to {message.name!r}")
        failures += test(play, message)
    return Check(concept, not failures, tuple(failures))


# ------------------------------------------------------------------ the shape of the game


def _messages(play: Play) -> tuple[list[_Message], str]:
    """Read off the messages that are never sent; or why there are none to speak of."""
    s = play.s
    firsts = [i for i, kind in enumerate(s.kind) if kind == DECISION and s.depth[i] == 0]
    senders = sorted({s.infoset_of[i] for i in firsts if play.chance_reach[i] > 0})  # nobody is a type of no chance
    owners = {s.infosets[h].player for h in senders}
    if len(owners) != 1:
        return [], "several players may move first"
    (sender,) = owners
    if len(senders) < 2:
        return [], f"{s.players[sender]} has one type only"
    if any(s.depth[i] > 0 for h in senders for i in s.infosets[h].nodes):
        return [], f"{s.players[sender]} does not know whether it moves first"
    after: dict[str, dict[int, list[int]]] = {}
    for i in range(1, len(s.rows)):
        start, label = _message_of(play, i)
        if start is None or not _is_reply(play, i):
            continue
        h = s.infoset_of[i]
        if s.infosets[h].player == sender:
            return [], f"{s.players[sender]} moves again before anybody replies"
        after.setdefault(label, {}).setdefault(h, []).append(i)
    for label, receivers in after.items():
        for h, nodes in receivers.items():
            if len(nodes) != len(s.infosets[h].nodes):
                return [], f"at {s.infosets[h].name!r} the message {label!r} is not seen"
    unsent = [
        label
        for label in dict.fromkeys(a for h in senders for a in s.infosets[h].actions)
        if all(_odds_of(play, h, label) <= TIE for h in senders)
    ]
    return [_message(play, label, senders, after.get(label, {})) for label in unsent], ""


def _odds_of(play: Play, h: int, label: str) -> float:
    actions = play.s.infosets[h].actions
    return float(play.strategies[h][actions.index(label)]) if label in actions else 0.0


def _message_of(play: Play, node: int) -> tuple[int | None, str]:
    """The sender's node above a node, and what it sent; None if the sender has not moved."""
    s = play.s
    while (up := s.parent[node]) >= 0:
        if s.kind[up] == DECISION and s.depth[up] == 0:
            return up, s.infosets[s.infoset_of[up]].actions[s.branch[node]]
        node = up
    return None, ""


def _is_reply(play: Play, node: int) -> bool:
    """Whether a node is the first move of a player after the message."""
    return play.s.kind[node] == DECISION and play.s.depth[node] == 1


def _message(play: Play, label: str, senders: list[int], receivers: dict[int, list[int]]) -> _Message:
    s = play.s
    types = [h for h in senders if label in s.infosets[h].actions]
    sets = list(receivers)
    player = s.infosets[types[0]].player
    unit = play.span[player] or 1.0
    sender_worth = [np.zeros((len(types), len(s.infosets[h].actions))) for h in sets]
    receiver_worth = [np.zeros((len(s.infosets[h].actions), len(types))) for h in sets]
    rest, equilibrium = np.zeros(len(types)), np.zeros(len(types))
    for t, h in enumerate(types):
        nodes = list(s.infosets[h].nodes)
        odds = play.chance_reach[nodes] / play.chance_reach[nodes].sum()
        for node, p in zip(nodes, odds, strict=True):
            equilibrium[t] += p * play.value[node, player] / unit
            first = next(c for c in s.children[node] if s.branch[c] == s.infosets[h].actions.index(label))
            stack = [(first, float(p))]
            while stack:
                at, weight = stack.pop()
                if _is_reply(play, at):
                    r = sets.index(s.infoset_of[at])
                    owner = s.infosets[sets[r]].player
                    for c in s.children[at]:
                        sender_worth[r][t, s.branch[c]] += weight * play.value[c, player] / unit
                        receiver_worth[r][s.branch[c], t] += weight * play.value[c, owner]
                elif s.kind[at] == CHANCE:
                    stack += [(c, weight * play.chance(c)) for c in s.children[at]]
                else:
                    rest[t] += weight * play.value[at, player] / unit
    return _Message(label, types, sets, unit, sender_worth, rest, receiver_worth, equilibrium)


# ------------------------------------------------------------------ best replies


def _supports(message: _Message, types: Sequence[int]) -> Iterator[Support]:
    """Sets of replies, one for each receiver, that are best together under some belief in some of the types."""
    n = len(types)
    scale = [float(np.ptp(w, axis=0).max()) or 1.0 for w in message.receiver_worth]
    choices = [
        [c for k in range(1, len(w) + 1) for c in itertools.combinations(range(len(w)), k)]
        for w in message.receiver_worth
    ]
    for support in itertools.product(*choices):
        equal, less = [], []
        for w, best, unit in zip(message.receiver_worth, support, scale, strict=True):
            own = w[:, list(types)] / unit
            equal += [own[a] - own[best[0]] for a in best[1:]]
            less += [own[a] - own[best[0]] for a in range(len(w)) if a not in best]
        constraints: dict[str, Any] = {
            "A_eq": np.vstack([np.ones((1, n)), *[e[None] for e in equal]]),
            "b_eq": np.append(1.0, np.zeros(len(equal))),
            "bounds": (0.0, 1.0),
        }
        if less:
            constraints |= {"A_ub": np.array(less), "b_ub": np.zeros(len(less))}
        if program(np.zeros(n), **constraints)[0]:
            yield support


def _mixed(message: _Message, support: Support) -> tuple[FloatArray, FloatArray, FloatArray]:
    """What types gain by mixtures over a support: gain = constant + matrix @ weights; and which weights sum to 1."""
    columns = [u[:, list(best)] for u, best in zip(message.sender_worth, support, strict=True)]
    matrix = np.concatenate(columns, axis=1) if columns else np.zeros((len(message.senders), 0))
    sums = np.zeros((len(columns), matrix.shape[1]))
    start = 0
    for r, c in enumerate(columns):
        sums[r, start : start + c.shape[1]] = 1.0
        start += c.shape[1]
    return message.sender_rest - message.equilibrium, matrix, sums


def _failure(play: Play, message: _Message, t: int, gain: float, why: str) -> Failure:
    info = play.s.infosets[message.senders[t]]
    return Failure(play.s.players[info.player], info.name, gain * message.unit, why)


def _intuitive(play: Play, message: _Message) -> list[Failure]:
    n = len(message.senders)
    everyone = list(range(n))
    most = np.full(n, -np.inf)
    for support in _supports(message, everyone):
        for reply in itertools.product(*support):
            most = np.maximum(most, message.gain(reply))
    left = [t for t in everyone if most[t] >= -TIE]
    if not left:
        return []
    least = np.full(n, np.inf)
    for support in _supports(message, left):
        for reply in itertools.product(*support):
            least = np.minimum(least, message.gain(reply))
    believed = ", ".join(play.s.infosets[message.senders[t]].name for t in left)
    why = f"gains by {message.name} if it is believed to come from {believed} alone"
    return [_failure(play, message, t, float(least[t]), why) for t in left if least[t] > TIE]


def _d1(play: Play, message: _Message) -> list[Failure]:
    n = len(message.senders)
    supports = list(_supports(message, list(range(n))))
    gains = {t: any(_most(message, s, t) > TIE for s in supports) for t in range(n)}
    left = [
        t
        for t in range(n)
        if not any(gains[o] and not any(_splits(message, s, t, o) for s in supports) for o in range(n) if o != t)
    ] or list(range(n))
    best = np.inf
    worst = 0
    for support in _supports(message, left):
        gain, t = _deterred(message, support)
        if gain < best:
            best, worst = gain, t
    if best <= TIE:
        return []
    believed = ", ".join(play.s.infosets[message.senders[t]].name for t in left)
    why = f"gains by {message.name} under every best reply to beliefs in {believed}, which D1 leaves"
    return [_failure(play, message, worst, float(best), why)]


def _most(message: _Message, support: Support, t: int) -> float:
    """The most a type gains over a support."""
    return max(float(message.gain(reply)[t]) for reply in itertools.product(*support))


def _splits(message: _Message, support: Support, t: int, other: int) -> bool:
    """Whether some mixture over a support leaves type t no loss, and the other no gain."""
    constant, matrix, sums = _mixed(message, support)
    ok, x = program(
        -matrix[t], A_ub=matrix[other][None], b_ub=[-constant[other]], A_eq=sums, b_eq=np.ones(len(sums)),
        bounds=(0.0, 1.0),
    ) if matrix.shape[1] else (constant[other] <= 0, np.zeros(0))  # fmt: skip
    return bool(ok) and float(constant[t] + matrix[t] @ x) >= -TIE


def _deterred(message: _Message, support: Support) -> tuple[float, int]:
    """The least that can be left to the type that gains most, over mixtures; and which type that is."""
    constant, matrix, sums = _mixed(message, support)
    k = matrix.shape[1]
    if not k:
        return float(constant.max()), int(constant.argmax())
    rows = np.column_stack([matrix, -np.ones(len(matrix))])
    ok, x = program(
        np.append(np.zeros(k), 1.0), A_ub=rows, b_ub=-constant, A_eq=np.column_stack([sums, np.zeros(len(sums))]),
        b_eq=np.ones(len(sums)), bounds=[(0.0, 1.0)] * k + [(None, None)],
    )  # fmt: skip
    if not ok:
        return np.inf, 0
    gain = constant + matrix @ x[:-1]
    return float(gain.max()), int(gain.argmax())
