"""What bash breaks apart, put together again: to bash `severity:hi` is three words.

It breaks at the characters of `COMP_WORDBREAKS` and takes an offer for what stands behind the last
of them. So words are joined before they are completed, and what bash has already is taken from the
offers. zsh and fish break at spaces only.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager, redirect_stdout

_BREAKS = frozenset(":=@")


@contextmanager
def as_bash_breaks(environ: MutableMapping[str, str] = os.environ) -> Iterator[None]:
    """Let what runs inside complete whole words; what it prints becomes what bash wants to have."""
    words, cursor, there = whole(environ["COMP_WORDS"].split("\n"), int(environ["COMP_CWORD"]))
    environ.update(COMP_WORDS="\n".join(words), COMP_CWORD=str(cursor))
    offers = io.StringIO()
    try:
        with redirect_stdout(offers):
            yield
    finally:
        for offer in offers.getvalue().splitlines():
            sys.stdout.write(offer.removeprefix(there) + "\n")


def whole(broken: list[str], cursor: int) -> tuple[list[str], int, str]:
    """Join the words of bash up to the one under the cursor.

    Returns the words, the place of the one under the cursor, and the part of it in front of what
    bash replaces. An `@` alone belongs to what follows, as in `@view`, since bash does not say
    whether a space stood before it; and it is replaced with that.
    """
    words: list[str] = []
    there, is_open = "", False
    for word in broken[: cursor + 1]:
        is_break = bool(word) and _BREAKS.issuperset(word)
        if words and (is_open or (is_break and word != "@")):
            words[-1] += word
        else:
            words.append(word)
        there = (
            "" if not (is_break or is_open) else words[-1] if is_break else words[-1][: -len(word)]
        )
        is_open = is_break
    return words, len(words) - 1, there.removesuffix("@")
