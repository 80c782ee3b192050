"""Where the sources of an asset lie on this computer, so that an editor can open them.

Asset and path come from scanners: what is found lies inside the checkout, or it is not found.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import InputError
from riskcockpit.services.context import Context

ANY = "*"
"""Stands for every asset: a directory that holds a directory for each."""
_NO_PATH = (OSError, ValueError, RuntimeError)
"""What names raise that no file can have: too long, NUL, a circle of links."""
_SHOWN = 120


def locate(ctx: Context, asset: str, path: str) -> Path:
    """Return the file a finding is in, as an absolute path inside the checkout of its asset.

    Raises:
        InputError: there is no checkout, or no such file in it; the hint says what to set.
    """
    settings, shown = ctx.settings.cockpit.checkouts, _shown(asset) or "ASSET"
    try:
        root = _root(settings, ctx.paths.config, asset, Path.cwd())
    except _NO_PATH:
        root = None
    if root is None:
        raise InputError(
            f"there is no checkout of {shown} here",
            hint=f"cockpit: checkouts: {{{shown}: ~/src/…}} in the settings says where,"
            " or start riskcockpit inside it",
        )
    try:
        file = (root / path).resolve()
        is_there = file.is_relative_to(root) and file.is_file()
    except _NO_PATH as error:
        raise _missing(path, root) from error
    if not path or not is_there:
        raise _missing(path, root)
    return file


def _shown(text: str) -> str:
    return clean_line(text)[:_SHOWN]


def _missing(path: str, root: Path) -> InputError:
    return InputError(
        f"{_shown(path) or 'the file'} is not in the checkout at {root}",
        hint="another branch, an older commit, or a path that leads out of it",
    )


def _root(settings: Mapping[str, str], config: Path, asset: str, here: Path) -> Path | None:
    name = asset.rstrip("/").rpartition("/")[2]
    wanted = settings.get(asset) or settings.get(name)
    if wanted is None and ANY in settings and name not in ("", ".", ".."):
        wanted = f"{settings[ANY]}/{name}"
    if wanted is not None:
        root = (config / Path(wanted).expanduser()).resolve()
        return root if root.is_dir() else None
    for place in (here, *here.parents):
        if (place / ".git").exists():
            return place.resolve() if place.name == name else None
    return None
