"""Broken files: whatever a text holds, reading it ends in a game or in one of `decide`'s own errors.

Run ``python benchmarks/fuzz_formats.py [--count N] [--seed S]``. Valid files of both kinds are cut, spliced, and
sprinkled with what parsers trip over: huge counts, numbers of every shape, quotation marks, control characters. Each
text is read; a game that comes out is written and read once more, and must come out the same. The script counts how
each input ended and stops at the first that ended in anything else, with the text that did it.
"""

from __future__ import annotations

import argparse
import collections
import random
import time
import warnings

from decide.errors import DecideError
from decide.games.formats import parse, render
from decide.games.normal import NormalForm

SEEDS = (
    'NFG 1 R "Prisoner\'s dilemma" { "Row" "Column" } { 2 2 }\n\n3 3 5 0 0 5 1 1\n',
    'NFG 1 R "named" { "A" "B" }\n{ { "u" "m" "d" } { "l" "r" } }\n"note"\n1/3 -1 .5 2e0 0 2 1 1 0 3 2 0\n',
    'NFG 1 R "outcomes" { "1" "2" }\n\n{\n{ "a" "b" }\n{ "x" "y" }\n}\n\n{\n{ "win" 1, -1 }\n{ "" 0 1/2 }\n}\n'
    "1 2 0 1\n",
    'NFG 1 D "three" { "A" "B" "C" } { 1 2 2 } 1 2 3 4 5 6 7 8 9 10 11 12',
    'EFG 2 R "poker" { "Fred" "Alice" }\n"note"\n\nc "" 1 "" { "Red" 1/2 "Black" 1/2 } 0\n'
    'p "" 1 1 "red" { "Raise" "Fold" } 0\np "" 2 1 "" { "Meet" "Pass" } 0\nt "" 1 "Win Big" { 2, -2 }\n'
    't "" 2 "Win" { 1, -1 }\nt "" 2 "Win" { 1, -1 }\np "" 1 2 "" { "Raise" "Fold" } 0\np "" 2 1 0\n'
    't "" 3 "Lose Big" { -2, 2 }\nt "" 2\nt "" 4 "Lose" { -1, 1 }\n',
    'EFG 2 R "stages" { "A" "B" "C" }\np "n" 3 7 "s" { "l" "" "l" } 1 "first" { 1 1 1 }\n'
    'c "" 9 "e" { "x" 0.25 "y" .75 } 2 "" { 0.5 0 -1e-3 }\nt "" 3 "end" { 1 2 3 }\nt "" 0\n'
    'p "" 1 1 "" { "go" } 0\nt "" 3\np "" 1 2 "" { "go" } 1\nt "" 1\n',
)
NASTY = (
    "{", "}", ",", '"', '""', '"\\"', "\\", "0", "1", "2", "-1", "1000000000", "999999999999999999", "9" * 30, "1/0",
    "1/3", "-1/3", "1e999", "1e99999", "1e-999", "-0.0", ".", "+", "1.", ".5", "1e", "1/", "/2", "nan", "inf", "0x10",
    "1_000", "\u0661", "\x00", "\ufeff", "\u2028", "\t", "\n", "\r", "c", "p", "t", "NFG", "EFG", "R", '"x"',
    '{ "a" "b" }', "{ 1 2 }", 'p "" 1 1 0', 't "" 0', 'c "" 1 0', '{ { "a" } { "b" } }', '"Win"', "1e300", "1e301",
    "0.5", '\\"',
)  # fmt: skip


def mutate(rng: random.Random) -> str:
    """Return a valid file, broken in one to five places."""
    text = rng.choice(SEEDS)
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 5))):
        i, k = sorted(rng.randint(0, len(text)) for _ in range(2))
        how = rng.randrange(8)
        if how == 0:
            text = text[:i] + rng.choice(NASTY) + text[i:]
        elif how == 1:  # a word for a word
            words = text.split(" ")
            words[rng.randrange(len(words))] = rng.choice(NASTY)
            text = " ".join(words)
        elif how == 2:
            text = text[:i] + text[min(k, i + rng.randint(1, 12)) :]
        elif how == 3:  # twice
            text = text[:k] + text[i : min(k, i + 60)] + text[k:]
        elif how == 4:
            text = text[:i] + chr(rng.choice((rng.randrange(128), rng.randrange(0xD800)))) + text[i + 1 :]
        elif how == 5:  # two words change places
            words = text.split(" ")
            a, b = rng.randrange(len(words)), rng.randrange(len(words))
            words[a], words[b] = words[b], words[a]
            text = " ".join(words)
        elif how == 6 and rng.random() < 0.3:
            text = text[:i]
        elif how == 7:
            other = rng.choice(SEEDS)
            text = text[:i] + other[rng.randint(0, len(other)) :]
    return text


def outcome(text: str) -> str:
    """Read a text, and write and read again what comes out; return how it ended."""
    try:
        game = parse(text)
    except DecideError as error:
        return type(error).__name__
    kind = "nfg" if isinstance(game, NormalForm) else "efg"
    try:
        again = render(game, kind)
    except DecideError as error:
        return f"{kind}, not written: {type(error).__name__}"
    assert render(parse(again), kind) == again
    return kind


def fuzz(count: int, seed: int) -> collections.Counter[str]:
    """Read many broken files; return how often each ending came."""
    rng = random.Random(seed)
    endings: collections.Counter[str] = collections.Counter()
    for _ in range(count):
        text = mutate(rng)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                endings[outcome(text)] += 1
        except BaseException as error:
            error.add_note(f"the text was {text!r}")
            raise
    return endings


def main() -> None:
    """Fuzz and print the counts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    start = time.perf_counter()
    endings = fuzz(options.count, options.seed)
    print(f"{options.count:,} inputs in {time.perf_counter() - start:.0f} s, seed {options.seed}")
    for ending, times in endings.most_common():
        print(f"{times:10,}  {ending}")


if __name__ == "__main__":
    main()
