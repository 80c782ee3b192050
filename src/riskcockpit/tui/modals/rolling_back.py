"""The dialog before a rollback: which version, and what going back to it does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget

from riskcockpit.present.columns import Frame
from riskcockpit.present.text import age, figure
from riskcockpit.tui.modals.confirm import ConfirmDialog
from riskcockpit.tui.widgets.plain import Part, Plain, fitted, lines, styled
from riskcockpit.views.governance import DecisionPreview
from riskcockpit.views.models import MoveTarget

_MOST = 6
_MOST_WHEN_SHORT = 3
"""Versions that are listed; the one that is chosen is always among them."""
_AGE = 6
"""Cells of an age."""
_SHORT = 32
"""Rows of a screen on which few are listed."""
LookAt = Callable[[int, Callable[[DecisionPreview], None]], None]
"""Previews the rollback to a version, and gives the preview on when it is there."""


class RollBackDialog(ConfirmDialog):
    """Asks for a yes to a rollback; `tab` chooses another version, and the preview follows."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "choose(1)", "older version", priority=True),
        Binding("shift+tab", "choose(-1)", "newer version", priority=True),
    ]

    def __init__(
        self,
        preview: DecisionPreview,
        targets: Sequence[MoveTarget],
        chosen: int | None,
        look_at: LookAt,
    ) -> None:
        super().__init__(preview)
        self.chosen = chosen
        """The version the preview is of; None: there is none to go back to."""
        self._targets = tuple(targets)
        self._look_at = look_at
        self._wanted = chosen
        """The version whose preview is on its way, or is shown."""

    @property
    def _is_waiting(self) -> bool:
        return self._wanted != self.chosen

    @property
    def fit(self) -> list[int]:
        """The versions that may serve, the newest first."""
        return [each.version.version for each in self._targets if not each.why_not]

    def compose_head(self) -> Iterable[Widget]:
        """Yield the versions above the preview."""
        if self._targets:
            yield Plain(lines(self._versions()), id="versions", classes="text")

    def draw_text(self) -> None:
        """Draw versions and preview."""
        super().draw_text()
        for versions in self.query("#versions").results(Plain):
            versions.show(lines(self._versions()))

    def is_dropped(self, key: str) -> bool:
        """Let one choose and leave while a preview is on its way."""
        is_ours = self._is_waiting and key in ("escape", "tab", "shift+tab")
        return super().is_dropped(key) and not is_ours

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Choose and leave while a preview is on its way, too."""
        if action == "choose" or (action == "leave" and self._is_waiting):
            return self._is_ready or self._is_waiting
        return super().check_action(action, parameters)

    def action_choose(self, step: int) -> None:
        """Preview the rollback to the next version that may serve."""
        fit = self.fit
        if not fit or fit == [self._wanted]:
            return
        at = fit.index(self._wanted) + step if self._wanted in fit else 0
        self._wanted = wanted = fit[at % len(fit)]
        self.pause()
        self.query_one("#versions", Plain).show(lines(self._versions()))
        dots = self.host.glyphs.ellipsis
        self.say(f"the preview of version {wanted} is being prepared {dots}")
        self._look_at(wanted, lambda preview: self._take(wanted, preview))

    def _take(self, version: int, preview: DecisionPreview) -> None:
        if self._wanted == version and self.is_attached:
            self.chosen = version
            self.call_later(self.show_preview, preview)

    def _versions(self) -> list[Content]:
        frame, room = self.host.frame(), self.room
        numbers = [each.version.version for each in self._targets]
        at = numbers.index(self._wanted) if self._wanted in numbers else 0
        most = _MOST_WHEN_SHORT if self.app.size.height < _SHORT else _MOST
        first = max(0, min(at - most // 2, len(numbers) - most))
        shown = self._targets[first : first + most]
        columns = _metrics(shown)
        rows = [self._version(each, columns, frame, room) for each in shown]
        more = len(numbers) - len(shown)
        tail = f", {more} more" if more > 0 else ""
        can = len(self.fit) > 1
        says: list[Part] = [("tab", "key"), (f" another version{tail}", "muted")] if can else []
        head = styled([("Back to", "title"), "   ", *says])
        return [head, *rows, Content("")]

    def _version(
        self, each: MoveTarget, columns: Mapping[str, int], frame: Frame, room: int
    ) -> Content:
        version = each.version
        is_at = version.version == self._wanted
        sign = frame.glyphs.cursor if is_at else " "
        name = (f"{sign} v{version.version:<5}", "title" if is_at else "")
        if each.why_not:
            return fitted(
                styled([name, (f" cannot serve: {each.why_not}", "muted")]), room, frame.glyphs
            )
        known = _known(each)
        said = (_said(metric, known).ljust(size) for metric, size in columns.items())
        metrics = "  ".join(said) if known else "no metrics"
        metrics = metrics.ljust(sum(columns.values()) + 2 * max(0, len(columns) - 1))
        approved = f"approved by {version.validated_by}" if version.validated_by else "approved"
        old = age(version.created_at, frame.now)
        words = f"   {old:>{_AGE}} old  {approved}"
        usual = [("  default", "muted")] if each.is_default else []
        parts: list[Part] = [name, f" {metrics}", (words, "muted"), *usual]
        return fitted(styled(parts), room, frame.glyphs)


def _known(each: MoveTarget) -> dict[str, float]:
    return {**dict(each.readings), **each.version.metrics}


def _said(metric: str, known: Mapping[str, float]) -> str:
    return f"{metric} {figure(known[metric])}" if metric in known else ""


def _metrics(shown: Sequence[MoveTarget]) -> dict[str, int]:
    """Return the metrics of the versions that may serve, each with the cells of its column."""
    sizes: dict[str, int] = {}
    for known in (_known(each) for each in shown if not each.why_not):
        for metric in known:
            sizes[metric] = max(sizes.get(metric, 0), len(_said(metric, known)))
    return sizes
