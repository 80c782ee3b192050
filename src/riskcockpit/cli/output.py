"""What goes to stdout: lines, one JSON document, and lists in several forms. Its only writer.

All text passes the fence once more on its way out: no escape of foreign text reaches a terminal.
"""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from riskcockpit.cli.diagnostics import say
from riskcockpit.cli.documents import plain
from riskcockpit.cli.speech import folded, in_words, room, speech_now
from riskcockpit.domain.untrusted import (
    DANGEROUS,
    STOP,
    as_markdown,
    clean_line,
    clean_text,
    runs_left,
    steady,
    without_formula,
)
from riskcockpit.errors import InputError
from riskcockpit.present.columns import Align, Cell, Column, Frame
from riskcockpit.present.widths import fit

T = TypeVar("T")

FORMATS = ("table", "json", "csv", "markdown")
_MOST_PADDED = 100
"""Cells to which a column is padded at most where nothing is cut."""
_LEAST_CELLS = 12
"""Cells that a column of plain values keeps before it goes, if it needs as many."""
_NAMING, _NAME_CELLS = 2, 28
"""Columns that name a row, where they hold single words, and the cells they keep: who types the
next command wants it whole."""
_LAST_RANK = 4
"""Of columns of plain values: below the rank at which `fit` lets one go for the first texts."""
_SGR = {
    "ok": "32",
    "warn": "33",
    "alarm": "31",
    "stale": "35",
    "no_data": "2",
    "muted": "2",
    "strong": "1",
    "key": "36",
    "severity-critical": "1;31",
    "severity-high": "31",
    "severity-medium": "33",
    "severity-low": "2",
    "severity-info": "2",
}


def chosen_format(name: str) -> str:
    """Return `name` when it is a known form of a list.

    Raises:
        InputError: it is not.
    """
    if name not in FORMATS:
        raise InputError(f'unknown format "{name}"', hint=f"known: {', '.join(FORMATS)}")
    return name


def line(text: str = "") -> None:
    """Print one line: foreign text in it is made harmless, and cannot begin a line of its own."""
    _put(clean_line(text))


def lines(text: str) -> None:
    """Print a text of several lines; foreign text in it is made harmless."""
    if speech_now() is None:
        print(clean_text(text))
        return
    for one in clean_text(text).splitlines():
        _put(one)


def _put(text: str, weight: int = 1) -> None:
    """Print a line; for who listens in words, when its page is not full yet."""
    speech = speech_now()
    if speech is None:
        print(text)
    elif (words := in_words(text)) and speech.admits(words, weight):
        _say([words])


def _say(said: Iterable[str]) -> None:
    for words in said:
        print("\n".join(folded(words, room())), flush=True)


def say_more() -> None:
    """Print the next page of what is left, for who listens."""
    speech = speech_now()
    if speech is None:
        return
    _say(speech.next_page() or ["There is no more."])
    say_what_is_left()


def say_what_is_left() -> None:
    """Print how much a listener has not heard yet; nothing when that was all."""
    speech = speech_now()
    if speech is not None and speech.left:
        _say([f"Type more for the next: {speech.left} left."])


def say_rest() -> None:
    """Print all that is left: a question about it follows."""
    speech = speech_now()
    if speech is not None:
        _say(speech.rest())


def live_line(text: str) -> None:
    """Print one line at once: somebody follows."""
    if speech_now() is None:
        print(clean_line(text), flush=True)
    else:
        _say([in_words(clean_line(text))])


def raw(content: bytes) -> None:
    """Write a whole file as it is, for a pipe; its writer made it harmless."""
    sys.stdout.buffer.write(content)
    sys.stdout.flush()


def styled(*cells: Cell, least: int | None = None) -> None:
    """Print cells beside each other with their colours, when stdout shows any.

    On a terminal that is too narrow the last ones are left out, but never the `least` first.
    """
    kept = [Cell(clean_line(cell.text), cell.token) for cell in cells]
    if speech_now() is not None:
        _put("".join(cell.text for cell in kept))
        return
    while least is not None and len(kept) > least and not _fits(kept):
        kept.pop()
    print("".join(_paint(cell.text, cell.token) for cell in kept).rstrip())


