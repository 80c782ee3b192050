"""By what the outside of a report tells its format: predicates on a `Shape`, to be combined."""

from __future__ import annotations

from collections.abc import Callable

from riskcockpit.formats.shape import Shape

Sign = Callable[[Shape], bool]


def has(*names: str, kind: str = "") -> Sign:
    """JSON with these names at its top; `kind` is `object`, `list` or empty for either."""
    wanted = set(names)

    def sign(shape: Shape) -> bool:
        return wanted <= shape.members.keys() and kind in ("", shape.kind)

    return sign


def has_inner(top: str, *names: str) -> Sign:
    """JSON with the name `top` at its top, and these one object further in."""
    wanted = set(names)

    def sign(shape: Shape) -> bool:
        return top in shape.members and wanted <= shape.inner

    return sign


def has_no_records(shape: Shape) -> bool:
    """JSON whose lists and objects hold no object with a member."""
    return not shape.inner


def lacks(*names: str) -> Sign:
    """JSON with none of these names at its top."""
    unwanted = set(names)

    def sign(shape: Shape) -> bool:
        return not unwanted & shape.members.keys()

    return sign


def says(name: str, *values: str) -> Sign:
    """JSON whose member `name` at the top is a text that holds one of `values`, in any case."""

    def sign(shape: Shape) -> bool:
        text = shape.members.get(name, "").lower()
        return any(value in text for value in values)

    return sign


def xml(*roots: str, namespace: str = "") -> Sign:
    """XML whose root element has one of these local names, and `namespace` in its start tag."""

    def sign(shape: Shape) -> bool:
        return shape.kind == "xml" and shape.root in roots and namespace in shape.root_tag

    return sign


def columns(*names: str) -> Sign:
    """Text whose first line is a table's header with these columns, in any case."""
    wanted = {name.lower() for name in names}

    def sign(shape: Shape) -> bool:
        return shape.kind == "text" and wanted <= shape.columns

    return sign


def columns_below(*names: str) -> Sign:
    """Text in which one of the first lines is a table's header with these columns."""
    wanted = {name.lower() for name in names}

    def sign(shape: Shape) -> bool:
        return shape.kind == "text" and any(wanted <= line for line in shape.lines)

    return sign


def all_of(*signs: Sign) -> Sign:
    """All of them."""
    return lambda shape: all(sign(shape) for sign in signs)


def any_of(*signs: Sign) -> Sign:
    """At least one of them."""
    return lambda shape: any(sign(shape) for sign in signs)
