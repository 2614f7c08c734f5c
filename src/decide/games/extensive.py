"""Games in extensive form: the tree as it is written, compiled at once into flat tables.

A tree has two parts. Its *structure* holds everything but the numbers (who moves where, what is told apart, what is
called how) as tables of integers; its *pool* holds the numbers, each scalar or batch once, to which the tables point.
Nothing here recurses: a tree may be thousands of moves deep.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from decide.errors import GameError, InformationSetError, PayoffError, ProbabilityError, unknown
from decide.frozen import Refrozen
from decide.games.nodes import Chance, Decision, Node, Outcome
from decide.games.normal import NormalForm
from decide.games.plans import StrategicForm, agent_form, strategic_form
from decide.games.play import beliefs_at_sets, by_player, label_odds, node_odds, reach_of_sets
from decide.games.reading import check_chances, check_pool, owned, read_tree
from decide.games.showing import tree_lines
from decide.games.structure import CHANCE, DECISION, LEAF, PATH, Infoset, Row, Structure, derive
from decide.games.values import FloatArray, Number, as_number

if TYPE_CHECKING:
    from decide.equilibrium import Equilibrium
    from decide.games.subgames import Subgame

__all__ = ["CHANCE", "DECISION", "LEAF", "ExtensiveForm", "Infoset", "Structure"]


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
        rows, pool, names = read_tree(root, players)
        structure = derive(rows, names)
        check_pool(structure, pool)
        self._set(structure, pool)

    def _set(self, structure: Structure, pool: Sequence[Number]) -> None:
        try:
            shape = np.broadcast_shapes(*{np.shape(v) for v in pool})
        except ValueError:
            shapes = sorted({np.shape(v) for v in pool})
            raise PayoffError(f"numbers have shapes {shapes}; expected shapes that broadcast to one batch") from None
        object.__setattr__(self, "structure", structure)
        object.__setattr__(self, "pool", tuple(owned(v) for v in pool))
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
        return ExtensiveForm._trusted(derive(tuple(rows), first.players), pool, (len(games),))

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
        game._set(derive(rows, self.players), pool)
        return game.broadcast_to(np.broadcast_shapes(self.shape, game.shape))

    def expected_payoffs(
        self, strategies: Mapping[str, Any] | Equilibrium, *, at: str | None = None, player: str | None = None
    ) -> dict[str, Number]:
        """Return what each player expects when everyone's moves are fixed, chance apart.

        Parameters
        ----------
        strategies : mapping of str to str or mapping, or Equilibrium
            For each player either one action, taken wherever the player has it, or a mapping from information set to an
            action or to the probabilities of actions. An equilibrium stands for its strategies.
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
        s, strategies = self.structure, by_player(strategies)
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
            check_chances(odds, lambda: f"probabilities of {player} at {info.name!r}")
            return odds
        if chosen is None:
            raise GameError(
                f"{player}'s move at {info.name!r} is missing; expected one of {', '.join(info.actions)}, or odds"
            )
        if chosen not in info.actions:
            raise GameError(
                f"{player}'s move at {info.name!r} is {chosen!r}; expected one of {', '.join(info.actions)}"
            )
        return [1.0 if a == chosen else 0.0 for a in info.actions]

    def reach(self, strategies: Mapping[str, Any] | Equilibrium) -> dict[str, dict[str, Number]]:
        """Return how likely each information set is to be reached when everyone's moves are fixed.

        Parameters
        ----------
        strategies : mapping or Equilibrium
            As for `expected_payoffs`. Where play does not lead, moves may miss.

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

    def beliefs(self, strategies: Mapping[str, Any] | Equilibrium) -> dict[str, dict[str, dict[str, Number]]]:
        """Return what each player must believe at its information sets when everyone's moves are fixed.

        Parameters
        ----------
        strategies : mapping or Equilibrium
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

    def outcome_probabilities(self, strategies: Mapping[str, Any] | Equilibrium) -> dict[str, Number]:
        """Return how likely each outcome label is when everyone's moves are fixed.

        Parameters
        ----------
        strategies : mapping or Equilibrium
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
        return "\n".join(tree_lines(self, 80))

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(str(self))}</pre>"


def _slots(row: Row) -> tuple[int, ...]:
    """Where in the pool the numbers of a row are."""
    return row[6:7] if row[2] == DECISION else row[3]


def _words(row: Row) -> tuple[Any, ...]:
    """Everything of a row but where its numbers are (but whether choice is logit)."""
    return (*row[:6], row[6] >= 0) if row[2] == DECISION else (*row[:3], len(row[3]), row[4])
