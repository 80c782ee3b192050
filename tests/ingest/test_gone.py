"""What a report itself says is fixed ends at once; everything else waits for a complete scan."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from riskcockpit.formats.api import ReadOptions
from riskcockpit.formats.generic.from_json import read
from support.ingesting import Bank, code, open_bank


@pytest.fixture
def bank(tmp_path: Path) -> Bank:
    return open_bank(tmp_path)


def test_what_a_report_says_is_gone_ends_at_once_however_little_it_proves(bank: Bank) -> None:
    """A page of changes shows one result of two and says that a third one was fixed."""
    one, other, third = code(line=1, fingerprint="a1b2c3d4"), code("x"), code("y", "src/b.py")
    bank.scan([one, other, third])
    report = bank.scan(
        [other], gone=(replace(one, title="told otherwise"),), is_partial=True, absent=1
    )
    assert (report.counts.fixed, report.is_complete) == (1, False)
    assert bank.states() == {"open": 2, "fixed": 1}
    assert ("fixed", "") in bank.events("fixed")
    again = bank.scan([other], gone=(one,), is_partial=True, absent=1)
    assert again.counts.fixed == 0
    assert bank.scan([one, other], is_partial=True).counts.reopened == 1


def test_what_is_shown_is_not_gone_whatever_else_the_report_says_of_it(bank: Bank) -> None:
    """Nor is anything but the very finding: likeness ends nothing."""
    bank.scan([code(line=1), code("x")])
    report = bank.scan([code(line=1)], gone=(code(line=1), code("x", line=4, snippet="z" * 20)))
    assert report.counts.fixed == 1, "the one it does not show, by its absence"
    bank.scan([code(line=1), code("x")])
    report = bank.scan([code(line=1)], gone=(code("x", "src/other.py"),), is_partial=True)
    assert report.counts.fixed == 0


def test_what_is_gone_in_another_scope_stays_open_in_its_own(bank: Bank) -> None:
    """One branch does not speak for the other."""
    bank.scan([code()], branch="main")
    report = bank.scan([], gone=(code(),), branch="fix", is_partial=True)
    assert report.counts.fixed == 0
    assert bank.states() == {"open": 1}


def test_formats_hand_over_what_their_records_say_is_gone() -> None:
    """A record that says so and can be read; of another it is only counted."""
    content = (
        b'{"tool": "probe", "findings": [{"title": "a", "severity": "high", "is_mitigated": true},'
        b' {"is_mitigated": true}, {"title": "b", "severity": "low"}]}'
    )
    (scan,) = read(content, ReadOptions()).scans
    assert [seen.title for seen in scan.gone] == ["a"]
    assert (scan.absent, [seen.title for seen in scan.observations]) == (2, ["b"])
