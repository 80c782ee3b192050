"""What the terminal can draw, by what the environment says of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping

_PLAIN_LOCALES = ("C", "POSIX")
_COERCED = ("C.UTF-8", "C.utf8", "UTF-8")
"""What Python writes into `LC_CTYPE` where the locale is `C` (PEP 538)."""
_GLASS = "vt"
"""How the names of terminals begin that have neither colours nor Unicode."""


def has_colours(environ: Mapping[str, str]) -> bool:
    """Return whether colours are wanted and there: `NO_COLOR`, set and not empty, says no."""
    return not environ.get("NO_COLOR") and not environ.get("TERM", "").startswith(_GLASS)


def has_unicode(environ: Mapping[str, str], encoding: str, *, is_utf8_mode: bool) -> bool:
    """Return whether more than ASCII can be drawn.

    `encoding` is that of stdout. In Python's UTF-8 mode it says nothing: that comes by itself where
    the locale is `C`. Then the names of the variables count, of which Python may have written
    `LC_CTYPE`. Where nothing names a locale, as in many containers, it is taken to be UTF-8.
    """
    if environ.get("TERM", "").startswith(_GLASS):
        return False
    if not is_utf8_mode or environ.get("PYTHONUTF8") == "1":
        return _is_utf8(encoding)
    names = [environ.get("LC_ALL"), environ.get("LC_CTYPE"), environ.get("LANG")]
    if names[1] in _COERCED:
        names[1] = None
    name = next((each for each in names if each), "")
    if name in _PLAIN_LOCALES:
        return False
    charset = name.partition(".")[2].partition("@")[0]
    return not charset or _is_utf8(charset)


def _is_utf8(name: str) -> bool:
    return name.lower().replace("-", "").replace("_", "") == "utf8"
