"""Two-player games with known answers: from the literature, and of every kind that has made a solver fail.

`GAMES` holds them by name. Payoffs are as a user may give them: whole numbers, floats, fractions, text such as
``"1/3"``, decimals, arrays of any type. The truth about each is computed by `exact.truth` when a test asks for it
(1.6 s for all together, half of that for the one 8 x 8 game). Where a source or a formula says how many extreme
equilibria there are, `Game.count` holds that, and `exact` is held to it.

Compared with Gambit (pygambit 17.0.0b2, ``enummixed_solve(rational=True, cliques=True)``) on the 342 games as they are
here. Extreme equilibria and maximal Nash subsets are the same in 316 games. In the other 26 Gambit returns nothing at
all, though every game has an equilibrium: these are the games with payoffs of 2^31 and beyond, or that become so when
brought to whole numbers. With each player's payoffs brought to [0, 1] as fractions, which changes no equilibrium, all
342 agree, in both. In three games Gambit returns some points twice (zero sum 3 x 4; 5 x 3; a row of zeros). So no
difference was held against `exact`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np

import exact


@dataclass(frozen=True, eq=False)
class Game:
    """A game of the corpus.

    Attributes
    ----------
    name : str
    A, B : matrix
        Payoffs of the row and the column player, as given.
    source : str
        Where it comes from: author and year, or what it was made for.
    traits : tuple of str
        What it is here for; whether it is degenerate is for `exact` to say.
    count : int, optional
        How many extreme equilibria there are, where a source or a formula says so.
    """

    name: str
    A: Any
    B: Any
    source: str
    traits: tuple[str, ...] = ()
    count: int | None = None

    @property
    def floats(self) -> tuple[np.ndarray, np.ndarray]:
        """Both matrices as floats."""
        return _floats(self.A), _floats(self.B)

    @property
    def shape(self) -> tuple[int, int]:
        """How many actions the row and the column player have."""
        m, n = self.floats[0].shape
        return m, n


def _floats(matrix: Any) -> np.ndarray:
    return np.array([[float(x) for x in row] for row in exact.table(matrix)])


@cache
def truth_of(name: str) -> exact.Truth:
    """Return what is true of a game of the corpus."""
    return exact.truth(GAMES[name].A, GAMES[name].B)


# ------------------------------------------------------------------ writing games


def number(text: str) -> Any:
    """Read a whole number, a fraction or a float."""
    if "/" in text:
        return Fraction(text)
    return float(text) if "." in text or "e" in text else int(text)


def matrices(text: str) -> tuple[list[list[Any]], list[list[Any]]]:
    """Read ``"3,3 0,5 | 5,0 1,1"``: rows between bars, cells between spaces, the row player's payoff first."""
    cells = [[tuple(map(number, cell.split(","))) for cell in row.split()] for row in text.split("|")]
    return [[a for a, _ in row] for row in cells], [[b for _, b in row] for row in cells]


def matrix(text: str) -> list[list[Any]]:
    """Read one matrix, ``"0 1 | 2 3"``."""
    return [[number(x) for x in row.split()] for row in text.split("|")]


def against(A: list[list[Any]], total: Any = 0) -> list[list[Any]]:
    """Return the payoffs of the other player when both always get `total` together."""
    return [[total - a for a in row] for row in A]


def identity(n: int, on: Any = 1, off: Any = 0) -> list[list[Any]]:
    """Return a matrix with one number on its diagonal and another off it."""
    return [[on if i == j else off for j in range(n)] for i in range(n)]


def table(m: int, n: int, worth: Callable[[int, int], Any]) -> list[list[Any]]:
    """Return a matrix by formula."""
    return [[worth(i, j) for j in range(n)] for i in range(m)]


# ------------------------------------------------------------------ the literature

