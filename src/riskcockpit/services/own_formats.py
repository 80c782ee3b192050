"""The report formats a home describes itself, in `CONFIG/formats/*.yaml`."""

from __future__ import annotations

from pathlib import Path

from riskcockpit.config.paths import Paths
from riskcockpit.formats.api import Format


def directory_of(paths: Paths) -> Path:
    """Return where the home's own formats lie; it need not be there."""
    return paths.config / "formats"


def own_formats(paths: Paths) -> tuple[Format, ...]:
    """Return the home's own formats, in the order of their files' names.

    Raises:
        ConfigError: a mapping cannot be used; the message names file, line and what to mend.
    """
    directory = directory_of(paths)
    if not directory.is_dir():
        return ()
    from riskcockpit.formats.mapped.definition import load  # noqa: PLC0415 - few homes have any
    from riskcockpit.formats.mapped.reader import MappedFormat  # noqa: PLC0415 - as above

    return tuple(map(MappedFormat, load(directory)))
