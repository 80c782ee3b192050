"""Money at risk in words and bars: against the appetite, by pillar, and what the prices rest on."""

from __future__ import annotations

from decimal import Decimal

from textual.content import Content

from riskcockpit.domain.kpi import KpiState
from riskcockpit.domain.money import Money
from riskcockpit.exposure.formulas import lognormal_mean, pert_mean
from riskcockpit.exposure.model import ExposureModel, Scenario
from riskcockpit.present.columns import Frame
from riskcockpit.present.text import Glyphs, figure, money, signed_money, state_mark
from riskcockpit.tui.widgets.finding_text import fact, paragraph
from riskcockpit.tui.widgets.pillar_card import amount_at_risk, has_data
from riskcockpit.tui.widgets.plain import Part, fitted, styled
from riskcockpit.views.posture import ExposureView, PillarView, PostureView

_NAME = 26
_SEVERITIES = ("critical", "high", "medium", "low", "info")


def gauge(value: Decimal, limit: Decimal, width: int, glyphs: Glyphs) -> list[Part]:
    """Return a bar of `width` cells for `value`, with a sign where `limit` lies."""
    most = max(value, limit) or Decimal(1)
    filled = min(width, round(width * value / most))
    full, rest = ("#", ".") if glyphs.is_ascii else ("█", "░")
    token = "alarm" if value > limit else "trend"
    at = min(width - 1, round(width * limit / most))
    parts: list[Part] = [(full * filled, token), (rest * (width - filled), "muted")]
    sign = "|" if glyphs.is_ascii else "┃"
    if value > limit:
        return [(full * at, token), (sign, "strong"), (full * (filled - at - 1), token)]
    return [*parts, (sign, "strong")]


def exposure_head(
    posture: PostureView, frame: Frame, width: int, *, is_short: bool
) -> list[Content]:
    """Return money at risk against the appetite, what changed, and each pillar's part of it."""
    view = posture.exposure
    unknown = sum(pillar.state is KpiState.NO_DATA for pillar in posture.pillars)
    room = max(10, min(60, width - (56 if unknown else 44)))
    is_known = any(has_data(pillar) for pillar in posture.pillars)
    rows = [
        _mean(view, frame, room, unknown=unknown, is_known=is_known),
        *_words(view, frame, width, is_short=is_short),
    ]
    rows += [] if is_short else [Content("")]
    most = max((pillar.at_risk.amount for pillar in posture.pillars), default=Decimal(1))
    rows += [_pillar(pillar, most, frame, width) for pillar in posture.pillars]
    return rows


def _mean(view: ExposureView, frame: Frame, room: int, *, unknown: int, is_known: bool) -> Content:
    glyphs = frame.glyphs
    is_over = view.mean > view.appetite
    word = f"{glyphs.alarm} OVER APPETITE" if is_over else f"{glyphs.ok} within appetite"
    token = "alarm" if is_over else "ok"
    if not is_known:
        word, token = f"{glyphs.no_data} NO DATA", "no_data"
    elif unknown and not is_over:  # what nobody measured may be beyond it
        word, token = f"{glyphs.no_data} within appetite, {unknown} no data", "no_data"
    mean = money(view.mean, glyphs=glyphs) if is_known else glyphs.dash
    return styled(
        [
            ("mean ", "muted"),
            (f"{mean:<9}", "alarm" if is_over else "value"),
            " ",
            *gauge(view.mean.amount, view.appetite.amount, room, glyphs),
            (f" {money(view.appetite, glyphs=glyphs)}  ", "muted"),
            (word, token),
        ]
    )


def _words(view: ExposureView, frame: Frame, width: int, *, is_short: bool) -> list[Content]:
    glyphs = frame.glyphs
    change = "no reading of a day ago"
    if view.change is not None:
        change = f"{signed_money(view.change, glyphs)} since yesterday"
    driver = view.driver or "nothing is at risk"
    waived = money(view.waived, glyphs=glyphs)
    if is_short:
        words = f" {glyphs.separator} ".join((change, f"driver {driver}", f"waived {waived}"))
        return [fitted(styled([(words, "muted")]), width, glyphs)]
    p95 = money(view.p95, glyphs=glyphs) if view.p95 is not None else ""
    tail = p95 or "not simulated: means add up, percentiles do not, so none is shown"
    return [
        *fact("change", change, width),
        *fact("driver", driver, width),
        *fact("waived", f"{waived}, counted apart", width),
        *fact("P95", tail, width),
    ]


def _pillar(view: PillarView, most: Decimal, frame: Frame, width: int) -> Content:
    glyphs = frame.glyphs
    mark = state_mark(view.state, glyphs)
    room = max(5, min(40, width - _NAME - 36))
    filled = round(room * view.at_risk.amount / most) if most else 0
    bar = ("#" if glyphs.is_ascii else "█") * filled
    change = ""
    if has_data(view) and view.at_risk_change is not None and view.at_risk_change.amount:
        change = signed_money(view.at_risk_change, glyphs)
    return styled(
        [
            (f"{view.pillar.number} ", "key"),
            f"{view.pillar.label:<{_NAME}}",
            (f"{mark!s:<11}", mark.token),
            (f"{amount_at_risk(view, frame):>8} ", "value"),
            (f"{bar:<{room}}", "trend"),
            (f" {change}", "muted"),
        ]
    )


def scenario_text(
    scenario: Scenario | None, model: ExposureModel, frame: Frame, width: int
) -> list[Content]:
    """Return what the price of a row rests on; without a scenario the baseline of models."""
    if scenario is None:
        base = model.models
        rate, loss = pert_mean(*base.frequency), base.loss
        title, source, certainty = (
            "A model in production that reads fine",
            base.source,
            base.certainty,
        )
        rates = fact("events", f"{figure(rate)} a year", width)
        rates += fact("plus", "each reading beyond its threshold, priced as a finding", width)
    else:
        loss, title = scenario.loss, scenario.title
        source, certainty = scenario.source, scenario.certainty
        each = [
            f"{word} {figure(pert_mean(*scenario.frequency[word]))}"
            for word in _SEVERITIES
            if word in scenario.frequency
        ]
        rates = fact("events", f"{', '.join(each)} a year and finding", width)
    amounts = [
        Money(Decimal(round(each)), model.currency) for each in (*loss, lognormal_mean(*loss))
    ]
    low, high, mean = (money(each, glyphs=frame.glyphs) for each in amounts)
    tiers = ", ".join(f"tier {tier} x {figure(share)}" for tier, share in model.tiers.items())
    return [
        *paragraph(f"Priced by: {title}", width, "strong"),
        *rates,
        *fact("one event", f"{low} to {high} in nine of ten, mean {mean}", width),
        *fact("share", f"{tiers}; exploited x {model.known_exploited_factor}", width),
        *fact("source", f"{source} ({certainty})", width),
    ]


def scenario_of(model: ExposureModel, finding_class: str) -> Scenario | None:
    """Return the scenario that prices findings of a class; None for models that read fine."""
    return next((one for one in model.scenarios if finding_class in one.classes), None)
