"""What a person set for the cockpit, and whether it can be used: theme, keys, lists. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches

from riskcockpit.errors import ConfigError, QueryError
from riskcockpit.tui.api import About
from riskcockpit.tui.bindings import APART, AVOIDED, KEYS, SHARED_SCOPES, as_read
from riskcockpit.tui.key_names import key_name, why_no_key
from riskcockpit.tui.theme import THEMES


def check(about: About) -> None:
    """Refuse preferences that cannot be used.

    Raises:
        ConfigError: names file, line and what to mend.
    """
    for fault in faults(about):
        raise fault


def faults(about: About) -> Iterator[ConfigError]:
    """Yield all for which the cockpit would not take the settings: theme, keys, lists."""
    for path, what, hint in _faults(about):
        yield ConfigError(f"{_place(about, path)}{what}", hint=hint)


def faults_of_views(about: About, faulty: Mapping[str, QueryError]) -> Iterator[ConfigError]:
    """Yield what is wrong with saved views that no query can be made of."""
    for name, error in faulty.items():
        place = _place(about, f"cockpit.views.{name}")
        yield ConfigError(f"{place}view {name}: {error.message}", hint=error.hint)


def faults_of_contexts(about: About, look: Callable[[str], None]) -> Iterator[ConfigError]:
    """Yield what is wrong with contexts that `look` cannot open."""
    for name, home in about.contexts.items():
        try:
            look(home)
        except ConfigError as error:
            place = _place(about, f"cockpit.contexts.{name}")
            yield ConfigError(f"{place}context {name}: {error.message}", hint=error.hint)


def keymap_of(about: About) -> dict[str, str]:
    """Return the keys that were moved by the names Textual has for them; `check` comes first."""
    return {
        id_: ",".join(key_name(each) or each for each in keys.split(","))
        for id_, keys in about.keymap.items()
    }


def _place(about: About, path: str) -> str:
    line = about.line_of(path)
    return f"{about.file}: line {line}: " if line is not None else ""


def _faults(about: About) -> Iterator[tuple[str, str, str]]:
    if about.theme not in THEMES:
        known = ", ".join(THEMES)
        yield "cockpit.theme", f'no theme "{about.theme}"', f"there are {known}"
    ids = [key.id for key in KEYS]
    for id_, keys in about.keymap.items():
        if id_ in ids:
            yield from _faults_of_keys(id_, keys)
            continue
        near = get_close_matches(id_, ids, 1)
        hint = f'did you mean "{near[0]}"?' if near else "docs/keys.md lists the ids"
        yield f"cockpit.keys.{id_}", f'no key has the id "{id_}"', hint
    yield from _clashes(about)
    if about.lists:
        from riskcockpit.present import lists  # noqa: PLC0415 - few choose columns

        yield from lists.faults(about.lists)


def _faults_of_keys(id_: str, keys: str) -> Iterator[tuple[str, str, str]]:
    path = f"cockpit.keys.{id_}"
    for written in map(str.strip, keys.split(",")):
        name = key_name(written)
        if not written:
            hint = 'as ctrl+f, or several as j,down; "comma" is the key that types one'
            yield path, f'"{id_}" is given no key', hint
        elif name is None:
            yield path, f'"{written}" is no key that a terminal sends', why_no_key(written)
        elif name in AVOIDED:
            yield path, f'"{written}" cannot be used', AVOIDED[name]


def _clashes(about: About) -> Iterator[tuple[str, str, str]]:
    """Yield keys that the settings gave to something while another thing has them there."""
    scopes = {key.id: key.scope for key in KEYS}
    taken: dict[str, list[str]] = {}
    for key in KEYS:
        for written in about.keymap.get(key.id, key.keys).split(","):
            if name := key_name(written):
                taken.setdefault(name, []).append(key.id)
    for name, ids in taken.items():
        for moved in (id_ for id_ in ids if id_ in about.keymap):
            other = next((id_ for id_ in ids if id_ != moved and _meet(scopes, id_, moved)), None)
            if other is not None:
                what = f'"{as_read(name)}" is the key of {other} already'
                yield f"cockpit.keys.{moved}", what, "give that another key too"


def _meet(scopes: Mapping[str, str], first: str, second: str) -> bool:
    """Return whether two bindings can be in force on one screen."""
    one, two = scopes[first], scopes[second]
    are_apart = any({one, two} == {*pair} for pair in APART)
    return one == two or (not are_apart and bool({one, two} & {*SHARED_SCOPES}))
