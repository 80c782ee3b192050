"""Closed forms of loss: PERT and lognormal means, and the expectation of a compound Poisson year.

Sources: PERT after Open FAIR O-RA with shape g = 4 (the standard one, not moment matching); the
lognormal from its 90 % interval. Amounts are floats in major units of one currency: estimates, not
accounts. Pure.
"""

from __future__ import annotations

import math

Z95 = 1.6448536269514722
"""The 95 % quantile of the standard normal distribution."""


def pert_mean(least: float, likeliest: float, most: float) -> float:
    """Return the mean of PERT(least, likeliest, most) with g = 4: `(a + 4m + b) / 6`."""
    return (least + 4 * likeliest + most) / 6


def lognormal_parameters(low: float, high: float) -> tuple[float, float]:
    """Return (mu, sigma) of the lognormal whose 5 % and 95 % quantiles are `low` and `high`."""
    return (math.log(low) + math.log(high)) / 2, (math.log(high) - math.log(low)) / (2 * Z95)


def lognormal_mean(low: float, high: float) -> float:
    """Return the mean of that lognormal: `exp(mu + sigma² / 2)`."""
    mu, sigma = lognormal_parameters(low, high)
    return math.exp(mu + sigma * sigma / 2)


def annual_loss_expectancy(rate: float, low: float, high: float) -> float:
    """Return the mean loss of a year: `E[λ] · E[X]` of a compound Poisson process.

    `rate` is E[λ], events a year; `low` and `high` bound the loss of one event (90 % interval).
    """
    return rate * lognormal_mean(low, high)