def _fits(cells: Sequence[Cell]) -> bool:
    text = "".join(cell.text for cell in cells).rstrip()
    return not sys.stdout.isatty() or _width(text) <= shutil.get_terminal_size().columns


def json_document(document: dict[str, Any]) -> None:
    """Print one JSON document; what could act in a terminal is written as an escape of JSON."""
    text = json.dumps(document, ensure_ascii=not _is_utf8(), indent=2, allow_nan=False)
    print(text if text.isascii() and "\x7f" not in text else _without_dangers(text))


def json_line(document: dict[str, Any]) -> None:
    """Print one JSON document in one line, at once: somebody follows."""
    text = json.dumps(document, ensure_ascii=not _is_utf8(), allow_nan=False)
    print(text if text.isascii() and "\x7f" not in text else _without_dangers(text), flush=True)


def _without_dangers(json_text: str) -> str:
    escapes = {code: json.dumps(chr(code))[1:-1] for code in DANGEROUS if code != ord("\n")}
    escapes[0x7F] = "\\u007f"
    return json_text.translate(escapes)


def table(columns: Sequence[Column[T]], rows: Sequence[T], frame: Frame, kind: str) -> None:
    """Print a list of views as a table, CSV or Markdown."""
    grid = [[column.cell(row, frame) for column in columns] for row in rows]
    if kind == "table":
        _text_table(columns, grid)
    else:
        titles = [column.title or column.key for column in columns]
        cells(titles, [[cell.text for cell in row] for row in grid], kind)


def cells(titles: Sequence[str], rows: Iterable[Sequence[Any]], kind: str) -> None:
    """Print rows of plain values as a table, CSV or Markdown."""
    texts = [["" if v is None else str(plain(v)) for v in row] for row in rows]
    if kind == "csv":
        print(_csv(titles, texts), end="")
    elif kind == "markdown":
        print("| " + " | ".join(as_markdown(title) for title in titles) + " |")
        print("|" + " --- |" * len(titles))
        for row in texts:
            print("| " + " | ".join(as_markdown(text) for text in row) + " |")
    else:
        _text_table(
            [_as_column(index, title, texts) for index, title in enumerate(titles)],
            [[Cell(text) for text in row] for row in texts],
        )


def _as_column(index: int, title: str, rows: Sequence[Sequence[str]]) -> Column[Any]:
    """Return a column that keeps its place: where room is short it is cut before any is left out.

    The first columns say what a row is; what has to go goes from the end, empty columns first.
    """
    width = max([_width(title), *(_width(row[index]) for row in rows)])
    is_name = index < _NAMING and not any(" " in row[index] for row in rows)
    least = min(width, _NAME_CELLS if is_name else max(_LEAST_CELLS, _width(title)))
    is_empty = not any(row[index] for row in rows)
    rank = _LAST_RANK if is_empty else min(index, _LAST_RANK - 1)
    if speech_now() is not None:
        rank = 0  # few columns: who listens hears them all
    grow = int(width > least)
    return Column(
        f"{index} {title}", title, lambda row, _: Cell(row[index]), least, grow=grow, rank=rank
    )