#: name: payoffs, number of extreme equilibria (None: the source does not say), source.
TWO_BY_TWO: dict[str, tuple[str, int | None, str]] = {
    "prisoners dilemma": ("3,3 0,5 | 5,0 1,1", 1, "Tucker 1950; payoffs of Axelrod 1984"),
    "prisoners dilemma, years in prison": ("-1,-1 -10,0 | 0,-10 -5,-5", 1, "after Luce & Raiffa 1957"),
    "deadlock": ("1,1 0,3 | 3,0 2,2", 1, "Rapoport & Guyer 1966"),
    "chicken": ("0,0 -1,1 | 1,-1 -10,-10", 3, "Rapoport & Guyer 1966"),
    "chicken of Aumann": ("6,6 2,7 | 7,2 0,0", 3, "Aumann 1974"),
    "battle of the sexes": ("2,1 0,0 | 0,0 1,2", 3, "Luce & Raiffa 1957"),
    "battle of the sexes of Nau": ("3,2 0,0 | 0,0 2,3", 3, "Nau, Gomez Canovas & Hansen 2004, section 3"),
    "stag hunt": ("2,2 0,1 | 1,0 1,1", 3, "Rousseau 1755"),
    "stag hunt of Aumann": ("9,9 0,8 | 8,0 7,7", 3, "Aumann 1990"),
    "pure coordination": ("1,1 0,0 | 0,0 1,1", 3, "Lewis 1969"),
    "hi-lo": ("2,2 0,0 | 0,0 1,1", 3, "Bacharach 2006"),
    "matching pennies": ("1,-1 -1,1 | -1,1 1,-1", 1, "von Neumann 1928"),
    "matching pennies of Ochs": ("9,0 0,1 | 0,1 1,0", 1, "Ochs 1995"),
    "matching pennies of Goeree and Holt": ("320,40 40,80 | 40,80 80,40", 1, "Goeree & Holt 2001"),
    "cyclic 2 x 2 of Selten and Chmura": ("10,8 0,18 | 9,9 10,8", 1, "Selten & Chmura 2008, game 1"),
    "hawk-dove, V < C": ("-1,-1 2,0 | 0,2 1,1", 3, "Maynard Smith & Price 1973"),
    "hawk-dove, V > C": ("1,1 4,0 | 0,4 2,2", 1, "Maynard Smith & Price 1973"),
    "hawk-dove, V = C": ("0,0 2,0 | 0,2 1,1", 3, "Maynard Smith & Price 1973; the knife edge"),
    "inspection": ("0,0 -10,10 | -1,0 -6,-90", 1, "Dresher 1962; payoffs of Turocy & von Stengel 2001"),
    "quality choice": ("2,2 0,1 | 3,0 1,1", 1, "Turocy & von Stengel 2001"),
    "quality choice with an opt-out": ("2,2 0,1 | 1,0 1,1", 3, "Turocy & von Stengel 2001"),
    "commitment": ("5,2 3,1 | 6,3 4,4", 1, "Bagwell 1995"),
    "backward-bending logit": ("6,7 6,7 | 7.32,6 1,4", None, "Gambit's loopback"),
    "entry deterrence": ("0,0 2,2 | 1,5 1,5", 3, "Selten 1978"),
    "entry game": ("0,2 0,2 | -1,-1 1,1", 3, "Dixit 1982"),
    "ultimatum, two offers": (
        "5,5 5,5 | 8,2 0,0",
        None,
        "Gueth, Schmittberger & Schwarze 1982; one answer to the low offer",
    ),
    "imperfect equilibrium": ("1,1 0,0 | 0,0 0,0", 2, "Myerson 1978"),
    "weak dominance": ("1,1 1,0 | 1,1 0,1", None, "made for its ties"),
    "threat at (4, 3)": ("4,3 4,3 | 0,0 6,2", None, "Schotter, Weigelt & Wilson 1994, figure 1"),
    "guess the same, one indifferent": ("1,0 0,0 | 0,0 1,0", None, "a player who does not care"),
    "all zero": ("0,0 0,0 | 0,0 0,0", 4, "the emptiest game"),
    "all seven": ("7,7 7,7 | 7,7 7,7", 4, "constant payoffs"),
    "row constant": ("5,1 5,0 | 5,0 5,1", None, "constant payoffs of one player"),
    "column constant": ("1,5 0,5 | 0,5 1,5", None, "constant payoffs of one player"),
    "one tie": ("1,1 1,0 | 0,0 2,2", None, "a tie of the row player's against the first column"),
    "one tie, other corner": ("1,1 0,1 | 0,0 2,2", None, "a tie of the column player's in the first row"),
    "ties in every line": ("1,1 1,1 | 1,1 0,0", None, "three of four cells alike"),
}

