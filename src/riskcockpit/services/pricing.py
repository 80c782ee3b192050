"""Puts prices on findings and models and records money at risk, inside a publish."""

from __future__ import annotations

from datetime import datetime
from functools import cache

import yaml

from riskcockpit.config.paths import shipped
from riskcockpit.domain.pillar import Pillar
from riskcockpit.errors import ConfigError
from riskcockpit.exposure.model import ExposureModel, model_baseline, parse, price_list
from riskcockpit.services.context import Context
from riskcockpit.services.staging import TABLES
from riskcockpit.store.database import Writer
from riskcockpit.store.sql import sql

_FILE = "exposure.yaml"


def price(ctx: Context, tx: Writer, now: datetime) -> None:
    """Price every finding and model of the generation being written, and sum up the pillars.

    Raises:
        ConfigError: the scenarios make no sense, or are in another currency than the settings.
    """
    model = _scenarios()
    if model.currency != ctx.settings.currency:
        raise ConfigError(
            f"exposure is priced in {model.currency}, the settings say {ctx.settings.currency}",
            hint=f"set currency: {model.currency} in the settings",
        )
    prices = (
        (p.finding_class.value, int(p.severity), p.tier, p.is_kev, p.amount)
        for p in price_list(model)
    )
    tx.stage("price_list", TABLES["price_list"], prices)
    tx.stage("model_baseline", TABLES["model_baseline"], model_baseline(model).items())
    tx.execute(sql("services", "pricing_findings"), rev=tx.generation)
    tx.execute(sql("services", "pricing_models"), rev=tx.generation)
    tx.execute(
        sql("services", "pricing_rollup"),
        now=now,
        rev=tx.generation,
        pillars=[pillar.value for pillar in Pillar],
    )


@cache
def _scenarios() -> ExposureModel:
    """Read the shipped scenarios, once in a process."""
    path = shipped("config", _FILE)
    return parse(yaml.safe_load(path.read_text(encoding="utf-8")), str(path))
