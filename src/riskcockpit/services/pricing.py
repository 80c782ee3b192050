"""Puts prices on findings and models and records money at risk, inside a publish."""

from __future__ import annotations

from datetime import datetime

from riskcockpit.config.strict import read_yaml
from riskcockpit.domain.pillar import Pillar
from riskcockpit.errors import ConfigError
from riskcockpit.exposure.model import ExposureModel, model_baseline, parse, price_list
from riskcockpit.services.context import Context
from riskcockpit.services.policy import exposure_file
from riskcockpit.services.staging import TABLES
from riskcockpit.store.database import Writer
from riskcockpit.store.sql import sql


def price(ctx: Context, tx: Writer, now: datetime) -> None:
    """Price every finding and model of the generation being written, and sum up the pillars.

    Raises:
        ConfigError: the scenarios make no sense, or are in another currency than the settings.
    """
    model = scenarios_in_force(ctx)
    if model.currency != ctx.settings.currency:
        raise ConfigError(
            f"exposure is priced in {model.currency}, the settings say {ctx.settings.currency}",
            hint=f"put an exposure.yaml in {ctx.settings.currency} beside the settings",
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


def scenarios_in_force(ctx: Context) -> ExposureModel:
    """Return the scenarios of loss.

    Raises:
        ConfigError: they make no sense.
    """
    file = exposure_file(ctx.paths)
    return parse(read_yaml(file, "exposure"), str(file))
