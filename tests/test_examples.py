"""The examples run, and print what stands beside them; numbers may differ in the last digit shown."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NUMBER = re.compile(r"-?\d[\d,]*\.?\d*(?:e[-+]?\d+)?")
EXAMPLES = sorted((ROOT / "examples").glob("[0-9]*.py"))


def same_line(found: str, expected: str) -> bool:
    """Whether two lines agree in words, and in numbers up to the last digit shown (1 % for sampled shares)."""
    if NUMBER.sub("#", found).split() != NUMBER.sub("#", expected).split():
        return False
    for a, b in zip(NUMBER.findall(found), NUMBER.findall(expected), strict=True):
        decimals = len(b.partition(".")[2]) if "e" not in b else 300
        x, y = float(a.replace(",", "")), float(b.replace(",", ""))
        slack = 1.01 * 10.0**-decimals if decimals < 300 else 1e-9
        if abs(x - y) > slack:
            return False
    return True


def test_there_are_examples() -> None:
    assert [e.stem for e in EXAMPLES] == [
        "01_rocket_attack", "02_your_own_model", "03_what_would_flip_it", "04_same_table_other_rules",
        "05_who_knows_what",
    ]  # fmt: skip


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e.stem)
def test_example_prints_what_stands_beside_it(example: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", str(example), "out"], cwd=tmp_path, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr
    expected = example.with_suffix(".txt").read_text().splitlines()
    found = done.stdout.splitlines()
    assert len(found) == len(expected)
    wrong = [(f, e) for f, e in zip(found, expected, strict=True) if not same_line(f, e)]
    assert not wrong
    if "rocket" in example.stem:
        picture = tmp_path / "out" / "rocket_attack.png"
        assert picture.read_bytes().startswith(b"\x89PNG")
        assert picture.stat().st_size > 50_000
    if "flip" in example.stem:
        for name in ("tornado", "switch_points", "map", "importance", "structures"):
            assert (tmp_path / "out" / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        brief = (tmp_path / "out" / "brief.html").read_text(encoding="utf-8")
        assert brief.startswith("<!DOCTYPE html>")
        assert brief.count("<figure>") == 7


@pytest.mark.parametrize(
    ("found", "expected", "same"),
    [
        ("a 1.23", "a 1.24", True),
        ("a 1.23", "a 1.25", False),
        ("a 1.23", "b 1.23", False),
        ("a 29%", "a 30%", True),
        ("a 29%", "a 31%", False),
        ("a 1.23", "a 1.23 4", False),
    ],
)
def test_the_comparison_can_fail(found: str, expected: str, same: bool) -> None:
    assert same_line(found, expected) is same