LARGER: dict[str, tuple[str, int | None, str]] = {
    "rock paper scissors": ("0,0 -1,1 1,-1 | 1,-1 0,0 -1,1 | -1,1 1,-1 0,0", 1, "von Neumann 1928"),
    "rock paper scissors, good": ("0,0 -1,2 2,-1 | 2,-1 0,0 -1,2 | -1,2 2,-1 0,0", 1, "Hofbauer & Sigmund 1998"),
    "rock paper scissors, bad": ("0,0 -3,1 1,-3 | 1,-3 0,0 -3,1 | -3,1 1,-3 0,0", 1, "Hofbauer & Sigmund 1998"),
    "rock paper scissors, biased": ("0,0 -25,25 50,-50 | 25,-25 0,0 -5,5 | -50,50 5,-5 0,0", 1, "Lanctot et al. 2019"),
    "rock paper scissors, water": (
        "0,0 -1,1 1,-1 0,0 | 1,-1 0,0 -1,1 0,0 | -1,1 1,-1 0,0 0,0 | 0,0 0,0 0,0 0,0", 4, "Lanctot et al. 2019",
    ),
    "rock paper scissors, lizard, Spock": (
        "0,0 -1,1 1,-1 1,-1 -1,1 | 1,-1 0,0 -1,1 -1,1 1,-1 | -1,1 1,-1 0,0 1,-1 -1,1 | -1,1 1,-1 -1,1 0,0 1,-1 "
        "| 1,-1 -1,1 1,-1 -1,1 0,0", 1, "Kass 1998",
    ),
    "Shapley": ("0,0 1,0 0,1 | 0,1 0,0 1,0 | 1,0 0,1 0,0", 1, "Shapley 1964"),
    "Shapley, figure 2": ("2,3 2,0 0,2 | 0,0 3,3 0,2 | 3,0 0,0 1,1", None, "Shapley 1974, figure 2"),
    "Shapley, figure 3": ("0,0 3,2 0,3 | 2,3 2,2 0,0 | 3,0 0,0 1,1", 3, "Shapley 1974, figure 3"),
    "Moulin and Vial": ("0,0 1,2 2,1 | 2,1 0,0 1,2 | 1,2 2,1 0,0", 1, "Moulin & Vial 1978"),
    "von Stengel 3 x 2": ("3,3 3,2 | 2,2 5,6 | 0,3 6,1", 3, "von Stengel 2007"),
    "von Stengel 3 x 2, degenerate": ("3,3 3,3 | 2,2 5,6 | 0,3 6,1", 3, "von Stengel 2007"),
    "von Stengel 3 x 2 of 2002": ("0,1 6,0 | 2,0 5,2 | 3,4 3,3", 3, "von Stengel 2002"),
    "von Stengel 3 x 2 of 2002, degenerate": ("0,1 6,0 | 2,0 5,2 | 3,4 3,4", None, "von Stengel 2002"),
    "Winkels": ("1,1 3,2 | 1,0 3,-1 | 3,-2 1,2 | 3,4 1,-1 | 5/2,-1 5/2,6 | 5/2,6 5/2,-1", 12, "Winkels 1979"),
    "Winkels 3 x 3": ("1,3 3,4 4,2 | 1,2 3,1 2,1 | 0,4 2,3 3,3", None, "Winkels 1979, as in Gambit's wink3"),
    "Yamamoto": ("1,1 0,0 -9,-9 | 0,0 0,0 -7,-7 | -9,-9 -7,-7 -7,-7", None, "Myerson 1978; Yamamoto 1993"),
    "Kohlberg and Mertens, outside option": ("2,2 2,2 | 3,1 0,0 | 0,0 1,3", None, "Kohlberg & Mertens 1986"),
    "burning a dollar": (
        "2,1 2,1 -1,0 -1,0 | -1,0 -1,0 0,3 0,3 | 3,1 0,0 3,1 0,0 | 0,0 1,3 0,0 1,3", None,
        "van Damme 1989; Ben-Porath & Dekel 1992",
    ),
    "Selten, figure 2": ("1,1 1,1 | 0,2 0,3 | 0,2 2,0", None, "Selten 1975, figure 2, normal form"),
    "Kreps and Wilson": ("0,0 0,0 | -1,2 -1,0 | -2,-2 3,-1", None, "Kreps & Wilson 1982, normal form"),
    "McKelvey and Palfrey": ("1,1 0,0 1,1 | 0,0 0,0 0,5 | 1,1 5,0 1,1", None, "McKelvey & Palfrey 1995, table 1"),
    "Todd, inaccessible": (
        "8,4 -4,0 8,0 | 6,0 3,0 6,4 | 12,0 0,4 0,0 | 0,0 0,4 12,0 | 0,0 4,1 0,0", None,
        "Todd 1978, as in Gambit's todd1",
    ),
    "Todd, inaccessible, mended": (
        "8,4 -4,0 8,0 | 6,0 1,0 6,4 | 12,0 0,4 0,0 | 0,0 0,4 12,0 | 0,0 4,1 0,0", None,
        "Todd 1978, as in Gambit's todd2",
    ),
    "Todd 7 x 4": (
        "1,1 0,0 0,0 0,0 | 0,1 1,0 0,0 0,0 | 0,1 0,0 1,0 0,0 | 0,1 0,0 0,0 1,0 | 2/7,0 2/7,1 2/7,0 2/7,0 "
        "| 3/19,0 6/19,0 6/19,1 6/19,0 | 7/38,0 7/38,0 7/19,0 7/19,1", None, "Todd 1978, as in Gambit's todd3",
    ),
    "degenerate 3 x 3, first": ("1,1 3,2 2,3 | 2,3 2,2 2,1 | 3,2 1,2 2,2", None, "Gambit's deg1"),
    "degenerate 3 x 3, second": ("1,2 3,2 2,2 | 2,1 2,2 2,3 | 3,3 1,2 2,1", None, "Gambit's deg2"),
    "dominated equilibrium": ("3,1 0,0 0,1 | 3/2,1 2,2 3/2,1 | 0,1 0,0 3,1", None, "Gambit's perfect1"),
    "dominated by a mixture": ("4,0 0,0 0,4 | 2,1 3,3 2,1 | 0,4 0,0 4,0", None, "Gambit's perfect2"),
    "centipede with altruists": (
        "0.811,0.274 0.868,0.502 1.4,0.35 | 0.564,1.566 3.148,1.072 3.68,0.92 | 1.02,1.68 2.16,6.24 12.8,3.2", None,
        "McKelvey & Palfrey 1992, as in Gambit's cent2",
    ),
    "centipede, doubled": ("4,1 4,1 4,1 | 2,8 16,4 16,4 | 2,8 8,32 64,16", None, "McKelvey & Palfrey 1992"),
    "beer or quiche": (
        "9/10,1/10 9/10,1/10 29/10,9/10 29/10,9/10 | 1,1/10 12/10,0 28/10,1 3,9/10 | 0,1/10 18/10,1 2/10,0 2,9/10 "
        "| 1/10,1/10 21/10,9/10 1/10,1/10 21/10,9/10", None, "Cho & Kreps 1987, normal form; one tenth are weak",
    ),
    "beer or quiche, in tenths": (
        "9,1 9,1 29,9 29,9 | 10,1 12,0 28,10 30,9 | 0,1 18,10 2,0 20,9 | 1,1 21,9 1,1 21,9", None,
        "Cho & Kreps 1987, normal form; one tenth are weak",
    ),
    "beer or quiche, in floats": (
        "0.9,0.1 0.9,0.1 2.9,0.9 2.9,0.9 | 1.0,0.1 1.2,0.0 2.8,1.0 3.0,0.9 | 0.0,0.1 1.8,1.0 0.2,0.0 2.0,0.9 "
        "| 0.1,0.1 2.1,0.9 0.1,0.1 2.1,0.9", None, "Cho & Kreps 1987, normal form; one tenth are weak",
    ),
    "entry with two kinds of entry": ("0,4 0,4 | 2,2 -1,-1 | 3,1 -2,-1", None, "after Kreps & Wilson 1982"),
    "coordination with a safe action": ("3,3 0,0 0,2 | 0,0 3,3 0,2 | 2,0 2,0 2,2", None, "made for its safe action"),
    "two populations, one safe": ("1,1 -1,0 | -1,0 1,0 | 0,0 0,0", None, "QuantEcon's test of support enumeration"),
    "cycle of ratio tests": ("0,1 0,0 0,1 | 0,1 1,1 1,0 | 1,0 1,0 0,2", None, "QuantEcon's test of Lemke-Howson"),
}  # fmt: skip

