"""What the cockpit says of a finding's deadlines."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from rich.cells import cell_len

from riskcockpit.domain.finding import State
from riskcockpit.domain.severity import Severity
from riskcockpit.present.columns import Frame
from riskcockpit.tui.widgets.finding_text import (
    fact,
    finding_brief,
    finding_full,
    hanging,
    paragraph,
)
from riskcockpit.views.findings import FindingDetail, PastDeadline
from support.bank_findings import detail_of, finding_row
from support.bank_governance import controls
from support.fake_gateway import FakeGateway
from support.piloting import opened, seen

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
WEEK = timedelta(days=7)


def said(detail: FindingDetail) -> list[str]:
    lines = [line.plain for line in finding_full(detail, Frame(NOW), 80)]
    return [line for line in lines if line.startswith(("due", "was due"))]


def test_deadlines_that_are_over_stay_in_sight() -> None:
    detail = detail_of(replace(finding_row(1), due_at=NOW + WEEK))
    past = (
        PastDeadline(NOW - 3 * WEEK, Severity.HIGH, NOW - 2 * WEEK),
        PastDeadline(NOW - WEEK, Severity.HIGH, NOW - 2 * WEEK),
    )
    assert said(replace(detail, past_deadlines=past)) == [
        "due         in 7 d",
        "was due     2026-10-30 10:00 UTC, missed",
        "was due     2026-11-13 10:00 UTC, kept",
    ]


def test_what_is_fixed_has_kept_its_deadline_or_missed_it() -> None:
    row = replace(finding_row(1), state=State.FIXED, due_at=NOW - WEEK)
    late = replace(detail_of(row), fixed_at=NOW)
    assert said(late) == ["was due     2026-11-13 10:00 UTC, missed"]
    assert said(replace(late, fixed_at=NOW - 2 * WEEK))[0].endswith("kept")


def test_a_path_of_3_kb_is_capped_and_its_end_stays() -> None:
    path = "a/" * 1_500 + "end.py"
    shown = replace(finding_row(1), path=path, line=7)
    text = "".join(line.plain.strip() for line in finding_brief(shown, Frame(NOW), 80))
    assert len(text) < 1_500
    assert "3,008" in text
    assert "end.py" in text


async def test_a_finding_says_which_requirements_a_control_that_fails_is_evidence_for() -> None:
    (known, *_), gateway = controls(), FakeGateway()
    shown = gateway.finding

    def finding(wanted: str) -> FindingDetail:
        return replace(shown(wanted), controls=(known.id, "gone-since"))

    gateway.finding = finding  # type: ignore[method-assign, assignment] # two controls fail
    async with opened(gateway, "f", "enter", size=(120, 50)) as (app, _):
        text = seen(app)
        assert "Controls that fail about it, its rule or its asset" in text
        assert known.title in text
        assert "sr-26-2 4.1" in text
        assert "gone-since" in text, "one that no pack has any more keeps its id"


def test_wide_letters_are_broken_by_the_cells_they_take() -> None:
    lines = [line.plain for line in paragraph("漢字かな " * 30 + "漢" * 100, 40)]
    assert all(cell_len(line) <= 40 for line in lines)
    assert "".join(lines).replace(" ", "") == "漢字かな" * 30 + "漢" * 100
    (first, *_) = fact("location", "漢" * 100, 60)
    assert first.plain.startswith("location    漢"), "it begins beside its label"


@pytest.mark.parametrize(("width", "most"), [(1, 12), (20, 24), (80, 80)])
def test_a_head_without_an_end_leaves_room_for_what_stands_behind_it(width: int, most: int) -> None:
    rows = hanging([("W" * 10_000, "muted")], "what was said " * 40, width)
    assert max(row.cell_length for row in rows) <= most
    short = hanging([("+3 min  ", "muted")], "said", 80)
    assert [row.plain for row in short] == ["+3 min  said"]
