"""The words of a query as they come from the shell."""

from __future__ import annotations

from collections.abc import Sequence

from riskcockpit.errors import InputError


def refuse_options(words: Sequence[str]) -> str:
    """Join the words of a query; `-waived` is a term, but `--anything` is a mistyped option.

    Raises:
        InputError: a word starts with two dashes.
    """
    for word in words:
        if word.startswith("--"):
            raise InputError(
                f'no such option: "{word}"', hint="`riskcockpit COMMAND --help` lists them"
            )
    return " ".join(words)
