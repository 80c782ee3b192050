"""The options of a kind of source, as its connector declares them: for asking and for checking."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
import types
from collections.abc import Iterator
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
import yaml

from riskcockpit.config.choices import meant
from riskcockpit.config.loading import LoadedSettings
from riskcockpit.connectors import registry
from riskcockpit.connectors.api import SourceSpec
from riskcockpit.connectors.options import read_options
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import ConfigError, InputError
from riskcockpit.views.sources import OptionField

_QUOTED = re.compile(r"`([^`]+)`")
_WORDS = {str: "text", int: "number", float: "number", bool: "yes or no"}


def option_fields(kind: str) -> tuple[OptionField, ...]:
    """Return the options of a kind, those that must be given first; none when it tells none.

    Raises:
        ConfigError: there is no such kind, or it does not load.
    """
    struct = _struct(kind)
    if struct is None:
        return ()
    texts = _texts(struct)
    hints = get_type_hints(struct, include_extras=True)
    fields = [
        OptionField(
            field.encode_name,
            _words(hints[field.name]),
            _default(field),
            field.required,
            texts.get(field.name, ""),
        )
        for field in msgspec.structs.fields(struct)
    ]
    return tuple(sorted(fields, key=lambda field: not field.is_required))


def option_value(kind: str, name: str, text: str) -> Any:
    """Read the text given for an option: plain where it is a text, else YAML.

    A list of texts may be written with commas.

    Raises:
        InputError: there is no such option, or it cannot be that.
    """
    struct = _struct(kind)
    hints = get_type_hints(struct, include_extras=True) if struct else {}
    if struct is not None and name not in hints:
        known = ", ".join(field.encode_name for field in msgspec.structs.fields(struct))
        raise InputError(f'kind {kind} has no option "{clean_line(name)}"', hint=f"known: {known}")
    wanted = hints.get(name, Any)
    value = _read(text, wanted, name)
    try:
        msgspec.convert(value, wanted)
    except msgspec.ValidationError as error:
        what, _, place = str(error).partition(" - at ")
        path = place.strip("`").removeprefix("$")
        raise InputError(
            f"option {name}{path}: {what}",
            hint=meant(what, wanted, path) or f"it is a {_words(wanted)}, written as YAML",
        ) from error
    return value


def faults_of_sources(loaded: LoadedSettings) -> Iterator[ConfigError]:
    """Yield what is wrong with the kind or the options of each source, with its line.

    Asks nobody and resolves no credential: those of another computer are not here.
    """
    for index, source in enumerate(loaded.settings.sources):
        place, key = f"sources[{index}]", "kind"
        try:
            struct = _struct(source.kind)
            key = "options"
            if struct is not None:
                read_options(SourceSpec(source.name, source.url, source.options), struct)
        except ConfigError as error:
            named = _QUOTED.search(error.message)
            inner = f"{place}.options.{named[1] if named else ''}"
            line = loaded.lines.get(inner) or loaded.lines.get(f"{place}.{key}")
            line = line or loaded.lines.get(place)
            where = f"{loaded.file}: {'' if line is None else f'line {line}: '}"
            yield ConfigError(f"{where}{error.message}", hint=error.hint)


def _read(text: str, wanted: Any, name: str) -> Any:
    if wanted is str or _choices(wanted):
        return text
    of_what = get_args(wanted)[0] if get_origin(wanted) is tuple else None
    is_words = of_what is str or bool(_choices(of_what))
    if is_words and not text.lstrip().startswith(("[", "-")):
        return [part.strip() for part in text.split(",") if part.strip()]
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise InputError(f"option {name}: not YAML: {clean_line(str(error))}") from error


def _struct(kind: str) -> type[msgspec.Struct] | None:
    options = getattr(registry.load(kind), "options", None)
    is_struct = isinstance(options, type) and issubclass(options, msgspec.Struct)
    return options if is_struct else None


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.required:
        return ""
    made = field.default_factory is not msgspec.NODEFAULT
    value: Any = field.default_factory() if made else field.default
    if value in ("", None, (), {}, []):
        return ""
    plain = msgspec.to_builtins(value)
    if isinstance(plain, str):
        return plain
    if isinstance(plain, tuple) and all(isinstance(item, str) for item in plain):
        return ", ".join(plain)
    return msgspec.json.encode(plain).decode()


def _words(wanted: Any) -> str:
    """Return a type as people say it."""
    if choices := _choices(wanted):
        return " | ".join(choice or '""' for choice in choices)
    origin = get_origin(wanted)
    if origin is Annotated:
        return _words(get_args(wanted)[0])
    if origin in (Union, types.UnionType):
        return _words(next(arg for arg in get_args(wanted) if arg is not types.NoneType))
    if origin in (tuple, list):
        choices = _choices(get_args(wanted)[0])
        return f"list of {' | '.join(choices)}" if choices else "list"
    return "mapping" if origin is dict else _WORDS.get(wanted, "mapping")


def _choices(wanted: Any) -> tuple[str, ...]:
    if get_origin(wanted) is Literal:
        return tuple(map(str, get_args(wanted)))
    is_words = isinstance(wanted, type) and issubclass(wanted, StrEnum)
    return tuple(member.value for member in wanted) if is_words else ()


def _texts(struct: type[msgspec.Struct]) -> dict[str, str]:
    """Return what the source text of a struct and its bases says under each field."""
    found: dict[str, str] = {}
    for base in reversed(struct.__mro__):
        if base not in (object, msgspec.Struct) and issubclass(base, msgspec.Struct):
            found.update(_texts_of(base))
    return found


def _texts_of(struct: type) -> Iterator[tuple[str, str]]:
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(struct)))
    except (OSError, TypeError, SyntaxError):  # shipped without its source
        return
    body = tree.body[0].body if isinstance(tree.body[0], ast.ClassDef) else []
    for pair in pairwise(body):
        match pair:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=text)):
                yield name, " ".join(str(text).split())
            case _:
                pass
