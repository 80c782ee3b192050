"""The words of a query as they come from the shell."""

from __future__ import annotations

import re
from typing import Any

import typer
from typer.core import TyperCommand, TyperOption

from riskcockpit.errors import InputError

_NEGATED = re.compile(r"-([A-Za-z_]+)")


class QueryCommand(TyperCommand):
    """A command whose arguments are a query: a word as `-path:vendor/*` is a negated term.

    To a shell's parser it would be a bundle of short options, of which one may be known: `-h`
    ends with the help and 0, `-r` takes the rest for a report, `-y` says yes.
    """

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]  # typer's own context
        """Parse options, and leave every other word to the query.

        Raises:
            InputError: a word can be read as an option with its value, or as a term.
        """
        takes_value = dict.fromkeys(ctx.help_option_names, False) | {
            name: not param.is_flag and not param.count
            for param in self.params
            if isinstance(param, TyperOption)
            for name in (*param.opts, *param.secondary_opts)
        }
        options: list[str] = []
        terms: list[str] = []
        words = iter(args)
        for word in words:
            if word == "--":
                terms += words
            elif takes_value.get(word):
                value = next(words, None)
                if value is None:  # the parser says that it is missing
                    return super().parse_args(ctx, [word])
                options += [word, value]
            elif word in takes_value:
                options.append(word)
            elif word.startswith("--"):
                options.append(word)  # `--name=value`, or unknown, which the parser says
            else:
                terms.append(word if ctx.resilient_parsing else _term(word, takes_value))
        return super().parse_args(ctx, [*options, "--", *terms] if terms else options)

    def shell_complete(self, ctx: typer.Context, incomplete: str) -> list[Any]:  # type: ignore[override]  # as above
        """Complete an option, and a negated term, which a shell takes for one."""
        offers: list[Any] = super().shell_complete(ctx, incomplete)
        if incomplete.startswith("-") and not incomplete.startswith("--") and incomplete != "-":
            query = next(param for param in self.params if param.name == "query")
            offers += query.shell_complete(ctx, incomplete)
        return offers


def _term(word: str, options: dict[str, bool]) -> str:
    """Return a word of the query; refuse one that is no negated field and may be an option."""
    from riskcockpit.store.query.fields import field_named

    if any("\ud800" <= sign <= "\udfff" for sign in word):  # bytes that the shell's locale hides
        raise InputError("a word of the query is no UTF-8", hint="look at the locale of the shell")
    option = word[:2]
    if option == word or option not in options:
        return word
    named = _NEGATED.match(word)
    if named is not None and field_named(named[1]) is not None:
        return word
    raise InputError(
        f'"{word}" can be read as the option {option} or as a term of the query',
        hint=f'write `{option} {word[2:]}`, or for text that must not be there `not "{word[1:]}"`'
        if options[option]
        else f'write {option} apart, or for text that must not be there `not "{word[1:]}"`',
    )
