"""Text from elsewhere, a name of a service or of a file, as it may stand inside one line of ours."""

from __future__ import annotations

import unicodedata

_JOINERS = "\u200c\u200d"


def visible(text: str) -> str:
    """The text with control and direction characters, and bytes that are no text, written as escapes.

    They would break the line, turn the words after it around, or be refused by what shows it.
    """
    return "".join(map(_visible, text))


def _visible(character: str) -> str:
    if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") and character not in _JOINERS:
        return character.encode("unicode_escape", "backslashreplace").decode("ascii")
    return character
