"""Games in extensive form: the tree as it is written, compiled at once into flat tables.

A tree has two parts. Its *structure* holds everything but the numbers (who moves where, what is told apart, what is
called how) as tables of integers; its *pool* holds the numbers, each scalar or batch once, to which the tables point.
Trees of equal structure share one `Structure`, so that what is derived from it (recall, sequences, a solver's plan)
is derived once, not once a chunk of draws. Nothing here recurses: a tree may be thousands of moves deep.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from decide.errors import GameError, InformationSetError, PayoffError, ProbabilityError, RecallError, unknown
from decide.frozen import Refrozen
from decide.games.nodes import Chance, Decision, Node, Outcome
from decide.games.normal import NormalForm
from decide.games.plans import StrategicForm, agent_form, strategic_form
from decide.games.play import beliefs_at_sets, label_odds, node_odds, reach_of_sets
from decide.games.values import LARGEST, FloatArray, Number, as_number, check_finite

if TYPE_CHECKING:
    from decide.games.subgames import Subgame

__all__ = ["CHANCE", "DECISION", "LEAF", "ExtensiveForm", "Infoset", "Structure"]

LEAF, CHANCE, DECISION = 0, 1, 2
PROBABILITY_TOLERANCE = 1e-9
PATH = " / "

# One node as the compiler reads it:
#   (parent, branch, LEAF, pool ids of the payoffs in player order, labels)
#   (parent, branch, CHANCE, pool ids of the probabilities, event labels)
#   (parent, branch, DECISION, player, action labels, information set or None, pool id of rationality or -1)
Row = tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class Infoset:
    """An information set: nodes its player cannot tell apart.

    Attributes
    ----------
    player : int
        Position of the player.
    name : str
        As given, or the path of its only node.
    actions : tuple of str
    nodes : tuple of int
    rationality : int
        Position in the pool of the logit precision, -1 for exact choice.
    named : bool
        Whether the name was given.
    """

    player: int
    name: str
    actions: tuple[str, ...]
    nodes: tuple[int, ...]
    rationality: int
    named: bool


@dataclass(frozen=True, eq=False)
class Structure:
    """Everything of a tree but its numbers. Nodes are numbered in preorder, the root is 0.

    Attributes
    ----------
    players : tuple of str
    rows : tuple
        One row a node, as the compiler read it.
    parent, branch, kind : tuple of int
        Of each node: its parent (-1 for the root), the position of the move that leads to it, and what it is.
    children : tuple of tuple of int
        Of each node, in the order of the moves of its information set.
    infoset_of : tuple of int
        Information set of each decision node, -1 elsewhere.
    infosets : tuple of Infoset
        In the order of their first node.
    sequences : tuple of tuple of int
        Per player, the number of each node's own sequence: which of its moves led there.
    sequence_table : tuple of tuple of (int, int, int)
        Per player and sequence: the sequence before, the information set, the action; sequence 0 is empty.
    history : tuple of int
        Of each node, a number that two nodes share when the same moves of all players (chance apart) led there.
    depth : tuple of int
        Of each node, how many moves of players led there.
    outcomes : tuple of str
        All outcome labels, in the order in which the tree first names them.
    """

    players: tuple[str, ...]
    rows: tuple[Row, ...]
    parent: tuple[int, ...]
    branch: tuple[int, ...]
    kind: tuple[int, ...]
    children: tuple[tuple[int, ...], ...]
    infoset_of: tuple[int, ...]
    infosets: tuple[Infoset, ...]
    sequences: tuple[tuple[int, ...], ...]
    sequence_table: tuple[tuple[tuple[int, int, int], ...], ...]
    history: tuple[int, ...]
    depth: tuple[int, ...]
    outcomes: tuple[str, ...]

    @cached_property
    def leaves(self) -> tuple[int, ...]:
        """The leaves, in preorder."""
        return tuple(i for i, kind in enumerate(self.kind) if kind == LEAF)

    def path(self, node: int) -> str:
        """Return the labels of the moves that lead to a node, ``start`` for the root."""
        return _path(self.rows, node)

    def paths_of(self, info: Infoset) -> list[str]:
        """Return the paths of an information set's nodes; one without a name is called by its only path already."""
        return [self.path(node) for node in info.nodes] if info.named else [info.name]

    def infoset_index(self, name: str, player: str | None = None) -> int:
        """Return the position of an information set, by its name and, where two players share it, its player."""
        found = [
            k
            for k, info in enumerate(self.infosets)
            if info.name == name and (player is None or self.players[info.player] == player)
        ]
        if not found:
            known = [i.name for i in self.infosets if player is None or self.players[i.player] == player]
            whose = f" of {player}" if player else ""
            raise unknown(f"information set{whose}", name, known)
        if len(found) > 1:
            raise InformationSetError(f"{len(found)} players have an information set {name!r}; expected player=")
        return found[0]


