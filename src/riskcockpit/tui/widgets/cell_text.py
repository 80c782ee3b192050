"""The text of a table's cell: harmless, and as wide as its column."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size

from riskcockpit.domain.untrusted import fence
from riskcockpit.present.columns import Align


def cut(text: str, width: int, align: Align, ellipsis: str = "…") -> str:
    """Return `text` behind the second fence, cut or padded to exactly `width` cells."""
    # a cell of marks that have no width of their own must not cost more than its room
    clean = fence(text[: width * 4 + 8])
    size = cell_len(clean)
    if size > width:
        return set_cell_size(clean, max(0, width - 1)) + ellipsis[:width]
    pad = " " * (width - size)
    return pad + clean if align is Align.RIGHT else clean + pad
