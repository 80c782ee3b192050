"""Words for numbers: ages, money, counts, states and sparklines, as plain text.

Shared by the cockpit and the command line, so that both say the same. Knows no colour and no
terminal library; a `token` names the meaning (`alarm`, `muted`) and the drawer picks the colour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

from riskcockpit.domain.kpi import KpiState
from riskcockpit.domain.money import Money
from riskcockpit.domain.reading import Direction
from riskcockpit.domain.severity import Severity

_MINUTE = 60
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR
_WEEK = 7 * _DAY
_SCALES = ((Decimal(1_000_000_000), "bn"), (Decimal(1_000_000), "m"), (Decimal(1_000), "k"))
_SYMBOLS = {"EUR": "€", "GBP": "£", "USD": "$", "JPY": "¥"}
_ONE_DECIMAL_BELOW = 100
_FEW = 10
_LEAST_SPREAD = 0.02


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The signs a font must have; `UNICODE` for most, `ASCII` for the rest."""

    ok: str
    warn: str
    alarm: str
    stale: str
    no_data: str
    up: str
    down: str
    same: str
    at_least: str
    at_most: str
    separator: str
    crumb: str
    ellipsis: str
    cursor: str
    mark: str
    arrow: str
    rule: str
    dash: str
    bars: str
    """Eight heights of a sparkline, the lowest first."""
    shades: str
    """Five densities, the heaviest first."""
    gap: str
    """A day without a value in a sparkline."""
    opened: str
    """What lies under a line of a tree is shown."""
    closed: str
    """What lies under a line of a tree is hidden."""
    added: str
    """A row that was not there a moment ago."""
    changed: str
    """A row that said something else a moment ago."""
    is_ascii: bool = False


UNICODE = Glyphs(
    ok="●",
    warn="◆",
    alarm="▲",
    stale="◌",
    no_data="○",
    up="↑",
    down="↓",
    same="=",
    at_least="≥",
    at_most="≤",
    separator="·",
    crumb="›",  # noqa: RUF001 - the angle is meant
    ellipsis="…",
    cursor="▌",
    mark="●",
    arrow="→",
    rule="─",
    dash="–",  # noqa: RUF001 - an en dash is meant
    bars="▁▂▃▄▅▆▇█",
    shades="█▓▒░·",
    gap=" ",
    opened="▾",
    closed="▸",
    added="+",
    changed="±",
)
ASCII = Glyphs(
    ok="+",
    warn="!",
    alarm="X",
    stale="~",
    no_data="-",
    up="^",
    down="v",
    same="=",
    at_least=">=",
    at_most="<=",
    separator="|",
    crumb=">",
    ellipsis="~",
    cursor=">",
    mark="*",
    arrow="->",
    rule="-",
    dash="-",
    bars="_.,-=+*#",
    shades="#X=-.",
    gap=" ",
    opened="v",
    closed=">",
    added="N",
    changed="%",
    is_ascii=True,
)


@dataclass(frozen=True, slots=True)
class Mark:
    """How a state is shown: the word carries it, the symbol helps, the token only repeats it."""

    word: str
    symbol: str
    token: str

    def __str__(self) -> str:
        return f"{self.symbol} {self.word}"


def state_mark(state: KpiState, glyphs: Glyphs = UNICODE) -> Mark:
    """Return word, symbol and token of a KPI's or pillar's state."""
    symbols = {
        KpiState.OK: glyphs.ok,
        KpiState.WARN: glyphs.warn,
        KpiState.ALARM: glyphs.alarm,
        KpiState.STALE: glyphs.stale,
        KpiState.NO_DATA: glyphs.no_data,
    }
    return Mark(state.value.replace("_", " ").upper(), symbols[state], state.value)


_SOURCE_STATES = {
    "ok": KpiState.OK,
    "partial": KpiState.WARN,
    "failed": KpiState.ALARM,
    "never": KpiState.NO_DATA,
}


def source_mark(state: str, glyphs: Glyphs = UNICODE) -> Mark:
    """Return how a source's state (`ok`, `partial`, `failed`, `never`) is shown."""
    kin = state_mark(_SOURCE_STATES.get(state, KpiState.NO_DATA), glyphs)
    return Mark(state, kin.symbol, kin.token)


def severity_token(severity: Severity) -> str:
    """Return the token of a severity, as `severity-high`."""
    return f"severity-{severity.word}"


def duration(seconds: float) -> str:
    """Return a span in its largest fitting unit: `10 s`, `4 min`, `2 h`, `3 d`, `12 wk`.

    Negative spans count as none: clocks of two machines may differ by a little.
    """
    whole = max(0, int(seconds))
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < 2 * _HOUR:
        return f"{whole // _MINUTE} min"
    if whole < 2 * _DAY:
        return f"{whole // _HOUR} h"
    if whole < 10 * _WEEK:
        return f"{whole // _DAY} d"
    return f"{whole // _WEEK} wk"


def age(moment: datetime | None, now: datetime, *, missing: str = "never") -> str:
    """Return how long ago `moment` was; `missing` when there is none."""
    return missing if moment is None else duration((now - moment).total_seconds())


def until(moment: datetime | None, now: datetime, *, missing: str = "") -> str:
    """Return the time left as `in 9 h`, or how far it is over as `9 h over`."""
    if moment is None:
        return missing
    left = moment - now
    if left >= timedelta(0):
        return f"in {duration(left.total_seconds())}"
    return f"{duration(-left.total_seconds())} over"


