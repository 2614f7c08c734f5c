"""Words, quoted names and numbers of Gambit's files: what `formats_nfg` and `formats_efg` read and write with.

A text is cut into tokens by hand and nothing in it is ever evaluated. A token knows where it stands, and every
complaint says so: what was found, at which line and column, and what was expected instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Final, NoReturn, TypeAlias

from decide.errors import FormatError, GameError
from decide.games.values import LARGEST

__all__ = ["Tokens", "Value", "distinct", "misread", "quoted", "written"]

#: A number as it was read. Only minus nought, which no fraction can be, is a float.
Value: TypeAlias = Fraction | float

SPACE: Final = re.compile(r"[ \t\r\n\v\f]*")
WORD: Final = re.compile(r'[^ \t\r\n\v\f{},"]+')
LINE_END: Final = re.compile(r"\r\n|\r|\n")
WHOLE: Final = re.compile(r"[0-9]{1,18}")
RATIO: Final = re.compile(r"([+-]?[0-9]+)/([0-9]+)")
DECIMAL: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE]([+-]?[0-9]{1,5}))?")
TOP: Final = int(LARGEST)
LONGEST = 4000  # characters of a number: Python refuses to convert more than 4300 digits
EXPONENT = 1000  # beyond it a number is nought or too large, and its fraction a waste
BITS = 10_000  # of an exact number that is written: fewer digits than are read

STRING, END, MARK, PLAIN = "string", "end", "mark", "plain"


def misread(name: str, before: str, found: str, expected: str) -> str:
    """Say what is wrong with what stands after `before`: file, line and column (from 1), found and expected."""
    ends = [m.end() for m in LINE_END.finditer(before)]
    column = len(before) - (ends[-1] if ends else 0) + 1
    return f"{name}, line {len(ends) + 1}, column {column}: found {found}; expected {expected}"


class Tokens:
    """A text and the place reached in it.

    Parameters
    ----------
    text : str
    name : str
        What errors call the text: the file's name.
    """

    def __init__(self, text: str, name: str) -> None:
        self.text = text
        self.name = name
        self.numbers: dict[str, Value] = {}
        self.end = 0
        self.advance()

    def advance(self) -> None:
        """Go on to the next token: its kind, its text as `value`, and where it starts."""
        text = self.text
        space = SPACE.match(text, self.end)
        start = space.end() if space else self.end
        self.start = start
        if start == len(text):
            self.kind, self.value, self.end = END, "", start
        elif text[start] == '"':
            stop = text.find('"', start + 1)
            while stop > 0 and text[stop - 1] == "\\":
                stop = text.find('"', stop + 1)
            if stop < 0:
                self.fail("a quotation mark that is never closed", 'a closing "')
            self.kind, self.value, self.end = STRING, text[start + 1 : stop].replace('\\"', '"'), stop + 1
        elif text[start] in "{},":
            self.kind, self.value, self.end = MARK, text[start], start + 1
        else:
            word = WORD.match(text, start)
            assert word is not None  # anything but space and marks is part of a word
            self.kind, self.value, self.end = PLAIN, word.group(), word.end()

    # ------------------------------------------------------------------ complaints

    def fail(self, found: str, expected: str, at: int | None = None) -> NoReturn:
        """Raise the error that says what was found and expected, at a place in the text (the token's unless given)."""
        raise FormatError(misread(self.name, self.text[: self.start if at is None else at], found, expected))

    def unexpected(self, expected: str) -> NoReturn:
        """Raise the error for a token that should be another one."""
        self.fail(self.shown, expected)

    @property
    def shown(self) -> str:
        """The token as an error shows it."""
        if self.kind == END:
            return "the end of the text"
        text = self.value if len(self.value) <= 40 else self.value[:37] + "..."
        return f'"{text}"' if self.kind == STRING else repr(text)

    # ------------------------------------------------------------------ what is there, and taking it

    def at_mark(self, mark: str) -> bool:
        """Whether the token is this mark."""
        return self.kind == MARK and self.value == mark

    def take_mark(self, mark: str, expected: str) -> None:
        """Take one of ``{``, ``}``, or complain."""
        if not self.at_mark(mark):
            self.unexpected(expected)
        self.advance()

    def take_word(self, known: Sequence[str], expected: str) -> str:
        """Take one of the known words."""
        if self.kind != PLAIN or self.value not in known:
            self.unexpected(expected)
        word = self.value
        self.advance()
        return word

    def take_string(self, expected: str) -> str:
        """Take a quoted text."""
        if self.kind != STRING:
            self.unexpected(expected)
        text = self.value
        self.advance()
        return text

    def take_whole(self, expected: str) -> int:
        """Take a whole number from 0."""
        if self.kind != PLAIN or not WHOLE.fullmatch(self.value):
            self.unexpected(expected)
        number = int(self.value)
        self.advance()
        return number

    def take_number(self, expected: str) -> Value:
        """Take a payoff or chance: whole, decimal, a fraction, or with an exponent."""
        known = self.numbers.get(self.value) if self.kind == PLAIN else None
        if known is None:
            known = self._number(expected)
            self.numbers[self.value] = known
        self.advance()
        return known

    def _number(self, expected: str) -> Value:
        ratio = RATIO.fullmatch(self.value)
        decimal = None if ratio else DECIMAL.fullmatch(self.value)
        if self.kind != PLAIN or not (ratio or decimal):
            self.unexpected(expected)
        if len(self.value) > LONGEST:
            self.fail(f"a number of {len(self.value)} characters", f"at most {LONGEST}")
        if ratio and int(ratio[2]) == 0:
            self.unexpected(f"{expected}, with a denominator above 0")
        if decimal and decimal[1] and abs(int(decimal[1])) > EXPONENT:
            self.unexpected(f"{expected}, with an exponent from -{EXPONENT} to {EXPONENT}")
        number = Fraction(self.value)
        if abs(number.numerator) > TOP * number.denominator:
            self.unexpected(f"{expected}, at most {LARGEST:g} in size")
        return -0.0 if not number and decimal and self.value[0] == "-" else number

    def take_names(self, what: str) -> tuple[str, ...]:
        """Take ``{ "one" "two" }``: at least one name, empty and repeated ones as they stand."""
        self.take_mark("{", f"{{ and the names of {what}")
        names = []
        while self.kind == STRING:
            names.append(self.take_string("a name"))
        if not names:
            self.unexpected(f"at least one quoted name of {what}")
        self.take_mark("}", f"a quoted name of {what}, or }}")
        return tuple(names)

    def take_payoffs(self, n_players: int) -> tuple[Value, ...]:
        """Take one payoff for each player, with or without commas between them."""
        payoffs: list[Value] = []
        for player in range(n_players):
            if player and self.at_mark(","):
                self.advance()
            payoffs.append(self.take_number(f"payoff {player + 1} of {n_players}"))
        return tuple(payoffs)

    def take_header(self, versions: Sequence[str]) -> tuple[str, ...]:
        """Take what both kinds of file begin with, from the version to the players; return the players' names."""
        self.take_word(versions, f"the version, {versions[0]}")
        self.take_word(("R", "D"), "R (or D, as of old)")
        self.take_string("the title in quotation marks")
        return distinct(self.take_names("the players"), [], "Player {}")


def distinct(names: Iterable[str], taken: Iterable[str] = (), unnamed: str = "{}") -> tuple[str, ...]:
    """Make names that may be empty or repeated into different ones.

    An empty name becomes the number of its place, put into `unnamed`; a name that was there before, or is among those
    `taken`, gets the first of `` (2)``, `` (3)``, ... that makes it new. Names given once stay as they are.

    >>> distinct(["stay", "", "stay", "2"])
    ('stay', '2 (2)', 'stay (2)', '2')
    """
    given = list(names)
    reserved, used = {*given, *taken}, set(taken)
    next_try: dict[str, int] = {}
    made = []
    for place, name in enumerate(given, start=1):
        base = name or unnamed.format(place)
        fresh = base
        if base in used or (not name and base in reserved):
            k = next_try.get(base, 2)
            while (fresh := f"{base} ({k})") in reserved or fresh in used:
                k += 1
            next_try[base] = k + 1
        used.add(fresh)
        made.append(fresh)
    return tuple(made)


def written(number: Value) -> str:
    """Write a number so that reading it gives the same number: exact ones as fractions, floats by their shortest form.

    >>> written(Fraction(1, 3)), written(0.1), written(2.0), written(-0.0), written(1e-12)
    ('1/3', '0.1', '2', '-0.0', '1e-12')
    """
    if isinstance(number, Fraction):
        if number.numerator.bit_length() + number.denominator.bit_length() > BITS:
            raise GameError(f"a payoff near {float(number):.6g} has too many digits; expected at most {BITS} bits")
        return str(number)
    number = float(number)
    return repr(number).removesuffix(".0") if number or repr(number) == "0.0" else "-0.0"


def quoted(name: object) -> str:
    r"""Put a name into quotation marks; one inside is marked by a backslash, and nothing else is.

    >>> print(quoted('a "so-called" move'))
    "a \"so-called\" move"
    """
    text = str(name)
    if text.endswith("\\") or '\\"' in text:
        raise GameError(
            f"the name {text!r} has a backslash at its end or before a quotation mark, which the files cannot hold; "
            "expected another name"
        )
    return '"' + text.replace('"', '\\"') + '"'
