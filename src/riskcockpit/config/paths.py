"""Where everything lies: `RISKCOCKPIT_HOME` or the XDG directories; modes 0600 and 0700."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

HOME_VARIABLE = "RISKCOCKPIT_HOME"


@dataclass(frozen=True, slots=True)
class Paths:
    """The directories of one riskcockpit home; none of them needs to exist yet."""

    config: Path
    cache: Path
    ledger: Path
    state: Path

    @classmethod
    def under(cls, home: Path) -> Paths:
        """Put everything under one directory."""
        return cls(home / "config", home / "cache", home / "ledger", home / "state")

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Paths:
        """Follow `RISKCOCKPIT_HOME` when it is set, the platform's conventions otherwise."""
        env = os.environ if environ is None else environ
        if home := env.get(HOME_VARIABLE):
            return cls.under(Path(home).expanduser().resolve())
        import platformdirs  # noqa: PLC0415 - 20 ms that a set home does not need

        dirs = platformdirs.PlatformDirs("riskcockpit", appauthor=False)
        return cls(
            dirs.user_config_path,
            dirs.user_cache_path,
            dirs.user_data_path / "ledger",
            dirs.user_state_path,
        )

    def are_writable(self) -> bool:
        """Return whether ledger and state can be written, or made where they are not yet."""
        return all(os.access(_nearest(each), os.W_OK) for each in (self.ledger, self.state))

    @property
    def settings(self) -> Path:
        """The settings file."""
        return self.config / "riskcockpit.yaml"


def _nearest(directory: Path) -> Path:
    """Return `directory`, or the first above it that is there."""
    return next(each for each in (directory, *directory.parents) if each.exists())


def make_private(directory: Path) -> Path:
    """Create `directory` (and parents) with mode 0700 and return it."""
    try:
        directory.mkdir(mode=0o700, exist_ok=True)
    except FileNotFoundError:  # `parents=True` would open them to everybody
        make_private(directory.parent)
        directory.mkdir(mode=0o700, exist_ok=True)
    return directory


def shipped(*parts: str) -> Path:
    """Return a path inside what ships with the package: `shipped("config", "kpis.yaml")`."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "_shipped"
    root = inside if inside.is_dir() else package.parent.parent
    return root.joinpath(*parts)
