"""A field of one line whose caret stands still: nothing blinks, and nothing is sent while idle."""

from __future__ import annotations

from textual.reactive import reactive
from textual.widgets import Input


class Field(Input):
    """Textual's field without its blinking."""

    cursor_blink = reactive(False, init=False)