@dataclass(frozen=True, eq=False, repr=False)
class ExtensiveForm(Refrozen):
    """A game in extensive form, or a batch of games on the same tree.

    Parameters
    ----------
    root : Node
        The tree, written with `Decision`, `Chance` and `Outcome`. Payoffs, probabilities and precisions may be
        arrays: the game then carries their broadcast shape as its batch.
    players : sequence of str, optional
        The order of the players; that of the first `Outcome` unless given.

    Raises
    ------
    PayoffError, ProbabilityError
        If a payoff is missing or not finite, if chances are negative or do not sum to 1 within 1e-9.
    InformationSetError, RecallError
        If an information set mixes players or moves, or a player would forget what it knew or did.

    Examples
    --------
    >>> entry = ExtensiveForm(
    ...     Decision("Entrant", {
    ...         "out": Outcome({"Entrant": 0, "Incumbent": 2}),
    ...         "in": Decision("Incumbent", {
    ...             "fight": Outcome({"Entrant": -1, "Incumbent": -1}, labels="war"),
    ...             "share": Outcome({"Entrant": 1, "Incumbent": 1}),
    ...         }),
    ...     })
    ... )
    >>> print(entry)
    ExtensiveForm: Entrant, Incumbent; 5 nodes, 2 information sets
    start: Entrant moves
      out: Entrant 0, Incumbent 2
      in: Incumbent moves
        fight: Entrant -1, Incumbent -1 [war]
        share: Entrant 1, Incumbent 1
    """

    structure: Structure = field(init=False)
    pool: tuple[Number, ...] = field(init=False)
    shape: tuple[int, ...] = field(init=False)

    def __init__(self, root: Node, *, players: Sequence[str] | None = None) -> None:
        rows, pool, names = _read_tree(root, players)
        structure = _derive(rows, names)
        _check_pool(structure, pool)
        self._set(structure, pool)

    def _set(self, structure: Structure, pool: Sequence[Number]) -> None:
        try:
            shape = np.broadcast_shapes(*{np.shape(v) for v in pool})
        except ValueError:
            shapes = sorted({np.shape(v) for v in pool})
            raise PayoffError(f"numbers have shapes {shapes}; expected shapes that broadcast to one batch") from None
        object.__setattr__(self, "structure", structure)
        object.__setattr__(self, "pool", tuple(_owned(v) for v in pool))
        object.__setattr__(self, "shape", shape)

    @classmethod
    def _trusted(cls, structure: Structure, pool: Sequence[Number], shape: tuple[int, ...]) -> ExtensiveForm:
        game = object.__new__(ExtensiveForm)
        game._set(structure, pool)
        object.__setattr__(game, "shape", shape)
        return game

    # ------------------------------------------------------------------ what it is

    @property
    def players(self) -> tuple[str, ...]:
        """The players' names, in order."""
        return self.structure.players

    @property
    def outcomes(self) -> tuple[str, ...]:
        """All outcome labels, in the order in which the tree first names them."""
        return self.structure.outcomes

    @property
    def infosets(self) -> dict[str, tuple[str, ...]]:
        """The information sets of each player, by name."""
        return {
            p: tuple(info.name for info in self.structure.infosets if info.player == k)
            for k, p in enumerate(self.players)
        }

    @property
    def payoffs(self) -> FloatArray:
        r"""Payoffs at the leaves, shape (\*batch, n_players, n_leaves), leaves in preorder."""
        leaves = self.structure.leaves
        memory = np.empty((len(self.players), len(leaves), *self.shape))
        for k, leaf in enumerate(leaves):
            for i, where in enumerate(self.structure.rows[leaf][3]):
                memory[i, k] = self.pool[where]
        return np.moveaxis(memory, (0, 1), (-2, -1))

    def flat_pool(self) -> list[Number]:
        """Return the numbers as the kernels want them: floats, or arrays of shape (n_games,)."""
        if not self.shape:
            return list(self.pool)
        return [
            v if isinstance(v, float) else v if v.shape == self.shape and v.ndim == 1
            else np.broadcast_to(v, self.shape).reshape(-1)
            for v in self.pool
        ]  # fmt: skip

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ExtensiveForm):
            return NotImplemented
        return (
            self.players == other.players
            and self.shape == other.shape
            and len(self.structure.rows) == len(other.structure.rows)
            and all(map(self._same_row(other), self.structure.rows, other.structure.rows))
        )

    __hash__ = None  # type: ignore[assignment]

    def _same_row(self, other: ExtensiveForm) -> Any:
        def equal(a: Row, b: Row) -> bool:
            slots = list(zip(_slots(a), _slots(b), strict=False))
            return _words(a) == _words(b) and all(  # a number that is the same in all games equals an array of it
                bool(np.all(np.asarray(self.pool[i]) == other.pool[k])) for i, k in slots if i >= 0
            )

        return equal

    # ------------------------------------------------------------------ other games made from it

    def __getitem__(self, index: Any) -> ExtensiveForm:
        """Pick games of the batch, as an array indexes its leading axes."""
        if not self.shape:
            raise GameError("this is one game, not a batch; it cannot be indexed")
        shape = np.empty(self.shape, dtype=np.bool_)[index].shape
        pool = [v if isinstance(v, float) else np.broadcast_to(v, self.shape)[index] for v in self.pool]
        return self._trusted(self.structure, [v if np.ndim(v) else float(v) for v in pool], shape)

    def broadcast_to(self, shape: tuple[int, ...]) -> ExtensiveForm:
        """Return the game repeated over a larger batch (nothing is copied)."""
        return self if shape == self.shape else self._trusted(self.structure, self.pool, shape)

    @staticmethod
    def stack(games: Sequence[ExtensiveForm]) -> ExtensiveForm:
        """Put single games on the same tree into one batch, in order."""
        if not games or any(game.shape for game in games):
            raise GameError(f"games are {list(games)!r}; expected at least one, none a batch")
        first = games[0]
        skeleton = list(map(_words, first.structure.rows))
        for game in games:
            if game.players != first.players or skeleton != list(map(_words, game.structure.rows)):
                raise GameError(
                    "games differ in their trees; expected the same moves, information sets, labels and choice rules"
                )
        pool: list[Number] = []
        place: dict[tuple[int, ...], int] = {}
        rows = []
        for same_row in zip(*(game.structure.rows for game in games), strict=True):
            slots = []
            for ids in zip(*map(_slots, same_row), strict=True):
                if ids not in place and ids[0] >= 0:
                    place[ids] = len(pool)
                    pool.append(np.array([game.pool[k] for game, k in zip(games, ids, strict=True)]))
                slots.append(place.get(ids, -1))
            row = same_row[0]
            rows.append((*row[:6], slots[0]) if row[2] == DECISION else (*row[:3], tuple(slots), row[4]))
        return ExtensiveForm._trusted(_derive(tuple(rows), first.players), pool, (len(games),))

    def subtree(self, path: str | Sequence[str] = ()) -> Node:
        """Return what follows a sequence of moves, as nodes to build other trees with.

        Parameters
        ----------
        path : str or sequence of str
            Labels of the moves from the root, in order; a string separates them by ``" / "``. The whole tree unless
            given.
        """
        return self._nodes()[self._node(path)]

    def with_move(
        self, infoset: str, action: str, then: Node | Mapping[str, Node], *, player: str | None = None
    ) -> ExtensiveForm:
        """Return the game in which a player has one more action at an information set.

        Parameters
        ----------
        infoset, action : str
            Where, and the name of the new action.
        then : Node or mapping of str to Node
            What follows: one node for all nodes of the set, or one for each, by its path (see `Structure.path`).
        player : str, optional
            Whose set, where two players' sets share the name.

        Returns
        -------
        ExtensiveForm
        """
        info = self.structure.infosets[self.structure.infoset_index(infoset, player)]
        if action in info.actions:
            raise InformationSetError(f"{infoset!r} has an action {action!r} already; expected a new name")
        paths = [self.structure.path(node) for node in info.nodes]
        follow = dict.fromkeys(paths, then) if isinstance(then, Node) else dict(then)
        for path in follow:
            if path not in paths:
                raise unknown(f"node of {infoset!r}", path, paths)
        for path in paths:
            if path not in follow:
                raise InformationSetError(f"nothing follows {action!r} at {path!r}; expected a node for every path")
        added = {node: (action, follow[path]) for node, path in zip(info.nodes, paths, strict=True)}
        return ExtensiveForm(self._nodes(added)[0], players=self.players)

    def _node(self, path: str | Sequence[str]) -> int:
        labels = ([] if path in ("", "start") else path.split(PATH)) if isinstance(path, str) else list(path)
        node = 0
        for label in labels:
            moves = self.structure.rows[node][4] if self.structure.kind[node] != LEAF else ()
            if label not in moves:
                raise unknown(f"move after {self.structure.path(node)!r}", label, moves)
            node = next(c for c in self.structure.children[node] if self.structure.rows[c][1] == moves.index(label))
        return node

    def _nodes(self, added: Mapping[int, tuple[str, Node]] | None = None) -> dict[int, Node]:
        """Rebuild the nodes, last first, with more moves at some of them."""
        s, added, made = self.structure, added or {}, dict[int, Node]()
        for i in reversed(range(len(s.rows))):
            row = s.rows[i]
            if row[2] == LEAF:
                made[i] = Outcome({p: self.pool[k] for p, k in zip(s.players, row[3], strict=True)}, labels=row[4])
                continue
            below = sorted(s.children[i], key=lambda c: s.rows[c][1])
            if row[2] == CHANCE:
                made[i] = Chance({e: (self.pool[k], made[c]) for e, k, c in zip(row[4], row[3], below, strict=True)})
                continue
            moves: dict[str, Node] = {a: made[c] for a, c in zip(row[4], below, strict=True)}
            moves.update([added[i]] if i in added else [])
            precision = self.pool[row[6]] if row[6] >= 0 else None
            made[i] = Decision(row[3], moves, infoset=row[5], rationality=precision)
        return made

    def with_rationality(self, rationality: Any) -> ExtensiveForm:
        """Return the game with other choice rules.

        Parameters
        ----------
        rationality : None, float, array, or mapping of str to these
            Precision of logit choice per unit of payoff, for all players or by player; None or infinity is exact
            choice. Players a mapping does not name keep theirs.
        """
        rules = dict(rationality) if isinstance(rationality, Mapping) else dict.fromkeys(self.players, rationality)
        pool, where = list(self.pool), dict[str, int]()
        for player, precision in rules.items():
            if player not in self.players:
                raise unknown("player (in rationality)", player, self.players)
            where[player] = -1
            if precision is not None:
                number = as_number(precision, f"rationality of {player}", GameError)
                if not np.all(np.asarray(number) >= 0):
                    raise GameError(f"rationality of {player} is {precision!r}; expected a number from 0 to infinity")
                where[player] = len(pool)
                pool.append(number)
        rows = tuple(
            (*row[:6], where.get(row[3], row[6])) if row[2] == DECISION else row for row in self.structure.rows
        )
        game = object.__new__(ExtensiveForm)
        game._set(_derive(rows, self.players), pool)
        return game.broadcast_to(np.broadcast_shapes(self.shape, game.shape))

    def expected_payoffs(
        self, strategies: Mapping[str, Any], *, at: str | None = None, player: str | None = None
    ) -> dict[str, Number]:
        """Return what each player expects when everyone's moves are fixed, chance apart.

        Parameters
        ----------
        strategies : mapping of str to str or mapping
            For each player either one action, taken wherever the player has it, or a mapping from information set to an
            action or to the probabilities of actions.
        at : str, optional
            An information set to start from, with the beliefs chance gives there; the root unless given.
        player : str, optional
            Whose set `at` is, where two players' sets share the name.

        Returns
        -------
        dict of str to float or numpy.ndarray
            By player; arrays of the batch's shape where a number on the way is one.

        Raises
        ------
        GameError
            If a set is reached at which a player has no move.
        """
        s = self.structure
        stack: list[tuple[int, Number]] = [(0, 1.0)]
        if at is not None:
            stack = self._belief_at(s.infosets[s.infoset_index(at, player)])
        total: list[Number] = [0.0] * len(s.players)
        while stack:
            node, weight = stack.pop()
            row = s.rows[node]
            if row[2] == LEAF:
                for i, k in enumerate(row[3]):
                    total[i] = total[i] + weight * self.pool[k]
                continue
            odds = [self.pool[k] for k in row[3]] if row[2] == CHANCE else self.odds_at(s.infoset_of[node], strategies)
            for child in s.children[node]:
                p = odds[s.branch[child]]
                if not (isinstance(p, float) and p == 0.0):
                    stack.append((child, p if isinstance(weight, float) and weight == 1.0 else weight * p))
        return dict(zip(s.players, total, strict=True))

    def _belief_at(self, info: Infoset) -> list[tuple[int, Number]]:
        s = self.structure
        if len({s.history[node] for node in info.nodes}) > 1:
            raise GameError(
                f"beliefs at {info.name!r} depend on players' moves; expected a set told apart by chance alone"
            )
        if len(info.nodes) == 1:
            return [(info.nodes[0], 1.0)]
        reach: list[Number] = []
        for node in info.nodes:
            weight: Number = 1.0
            while (above := s.parent[node]) >= 0:
                if s.kind[above] == CHANCE:
                    weight = weight * self.pool[s.rows[above][3][s.branch[node]]]
                node = above
            reach.append(weight)
        total: Number = sum(reach)
        return [(node, w / total) for node, w in zip(info.nodes, reach, strict=True)]

    def odds_at(self, infoset: int, strategies: Mapping[str, Any]) -> list[Number]:
        """Return the probabilities of the actions at an information set, by its position, as `strategies` say."""
        info = self.structure.infosets[infoset]
        player = self.players[info.player]
        chosen = strategies.get(player)
        if isinstance(chosen, Mapping):
            chosen = chosen.get(info.name)
        if isinstance(chosen, Mapping):
            for action in chosen:
                if action not in info.actions:
                    raise unknown(f"action of {player} at {info.name!r}", action, info.actions)
            odds = [as_number(chosen.get(a, 0.0), f"P({a})", ProbabilityError) for a in info.actions]
            _check_chances(odds, lambda: f"probabilities of {player} at {info.name!r}")
            return odds
        if chosen not in info.actions:
            raise GameError(
                f"{player}'s move at {info.name!r} is {chosen!r}; expected one of {', '.join(info.actions)}"
            )
        return [1.0 if a == chosen else 0.0 for a in info.actions]

    def reach(self, strategies: Mapping[str, Any]) -> dict[str, dict[str, Number]]:
        """Return how likely each information set is to be reached when everyone's moves are fixed.

        Parameters
        ----------
        strategies : mapping
            As for `expected_payoffs`; those of an `Equilibrium` will do. Where play does not lead, moves may miss.

        Returns
        -------
        dict of str to dict of str to float or numpy.ndarray
            ``[player][infoset]``, the probability that one of its nodes is reached.

        Raises
        ------
        GameError
            If a set is reached at which a player has no move.

        Examples
        --------
        >>> tree = ExtensiveForm(Decision("A", {"out": Outcome({"A": 0, "B": 0}), "in": Decision("B", {
        ...     "l": Outcome({"A": 1, "B": 1}), "r": Outcome({"A": 2, "B": 0})})}))
        >>> tree.reach({"A": {"start": {"out": 0.75, "in": 0.25}}, "B": "l"})
        {'A': {'start': 1.0}, 'B': {'in': 0.25}}
        """
        return reach_of_sets(self.structure, node_odds(self, strategies))

    def beliefs(self, strategies: Mapping[str, Any]) -> dict[str, dict[str, dict[str, Number]]]:
        """Return what each player must believe at its information sets when everyone's moves are fixed.

        Parameters
        ----------
        strategies : mapping
            As for `reach`.

        Returns
        -------
        dict
            ``[player][infoset][path]``, the probability of each node, by its path: by Bayes' rule where play leads to
            the set in every game of the batch; where chance alone tells its nodes apart, what chance says, also off the
            path. Where neither says anything the mapping of the set is empty, and any belief is allowed.

        Raises
        ------
        GameError
            If a set is reached at which a player has no move.
        """
        return beliefs_at_sets(self, node_odds(self, strategies))

    def outcome_probabilities(self, strategies: Mapping[str, Any]) -> dict[str, Number]:
        """Return how likely each outcome label is when everyone's moves are fixed.

        Parameters
        ----------
        strategies : mapping
            As for `reach`.

        Returns
        -------
        dict of str to float or numpy.ndarray
            By label, in the order of `outcomes`. Labels need not exclude each other, so these need not sum to 1.
        """
        return label_odds(self.structure, node_odds(self, strategies))

    def subgames(self) -> tuple[Subgame, ...]:
        """Return the proper subgames and the whole, the whole first: the parts that can be played on their own.

        A subgame starts at a node that its player can tell from all others (or at a move of chance) and holds every
        information set that it meets as a whole.

        Returns
        -------
        tuple of Subgame
            In the order of the tree; each with the ``path`` of its start, its ``infosets``, and the ``game`` itself.

        Examples
        --------
        >>> tree = ExtensiveForm(Decision("A", {"out": Outcome({"A": 0, "B": 0}), "in": Decision("B", {
        ...     "l": Outcome({"A": 1, "B": 1}), "r": Outcome({"A": 2, "B": 0})})}))
        >>> tree.subgames()
        (<Subgame at start: 2 information sets>, <Subgame at in: 1 information set>)
        >>> tree.subgames()[1].game.expected_payoffs({"B": "l"})
        {'A': 1.0, 'B': 1.0}
        """
        from decide.games.subgames import subgames_of

        return subgames_of(self)

    def to_normal_form(self, *, reduced: bool = True, limit: int = 1_000_000) -> StrategicForm:
        """Return the normal form: each player's actions are its plans.

        In the *reduced* form a plan says what to do at every information set that the plan itself does not rule out; in
        the full one at every information set of the player, so that several plans may always lead to the same. Both
        have the same equilibria in behaviour where play leads. The result is a `NormalForm` with the ways between mixed
        and behaviour strategies: ``behaviour`` and ``mixed``.

        Parameters
        ----------
        reduced : bool
        limit : int
            The largest payoff table accepted (numbers a game).

        Raises
        ------
        TooLargeError
            If the table would be larger; the message gives its size.
        """
        return strategic_form(self, limit, reduced=reduced)

    def agent_form(self, *, limit: int = 1_000_000) -> NormalForm:
        """Return the agent normal form: every information set is a player of its own, with its owner's payoffs.

        Its players are called ``US at attacked``. An equilibrium of it need not be one of the game, where a player
        could gain by changing several of its moves at once (Myerson 1991).

        Parameters
        ----------
        limit : int
            The largest payoff table accepted (numbers a game).

        Raises
        ------
        TooLargeError
            If the table would be larger; the message gives its size.
        """
        return agent_form(self, limit)

    # ------------------------------------------------------------------ showing it

    def __repr__(self) -> str:
        batch = f", batch {self.shape}" if self.shape else ""
        s = self.structure
        return f"<ExtensiveForm {', '.join(s.players)}: {len(s.rows)} nodes, {len(s.infosets)} information sets{batch}>"

    def __str__(self) -> str:
        return "\n".join(self._lines(80))

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(str(self))}</pre>"

    def _lines(self, limit: int) -> list[str]:
        s = self.structure
        batch = f", batch {self.shape} (means shown)" if self.shape else ""
        limit = limit if 0 not in self.shape else 0
        lines = [
            f"ExtensiveForm: {', '.join(s.players)}; {len(s.rows)} nodes, {len(s.infosets)} information sets{batch}"
        ]
        for i in range(min(len(s.rows), limit)):
            depth, up = 0, s.parent[i]
            while up >= 0 and depth < 40:
                depth, up = depth + 1, s.parent[up]
            lines.append(f"{'  ' * depth}{self._edge(i)}: {self._what(i)}")
        if len(s.rows) > limit > 0:
            lines.append(f"... and {len(s.rows) - limit} more nodes")
        return lines

    def _edge(self, node: int) -> str:
        s = self.structure
        up = s.parent[node]
        if up < 0:
            return "start"
        label = s.rows[up][4][s.rows[node][1]]
        if s.kind[up] == CHANCE:
            return f"{label} ({np.mean(self.pool[s.rows[up][3][s.branch[node]]]):.3g})"
        return str(label)

    def _what(self, node: int) -> str:
        row = self.structure.rows[node]
        if row[2] == LEAF:
            money = ", ".join(
                f"{p} {np.mean(self.pool[k]):g}" for p, k in zip(self.structure.players, row[3], strict=True)
            )
            return f"{money} [{', '.join(row[4])}]" if row[4] else money
        if row[2] == CHANCE:
            return "chance"
        return f"{row[3]} moves" + (f" at {row[5]!r}" if row[5] is not None else "")


