"""How wide the columns of a list are: what their cells need, and what the room allows. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from riskcockpit.present.columns import Column

T = TypeVar("T")

_YIELDING = 5
"""Columns of this rank and above go before the main texts are cut."""
_SHARE = 4
"""Room that is spare, against what a column that does not grow may take of it."""
_LEAST = 6
"""Cells that are left to a text when even the columns that always stay have no room."""


def fit(
    columns: Sequence[Column[T]],
    room: int,
    gap: int = 2,
    needs: Mapping[str, int] | None = None,
) -> list[tuple[Column[T], int]]:
    """Choose the columns that fit into `room` cells and share out what is spare.

    `needs` says how many cells each column takes to cut nothing, by its key.

    Columns go by rank, the highest first, until the least widths fit; those of the highest ranks
    also where a main text would be cut. The order stays. Without `needs` every column needs its
    width. Room that is spare goes to cells that are cut, and only then to columns that grow.
    """
    wanted = {each.key: (needs or {}).get(each.key, each.width) for each in columns}
    least = {each.key: _least(each, wanted[each.key]) for each in columns}
    kept = list(columns)
    while len(kept) > 1:
        worst = max(column.rank for column in kept)
        ample = {
            each.key: min(2 * each.width, wanted[each.key])
            if worst >= _YIELDING and each.grow and each.rank <= 1
            else least[each.key]
            for each in kept
        }
        if worst == 0 or sum(ample.values()) + gap * (len(kept) - 1) <= room:
            break
        del kept[max(index for index, column in enumerate(kept) if column.rank == worst)]
    widths = {column.key: least[column.key] for column in kept}
    spare = room - sum(widths.values()) - gap * (len(kept) - 1)
    if spare < 0:
        _take_back(kept, widths, -spare)
    else:
        _give(kept, widths, spare, wanted)
    return [(column, widths[column.key]) for column in kept]


def _least(column: Column[T], wanted: int) -> int:
    """Return what a column has at least; the place of a mark stays while there is none."""
    return column.width if column.width == 1 else min(column.width, wanted)


def _take_back(columns: Sequence[Column[T]], widths: dict[str, int], lack: int) -> None:
    """Take what is lacking from the columns that grow, the widest first."""
    for _ in range(lack):
        able = [each for each in columns if each.grow and widths[each.key] > _LEAST]
        if not able:
            return
        widths[max(able, key=lambda each: widths[each.key]).key] -= 1


def _give(
    columns: Sequence[Column[T]], widths: dict[str, int], spare: int, wanted: Mapping[str, int]
) -> None:
    """Share out spare room: to what is cut, by shares, until nothing is; then to all that grow."""
    for each in columns:  # a fixed column is served whole where that takes little from the texts
        lack = wanted[each.key] - widths[each.key]
        if not each.grow and 0 < lack * _SHARE <= spare:
            widths[each.key] += lack
            spare -= lack
    while spare:
        cut = [each for each in columns if widths[each.key] < wanted[each.key]]
        cut = [each for each in cut if each.grow] or cut
        shares = sum(max(1, each.grow) for each in cut)
        if not cut:
            break
        before = spare
        for each in cut:
            part = max(1, before * max(1, each.grow) // shares)
            given = min(spare, part, wanted[each.key] - widths[each.key])
            widths[each.key] += given
            spare -= given
    growing = [each for each in columns if each.grow]
    shares = sum(each.grow for each in growing)
    for each in growing:
        widths[each.key] += spare * each.grow // shares
    if growing:
        widths[growing[0].key] += spare - sum(spare * each.grow // shares for each in growing)
