"""From a finding to the page that shows it and to the line it is in: what its screens share."""

from __future__ import annotations

from riskcockpit.tui.screens.deciding import DecidingScreen
from riskcockpit.views.findings import FindingRow


class ReachingScreen(DecidingScreen):
    """A screen with a finding on it."""

    def finding_seen(self) -> FindingRow | None:
        """Return the finding that is shown or under the cursor; None when there is none."""
        raise NotImplementedError

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer its page and its file only where there is a finding."""
        if action in ("upstream", "edit") and not (self.is_mounted and self.finding_seen()):
            return False
        return super().check_action(action, parameters)

    def action_upstream(self) -> None:
        """Show the addresses of the finding; the letter of one opens it."""
        row, gateway = self.finding_seen(), self.host.gateway
        if row is None:
            return
        id_ = row.id

        def links() -> tuple[tuple[str, str], ...]:
            from riskcockpit.present.links import links_of  # noqa: PLC0415 - few keys

            return links_of(gateway.finding(id_))

        self.ask("upstream", links, self._choose)

    def _choose(self, links: tuple[tuple[str, str], ...]) -> None:
        from riskcockpit.tui.modals.choose import ChooseDialog  # noqa: PLC0415 - few keys

        if not links:
            self.host.tell("no address is known for this finding")
            return
        self.app.push_screen(
            ChooseDialog("Open in the browser", links),
            lambda at: None if at is None else self.host.open_address(links[at][1]),
        )

    def action_edit(self) -> None:
        """Open the file of the finding at its line."""
        row, gateway = self.finding_seen(), self.host.gateway
        if row is None:
            return
        if not row.path:
            self.host.tell("this finding is in no file")
            return
        asset, path, line = row.asset, row.path, row.line
        self.ask(
            "edit", lambda: gateway.locate(asset, path),
            lambda file: self.host.edit_file(file, line),
        )  # fmt: skip
