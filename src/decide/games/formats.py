"""Games in the field's files: Gambit's ``.nfg`` (normal form) and ``.efg`` (extensive form).

The formats are those of Gambit's public description (Savani and Turocy, *Gambit: The package for computation in game
theory*, "Game representation formats"). A file is data: nothing in it is evaluated, what its header announces is
believed only when it is there, and what is wrong is named with its line and column.
"""

from __future__ import annotations

import os
from typing import Any

from decide.errors import FormatError, GameError
from decide.games.extensive import ExtensiveForm
from decide.games.formats_efg import parse_efg, render_efg
from decide.games.formats_nfg import MOST_PLAYERS, parse_nfg, render_nfg
from decide.games.formats_tokens import Tokens, misread
from decide.games.normal import NormalForm

__all__ = ["parse", "read", "render", "write"]

KINDS = ("nfg", "efg")


def read(path: str | os.PathLike[str]) -> NormalForm | ExtensiveForm:
    """Read a game from one of Gambit's files; its first word says which kind it is.

    Names are kept. Where Gambit's are empty or repeated, which `decide` does not allow, an empty one becomes its number
    (``Player 2`` for a player, ``2`` for an action), and a repeated one gets `` (2)``, `` (3)``, ... behind it. An
    information set without a name is called by its path, as always, and if it has several nodes ``set 2`` by its number
    in the file. An outcome's name becomes an outcome label, unless it is just its number. Titles, comments and names of
    nodes are dropped. Payoffs of outcomes on the way are added to those at the end.

    Numbers are read exactly (``0.1`` is one tenth): a `NormalForm` keeps beside its floats what they lose, as
    `NormalForm.exact`; a tree holds the nearest floats.

    Parameters
    ----------
    path : str or os.PathLike
        The file, in UTF-8.

    Returns
    -------
    NormalForm or ExtensiveForm

    Raises
    ------
    FormatError
        If the text is no such file; the message says where, what was found and what was expected.
    GameError
        If the text is a file but not a game that `decide` takes, such as one in which a player forgets.
    OSError
        If the file cannot be read.

    See Also
    --------
    write
    """
    with open(path, "rb") as file:
        data = file.read()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8-sig", errors="replace")
        found = f"byte {data[error.start]:#04x}"
        raise FormatError(misread(os.fspath(path), before, found, "text in UTF-8")) from None
    return parse(text, name=os.fspath(path))


def parse(text: str, *, name: str = "the text") -> NormalForm | ExtensiveForm:
    r"""Read a game from the text of a file; `name` is what errors call it. See `read`.

    >>> print(parse('NFG 1 R "chicken" { "Row" "Column" } { { "swerve" "stand" } { "swerve" "stand" } }'
    ...             '0 0  1 -1  -1 1  -10 -10'))
    NormalForm: Row x Column
    Row \ Column | swerve |    stand
    swerve       |   0, 0 |    -1, 1
    stand        |  1, -1 | -10, -10
    """
    tokens = Tokens(text, name)
    kind = tokens.take_word(("NFG", "EFG"), "NFG or EFG, the first word of a game's file")
    try:
        return parse_nfg(tokens) if kind == "NFG" else parse_efg(tokens)
    except FormatError:
        raise
    except GameError as error:
        raise type(error)(f"{name}: {error}") from None


def write(game: NormalForm | ExtensiveForm, path: str | os.PathLike[str], *, title: str = "") -> None:
    """Write a game to a file that Gambit reads; the suffix says which kind.

    What is read back is the same game, number for number: exact payoffs are written as fractions, floats in their
    shortest form. Gambit insists on chances that sum to exactly 1. They are written to do so and read back as the same
    floats, if there are such numbers; if not, the largest is read back as a float close by, within 1e-15. Chances that
    miss 1 by more than rounding are written as they are. Several labels of an outcome become one, joined by commas; an
    outcome without a label is called by its number.

    Parameters
    ----------
    game : NormalForm or ExtensiveForm
        One game, no batch. Choice rules (`Decision.rationality`) have no place in a file, and are refused.
    path : str or os.PathLike
        ``.nfg`` for a `NormalForm`, or for the *reduced normal form* of a tree; ``.efg`` for an `ExtensiveForm`.
    title : str, optional
        A title for the file. It is not read back.

    Raises
    ------
    GameError
        If the game is a batch or does not fit the suffix; the file is not touched then.
    OSError
        If the file cannot be written.

    See Also
    --------
    read

    Examples
    --------
    >>> import decide, tempfile, pathlib
    >>> game = NormalForm([[[3, 0], ["1/3", 1]], [[3, 5], [0, 1]]])
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "game.nfg"
    >>> decide.write(game, file)
    >>> decide.read(file) == game
    True
    """
    kind = os.path.splitext(path)[1].lower().removeprefix(".")
    if kind not in KINDS:
        raise GameError(f"the file is {os.fspath(path)!r}; expected a name that ends in .nfg or .efg")
    text = render(game, kind, title=title)
    try:
        data = text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise GameError(f"a name holds {text[error.start]!r}, which UTF-8 cannot write; expected text") from None
    with open(path, "wb") as file:
        file.write(data)


def render(game: NormalForm | ExtensiveForm, kind: str, *, title: str = "") -> str:
    """Return a game as the text of a file, `kind` ``"nfg"`` or ``"efg"``. See `write`.

    >>> print(render(NormalForm.zero_sum([[1, -1], [-1, 1]]), "nfg"))
    NFG 1 R "" { "Row" "Column" }
    <BLANKLINE>
    {
    { "0" "1" }
    { "0" "1" }
    }
    ""
    <BLANKLINE>
    1 -1
    -1 1
    -1 1
    1 -1
    <BLANKLINE>
    """
    one: Any = game
    if kind not in KINDS:
        raise GameError(f"the kind of file is {kind!r}; expected nfg or efg")
    if not isinstance(one, NormalForm | ExtensiveForm):
        raise GameError(f"the game is a {type(one).__name__}; expected a NormalForm or an ExtensiveForm")
    if one.shape:
        raise GameError(f"this is a batch of games of shape {one.shape}; expected one game: index it first")
    if isinstance(one, NormalForm):
        if kind == "efg":
            raise GameError("a NormalForm has no tree; expected kind nfg, or an ExtensiveForm")
        return render_nfg(one, title)
    if kind == "efg":
        return render_efg(one, title)
    if any(info.rationality >= 0 for info in one.structure.infosets):
        raise GameError("the game has choice rules, which a file cannot hold; expected with_rationality(None)")
    if len(one.players) > MOST_PLAYERS:
        raise GameError(f"the game has {len(one.players)} players; a table takes at most {MOST_PLAYERS}")
    return render_nfg(one.to_normal_form(), title)
