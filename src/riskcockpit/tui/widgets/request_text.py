"""A request in words: what waits, since when, by which rule, for whom."""

from __future__ import annotations

from textual.content import Content

from riskcockpit.domain.ids import short
from riskcockpit.present.columns import Frame
from riskcockpit.present.text import age, stamp
from riskcockpit.present.waivers import who_can
from riskcockpit.tui.widgets.finding_text import fact, paragraph, section
from riskcockpit.tui.widgets.plain import styled
from riskcockpit.views.waivers import RequestRow


def request_text(row: RequestRow, frame: Frame, width: int) -> list[Content]:
    """Return all that is known of a request."""
    kind = row.kind.replace(".", " ").replace("_", " ")
    waited = f"{age(row.requested_at, frame.now)}, since {stamp(row.requested_at)}"
    out = [*paragraph(row.summary, width, "strong"), styled([(kind, "muted")]), Content("")]
    for label, text in (
        ("asked by", row.requester),
        ("waits", waited),
        ("signed by", ", ".join(row.signed)),
        ("review", f"by another, until {stamp(row.review_by)}" if row.review_by else ""),
        ("rule", f"{row.rule}: {row.why}" if row.why else row.rule),
        ("who can", ", ".join(row.could) or who_can(row)),
        ("id", short(row.id)),
    ):
        out += fact(label, text, width)
    needs = (line for text in dict.fromkeys(row.needs) for line in paragraph(text, width))
    out += section("Still needs", list(needs))
    out += section("Two disagree", paragraph(row.conflict, width, "warn") if row.conflict else [])
    out += section("You", _you(row, width))
    return out


def _you(row: RequestRow, width: int) -> list[Content]:
    if row.may_approve:
        says = [
            ("a", "key"),
            (" signs it after a preview, ", ""),
            ("X", "key"),
            (" rejects it", ""),
        ]
        return [styled(says)]
    said = paragraph(f"You cannot sign it: {row.why_not}", width, "warn")
    return [*said, *paragraph(who_can(row), width)] if row.needs else said