def _slots(row: Row) -> tuple[int, ...]:
    """Where in the pool the numbers of a row are."""
    return row[6:7] if row[2] == DECISION else row[3]


def _words(row: Row) -> tuple[Any, ...]:
    """Everything of a row but where its numbers are (but whether choice is logit)."""
    return (*row[:6], row[6] >= 0) if row[2] == DECISION else (*row[:3], len(row[3]), row[4])


def _owned(value: Number) -> Number:
    """Copy an array that somebody else could still write to."""
    if isinstance(value, float) or not value.flags.writeable:
        return value
    value = value.copy()
    value.flags.writeable = False
    return value


def _read_tree(root: Node, players: Sequence[str] | None) -> tuple[tuple[Row, ...], list[Number], tuple[str, ...]]:
    """Walk the nodes in preorder; return one row each, the pool of numbers, and the players."""
    if not isinstance(root, Node):
        raise GameError(f"the root is {root!r}; expected a Decision, Chance or Outcome")
    if isinstance(players, str):
        raise GameError(f"players is {players!r}; expected a sequence of names")
    names = None if players is None else tuple(players)
    if names is not None and len(set(names)) != len(names):
        raise GameError(f"players are {names!r}; expected different names")
    rows: list[Row] = []
    pool: list[Number] = []
    place: dict[Any, int] = {}
    alive: list[Any] = []
    precisions: dict[int, int] = {}

    def put(value: Any, what: str, error: type[GameError]) -> int:
        """Return the place of a number in the pool: scalars are shared by value, arrays by identity."""
        where = place.get((value, None) if type(value) is float else (None, id(value)))
        if where is None:
            plain = type(value) is float  # naming the place takes time, and only errors need it
            number = value if plain else as_number(value, _at(rows, parent, branch, what), error)
            key = (number, None) if isinstance(number, float) else (None, id(value))
            where = place.setdefault(key, len(pool))
            if where == len(pool):
                pool.append(number)
                alive.append(value)  # so that no other array takes over its id
        return where

    def put_precision(value: Any) -> int:
        """The same, but arrays are shared by value too, because an information set has one precision."""
        where = put(value, "rationality", GameError)
        if where not in precisions:
            equal = (k for k in precisions.values() if np.array_equal(pool[k], pool[where]))
            precisions[where] = next(equal, where)
        return precisions[where]

    stack: list[tuple[Node, int, int]] = [(root, -1, -1)]
    while stack:
        node, parent, branch = stack.pop()
        here = len(rows)
        if type(node) is Outcome:
            if names is None:
                names = tuple(node.payoffs)
            if len(node.payoffs) != len(names) or any(p not in node.payoffs for p in names):
                rows.append((parent, branch, LEAF, (), node.labels))
                _payoffs_differ(node, names, _path(rows, here))
            ids = tuple([put(node.payoffs[p], p, PayoffError) for p in names])
            rows.append((parent, branch, LEAF, ids, node.labels))
        elif type(node) is Chance:
            ids = tuple([put(p, "a chance", ProbabilityError) for p, _ in node.moves.values()])
            rows.append((parent, branch, CHANCE, ids, tuple(node.moves)))
            stack.extend([(child, here, k) for k, (_, child) in enumerate(node.moves.values())][::-1])
        elif type(node) is Decision:
            precision = -1 if node.rationality is None else put_precision(node.rationality)
            rows.append((parent, branch, DECISION, node.player, tuple(node.moves), node.infoset, precision))
            stack.extend([(child, here, k) for k, child in enumerate(node.moves.values())][::-1])
        else:
            raise GameError(f"{node!r} is a {type(node).__name__}; expected a Decision, Chance or Outcome")
    assert names is not None
    return tuple(rows), pool, names


