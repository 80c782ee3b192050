"""The half of the door to the services that is about decisions: what waits, may be, and is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # imported when first used
    from riskcockpit.services.context import Context
    from riskcockpit.services.preflight import Permissions
    from riskcockpit.tui.intents import Intent
    from riskcockpit.views.alerts import AlertDetail, AlertRow
    from riskcockpit.views.governance import DecisionPreview, DecisionResult
    from riskcockpit.views.models import MoveTarget
    from riskcockpit.views.permissions import Permission
    from riskcockpit.views.waivers import RequestRow, WaiverDetail, WaiverRow, WaiverScope


class DeskGateway:
    """Answers what screens ask of decisions; see `api.GatewayApi` for every method."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._permissions: Permissions | None = None

    def take_context(self, ctx: Context) -> None:
        """Answer by other settings from now on."""
        self._ctx, self._permissions = ctx, None

    def waivers(self) -> tuple[WaiverRow, ...]:
        """Return every waiver."""
        from riskcockpit.services.waivers import waivers  # noqa: PLC0415 - when first used

        return waivers(self._ctx)

    def waiver(self, id_: str) -> WaiverDetail:
        """Return one waiver in full."""
        from riskcockpit.services.waivers import waiver  # noqa: PLC0415 - when first used

        return waiver(self._ctx, id_)

    def waiver_scope(self, findings: tuple[str, ...]) -> WaiverScope:
        """Return what a waiver of these findings is about."""
        from riskcockpit.services.decide import scope_of  # noqa: PLC0415 - only deciding needs it

        return scope_of(self._ctx, findings)

    def renewal_scope(self, waiver: str) -> WaiverScope:
        """Return what a renewal of this waiver is about."""
        from riskcockpit.services.waivers import renewal_scope  # noqa: PLC0415 - as above

        return renewal_scope(self._ctx, waiver)

    def requests(self) -> tuple[RequestRow, ...]:
        """Return what waits for a key."""
        from riskcockpit.services.requests import requests  # noqa: PLC0415 - when first used

        return requests(self._ctx)

    def alerts(self) -> tuple[AlertRow, ...]:
        """Return what alerting sees now."""
        from riskcockpit.services.alerts import alerts  # noqa: PLC0415 - when first used

        return alerts(self._ctx)

    def alert(self, id_: str) -> AlertDetail:
        """Return one alert."""
        from riskcockpit.services.alerts import alert  # noqa: PLC0415 - when first used

        return alert(self._ctx, id_)

    def permissions(self, subject: str) -> tuple[Permission, ...]:
        """Return what this person may do to something; kept while nothing it rests on changes."""
        from riskcockpit.services.preflight import Permissions  # noqa: PLC0415 - when first used

        known = self._permissions
        if known is None:
            known = self._permissions = Permissions()
        return known.of(self._ctx, subject)

    def targets(self, model: str) -> tuple[MoveTarget, ...]:
        """Return the versions a model could go back to."""
        from riskcockpit.services.rollback import targets  # noqa: PLC0415 - only deciding needs it

        return targets(self._ctx, model)

    def plan(self, intent: Intent) -> DecisionPreview:
        """Say what a decision would do; changes nothing."""
        from riskcockpit.tui import deeds  # noqa: PLC0415 - only deciding needs it

        return deeds.plan(self._ctx, intent)

    def decide(self, intent: Intent) -> DecisionResult:
        """Take a decision: sign it, and do what it allows upstream."""
        from riskcockpit.tui import deeds  # noqa: PLC0415 - as above

        return deeds.carry_out(self._ctx, intent)