def stamp(moment: datetime | None) -> str:
    """Return `2026-11-24 06:05 UTC`; empty without a moment."""
    return "" if moment is None else f"{moment:%Y-%m-%d %H:%M} UTC"


def count(number: int) -> str:
    """Return a whole number with thousands separated: `1,234,567`."""
    return f"{number:,}"


def plural(number: int, noun: str, many: str = "") -> str:
    """Return `1 finding`, `14 findings`; `many` for plurals that do not end in s."""
    return f"{count(number)} {noun if number == 1 else many or noun + 's'}"


def figure(value: float) -> str:
    """Return a number with as many decimals as help: `0.812`, `6`, `98.6`, `1,240`."""
    if value == int(value):
        return f"{int(value):,}"
    size = abs(value)
    if size < 1:
        return f"{value:.3f}".rstrip("0").rstrip(".")
    return f"{value:.1f}" if size < _ONE_DECIMAL_BELOW * 10 else f"{value:,.0f}"


def percent(value: float) -> str:
    """Return a value that is already in percent as `99.4 %`, never rounded up to 100."""
    text = f"{value:.1f}"
    if text == "100.0" and value < _ONE_DECIMAL_BELOW:
        text = "99.9"
    return f"{text.removesuffix('.0')} %"


_UNITS = {"minutes": "min", "hours": "h", "days": "d"}


def measure(value: float | None, unit: str, glyphs: Glyphs = UNICODE) -> str:
    """Return a value in its unit, as `99.4 %`, `61 h`, `6 min`, `14`; a dash without a value."""
    if value is None:
        return glyphs.dash
    if unit == "percent":
        return percent(value)
    if unit == "seconds":
        return f"{figure(value)} s" if value < 10 * _MINUTE else duration(value)
    if unit in _UNITS:
        return f"{figure(round(value, 1 if abs(value) < _FEW else 0))} {_UNITS[unit]}"
    return figure(value)


def limit(target: float, unit: str, direction: Direction, glyphs: Glyphs = UNICODE) -> str:
    """Return a target with its sign, as `≥ 99 %`."""
    sign = glyphs.at_least if direction is Direction.AT_LEAST else glyphs.at_most
    return f"{sign} {measure(target, unit, glyphs)}"


def money(amount: Money | None, *, exact: bool = False, glyphs: Glyphs = UNICODE) -> str:
    """Return an amount as `€2.4 m`, or to the cent with `exact`; a dash when there is none."""
    if amount is None:
        return glyphs.dash
    symbol = "" if glyphs.is_ascii else _SYMBOLS.get(amount.currency, "")
    prefix = symbol or f"{amount.currency} "
    sign, size = ("-" if amount.amount < 0 else ""), abs(amount.amount)
    if exact:
        return f"{sign}{prefix}{size.quantize(Decimal('0.01'), ROUND_HALF_EVEN):,}"
    return f"{sign}{prefix}{_compact(size)}"


def _compact(size: Decimal) -> str:
    for scale, word in _SCALES:
        # 999,950 is shown as 1.0 m, not as 1000 k
        if size >= scale * Decimal("0.9995"):
            share = size / scale
            digits = Decimal("0.1") if share < _ONE_DECIMAL_BELOW else Decimal(1)
            if word == "k" and share >= _FEW:
                digits = Decimal(1)
            text = str(share.quantize(digits, ROUND_HALF_EVEN))
            return f"{text.removesuffix('.0')} {word}"
    return f"{size.quantize(Decimal(1), ROUND_HALF_EVEN)}"


def trend_arrow(change: Money | None, glyphs: Glyphs = UNICODE) -> str:
    """Return which way money at risk moved; empty when nobody knows."""
    if change is None:
        return ""
    if change.amount == 0:
        return glyphs.same
    return glyphs.up if change.amount > 0 else glyphs.down


def signed_money(change: Money, glyphs: Glyphs = UNICODE) -> str:
    """Return a change with its sign, as `+€1.1 m`."""
    text = money(change, glyphs=glyphs)
    return text if change.amount < 0 else f"+{text}"


def signs(text: str, glyphs: Glyphs) -> str:
    """Return words of a service in the signs of the font: `≥` and `≤` as `glyphs` have them."""
    return text.replace(UNICODE.at_least, glyphs.at_least).replace(UNICODE.at_most, glyphs.at_most)


def sparkline(
    values: Sequence[float | None],
    width: int,
    glyphs: Glyphs = UNICODE,
    target: float | None = None,
) -> str:
    """Draw the newest `width` values as bars between their least and greatest; gaps stay gaps.

    The bars span at least 2 % of the greatest value and half the way to `target`, so that noise
    around a steady value is not blown up to mountains: what is steady stands half high.
    """
    shown = list(values)[-width:]
    known = [value for value in shown if value is not None]
    if not known:
        return ""
    low, high = min(known), max(known)
    middle = (low + high) / 2
    apart = 0.0 if target is None else abs(middle - target) / 2
    spread = max(high - low, abs(high) * _LEAST_SPREAD, apart)
    start = low if high - low >= spread else middle - spread / 2
    top = len(glyphs.bars) - 1
    return "".join(
        glyphs.gap if value is None else glyphs.bars[_step(value, start, spread, top)]
        for value in shown
    )


def _step(value: float, start: float, spread: float, top: int) -> int:
    if spread <= 0:
        return top // 2
    return min(top, max(0, round((value - start) / spread * top)))