def _at(rows: Sequence[Row], parent: int, branch: int, what: str) -> str:
    """Name a number and the node it belongs to, which is the next one to be read."""
    here = (*rows, (parent, branch))
    what = what if what in ("a chance", "rationality") else f"payoff of {what}"
    return f"{what} at {_path(here, len(rows))!r}"


def _payoffs_differ(node: Outcome, names: tuple[str, ...], path: str) -> None:
    for player in node.payoffs:
        if player not in names:
            raise unknown(f"player (in the payoffs at {path!r})", player, names)
    missing = next(p for p in names if p not in node.payoffs)
    raise PayoffError(f"payoff of {missing} is missing at {path!r}; expected one for each of {', '.join(names)}")


def _path(rows: Sequence[Row], node: int, known: dict[int, str] | None = None) -> str:
    """The path to a node; where many are asked for, `known` keeps them, so that a deep tree is not walked each time."""
    labels: list[str] = []
    here = node
    while (up := rows[here][0]) >= 0 and not (known and here in known):
        labels.append(str(rows[up][4][rows[here][1]]))
        here = up
    start = [known[here]] if up >= 0 and known else []
    path = PATH.join([*start, *reversed(labels)]) or "start"
    if known is not None:
        known[node] = path
    return path


@lru_cache(maxsize=16)
def _derive(rows: tuple[Row, ...], players: tuple[str, ...]) -> Structure:
    """Find information sets, children, sequences and histories, and check recall."""
    infosets, infoset_of = _find_infosets(rows, players)
    below: list[list[int]] = [[] for _ in rows]
    branch = [row[1] for row in rows]
    for i, row in enumerate(rows[1:], start=1):
        up = row[0]
        if infoset_of[up] >= 0:  # an information set's nodes may list the same moves in another order
            branch[i] = infosets[infoset_of[up]].actions.index(rows[up][4][row[1]])
        below[up].append(i)
    children = tuple(tuple(sorted(nodes, key=branch.__getitem__)) for nodes in below)
    sequences, table, history, depth = _find_sequences(rows, len(players), infosets, infoset_of, branch)
    for info in infosets:
        if len({sequences[info.player][node] for node in info.nodes}) > 1:
            a, b = _differing(info.nodes, sequences[info.player])
            raise RecallError(
                f"{players[info.player]} forgets at {info.name!r}: its own moves differ between {_path(rows, a)!r} and "
                f"{_path(rows, b)!r}; expected perfect recall"
            )
    labels = dict.fromkeys(label for row in rows if row[2] == LEAF for label in row[4])
    return Structure(
        players=players,
        rows=rows,
        parent=tuple(row[0] for row in rows),
        branch=tuple(branch),
        kind=tuple(row[2] for row in rows),
        children=children,
        infoset_of=infoset_of,
        infosets=infosets,
        sequences=sequences,
        sequence_table=table,
        history=history,
        depth=depth,
        outcomes=tuple(labels),
    )


