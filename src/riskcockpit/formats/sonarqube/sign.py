"""By what the HTML of sonar-report is known from outside."""

from __future__ import annotations

from riskcockpit.formats.shape import Shape


def is_sonar_page(shape: Shape) -> bool:
    """Whether it is the start of such a page, told by its title."""
    return shape.kind == "xml" and shape.root.lower() == "html" and "SonarQube" in shape.start