VON_STENGEL_75 = (
    "-81,72 36,36 -126,17 126,-3 -36,-36 90,-153 | -180,-180 72,-81 -333,-30 297,20 -153,90 270,270 "
    "| 20,297 -3,126 42,42 -33,-33 17,-126 -30,-333 | -30,-333 17,-126 -33,-33 42,42 -3,126 20,297 "
    "| 270,270 -153,90 297,20 -333,-30 72,-81 -180,-180 | 90,-153 -36,-36 126,-3 -126,17 36,36 -81,72"
)

VON_STENGEL_75_FIRST = (
    "9504,72336 -660,48081 19976,29216 -20526,14124 1776,1776 -8976,-8514 "
    "| -111771,-461736 31680,-300036 -130944,-178761 168124,-84436 -8514,-8976 52764,52764 "
    "| 397584,1227336 -113850,774576 451176,451176 -586476,208626 29216,19976 -178761,-130944 "
    "| 171204,-1718376 -45936,-1039236 208626,-586476 -263076,-263076 14124,-20526 -84436,168124 "
    "| 1303104,1303104 -453420,737154 1227336,397584 -1718376,171204 72336,9504 -461736,-111771 "
    "| 737154,-453420 -227040,-227040 774576,-113850 -1039236,-45936 48081,-660 -300036,31680"
)

#: The row player's payoffs of zero-sum games.
ZERO_SUM: dict[str, tuple[str, int | None, str]] = {
    "Lieberman": ("15 0 -2 | 0 -15 -1 | 1 2 0", 1, "Lieberman 1960, strictly determined"),
    "two zero rows": ("15 0 0 | -15 -2 -1 | 0 0 0", None, "made for its ties"),
    "O'Neill": ("5 -5 -5 -5 | -5 -5 5 5 | -5 5 -5 5 | -5 5 5 -5", 1, "O'Neill 1987"),
    "Rapoport and Boebel": (
        "10 -6 -6 -6 -6 | -6 -6 10 10 10 | -6 10 -6 -6 10 | -6 10 -6 10 -6 | -6 10 10 -6 -6", None,
        "Rapoport & Boebel 1992",
    ),
    "Harsanyi 4 x 4": ("7.6 6.2 8.8 7.4 | 8.8 14.6 13.6 19.4 | 7 1 9.1 3.1 | 8.2 9.4 13.9 15.1", None, "Harsanyi 1968"),
    "domination by mixtures": ("6 2 1 4 | 7 1 2 5 | 5 4 6 7 | 1 3 7 2", None, "Gambit's mixdom"),
    "continuum of optimal strategies": ("1 3 2 | 3 1 2 | 2 2 2", None, "Gambit's csg3"),
    "continuum, one side": ("0 1 0 | -1 0 -1 | 0 1 0", None, "Gambit's csg1"),
    "Morra with two fingers": ("0 2 -3 0 | -2 0 0 3 | 3 0 0 -4 | 0 -3 4 0", None, "von Neumann & Morgenstern 1944"),
    "2 x 4 by picture": ("3 1 4 0 | 0 4 1 5", None, "after Dresher 1961, the graphical method"),
    "two saddle points": ("2 1 1 | 3 1 1 | 0 -1 0", None, "a row with two saddle points"),
    "the last action dominates": ("0 -1 -1 | 1 0 -1 | 1 1 0", 1, "made for its saddle point"),
    "zero sum 3 x 4": ("0 1 -1 2 | 1 0 2 -1 | 1 1 0 0", None, "made for its ties"),
}  # fmt: skip