def _differing(nodes: Sequence[int], numbers: Sequence[int]) -> tuple[int, int]:
    return nodes[0], next(n for n in nodes if numbers[n] != numbers[nodes[0]])


def _find_infosets(rows: tuple[Row, ...], players: tuple[str, ...]) -> tuple[tuple[Infoset, ...], tuple[int, ...]]:
    groups: dict[tuple[str, Any], list[int]] = {}
    for i, row in enumerate(rows):
        if row[2] == DECISION:
            if row[3] not in players:
                raise unknown(f"player (who moves at {_path(rows, i)!r})", row[3], players)
            groups.setdefault((row[3], i if row[5] is None else row[5]), []).append(i)
    infoset_of = [-1] * len(rows)
    infosets: list[Infoset] = []
    taken: dict[tuple[str, str], int] = {}
    paths: dict[int, str] = {}
    for (player, key), nodes in groups.items():
        first = rows[nodes[0]]
        named = first[5] is not None
        name = str(key) if named else _path(rows, nodes[0], paths)
        for node in nodes[1:]:
            if set(rows[node][4]) != set(first[4]):
                raise InformationSetError(
                    f"information set {name!r} of {player} has moves {', '.join(rows[node][4])} at "
                    f"{_path(rows, node)!r}; expected {', '.join(first[4])} as at {_path(rows, nodes[0])!r}"
                )
            if rows[node][6] != first[6]:
                raise InformationSetError(
                    f"information set {name!r} of {player} has two precisions; expected the same rationality throughout"
                )
        if (player, name) in taken:
            raise InformationSetError(f"{player} has two information sets called {name!r}; give one of them a name")
        taken[player, name] = len(infosets)
        for node in nodes:
            infoset_of[node] = len(infosets)
        infosets.append(Infoset(players.index(player), name, first[4], tuple(nodes), first[6], named))
    return tuple(infosets), tuple(infoset_of)


