"""Every screen draws loading, empty, loaded, stale, failed and forbidden."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from riskcockpit.errors import ConfigError, StoreError
from riskcockpit.present.text import ASCII, UNICODE
from riskcockpit.tui.api import About
from riskcockpit.tui.conditions import is_forbidden, of_data, of_settings
from riskcockpit.tui.messages import Place
from riskcockpit.tui.widgets.lines import banner_line, header_line, trail
from riskcockpit.views.posture import LedgerState
from support.bank_posture import NOW, posture


def test_what_is_wrong_comes_by_its_weight() -> None:
    view = posture()
    assert [each.word for each in of_data(view, NOW, UNICODE)] == ["SOURCE FAILED"]
    old = tuple(replace(one, last_success=NOW - timedelta(hours=30)) for one in view.sources)
    broken = replace(view, sources=old, ledger=LedgerState(False, 3, "", "entry 2 is forged"))
    wrong = list(of_data(broken, NOW, ASCII))
    assert [each.word for each in wrong] == ["LEDGER BROKEN", "STALE", "SOURCE FAILED"]
    line = banner_line(wrong, 120, ASCII).plain
    assert "entry 2 is forged" in line
    assert line.index("LEDGER BROKEN") < line.index("STALE") < line.index("SOURCE FAILED")
    assert list(of_data(None, NOW, UNICODE)) == []


def test_two_that_are_wrong_do_not_cut_each_other_in_80_columns() -> None:
    view = posture()
    old = tuple(replace(one, last_success=NOW - timedelta(hours=30)) for one in view.sources)
    broken = replace(view, sources=old, ledger=LedgerState(False, 3, "", "entry 2 is forged"))
    first, second, _ = of_data(broken, NOW, UNICODE)
    first = replace(first, text="engineer@bank entry 2: its signature is not of its content")
    above, below = banner_line([first, second], 80, UNICODE).plain.split("\n")
    assert first.text in above
    assert "l, then V" in below
    assert below.endswith("STALE  no source answered for 30 h")


@pytest.mark.parametrize("width", [30, 60, 80, 200])
def test_a_banner_fits_its_line(width: int) -> None:
    view = posture()
    failed = replace(view.sources[0], state="failed", message="漢字 " * 80)
    wrong = list(of_data(replace(view, sources=(failed,)), NOW, UNICODE))
    rows = banner_line(wrong, width, UNICODE).split("\n")
    assert max(row.cell_length for row in rows) <= width
    assert len(rows) <= 2


def test_a_failed_source_is_named_once_with_its_reason_and_how_many_more_there_are() -> None:
    view = posture()
    name = view.sources[0].name
    said = f'source "{name}": cannot reach https://{"m" * 60}.example/api: connection refused'
    failed = [replace(each, state="failed", message=said) for each in view.sources[:2]]
    (wrong,) = of_data(replace(view, sources=tuple(failed)), NOW, UNICODE)
    line = banner_line([wrong], 80, UNICODE).plain
    assert line.count(name) == 1
    assert f"{name}: cannot reach https://" in line
    assert "and 1 more" in line
    assert line.endswith("S shows why")


@pytest.mark.parametrize("width", [80, 120])
def test_wrong_settings_keep_their_place_and_their_hint_however_long_the_path(width: int) -> None:
    file = f"/home/{'deep/' * 20}riskcockpit.yaml"
    for start in (file, f"cannot read settings from {file}"):
        error = ConfigError(
            f'{start}: line 12: no theme "solarized"',
            hint="there are dark, light, high-contrast, ansi",
        )
        text = banner_line([*of_settings(error, (), file, UNICODE)], width, UNICODE).plain
        assert 'SETTINGS NOT TAKEN  riskcockpit.yaml: line 12: no theme "solarized"' in text
        assert "there are dark, light, high-contrast, ansi" in text


ABOUT = About("demo-bank", False, "engineer@bank.example", "bastion-2.internal")
PLACES = [Place("overview"), Place("pillar", "incident_response"), Place("ledger"),
          Place("finding", "02107204d1ff", Place("findings"))]  # fmt: skip


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.kind)
@pytest.mark.parametrize("is_production", [True, False])
def test_the_header_of_80_cells_says_all_it_says_in_shorter_words(
    place: Place, is_production: bool
) -> None:
    about = replace(ABOUT, is_production=is_production)
    parts = (place, about, posture(), "synced 12 min ago")
    for glyphs in (UNICODE, ASCII):
        line = header_line(*parts, is_locked=True, glyphs=glyphs, width=80)
        assert line.cell_length == 80
        mode = "PROD LOCKED" if is_production else "read-only"
        for words in ("demo-bank", "engineer", mode, "12 min", "ledger ok"):
            assert words in line.plain, line.plain
        wide = header_line(*parts, is_locked=True, glyphs=glyphs, width=160).plain
        assert "engineer@bank.example@bastion-2.internal" in wide
        assert "synced 12 min ago" in wide
        assert wide.startswith(" riskcockpit ")
    for width in (20, 30, 40, 60):
        line = header_line(*parts, is_locked=True, glyphs=UNICODE, width=width)
        assert "demo-" in line.plain
        assert line.cell_length <= max(width, 44)


def test_without_a_user_the_header_names_the_computer_alone() -> None:
    nobody = replace(ABOUT, principal="")
    line = header_line(
        Place("overview"), nobody, posture(), "", is_locked=False, glyphs=UNICODE, width=120
    ).plain
    assert "· bastion-2.internal ·" in line


def test_a_cause_that_forbids_is_found() -> None:
    error = StoreError("cannot open the cache")
    error.__cause__ = PermissionError("no")
    assert is_forbidden(error)
    assert not is_forbidden(StoreError("damaged"))
    assert not is_forbidden(None)


def test_breadcrumbs_say_no_word_twice_and_no_hint_leads_to_where_one_is() -> None:
    assert trail(Place("findings", "owner:x", Place("findings"))) == ("findings",)
    assert trail(Place("finding", "0221", Place("findings"))) == ("findings", "0221")
    broken = replace(posture(), ledger=LedgerState(False, 3, "", "entry 2 is forged"))
    hints = {at: [each.hint for each in of_data(broken, NOW, UNICODE, at)]
             for at in ("overview", "ledger", "sources")}  # fmt: skip
    assert hints == {
        "overview": ["l, then V", "S shows why"],
        "ledger": ["V", "S shows why"],
        "sources": ["l, then V", ""],
    }
