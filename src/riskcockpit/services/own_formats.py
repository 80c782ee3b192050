"""The report formats a home describes itself, in `CONFIG/formats/*.yaml`."""

from __future__ import annotations

from riskcockpit.config.paths import Paths
from riskcockpit.formats.api import Format


def own_formats(paths: Paths) -> tuple[Format, ...]:
    """Return the home's own formats, in the order of their files' names.

    Raises:
        ConfigError: a mapping cannot be used; the message names file, line and what to mend.
    """
    directory = paths.config / "formats"
    if not directory.is_dir():
        return ()
    from riskcockpit.formats.mapped.definition import load  # noqa: PLC0415 - few homes have any
    from riskcockpit.formats.mapped.reader import MappedFormat  # noqa: PLC0415 - as above

    return tuple(map(MappedFormat, load(directory)))