def travellers(top: int, low: int = 2, bonus: int = 2) -> tuple[list[list[int]], list[list[int]]]:
    """Claims from low to top: both get the lower claim, who claimed less gets a bonus, the other pays it."""
    claims = range(low, top + 1)
    A = [[min(a, b) + bonus * ((a < b) - (a > b)) for b in claims] for a in claims]
    return A, exact.transposed(A)


def blotto(soldiers: int, fields: int) -> list[list[int]]:
    """Colonel Blotto: fields won less fields lost, for every way to place equal forces."""
    places = [p for p in np.ndindex(*[soldiers + 1] * fields) if sum(p) == soldiers]
    return [[sum((a > b) - (a < b) for a, b in zip(p, q, strict=True)) for q in places] for p in places]


def centipede(stages: int) -> tuple[list[list[int]], list[list[int]]]:
    """Reduced normal form of a centipede: the pot grows by one, who stops takes two more than the other."""
    m, n = (stages + 1) // 2 + 1, stages // 2 + 1

    def end(i: int, j: int) -> tuple[int, int]:
        stop = min(2 * i if i < m - 1 else stages, 2 * j + 1 if j < n - 1 else stages)
        return (stop + 2, stop) if stop % 2 == 0 else (stop, stop + 2)

    return table(m, n, lambda i, j: end(i, j)[0]), table(m, n, lambda i, j: end(i, j)[1])


def literature() -> Iterator[Game]:
    """Yield games from books and papers."""
    for kind, games in (("2 x 2", TWO_BY_TWO), ("larger", LARGER)):
        for name, (text, count, source) in games.items():
            yield Game(name, *matrices(text), source, ("literature", kind), count)
    for name, (text, count, source) in ZERO_SUM.items():
        A = matrix(text)
        yield Game(name, A, against(A), source, ("literature", "zero sum"), count)
    yield Game("von Stengel 6 x 6", *matrices(VON_STENGEL_75), "von Stengel 1999; payoffs of Savani & von Stengel 2006",
               ("literature",), 75)  # fmt: skip
    yield Game(
        "von Stengel 6 x 6, first payoffs", *matrices(VON_STENGEL_75_FIRST), "von Stengel 1997", ("literature",), 75
    )
    for n in (2, 3, 4, 5):
        source = "Quint & Shubik 1997: 2^n - 1 equilibria"
        yield Game(f"coordination {n} x {n}", identity(n), identity(n), source, ("literature",), 2**n - 1)
    unequal = [[i + 1 if i == j else 0 for j in range(4)] for i in range(4)]
    yield Game("coordination on unequal prizes", unequal, unequal, "Quint & Shubik 1997", ("literature",), 15)
    yield Game("hide and seek 4 x 4", identity(4), against(identity(4)), "von Neumann 1953", ("zero sum",), 1)
    prizes = [[4, 0, 0], [0, 2, 0], [0, 0, 1]]
    yield Game("hide and seek, unequal places", prizes, against(prizes), "von Neumann 1953", ("zero sum",), 1)
    for top in (3, 4, 5, 6):
        yield Game(f"travellers dilemma 2..{top}", *travellers(top), "Basu 1994", ("literature",))
    yield Game("travellers dilemma, bonus 1", *travellers(5, 2, 1), "Basu 1994; ties", ("literature",))
    for soldiers, fields in ((2, 2), (3, 2), (4, 2), (2, 3)):
        A = blotto(soldiers, fields)
        yield Game(f"Blotto {soldiers} over {fields}", A, against(A), "Borel 1921", ("literature", "zero sum"))
    for stages in (2, 3, 4, 6):
        yield Game(f"centipede of {stages}", *centipede(stages), "after Rosenthal 1981, normal form", ("literature",))
    auction = [[0 if a < b else Fraction(3 - a, 1 + (a == b)) for b in range(4)] for a in range(4)]
    yield Game(
        "auction for 3",
        auction,
        exact.transposed(auction),
        "made for its ties: first price, whole bids",
        ("literature",),
    )
    minimum = [[2 * min(a, b) - a for b in range(1, 5)] for a in range(1, 5)]
    yield Game("weakest link", minimum, exact.transposed(minimum), "Van Huyck, Battalio & Beil 1990", ("literature",))
    cournot = table(5, 5, lambda i, j: i * (6 - i - j))
    yield Game("Cournot", cournot, exact.transposed(cournot), "Cournot 1838; whole quantities, ties", ("literature",))
    demand = [[a if a + b <= 4 else 0 for b in range(5)] for a in range(5)]
    yield Game("Nash demand", demand, exact.transposed(demand), "Nash 1953; whole shares of 4", ("literature",))


# ------------------------------------------------------------------ shapes, types, scales