def _csv(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write CSV in which no cell is a formula to a spreadsheet."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    for row in (titles, *rows):
        writer.writerow([without_formula(clean_line(text)) for text in row])
    return buffer.getvalue()


def _text_table(columns: Sequence[Column[Any]], grid: Sequence[Sequence[Cell]]) -> None:
    """Print a table: cut to the terminal when stdout is one, uncut otherwise.

    Uncut, one cell that is very long moves its own line only, not all the others.
    """
    if not grid:
        return
    if speech_now() is not None:
        _say_rows(columns, grid)
        return
    is_cut = sys.stdout.isatty()
    if is_cut:
        needs = {
            column.key: max(_width(column.title), *(_width(row[i].text) for row in grid))
            for i, column in enumerate(columns)
        }
        room = shutil.get_terminal_size((100, 24)).columns
        fitting = fit(columns, room, needs=needs)
        chosen = [(column, min(width, needs[column.key])) for column, width in fitting]
    else:
        chosen = [
            (
                column,
                min(
                    max(_width(column.title), *(_width(row[i].text) for row in grid)), _MOST_PADDED
                ),
            )
            for i, column in enumerate(columns)
        ]
    index = {id(column): i for i, column in enumerate(columns)}
    print("  ".join(_pad(Cell(c.title), width, c.align) for c, width in chosen).rstrip())
    for row in grid:
        line = ""
        for column, width in chosen:
            cell = row[index[id(column)]]
            text = _pad(cell, width, column.align, is_cut=is_cut, is_end_kept=column.is_end_kept)
            gap = f"{STOP} " if is_cut and runs_left(cell.text) else "  "
            line += _paint(text, cell.token) + gap
        print(line.removesuffix(f"{STOP} ").rstrip())
    gone = [each.title for each in columns if all(each is not column for column, _ in chosen)]
    if gone:
        say(f"no room for {', '.join(gone)}; a wider terminal, a pipe or --json has them")


def _say_rows(columns: Sequence[Column[Any]], grid: Sequence[Sequence[Cell]]) -> None:
    """Print each row as a sentence: what a column is called, then what it says; ids come last.

    What does not fit into two lines is left out, the least important first, and named at the end.
    """
    left_out: dict[str, None] = {}
    for row in grid:
        said = [
            (column.rank, column.title, _brief(in_words(clean_line(cell.text))))
            for column, cell in zip(columns, row, strict=True)
        ]
        parts = sorted((each for each in said if each[2]), key=lambda part: part[1] == "id")
        while _width(_sentence(parts)) > 2 * room() and (most := max(part[0] for part in parts)):
            gone = [part for part in parts if part[0] == most][-1]
            parts.remove(gone)
            left_out[gone[1]] = None
        _put(_sentence(parts), weight=2)
    if left_out:
        _put(f"No room here for {', '.join(left_out)}. A wider terminal, or --json, has it.")


def _brief(said: str) -> str:
    """Return what a cell says, of a whole document the beginning."""
    most = 4 * room()
    return said if len(said) <= most else f"{said[:most]}… {len(said) - most} characters more"


def _sentence(parts: Sequence[tuple[int, str, str]]) -> str:
    text = "; ".join(f"{title}: {said}" if title else said for _, title, said in parts)
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def _pad(
    cell: Cell, width: int, align: Align, *, is_cut: bool = True, is_end_kept: bool = False
) -> str:
    """Fill a cell to `width` cells of the terminal; what is longer is cut with `is_cut`."""
    clean = steady(cell.text)
    size = _width(clean)
    if size > width and is_cut:
        clean = steady(cell.short) or clean
        if _width(clean) > width:
            clean = _end(clean, width) if is_end_kept else _shortened(clean, width)
        size = _width(clean)
    space = " " * (width - size)
    return space + clean if align is Align.RIGHT else clean + space


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def _cut(text: str, width: int) -> str:
    from rich.cells import set_cell_size

    return f"{set_cell_size(text, max(0, width - 1)).rstrip()}…" if width > 1 else text[:width]


def _shortened(text: str, width: int) -> str:
    """Cut prose at its end, and a name in its middle: both ends of a path or a digest tell."""
    if " " in text.strip() or width < _LEAST_CELLS:
        return _cut(text, width)
    tail = (width - 1) // 2
    return f"{_cut(text, width - tail)}{_end(text, tail + 1).removeprefix('…')}"


def _end(text: str, width: int) -> str:
    """Return the end of a text that is wider than `width` cells."""
    start = next(at for at in range(1, len(text) + 1) if _width(text[at:]) < width or width < 1)
    return f"…{text[start:]}" if width else ""


def _paint(text: str, token: str) -> str:
    code = _SGR.get(token)
    return f"\x1b[{code}m{text}\x1b[0m" if code and _has_colour() else text


def _has_colour() -> bool:
    is_shown = (
        speech_now() is None
        and sys.stdout.isatty()
        and os.environ.get("TERM") not in (None, "", "dumb")
    )
    return is_shown and "NO_COLOR" not in os.environ


def _is_utf8() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
