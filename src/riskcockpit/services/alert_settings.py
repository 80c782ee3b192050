"""Which rules of alerting are in force."""

from __future__ import annotations

from riskcockpit.config.alerts import FILE_NAME, AlertSettings, read_alert_settings
from riskcockpit.config.loading import refuse_strangers
from riskcockpit.config.paths import shipped
from riskcockpit.services.context import Context


def settings_in_force(ctx: Context) -> AlertSettings:
    """Return the rules of alerting: the home's own when it has some.

    Raises:
        ConfigError: they cannot be used, or others can write them: they name programs that run.
    """
    own = ctx.paths.config / FILE_NAME
    if own.exists():
        refuse_strangers(own)
        return read_alert_settings(own)
    return read_alert_settings(shipped("config", FILE_NAME))
