"""Names of keys: as people write them in the settings, as Textual has them, as they are read.

Only what terminals send without a protocol of their own counts as a key. Pure.
"""

from __future__ import annotations

import unicodedata
from difflib import get_close_matches
from functools import lru_cache

from textual.keys import KEY_NAME_REPLACEMENTS, REPLACED_KEYS

_MOVING = ("up", "down", "left", "right", "home", "end", "pageup", "pagedown", "insert", "delete")
_WITH_MODIFIERS = frozenset((*_MOVING, *(f"f{number}" for number in range(1, 25))))
"""Keys that terminals send with ctrl, with shift, with both and without."""
_PLAIN = frozenset({"enter", "escape", "space", "tab", "backspace"})
_CONTROL_SIGNS = frozenset({"backslash", "right_square_bracket", "circumflex_accent", "underscore"})
"""Signs that have a control character of their own, beside the letters."""
_ALSO = {"esc": "escape", "return": "enter"}
_EXAMPLES = "as ctrl+f, f5, pageup or one character"


def key_name(written: str) -> str | None:
    """Return Textual's name of a key that is written as `Ctrl+F`, `F5`, `?` or `pageup`.

    None when no key is called so, or terminals do not send it; `why_no_key` tells.
    """
    text = written.strip()
    if len(text) == 1:
        return _name_of(text) if text.isprintable() else None
    *modifiers, key = text.split("+")
    held = {each.strip().lower() for each in modifiers}
    key = key.strip()
    name = (_name_of(key) if len(key) == 1 else _ALSO.get(key.lower(), key.lower())).lower()
    if len(held) != len(modifiers) or not held <= {"ctrl", "shift"}:
        return None
    return "+".join((*sorted(held), name)) if _is_sent(held, name) else None


def _is_sent(held: set[str], name: str) -> bool:
    if name in _WITH_MODIFIERS:
        return True
    if held == {"ctrl"}:
        return name in _CONTROL_SIGNS or (len(name) == 1 and name.isascii() and name.isalpha())
    if held:
        return held == {"shift"} and name == "tab"
    return name in _PLAIN or sign_of(name) is not None


def why_no_key(written: str) -> str:
    """Return a hint for what `key_name` has no name for."""
    text = written.strip()
    held, _, key = text.lower().rpartition("+")
    if "alt" in held or "meta" in held:
        return "esc and a key typed fast look the same to a terminal; as ctrl+f or f5"
    if held == "shift" and len(key) == 1:
        return f'write the character itself, as "{key.upper()}"'
    if "ctrl" in held and "shift" in held and len(key) == 1:
        return f'terminals send the same without shift: "ctrl+{key}"'
    near = get_close_matches(text.lower(), (*_WITH_MODIFIERS, *_PLAIN, *_ALSO), 1)
    return f'did you mean "{near[0]}"? {_EXAMPLES}' if near else _EXAMPLES


@lru_cache(256)
def sign_of(name: str) -> str | None:
    """Return the character a key of Textual types, as `?` for `question_mark`; None for others."""
    if len(name) == 1:
        return name
    long_name = REPLACED_KEYS.get(name, name).replace("_", " ").upper()
    for each in (long_name, long_name.replace(" ", "-")):
        try:
            sign = unicodedata.lookup(each)
        except KeyError:
            continue
        if sign.isprintable() and not sign.isspace() and _name_of(sign) == name:
            return sign
    return None


def _name_of(sign: str) -> str:
    """Return Textual's name of the key that types a character."""
    if sign.isalnum():
        return sign
    name = unicodedata.name(sign, sign).lower().replace("-", "_").replace(" ", "_")
    return KEY_NAME_REPLACEMENTS.get(name, name)
