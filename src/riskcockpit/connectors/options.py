"""Reading the `options` of a source into the struct of its connector."""

from __future__ import annotations

import difflib
from typing import TypeVar

import msgspec

from riskcockpit.config.choices import meant
from riskcockpit.connectors.api import SourceSpec
from riskcockpit.errors import ConfigError

T = TypeVar("T", bound=msgspec.Struct)


def read_options(spec: SourceSpec, type_: type[T]) -> T:
    """Return the options of `spec` as `type_`.

    Raises:
        ConfigError: an unknown key or a bad value; names the source and the place.
    """
    try:
        return msgspec.convert(dict(spec.options), type_)
    except msgspec.ValidationError as error:
        what, _, place = str(error).partition(" - at ")
        path = place.strip("`").removeprefix("$").removeprefix(".")
        where = f"options.{path}" if path else "options"
        raise ConfigError(
            f'source "{spec.name}": {where}: {what}',
            hint=meant(what, type_, path) or _nearest(what, type_),
        ) from error


def refuse_path(spec: SourceSpec, *paths: str) -> None:
    """Refuse a url that ends in one of `paths`, those of the API below the address.

    Raises:
        ConfigError: it does.
    """
    url = spec.url.rstrip("/")
    if found := next((path for path in paths if url.endswith(path)), ""):
        raise ConfigError(
            f'source "{spec.name}": url {spec.url} ends in the path of the API',
            hint=f"give the address without {found}",
        )


def _nearest(what: str, type_: type[msgspec.Struct]) -> str | None:
    """Name the known key nearest to the unknown one that msgspec's message quotes."""
    if not what.startswith("Object contains unknown field `"):
        return None
    known = [field.encode_name for field in msgspec.structs.fields(type_)]
    for field in msgspec.structs.fields(type_):
        for inner in getattr(field.type, "__args__", ()):
            if isinstance(inner, type) and issubclass(inner, msgspec.Struct):
                known += [deeper.encode_name for deeper in msgspec.structs.fields(inner)]
    nearest = difflib.get_close_matches(what.split("`")[1], known, 1)
    return f'did you mean "{nearest[0]}"?' if nearest else f"known keys: {', '.join(known)}"
