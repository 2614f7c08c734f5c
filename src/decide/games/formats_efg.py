"""Gambit's files of games in extensive form (``.efg``), read and written.

A file lists the nodes in preorder. A node of chance (``c``) or of a player (``p``) names its event or information set
by a number, says at its first mention, and may say again, what its moves are; any node may carry an outcome, whose
payoffs are added to those of all outcomes on the way. Nothing here recurses: a tree may be thousands of moves deep.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from decide.errors import GameError
from decide.games.extensive import CHANCE, LEAF, ExtensiveForm
from decide.games.formats_tokens import Tokens, Value, distinct, quoted, written
from decide.games.nodes import Chance, Decision, Node, Outcome
from decide.games.reading import PROBABILITY_TOLERANCE
from decide.games.structure import PATH

__all__ = ["parse_efg", "render_efg"]

#: What normalised chances may miss 1 by, each: two units in the last place of 1.
ROUNDING = 2**-51


@dataclass
class _Moves:
    """What is told apart by one number: an information set of a player, or an event of chance."""

    player: int  # -1 for chance
    number: int
    name: str
    raw: tuple[str, ...]
    odds: tuple[Value, ...]
    actions: tuple[str, ...]
    count: int = 0
    unique: str | None = None


@dataclass
class _Tree:
    """What has been read so far: the nodes in preorder, and what they refer to."""

    players: tuple[str, ...]
    moves: dict[tuple[int, int], _Moves] = field(default_factory=dict)
    outcomes: dict[int, tuple[str, tuple[Value, ...]]] = field(default_factory=dict)
    nodes: list[_Moves | Outcome] = field(default_factory=list)
    paths: dict[tuple[int, int], str] = field(default_factory=dict)


Carried = tuple[tuple[Value, ...] | None, tuple[str, ...]]  # payoffs and names of the outcomes on the way to a node


def parse_efg(tokens: Tokens) -> ExtensiveForm:
    """Read what follows the word ``EFG``."""
    tree = _Tree(tokens.take_header(("2",)))
    if tokens.kind == "string":
        tokens.advance()  # a comment
    path: list[str] = []
    below: list[tuple[_Moves, Carried]] = []  # the moves on the way, each with what its outcomes carry
    done: list[int] = []  # how many moves of each have been read
    while True:
        carried: Carried = below[-1][1] if below else (None, ())
        made = _take_node(tokens, tree, carried)
        tree.nodes.append(made[0])
        if isinstance(made[0], _Moves):
            _note_path(tree, made[0], path)
            below.append((made[0], made[1]))
            done.append(0)
            path.append(made[0].actions[0])
            continue
        while below and done[-1] + 1 == len(below[-1][0].actions):
            below.pop()
            done.pop()
            path.pop()
        if not below:
            break
        done[-1] += 1
        path[-1] = below[-1][0].actions[done[-1]]
    if tokens.kind != "end":
        tokens.unexpected("the end of the text, for every move of the tree has been read")
    _name_sets(tree)
    return ExtensiveForm(_build(tree), players=tree.players)


def _note_path(tree: _Tree, moves: _Moves, path: list[str]) -> None:
    """Keep the path of a set without a name: `decide` calls a single node by it."""
    moves.count += 1
    if moves.player >= 0 and not moves.name:
        if moves.count == 1:
            tree.paths[moves.player, moves.number] = PATH.join(path) or "start"
        else:
            tree.paths.pop((moves.player, moves.number), None)


def _take_node(tokens: Tokens, tree: _Tree, carried: Carried) -> tuple[_Moves | Outcome, Carried]:
    """Take one node; return what it is, and what the outcomes up to and with it carry."""
    kind = tokens.take_word(("c", "p", "t"), "a node: c, p or t")
    tokens.take_string("the node's name in quotation marks")
    if kind == "t":
        payoffs, labels = _take_outcome(tokens, tree, carried)
        money = payoffs or (Fraction(0),) * len(tree.players)
        return Outcome(dict(zip(tree.players, map(float, money), strict=True)), labels=labels), carried
    player = -1
    if kind == "p":
        at, shown = tokens.start, tokens.shown
        player = tokens.take_whole("the player's number") - 1
        if not 0 <= player < len(tree.players):
            tokens.fail(shown, f"a player's number from 1 to {len(tree.players)}", at)
    moves = _take_moves(tokens, tree, player)
    return moves, _take_outcome(tokens, tree, carried)


def _take_moves(tokens: Tokens, tree: _Tree, player: int) -> _Moves:
    """Take the number of an information set or event, and its description where there is one."""
    what = "event" if player < 0 else "information set"
    at, shown = tokens.start, tokens.shown
    number = tokens.take_whole(f"the {what}'s number")
    if not number:
        tokens.fail(shown, f"the {what}'s number, from 1", at)
    before = tree.moves.get((player, number))
    at = tokens.start
    name = tokens.take_string(f"the {what}'s name") if tokens.kind == "string" else None
    if not tokens.at_mark("{"):
        if before is None or name is not None:
            tokens.unexpected(f"{{ and the moves of {what} {number}" + ("" if before else ", which is new"))
        return before
    raw, odds = (tokens.take_names("the moves"), ()) if player >= 0 else _take_odds(tokens)
    if before is None:
        tree.moves[player, number] = made = _Moves(player, number, name or "", raw, odds, distinct(raw))
        return made
    if (before.raw, before.odds) != (raw, odds) or (name is not None and name != before.name):
        tokens.fail(f"another description of {what} {number}", "the same as before, or none", at)
    return before


def _take_odds(tokens: Tokens) -> tuple[tuple[str, ...], tuple[Value, ...]]:
    """Take the moves of chance, each with its probability."""
    at = tokens.start
    tokens.take_mark("{", "{ and the moves of chance")
    names: list[str] = []
    odds: list[Value] = []
    while tokens.kind == "string":
        names.append(tokens.take_string("a move"))
        here, shown = tokens.start, tokens.shown
        odds.append(tokens.take_number(f'the probability of "{names[-1]}"'))
        if odds[-1] < 0:
            tokens.fail(shown, "a probability from 0", here)
    if not names:
        tokens.unexpected("at least one move of chance")
    tokens.take_mark("}", "a quoted move of chance, or }")
    total = sum((Fraction(p) for p in odds), Fraction(0))
    if abs(total - 1) > PROBABILITY_TOLERANCE:
        tokens.fail(f"chances with sum {float(total):.12g}", "chances with sum 1, which are never rescaled", at)
    return tuple(names), tuple(odds)


def _take_outcome(tokens: Tokens, tree: _Tree, carried: Carried) -> Carried:
    """Take the number of an outcome, and its description where there is one; add it to what was carried."""
    at = tokens.start
    number = tokens.take_whole("the outcome's number, 0 for none")
    before = tree.outcomes.get(number)
    described = tokens.start
    name = tokens.take_string("the outcome's name") if tokens.kind == "string" else None
    payoffs = None
    if tokens.at_mark("{"):
        tokens.advance()
        payoffs = tokens.take_payoffs(len(tree.players))
        tokens.take_mark("}", f"}} after {len(tree.players)} payoffs")
    elif name is not None:
        tokens.unexpected(f"{{ and the payoffs of outcome {number}")
    if number == 0:
        if payoffs is not None:
            tokens.fail("a description of outcome 0", "none, for outcome 0 is no outcome", described)
        return carried
    if before is None:
        if payoffs is None:
            tokens.fail(f"outcome {number}, which is new", "its payoffs", at)
        before = tree.outcomes[number] = (name or "", payoffs)
    elif payoffs is not None and (before[1] != payoffs or (name is not None and name != before[0])):
        tokens.fail(f"another description of outcome {number}", "the same as before, or none", described)
    name, payoffs = before
    label = (name,) if name and name != str(number) else ()  # its number is what Gambit calls one without a name
    if carried[0] is None:
        return payoffs, label
    total = tuple(Fraction(a) + Fraction(b) for a, b in zip(carried[0], payoffs, strict=True))
    return total, carried[1] + tuple(x for x in label if x not in carried[1])


def _name_sets(tree: _Tree) -> None:
    """Give every information set a name of its own; a single node keeps none where its path will do."""
    for player in range(len(tree.players)):
        own = [m for m in tree.moves.values() if m.player == player]
        named = [m for m in own if m.name]
        for moves, unique in zip(named, distinct([m.name for m in named]), strict=True):
            moves.unique = unique
        used = {m.unique for m in named if m.unique}
        for moves in own:
            path = tree.paths.get((player, moves.number))
            if not moves.name and (path is None or path in used):
                path = moves.unique = distinct([f"set {moves.number}"], used)[0]
            used.add(path or moves.unique or "")


def _build(tree: _Tree) -> Node:
    """Make the nodes, last first, so that what follows a node is there before it."""
    ready: list[Node] = []
    for node in reversed(tree.nodes):
        if isinstance(node, Outcome):
            ready.append(node)
            continue
        then = [ready.pop() for _ in node.actions]
        if node.player < 0:
            ready.append(Chance({a: (float(p), n) for a, p, n in zip(node.actions, node.odds, then, strict=True)}))
        else:
            moves = dict(zip(node.actions, then, strict=True))
            ready.append(Decision(tree.players[node.player], moves, infoset=node.unique))
    return ready[0]


# ------------------------------------------------------------------ writing


def render_efg(game: ExtensiveForm, title: str) -> str:
    """Write one game."""
    s = game.structure
    if any(info.rationality >= 0 for info in s.infosets):
        raise GameError("the game has choice rules, which a file cannot hold; expected with_rationality(None)")
    pool = [float(v) for v in game.pool]
    numbers: dict[int, int] = {}  # information sets as the file first names them, from 1 for each player
    count = [0] * len(s.players)
    lines = [f"EFG 2 R {quoted(title)} {{ {' '.join(map(quoted, s.players))} }}", '""', ""]
    outcomes: dict[tuple[str, ...], int] = {}
    events = 0
    stack = [0]
    while stack:
        node = stack.pop()
        row = s.rows[node]
        stack.extend(reversed(s.children[node]))
        if row[2] == LEAF:
            key = (", ".join(row[4]), *(written(pool[k]) for k in row[3]))
            k = outcomes.setdefault(key, len(outcomes) + 1)
            lines.append(f't "" {k} {quoted(key[0] or k)} {{ {", ".join(key[1:])} }}')
        elif row[2] == CHANCE:
            events += 1
            odds = exact_odds([pool[k] for k in row[3]])
            moves = " ".join(f"{quoted(a)} {written(p)}" for a, p in zip(row[4], odds, strict=True))
            lines.append(f'c "" {events} "" {{ {moves} }} 0')
        else:
            h = s.infoset_of[node]
            info = s.infosets[h]
            if h not in numbers:
                count[info.player] += 1
                numbers[h] = count[info.player]
            name = quoted(info.name if info.named else "")
            moves = " ".join(map(quoted, info.actions))
            lines.append(f'p "" {info.player + 1} {numbers[h]} {name} {{ {moves} }} 0')
    return "\n".join([*lines, ""])


def exact_odds(odds: Sequence[float]) -> Sequence[Value]:
    """Find numbers that sum to exactly 1, as Gambit wants them, and whose nearest floats are the given ones.

    Shortest decimals will mostly do, or simple fractions; else what is missing is spread within the rounding of each.
    If there is no room for that, the largest takes the rest, and is read back as a float close by (once: from then on
    there is room). Where more than rounding is missing, the numbers stay as they are.

    >>> exact_odds([0.25, 0.75]), exact_odds([1 / 3, 1 / 3, 1 / 3])
    ([0.25, 0.75], [Fraction(1, 3), Fraction(1, 3), Fraction(1, 3)])
    >>> [str(p) for p in exact_odds([0.7, 1 - 0.7])]
    ['3152519739159347/4503599627370496', '1351079888211149/4503599627370496']
    """
    if sum(Fraction(repr(p)) for p in odds) == 1:
        return odds
    simple = [Fraction(p).limit_denominator(10_000) for p in odds]
    if sum(simple) == 1 and all(float(f) == p for f, p in zip(simple, odds, strict=True)):
        return simple
    found = [Fraction(p) for p in odds]
    missing = 1 - sum(found, Fraction(0))
    if abs(missing) > ROUNDING * len(odds):
        return odds
    sign = 1 if missing > 0 else -1
    room = [abs(Fraction(math.nextafter(p, sign * math.inf)) - Fraction(p)) * Fraction(127, 256) for p in odds]
    largest_first = sorted(range(len(odds)), key=lambda k: -odds[k])
    for k in largest_first:
        if odds[k] > 0:  # what never happens stays so
            step = sign * min(abs(missing), room[k])
            found[k] += step
            missing -= step
    found[largest_first[0]] += missing
    return found
