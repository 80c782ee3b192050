"""From a form or a choice to a signed decision: draft → form → preview → yes → what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from textual.timer import Timer

from riskcockpit.errors import InputError, RiskcockpitError
from riskcockpit.tui.conditions import is_forbidden
from riskcockpit.tui.intents import Intent, RollBack
from riskcockpit.tui.screens.permitted import PermittedScreen

if TYPE_CHECKING:  # records and dialogs cost 10 ms a module; the first frame needs none
    from riskcockpit.tui.modals.confirm import ConfirmDialog
    from riskcockpit.tui.modals.forms import Form, Keep
    from riskcockpit.tui.outcomes import Said
    from riskcockpit.views.governance import DecisionPreview, DecisionResult
    from riskcockpit.views.models import MoveTarget

_LASTS_SECONDS = 0.5
_TAKING = "the decision is being signed and sent; what came of it is shown when it is here"
_ONE_AT_A_TIME = "a decision is being signed; the next can follow when its outcome is here"
_DOING = {
    "plan": "Previewing the decision; nothing was decided.",
    "form": "Opening the form; nothing was decided.",
    "decide": "Taking the decision.",
    "save-view": "Changing the saved views.",
    "copy": "Copying; nothing was sent.",
    "browser": "Opening the address.",
    "upstream": "Reading the addresses of the finding.",
    "edit": "Looking for the file.",
    "sync": "Pulling the sources.",
    "context": "Going to another context; this one stays open.",
}
_MEANWHILE = ("decide", "sync")
"""What goes on while a person does something else: its failure takes no keys."""
S = TypeVar("S")
T = TypeVar("T")

_BY_HAND = (
    "plan", "form", "decide", "ids", "context", "save-view", "copy", "browser", "upstream", "edit",
    "sync",
)  # fmt: skip
"""Questions a person asked for; their failure is told, and is no state of the screen."""


class FormingScreen(PermittedScreen):
    """A screen that opens forms and previews, and takes the decision after a yes.

    What is typed until a form is there goes into it; what is typed until a preview is there is
    dropped: nobody can have meant it as an answer.
    """

    def __init__(self) -> None:
        super().__init__()
        self._commands: dict[str, str] = {}
        """Topic of a question → the command that asked it; empty when a key did."""
        self._taking: Timer | None = None
        """Until what came of a decision is here."""

    def after_decision(self) -> None:
        """End what was only for this decision, as marks."""

    def ask(self, topic: str, question: Callable[[], S], then: Callable[[S], None]) -> None:
        """Run a question in a thread; as every screen does, and remember which command asked."""
        self._commands[topic] = self.host.command_run
        super().ask(topic, question, then)

    # forms

    def open_form(
        self,
        form: str,
        make: Callable[[Mapping[str, str], Keep, S], Form[T]],
        then: Callable[[T], None],
        needed: Callable[[], S],
    ) -> None:
        """Show the form `make` makes of its draft and of what is `needed`; give what it gives on.

        `needed` is asked in a thread; its failure is shown in a dialog.
        """
        gateway = self.host.gateway

        def read() -> tuple[Mapping[str, str], S]:
            try:
                draft = gateway.draft(form)
            except (RiskcockpitError, OSError):
                draft = {}
            return draft, needed()

        def show(found: tuple[Mapping[str, str], S]) -> None:
            self.host.release_keys()
            draft, known = found
            self.app.push_screen(
                make(draft, self._keeper(form), known),
                lambda given: None if given is None else then(given),
            )

        self._hold("form", keeps_typed=True)
        self.ask("form", read, show)

    def prepare(self, question: Callable[[], S], then: Callable[[S], None]) -> None:
        """Ask what a form is about before it opens; what is typed meanwhile goes into it."""
        self._hold("form", keeps_typed=True)
        self.ask("form", question, then)

    def _hold(self, topic: str, *, keeps_typed: bool = False) -> None:
        def give_up() -> None:
            self.forget(topic)
            self.host.release_keys()

        self.host.hold_keys(give_up, keeps_typed=keeps_typed)

    def _keeper(self, form: str) -> Keep:
        def keep(fields: Mapping[str, str]) -> None:
            gateway = self.host.gateway
            self.ask(f"draft:{form}", lambda: gateway.keep_draft(form, fields), lambda _: None)

        return keep

    # previews

    def consider(self, intent: Intent, *forms: str, is_trial: bool = False) -> None:
        """Preview a decision; it is taken only after a yes, and then the drafts of `forms` go.

        With `is_trial` nothing can be answered but No.
        """
        if self._is_taking():
            return
        gateway = self.host.gateway

        def show(preview: DecisionPreview) -> None:
            from riskcockpit.tui.modals.confirm import ConfirmDialog  # noqa: PLC0415 - as above

            self.host.release_keys()
            shown = as_trial(preview) if is_trial else preview
            self._confirm(ConfirmDialog(shown), lambda: intent, *forms)

        self._hold("plan")
        self.ask("plan", lambda: gateway.plan(intent), show)

    def roll_back(
        self, model: str, to: int | None = None, comment: str = "", *, is_trial: bool = False
    ) -> None:
        """Preview the rollback of a model to `to`, or to where the guards lead; others by a key."""
        if self._is_taking():
            return
        gateway = self.host.gateway

        def plan(version: int | None) -> DecisionPreview:
            preview = gateway.plan(RollBack(model, version, comment))
            return as_trial(preview) if is_trial else preview

        def look() -> tuple[tuple[MoveTarget, ...], int | None, DecisionPreview]:
            targets = gateway.targets(model)
            usual = (each.version.version for each in targets if each.is_default)
            chosen = next(usual, None) if to is None else to
            return targets, chosen, plan(chosen)

        def show(found: tuple[tuple[MoveTarget, ...], int | None, DecisionPreview]) -> None:
            from riskcockpit.tui.modals.rolling_back import RollBackDialog  # noqa: PLC0415 - rare

            self.host.release_keys()
            targets, chosen, preview = found
            dialog = RollBackDialog(preview, targets, chosen, look_at)
            self._confirm(dialog, lambda: RollBack(model, dialog.chosen, comment))

        def look_at(version: int, then: Callable[[DecisionPreview], None]) -> None:
            self.ask("plan", lambda: plan(version), then)

        self._hold("plan")
        self.ask("plan", look, show)

    def _confirm(self, dialog: ConfirmDialog, intent: Callable[[], Intent], *forms: str) -> None:
        def decided(is_yes: bool | None) -> None:  # noqa: FBT001 - the callback's shape
            if is_yes:
                self._decide(intent(), forms)

        self.app.push_screen(dialog, decided)

    def _decide(self, intent: Intent, forms: tuple[str, ...]) -> None:
        gateway = self.host.gateway

        def show(result: DecisionResult) -> None:
            self._end_taking()
            self._tell_outcome(self.host.outcomes.keep(result))
            for form in forms:
                self._keeper(form)({})
            self.forget_permissions()
            self.refresh_data()

        self.after_decision()
        self._begin_taking()
        self.ask("decide", lambda: gateway.decide(intent), show)

    def _tell_outcome(self, said: Said) -> None:
        """Say what came of something, without taking the keys from whoever goes on."""
        self.host.tell(said.text, severity=said.severity, title=said.title, seconds=said.seconds)

    def _is_taking(self) -> bool:
        """Say that a decision is under way, when one is: the next must not hide its outcome."""
        if self._taking is None:
            return False
        self.host.tell(_ONE_AT_A_TIME, severity="warning")
        return True

    def _begin_taking(self) -> None:
        """Say at once that the decision is being taken, and aloud when that lasts."""
        self._end_taking()
        self.host.show_doing("signing")
        self._taking = self.set_timer(_LASTS_SECONDS, lambda: self.host.tell(_TAKING))

    def _end_taking(self) -> None:
        if self._taking is not None:
            self._taking.stop()
            self._taking = None
            self.host.show_doing("")
            self.app.clear_notifications()  # before the note covers what came of it

    def fail(self, topic: str, error: Exception) -> None:
        """Say why a decision was not taken: in a dialog while one waits for it, else in a note.

        A command that names what is not there, or cannot be read, is mended in its line.
        """
        if topic == "decide":
            self._end_taking()
        if topic in ("plan", "form"):
            self.host.forget_typed()
            self.host.release_keys()
        typed = self._commands.pop(topic, "")
        if typed and topic in _BY_HAND and isinstance(error, InputError) and self.is_current:
            self.host.mend_command(typed, "\n".join(filter(None, (error.message, error.hint))))
            return
        is_ours = isinstance(error, RiskcockpitError) or is_forbidden(error)
        if topic not in _BY_HAND and is_ours:
            super().fail(topic, error)
            return
        doing = _DOING.get(topic, f"Reading {self.topic}.")
        if topic in _MEANWHILE:
            gateway = self.host.gateway
            who, now = gateway.about.principal, gateway.now()
            self._tell_outcome(self.host.outcomes.keep_failure(error, doing, who, now))
            return
        from riskcockpit.tui.modals.says import ErrorDialog  # noqa: PLC0415 - as above

        self.app.push_screen(ErrorDialog(error, doing))
        if topic not in _BY_HAND:
            super().fail(topic, error)


def as_trial(preview: DecisionPreview) -> DecisionPreview:
    """Return a preview that takes no yes."""
    return replace(preview, blockers=(*preview.blockers, "it is a dry run: nothing is decided"))
