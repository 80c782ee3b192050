"""The cards of the overview say first what is wrong, and claim nothing without data."""

from __future__ import annotations

from dataclasses import replace

import pytest

from riskcockpit.cli import pages
from riskcockpit.domain.kpi import KpiState
from riskcockpit.domain.pillar import Pillar
from riskcockpit.present.columns import Frame
from riskcockpit.present.text import sparkline
from riskcockpit.tui.api import About
from riskcockpit.tui.widgets.lines import synced
from riskcockpit.tui.widgets.pillar_card import controls_words, has_data
from riskcockpit.views.posture import PostureView
from support import fake_gateway
from support.bank_posture import NOW, euros, posture
from support.fake_gateway import FakeGateway
from support.piloting import opened, seen

CONTROL = "control fails: bias is measured"


def blamed_on_a_control() -> PostureView:
    """Pillar 1 alarms by a control alone; pillar 5 has controls but no data."""
    first, *middle, last = posture().pillars
    return replace(
        posture(),
        pillars=(
            replace(first, state=KpiState.ALARM, reason=CONTROL),
            *middle,
            replace(last, controls=24, unjudged_controls=16),
        ),
    )


@pytest.mark.parametrize("size", [(80, 24), (120, 30), (160, 48)])
async def test_a_card_says_first_what_made_its_state(size: tuple[int, int]) -> None:
    async with opened(FakeGateway(view=blamed_on_a_control()), size=size) as (app, _):
        text = seen(app)
        assert "control fails: bias" in text
        rows = text.split("\n")
        blamed = next(i for i, row in enumerate(rows) if "models with fresh" in row)
        assert all("drift detection" not in row for row in rows[:blamed])
        assert "83.3 %" in text


@pytest.mark.parametrize("width", [100, 110, 120])
async def test_no_name_of_a_pillar_is_cut(width: int) -> None:
    async with opened(size=(width, 30)) as (app, _):
        head = next(row for row in seen(app).split("\n") if "1 Data" in row)
        assert "…" not in head
        assert all(f" {number} " in head for number in range(1, 6))


async def test_ascii_shows_every_pillar_at_every_width() -> None:
    for size in ((80, 24), (120, 36)):
        async with opened(size=size, is_ascii=True) as (app, _):
            text = seen(app)
            for words in ("1 Data", "2 Model", "3 Infra", "4 Compl", "5 Incid", "EUR 3.1 m"):
                assert words in text, (size, words)
            assert not set(text) & set("╭╮╰╯│─█▁…"), size
            if size[0] >= 120:
                assert text.count("|| at risk") == len(Pillar) - 1


async def test_a_pillar_without_data_claims_no_zeros() -> None:
    async with opened(FakeGateway(view=blamed_on_a_control())) as (app, _):
        text = seen(app)
        assert "– findings" in text  # noqa: RUF001 - an en dash is meant
        assert "0/8 fail" in text
    last = blamed_on_a_control().pillars[-1]
    assert controls_words(last, Frame(NOW), 30) == ("0/8 fail · 16 no data", "muted")
    assert controls_words(replace(last, unjudged_controls=24), Frame(NOW), 9)[0] == "no data"


async def test_no_decision_to_take_is_not_said_to_be_all_well() -> None:
    async with opened(FakeGateway(view=replace(posture(), queue=()))) as (app, _):
        text = seen(app)
        assert "No decision waits for you" in text
        assert "▲ ALARM  Model validation: fraud-scoring v7: accuracy 0.81" in text
        assert "2,909 open findings" in text


async def test_a_source_that_never_worked_is_not_said_to_have_never_failed() -> None:
    first, *others = posture().sources
    dead = replace(first, state="failed", last_success=None, message="")
    async with opened(FakeGateway(view=replace(posture(), sources=(dead, *others)))) as (app, _):
        assert f"{first.name} ▲ failed, no success yet" in seen(app)


async def test_a_newcomer_is_told_the_first_steps_that_are_left() -> None:
    gateway = fake_gateway.empty()
    for is_made, size in ((False, (80, 24)), (True, (120, 30))):
        gateway.about = About("local", False, "eng", "here", has_settings=is_made)
        async with opened(gateway, size=size) as (app, _):
            text = seen(app)
            for step in ("sources add", "import FILE", "demo"):
                assert f"riskcockpit {step}" in text, step
            assert ("riskcockpit init" in text) is not is_made


def test_what_is_steady_stands_half_high_and_what_moves_towards_its_target_is_seen() -> None:
    assert sparkline([8.6] * 4 + [8.3], 5, target=15) == "▅▅▅▅▄"
    assert sparkline([1.0, 1.0, 1.0], 3, target=0) == "▅▅▅"
    assert sparkline([0.0, 50.0, 100.0], 3, target=98) == "▁▅█"


def test_money_of_a_pillar_without_data_that_has_findings_is_shown() -> None:
    last = posture().pillars[-1]
    assert not has_data(last)
    assert has_data(replace(last, at_risk=euros(5)))
    assert has_data(replace(last, open_findings=1))


async def test_a_removed_cache_is_said_in_a_banner_and_imported_data_has_an_age() -> None:
    gone = replace(posture(), generation=0)
    async with opened(FakeGateway(view=gone)) as (app, _):
        assert "NO DATA  there is no cache" in seen(app)
    assert synced(replace(posture(), sources=()), NOW) == "data 0 s old"
    assert synced(replace(posture(), sources=(), pillars=()), NOW) == "never synced"


def crowded() -> PostureView:
    """Every pillar has many findings and failing controls."""
    pillars = tuple(
        replace(view, open_findings=12_697, failing_controls=12, controls=18, unjudged_controls=2)
        for view in posture().pillars
    )
    return replace(posture(), pillars=pillars)


async def test_a_card_that_is_too_narrow_for_words_still_says_every_number() -> None:
    async with opened(FakeGateway(view=crowded()), size=(100, 30)) as (app, _):
        text = seen(app)
        assert text.count("12,697") == len(Pillar)
        assert text.count("12 controls fail") == len(Pillar)
    async with opened(FakeGateway(view=crowded()), size=(160, 30)) as (app, _):
        text = seen(app)
        assert text.count("12,697 open") == len(Pillar) - 1
        assert "12,697 findings" in text, "of incidents these are findings, not incidents"
        assert text.count("12/16 fail") == len(Pillar)


async def test_bars_fill_a_wide_card() -> None:
    async with opened(size=(300, 30)) as (app, _):
        row = next(row for row in seen(app).split("\n") if "▁" in row)
        card = row.split("││")[1].strip("│ ")
        assert len(card) > 50


async def test_a_vast_screen_shows_more_numbers_of_each_pillar() -> None:
    view = posture()
    first = view.pillars[0]
    kpis = tuple(replace(first.kpis[0], id=f"k{at}", title=f"number {at}") for at in range(6))
    crammed = replace(view, pillars=(replace(first, kpis=kpis), *view.pillars[1:]))
    for size, most in (((200, 70), 6), ((120, 70), 4)):
        async with opened(FakeGateway(view=crammed), size=size) as (app, _):
            text = seen(app)
            assert [f"number {at}" in text for at in range(6)] == [at < most for at in range(6)]


def test_the_command_line_counts_controls_as_the_cards_do(
    capsys: pytest.CaptureFixture[str],
) -> None:
    pages.status(crowded())
    text = capsys.readouterr().out
    assert text.count("12/16 controls failing, 2 without data") == len(Pillar)