def shapes() -> Iterator[Game]:
    """Yield games of unusual shapes, with actions repeated, dominated or without effect."""
    made = "made for its shape"
    yield Game("1 x 1", [[3]], [[-2]], made, ("shape",), 1)
    yield Game("1 x 1 of zeros", [[0]], [[0]], made, ("shape",), 1)
    yield Game("1 x 4", [[1, 2, 3, 4]], [[0, 3, 1, 2]], made, ("shape",), 1)
    yield Game("1 x 4 tied", [[1, 2, 3, 4]], [[3, 3, 1, 3]], made, ("shape",), 3)
    yield Game("1 x 7 constant", [[1] * 7], [[1] * 7], made, ("shape",), 7)
    yield Game("4 x 1", [[1], [4], [2], [3]], [[1], [1], [1], [1]], made, ("shape",), 1)
    yield Game("4 x 1 tied", [[4], [4], [2], [4]], [[1], [2], [3], [4]], made, ("shape",), 3)
    yield Game("12 x 1", [[i % 5] for i in range(12)], [[i] for i in range(12)], made, ("shape",), 2)
    yield Game("2 x 6", *matrices("3,0 1,1 4,2 1,3 5,2 9,0 | 2,3 6,1 5,2 3,0 5,1 8,4"), made, ("shape",))
    yield Game("2 x 6 tied", *matrices("3,0 1,1 4,1 1,1 5,1 9,0 | 3,4 6,1 4,2 3,4 5,1 8,4"), made, ("shape",))
    yield Game("6 x 2", *matrices("0,3 3,2 | 1,1 2,6 | 2,4 2,5 | 3,1 1,2 | 2,2 2,0 | 1,3 0,1"), made, ("shape",))
    yield Game("2 x 9", [[i * i % 7 for i in range(9)], [i * 3 % 8 for i in range(9)]],
               [[i * 5 % 9 for i in range(9)], [(8 - i) * 5 % 11 for i in range(9)]], made, ("shape",))  # fmt: skip
    yield Game("3 x 5", *matrices("3,1 0,2 4,0 1,5 2,2 | 1,3 5,1 0,4 2,0 3,3 | 2,2 1,4 3,3 4,1 0,0"), made, ("shape",))
    yield Game(
        "3 x 5 tied", *matrices("1,1 0,1 1,0 1,1 0,0 | 1,0 1,1 0,1 0,0 1,1 | 0,1 1,0 1,1 1,0 0,1"), made, ("shape",)
    )
    yield Game(
        "5 x 3", *matrices("3,1 1,3 2,2 | 0,2 5,1 1,4 | 4,0 0,4 3,3 | 1,5 2,0 4,1 | 2,2 3,3 0,0"), made, ("shape",)
    )
    for m, n in ((2, 2), (2, 3), (3, 3), (4, 4), (5, 5), (3, 6)):
        one = table(m, n, lambda i, j: 1)
        yield Game(f"all equal {m} x {n}", one, one, "constant payoffs", ("constant",), m * n)
    pennies = matrix("1 -1 | -1 1")
    twice = [row * 2 for row in pennies]
    made = "made with an action repeated"
    yield Game("pennies, columns twice", twice, against(twice), made, ("duplicate",), 4)
    yield Game("pennies, rows twice", pennies * 2, against(pennies * 2), made, ("duplicate",), 4)
    yield Game("pennies, all twice", twice * 2, against(twice * 2), made, ("duplicate",), 16)
    yield Game("battle of the sexes, a row twice", *matrices("2,1 0,0 | 0,0 1,2 | 2,1 0,0"), made, ("duplicate",))
    yield Game("dilemma, the bad row twice", *matrices("3,3 0,5 | 5,0 1,1 | 3,3 0,5"), made, ("duplicate",), 1)
    yield Game("dilemma, the good row twice", *matrices("3,3 0,5 | 5,0 1,1 | 5,0 1,1"), made, ("duplicate",), 2)
    yield Game("dilemma, the bad column twice", *matrices("3,3 0,5 3,3 | 5,0 1,1 5,0"), made, ("duplicate",), 1)
    yield Game("chicken, all twice", *matrices(
        "0,0 -1,1 0,0 -1,1 | 1,-1 -10,-10 1,-1 -10,-10 | 0,0 -1,1 0,0 -1,1 | 1,-1 -10,-10 1,-1 -10,-10"
    ), made, ("duplicate",))  # fmt: skip
    rows = matrix("0 -1 1 | 1 0 -1 | -1 1 0 | 0 -1 1 | 1 0 -1")
    yield Game("rock paper scissors, 5 x 3", rows, against(rows), made, ("duplicate",))
    yield Game("the same for me, a row twice", *matrices("1,2 0,1 | 1,1 0,2 | 0,3 2,0"), made, ("duplicate",))
    made = "what nashpy's vertex enumeration loses"
    yield Game("a column of zeros", *matrices("0,1 2,0 | 0,0 1,3"), made, ("zero column",))
    yield Game("two columns of zeros", *matrices("0,0 0,1 3,0 | 0,2 0,1 1,2 | 0,0 0,0 2,2"), made, ("zero column",))
    yield Game("a row of zeros", *matrices("0,0 0,0 0,0 | 1,2 -1,1 0,3 | -1,1 2,2 1,0"), made, ("zero column",))
    yield Game("zeros for the column player", *matrices("1,0 0,1 | 2,0 0,3 | 0,0 1,1"), made, ("zero column",))
    yield Game("negative payoffs only", *matrices("-3,-3 -7,-1 | -1,-7 -6,-6"), made, ("sign",), 1)
    made = "made for a mixture that dominates"
    yield Game("half of both", *matrices("4,1 0,0 | 0,0 4,1 | 2,3 2,3"), made, ("dominated",))
    yield Game("less than half of both", *matrices("4,1 0,0 | 0,0 4,1 | 1,3 1,3"), made, ("dominated",), 3)
    yield Game("a tie nobody reaches", *matrices("5,5 5,4 | 0,1 0,1 | 1,2 1,0"), made, ("dominated",), 1)


