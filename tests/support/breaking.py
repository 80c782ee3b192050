"""Breaks the SQL of a policy at one place after the other: what its own cases must notice.

A place is a comparison, a membership, a test for NULL, or the word of a status. Joins of columns
are left alone, which mostly bring an owner or a tier to a row, and so is what words the reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_PIECES = re.compile(
    r"--[^\n]*"  # a comment
    r"|'(?:[^']|'')*'"
    r"|[\w.\"]+\s*=\s*[a-z]\w*\.\"?\w+\"?(?=\s|\)|$)(?!\s*\()"  # a join of two columns
    r"|<>|<=|>=|=|<|>"
    r"|\bNOT IN\b|\bIN\b|\bIS NOT NULL\b|\bIS NULL\b",
)
_REASON = re.compile(r"AS status,.*?AS reason\b", re.DOTALL)
_OPPOSITES = {
    "=": "<>", "<>": "=", "<=": ">", ">": "<=", ">=": "<", "<": ">=",
    "IN": "NOT IN", "NOT IN": "IN", "IS NULL": "IS NOT NULL", "IS NOT NULL": "IS NULL",
    "'alarm'": "'ok'", "'ok'": "'alarm'",
}  # fmt: skip


def broken(text: str) -> Iterator[tuple[str, str]]:
    """Yield (where, the whole statement with one thing turned into its opposite)."""
    wordings = [found.span() for found in _REASON.finditer(text)]
    for found in _PIECES.finditer(text):
        opposite = _OPPOSITES.get(found.group())
        if opposite is None or any(start <= found.start() < end for start, end in wordings):
            continue
        line = text.count("\n", 0, found.start()) + 1
        place = f"line {line}: {text.splitlines()[line - 1].strip()} [{found.group()} → {opposite}]"
        yield place, text[: found.start()] + opposite + text[found.end() :]