def _find_sequences(
    rows: tuple[Row, ...], n_players: int, infosets: tuple[Infoset, ...], infoset_of: tuple[int, ...], branch: list[int]
) -> tuple[tuple[tuple[int, ...], ...], tuple[tuple[tuple[int, int, int], ...], ...], tuple[int, ...], tuple[int, ...]]:
    """Number, for every node, the own moves of each player and the moves of all players that led there."""
    numbers = [[0] * len(rows) for _ in range(n_players + 1)]  # the last row: all players together
    tables: list[dict[tuple[int, int, int], int]] = [{(-1, -1, -1): 0} for _ in numbers]
    depth = [0] * len(rows)
    for i, row in enumerate(rows[1:], start=1):
        up = row[0]
        for own in numbers:
            own[i] = own[up]
        depth[i] = depth[up]
        h = infoset_of[up]
        if h >= 0:
            depth[i] += 1
            for k in (infosets[h].player, n_players):
                step = (numbers[k][up], h, branch[i])
                numbers[k][i] = tables[k].setdefault(step, len(tables[k]))
    own_numbers = tuple(map(tuple, numbers[:-1]))
    return own_numbers, tuple(tuple(t) for t in tables[:-1]), tuple(numbers[-1]), tuple(depth)


def _check_pool(structure: Structure, pool: list[Number]) -> None:
    """Check every number once for each role it plays: finite payoffs, chances that sum to 1, precisions from 0."""
    payoffs: dict[int, tuple[int, int]] = {}
    chances: dict[tuple[int, ...], int] = {}
    precisions: dict[int, int] = {}
    for i, row in enumerate(structure.rows):
        if row[2] == LEAF:
            for player, k in enumerate(row[3]):
                payoffs.setdefault(k, (i, player))
        elif row[2] == CHANCE:
            chances.setdefault(row[3], i)
        elif row[6] >= 0:
            precisions.setdefault(row[6], i)
    for k, (leaf, player) in payoffs.items():
        if not np.all(np.abs(pool[k]) <= LARGEST):  # the place is named only in errors: in a deep tree it is long
            check_finite(pool[k], f"payoff of {structure.players[player]} at {structure.path(leaf)!r}")
    for ids, node in chances.items():
        _check_chances([pool[k] for k in ids], partial(_chances_at, structure, node))
    for k, node in precisions.items():
        if not np.all(np.asarray(pool[k]) >= 0):
            raise GameError(
                f"rationality at {structure.path(node)!r} is {pool[k]!r}; expected a number from 0 to infinity"
            )


def _chances_at(structure: Structure, node: int) -> str:
    return f"chances at {structure.path(node)!r}"


def _check_chances(odds: Sequence[Number], what: Callable[[], str]) -> None:
    for p in odds:
        if not np.all(np.abs(p) <= LARGEST):
            check_finite(p, what(), ProbabilityError)
    try:
        total = np.asarray(sum(odds))
    except ValueError:
        raise ProbabilityError(f"{what()} have shapes {[np.shape(p) for p in odds]}; expected one batch") from None
    wrong = np.abs(total - 1.0) > PROBABILITY_TOLERANCE
    for p in odds:
        wrong = wrong | (np.asarray(p) < -PROBABILITY_TOLERANCE)
    if wrong.any():
        first = int(np.argmax(wrong.ravel()))
        shown = [float(np.broadcast_to(p, wrong.shape).ravel()[first]) for p in odds]
        where = wrong if wrong.ndim else None
        raise ProbabilityError(
            f"{what()} are {', '.join(f'{p:.12g}' for p in shown)} with sum {sum(shown):.12g}; "
            "expected numbers from 0 with sum 1",
            where,
        )
