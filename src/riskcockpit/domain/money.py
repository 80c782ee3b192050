"""Money: exact amounts that refuse to mix currencies."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount in major units (euros, not cents) of one ISO 4217 currency."""

    amount: Decimal
    currency: str

    @classmethod
    def zero(cls, currency: str) -> Money:
        """Return nothing, in `currency`."""
        return cls(Decimal(0), currency)

    @classmethod
    def total(cls, amounts: Iterable[Money], currency: str) -> Money:
        """Add up `amounts`; the empty sum is zero `currency`."""
        total = cls.zero(currency)
        for amount in amounts:
            total += amount
        return total

    def rounded(self) -> Money:
        """Return the amount to the cent, banker's rounding."""
        return Money(self.amount.quantize(CENT, ROUND_HALF_EVEN), self.currency)

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other).amount, self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other).amount, self.currency)

    def __mul__(self, factor: Decimal | int) -> Money:
        return Money(self.amount * factor, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._same(other).amount

    def __le__(self, other: Money) -> bool:
        return self.amount <= self._same(other).amount

    def _same(self, other: Money) -> Money:
        if other.currency != self.currency:
            message = f"cannot mix {self.currency} and {other.currency}"
            raise ValueError(message)
        return other


@dataclass(frozen=True, slots=True)
class MoneyRange:
    """A 90 % interval of a loss: 5 % of outcomes lie below `low`, 5 % above `high`."""

    low: Money
    high: Money

    def __post_init__(self) -> None:
        if not Money.zero(self.low.currency) < self.low <= self.high:
            message = f"a loss range needs 0 < low <= high, not {self.low} to {self.high}"
            raise ValueError(message)
