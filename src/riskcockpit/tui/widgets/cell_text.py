"""The text of a table's cell: harmless, and as wide as its column."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size

from riskcockpit.domain.untrusted import steady
from riskcockpit.present.columns import Align


def cut(
    text: str, width: int, align: Align, ellipsis: str = "…", *, is_end_kept: bool = False
) -> str:
    """Return `text` harmless and steady, cut or padded to exactly `width` cells."""
    # a cell of marks that have no width of their own must not cost more than its room
    most = width * 4 + 8
    clean = steady(text[-most:] if is_end_kept else text[:most])
    size = cell_len(clean)
    if size > width:
        if is_end_kept:
            return ellipsis[:width] + tail(clean, max(0, width - 1))
        return set_cell_size(clean, max(0, width - 1)) + ellipsis[:width]
    pad = " " * (width - size)
    return pad + clean if align is Align.RIGHT else clean + pad


def tail(text: str, width: int) -> str:
    """Return the end of `text` in exactly `width` cells."""
    start, size = len(text), 0
    while start and (more := cell_len(text[start - 1])) + size <= width:
        start, size = start - 1, size + more
    return " " * (width - size) + text[start:]