BASE = "3,2 1,1 0,0 | 0,0 2,3 1,1"  # a battle of the sexes, and a column that is dominated


def types() -> Iterator[Game]:
    """Yield games whose payoffs are of every type, at the ends of what the type holds."""
    A, B = matrices(BASE)
    made = "made for the type of its payoffs"
    for dtype in ("int8", "int16", "int64", "uint8", "uint64", "float16", "float32", ">f8", ">i4"):
        name = f"typed {dtype.replace('>', 'big-endian ')}"
        yield Game(name, np.array(A, dtype=dtype), np.array(B, dtype=dtype), made, ("typed",), 3)
    wide = [[127, -128, 0], [-128, 127, 1]]
    yield Game("int8, full range", np.array(wide, np.int8), -np.array(wide, np.int16), made, ("typed",))
    low = np.array(wide, np.int8)
    yield Game(
        "int8 that wraps when negated", low, np.array([[-128, 127, 5], [127, -128, 4]], np.int8), made, ("typed",)
    )
    byte = np.array([[255, 0, 128], [0, 255, 127]], np.uint8)
    yield Game("uint8, full range", byte, 255 - byte, made, ("typed", "constant sum"))
    yield Game("bool", np.array(identity(3), bool), ~np.array(identity(3), bool), made, ("typed",), 1)
    yield Game("bool coordination", np.array(identity(3), bool), np.array(identity(3), bool), made, ("typed",), 7)
    first, second = (np.array(matrix(text), bool) for text in ("1 0 1 | 1 1 0", "1 1 0 | 0 1 1"))
    yield Game("bool, full of ties", first, second, made, ("typed",))
    tenth = np.array([[0.1, 0.7], [0.3, 0.2]], np.float32)
    yield Game("float32 tenths", tenth, tenth.T, made, ("typed",))
    yield Game("float32 duplicated", np.array(matrix("0.1 0.2 | 0.1 0.2"), np.float32), tenth, made, ("typed",))
    big = np.array([[2**62, 0], [0, 2**61]], np.int64)
    yield Game("int64, very large", big, big[::-1].copy(), made, ("typed",))
    yield Game("lists of bools", [[True, False], [False, True]], [[True, False], [True, True]], made, ("typed",))
    yield Game("mixed int and float", [[1, 2.5], [0.25, 3]], [[True, 0], [2.0, 1]], made, ("typed",))
    yield Game("tuples", ((2, 0), (0, 1)), ((1, 0), (0, 2)), made, ("typed",), 3)
    third = Fraction(1, 3)
    yield Game("thirds", [[third, 0], [0, 2 * third]], [[0, third], [third, 0]], made, ("typed", "exact"), 1)
    yield Game(
        "thirds in text", [["1/3", "0"], ["0", "2/3"]], [["2/3", "0"], ["0", "1/3"]], made, ("typed", "exact"), 3
    )
    yield Game("decimals", [[Decimal("0.1"), Decimal("0.3")], [Decimal("0.2"), 0]],
               [[Decimal("0.7"), Decimal("0.1")], [0, Decimal("0.3")]], made, ("typed", "exact"))  # fmt: skip
    yield Game("thirds that tie", [[third, 1], [2 * third, Fraction(1, 2)], [Fraction(1, 2), Fraction(3, 4)]],
               [[1, 0], [0, 1], [1, 1]], made, ("typed", "exact"))  # fmt: skip
    tenths = [[Decimal("0.1"), Decimal("0.7")], [Decimal("0.4"), Decimal("0.4")], [Decimal("0.7"), Decimal("0.1")]]
    yield Game("tenths that tie", tenths, [[1, 0], [1, 1], [0, 1]], made, ("typed", "exact"))


def scaled(A: list[list[Any]], scale: float, offset: float = 0.0) -> list[list[float]]:
    """Return a matrix of floats, scaled and shifted."""
    return [[a * scale + offset for a in row] for row in A]


