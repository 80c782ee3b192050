"""The questions of `sources add`: one by one on a terminal, each answer checked at once."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from riskcockpit.cli.diagnostics import ask, say
from riskcockpit.config.settings import CredentialRef, SourceSettings
from riskcockpit.connectors.endpoint import parse_endpoint
from riskcockpit.connectors.registry import kinds, load
from riskcockpit.errors import InputError, RiskcockpitError
from riskcockpit.services.context import Context
from riskcockpit.services.source_options import option_fields, option_value
from riskcockpit.views.sources import OptionField

_FORMS = "env:NAME, file:PATH, keyring:SERVICE/USER or exec:COMMAND"
_YES = frozenset({"y", "yes"})


@dataclass(frozen=True, slots=True)
class Given:
    """What the command line said; empty where it said nothing."""

    name: str
    kind: str
    url: str
    options: tuple[str, ...]
    credential: tuple[str, str]
    """Reference and user name."""
    write_credential: tuple[str, str]
    stale_after: str


def is_terminal() -> bool:
    """Whether there is somebody to ask."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def confirm(question: str) -> bool:
    """Ask for a yes; anything else is a no."""
    return ask(f"{question} [y/N] ").lower() in _YES


def complete(ctx: Context, given: Given) -> SourceSettings:
    """Return the source that was described, asking for the rest when nobody named a kind.

    Raises:
        InputError: something is missing and nobody can be asked, or an answer cannot be used.
        ConfigError: the options make no sense together.
    """
    if (given.name and given.kind) or not is_terminal():
        source = _from_flags(given)
        _free_name(ctx, source.name)
        return source
    return _from_answers(ctx, given)


def credential_ref(text: str, username: str = "") -> CredentialRef | None:
    """Read a reference as it is written on the command line; None when there is none.

    Raises:
        InputError: it is none; the message never repeats it, since it may be the secret itself.
    """
    kind, colon, value = text.partition(":")
    if not text:
        if username:
            raise InputError("a user name without a credential", hint=f"give {_FORMS}")
        return None
    if not colon or not value or kind not in ("env", "file", "keyring", "exec"):
        raise InputError(
            "a credential is given by reference, never by value", hint=f"write {_FORMS}"
        )
    try:
        words = tuple(shlex.split(value)) if kind == "exec" else value
    except ValueError:
        raise InputError("the command of exec: has an open quote") from None
    return msgspec.convert({kind: words, "username": username}, CredentialRef)


def _from_flags(given: Given) -> SourceSettings:
    for word, value in (("NAME", given.name), ("--kind", given.kind)):
        if not value:
            raise InputError(
                f"{word} is missing",
                hint="on a terminal it is asked for; see `riskcockpit sources add --help`",
            )
    load(given.kind)
    return _source(given, given.name, given.kind, _options(given, given.kind))


def _options(given: Given, kind: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for text in given.options:
        name, equals, value = text.partition("=")
        if not equals:
            raise InputError(f'--option "{text}" is not NAME=VALUE')
        found[name] = option_value(kind, name, value)
    return found


def _source(given: Given, name: str, kind: str, options: dict[str, Any]) -> SourceSettings:
    return SourceSettings(
        name=name,
        kind=kind,
        url=given.url,
        credential=credential_ref(*given.credential),
        write_credential=credential_ref(*given.write_credential),
        options=options,
        stale_after=given.stale_after,
    )


def _from_answers(ctx: Context, given: Given) -> SourceSettings:
    known = kinds()
    say("Enter takes what stands in brackets; Ctrl+C leaves without a change.")
    kind = given.kind or _until(f"kind ({', '.join(known)}): ", lambda text: load(text).kind)
    name = given.name or _until(f"name [{kind}]: ", lambda text: _free_name(ctx, text or kind))
    place = "url, or the directory its files lie in []: "
    url = given.url or _until(place, lambda text: _checked_place(name, text))
    read = _credential(given.credential, f"credential, as {_FORMS} []: ")
    write = given.write_credential
    if read[0]:
        write = _credential(write, "write credential, to act upstream []: ")
    answered = replace(given, url=url, credential=read, write_credential=write)
    while True:
        source = _source(answered, name, kind, _answers(given, kind))
        try:
            ctx.connector(source).close()
        except RiskcockpitError as error:
            _tell(error)
            if not confirm("Answer the options again?"):
                raise
        else:
            return source


def _credential(given: tuple[str, str], question: str) -> tuple[str, str]:
    if given[0]:
        return given
    reference: str = _until(question, _checked_ref)
    return reference, ask("user name, when it is a password []: ") if reference else ""


def _answers(given: Given, kind: str) -> dict[str, Any]:
    """Ask for every option the command line did not give."""
    options = _options(given, kind)
    for field in option_fields(kind):
        if field.name not in options and (value := _answer(kind, field)) is not None:
            options[field.name] = value
    return options


def _answer(kind: str, field: OptionField) -> Any:
    """Ask for one option until the answer can be used; None when its default stays."""
    say(f"{field.name}: {field.type}. {field.help}".rstrip(" ."))
    default = "required" if field.is_required else field.default

    def read(text: str) -> Any:
        if text:
            return option_value(kind, field.name, text)
        if field.is_required:
            raise InputError(f"{field.name} must be given")
        return None

    return _until(f"  [{default}]: ", read)


def _until(question: str, use: Callable[[str], Any]) -> Any:
    while True:
        text = ask(question)
        try:
            return use(text)
        except InputError as error:
            _tell(error)


def _tell(error: RiskcockpitError) -> None:
    say(f"error: {error.message}")
    if error.hint:
        say(f"hint: {error.hint}")


def _free_name(ctx: Context, name: str) -> str:
    if ctx.source(name) is not None:
        raise InputError(f'there is a source called "{name}" already')
    return name


def _checked_place(name: str, text: str) -> str:
    if "://" in text:
        parse_endpoint(text, name)
    return text


def _checked_ref(text: str) -> str:
    ref = credential_ref(text)
    if ref is not None and ref.env is not None and not os.environ.get(ref.env):
        raise InputError(f"{ref.env} is not set in this terminal", hint="export it, or leave empty")
    return text