def scales() -> Iterator[Game]:
    """Yield games with payoffs of every size."""
    bases = {"chicken": TWO_BY_TWO["chicken"][0], "von Stengel 3 x 2": LARGER["von Stengel 3 x 2"][0],
             "von Stengel 3 x 2, degenerate": LARGER["von Stengel 3 x 2, degenerate"][0],
             "Shapley": LARGER["Shapley"][0]}  # fmt: skip
    counts = {"chicken": 3, "von Stengel 3 x 2": 3, "von Stengel 3 x 2, degenerate": 3, "Shapley": 1}
    factors = ((1e9, 1e9), (1e-12, 1e-12), (1e-12, 1e15), (1e15, 1e-12), (2.0**-1000, 2.0**900))
    for name, text in bases.items():
        A, B = matrices(text)
        for mine, theirs in factors:
            sizes = f"{name} times {mine:g} and {theirs:g}"
            yield Game(sizes, scaled(A, mine), scaled(B, theirs), "made for its scales", ("scaled",), counts[name])
        for offset in (1e9, -1e12, 1e15):
            both = scaled(A, 1.0, offset), scaled(B, 1.0, -offset)
            yield Game(f"{name} plus {offset:g}", *both, "made for its offset", ("offset",), counts[name])
    A, B = matrices(TWO_BY_TWO["chicken"][0])
    made = "made for its scales"
    yield Game("chicken, thousandths on 1e9", scaled(A, 1e-3, 1e9), scaled(B, 1e-3, 1e9), made, ("offset",), 3)
    yield Game("chicken, the smallest floats", scaled(A, 5e-324), scaled(B, 5e-324), made, ("scaled",), 3)
    tiny = [[0, 3], [5e-324, 0]], [[1, 0], [0, 1]]
    yield Game("a weight below the smallest float", *tiny, made, ("wide",), 1)
    yield Game("one huge payoff", *matrices("1e12,3 0.0,0 | 0.0,1 1.0,2"), made, ("wide",), 3)
    yield Game("1e9 and 1e-12 in one table", *matrices("1e9,1 0.0,0 | 0.0,0 1e-12,1"), made, ("wide",), 3)
    ladder = "1e6,1.0 1.0,1e3 1e-3,1e6 | 1e3,1e6 1e6,1.0 1.0,1e3 | 1.0,1e3 1e3,1e6 1e6,1.0"
    yield Game("a ladder of sizes", *matrices(ladder), made, ("wide",))
    yield Game("1e9 for one, constant for the other", scaled(A, 1e9), scaled(B, 0.0, 1e9), made, ("scaled",))


#: Degenerate games and the entry that breaks their tie.
TIED_BASES = {
    "von Stengel": (LARGER["von Stengel 3 x 2, degenerate"][0], "B", 0, 0),
    "entry": (TWO_BY_TWO["entry deterrence"][0], "B", 1, 0),
    "hawk-dove": (TWO_BY_TWO["hawk-dove, V = C"][0], "A", 1, 0),
    "a repeated row": ("2,1 0,0 | 0,0 1,2 | 2,1 0,0", "A", 2, 0),
    "half of both": ("4,1 0,0 | 0,0 4,1 | 2,3 2,3", "A", 2, 1),
}


def near_ties() -> Iterator[Game]:
    """Yield degenerate games with a tie broken by less and less, up and down."""
    for name, (text, whose, i, j) in TIED_BASES.items():
        for step in (1e-3, 1e-7, 1e-10, 1e-12, 0.0):
            for sign in (1, -1):
                A, B = matrices(text)
                changed = A if whose == "A" else B
                value = float(changed[i][j])
                changed[i][j] = value + sign * step if step else math.nextafter(value, sign * math.inf)
                by = f"{sign * step:g}" if step else f"{'+-'[sign < 0]}1 ulp"
                yield Game(f"{name}, tie off by {by}", A, B, "made to be nearly degenerate", ("near tie",))


# ------------------------------------------------------------------ random games

#: Shape, number of payoff levels, how many.
RANDOM = (
    ((2, 2), 2, 6), ((2, 2), 3, 4), ((2, 3), 3, 5), ((3, 2), 3, 4), ((3, 3), 2, 6), ((3, 3), 3, 6), ((3, 3), 100, 3),
    ((3, 4), 3, 4), ((4, 3), 4, 4), ((4, 4), 2, 4), ((4, 4), 3, 5), ((4, 4), 100, 3), ((3, 5), 3, 4), ((5, 3), 3, 3),
    ((2, 6), 3, 3), ((5, 5), 2, 2), ((5, 5), 3, 3), ((5, 5), 100, 2), ((6, 6), 6, 1), ((6, 6), 100, 1),
    ((8, 8), 1000, 1),
)  # fmt: skip


def random_games() -> Iterator[Game]:
    """Yield seeded random games with few levels of payoffs, so full of ties, and some with many."""
    for (m, n), levels, many in RANDOM:
        for seed in range(many):
            rng = np.random.default_rng([m, n, levels, seed])
            A, B = rng.integers(0, levels, (2, m, n))
            source = f"numpy.random.default_rng([{m}, {n}, {levels}, {seed}])"
            yield Game(f"random {m} x {n} of {levels} levels, {seed}", A, B, source, ("random",))


def _by_name(*groups: Iterator[Game]) -> dict[str, Game]:
    found: dict[str, Game] = {}
    for group in groups:
        for game in group:
            assert game.name not in found, f"two games are called {game.name!r}"
            found[game.name] = game
    return found


#: Every game, by name.
GAMES: dict[str, Game] = _by_name(literature(), shapes(), types(), scales(), near_ties(), random_games())
