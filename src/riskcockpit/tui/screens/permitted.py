"""Which deciding keys may act on what the cursor is on, and why not; asked off the event loop."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.binding import Binding
from textual.timer import Timer

from riskcockpit.errors import RiskcockpitError
from riskcockpit.tui.bindings import KEYS, Key, changing_actions
from riskcockpit.tui.conditions import LOCKED, READ_ONLY
from riskcockpit.tui.screens.place import PlaceScreen
from riskcockpit.views.permissions import LAST

if TYPE_CHECKING:  # records come with the data
    from riskcockpit.views.permissions import Permission

_CHANGING = changing_actions()
_DEEDS: Mapping[str, str] = {
    "approve": "approve",
    "reject": "reject",
    "waive": "waive",
    "renew": "renew",
    "revoke": "revoke",
    "roll_back": "rollback",
    "acknowledge": "note",
    "note": "note",
    "undo": "undo",
}
"""Action of a key → what the rules call it (`views.permissions`)."""
_REST_SECONDS = 0.1
"""How long the cursor rests before anybody asks what may be done there."""
_MOST_KNOWN = 200


class PermittedScreen(PlaceScreen):
    """A screen whose deciding keys are lit, or grey with a reason.

    What is not known yet is lit: the preview says what speaks against a decision in any case.
    """

    dead_words: ClassVar[str] = "nothing here takes this key"
    """Why a key is grey that has no subject."""

    def __init__(self) -> None:
        super().__init__()
        self._answers: dict[str, Mapping[str, Permission]] = {}
        self._asked: tuple[str, ...] = ()
        self._told: tuple[Mapping[str, str], bool] = ({}, False)
        """What the keys that are drawn say of themselves, and whether `undo` is among them."""
        self._rest: Timer | None = None

    # subjects: what a decision would be about; empty when there is nothing

    def model_subject(self) -> str:
        """Return the model a rollback would be about."""
        return ""

    def request_subject(self) -> str:
        """Return the request an answer would be about."""
        return ""

    def waiver_subject(self) -> str:
        """Return the waiver that would be renewed or revoked."""
        return ""

    def incident_subject(self) -> str:
        """Return the incident or alert that can be acknowledged."""
        return ""

    def finding_subjects(self) -> tuple[str, ...]:
        """Return the findings a waiver would be about."""
        return ()

    def note_subject(self) -> str:
        """Return what a note would be about."""
        return ""

    def subjects_of(self, action: str) -> tuple[str, ...]:
        """Return what the key of `action` would act on: nothing that is not seen any more."""
        if action == "undo":
            return (LAST,)
        if self.is_blank:
            return ()
        if action == "waive":
            return self.finding_subjects()
        named = {
            "approve": self.request_subject,
            "reject": self.request_subject,
            "renew": self.waiver_subject,
            "revoke": self.waiver_subject,
            "roll_back": self.model_subject,
            "acknowledge": self.incident_subject,
            "note": self.note_subject,
        }[action]()
        return (named,) if named else ()

    # lit or grey

    @property
    def _is_read_only(self) -> bool:
        return not self.host.gateway.about.is_writable

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide what is locked, grey out what has no subject here or may not be done to it."""
        del parameters
        if action not in _CHANGING:
            return True
        if self._is_read_only:
            return None
        if self.host.is_locked:
            return False
        if action not in _DEEDS:
            return True
        return None if not self.is_mounted or self.why_not(action) else True

    def why_not(self, action: str) -> str:
        """Return why the key of `action` does nothing now; empty when it acts."""
        if action not in _CHANGING:
            return ""
        if self._is_read_only:
            return READ_ONLY
        if self.host.is_locked:
            return LOCKED
        if action not in _DEEDS:
            return ""
        return self.refusal(action) if self.subjects_of(action) else self.dead_words

    def refusal(self, action: str) -> str:
        """Return why what is here may not be decided so; empty when it may, or nobody knows yet."""
        subjects = self.subjects_of(action)
        found = self._answers.get(subjects[0], {}).get(_DEEDS[action])
        if found is None or (len(subjects) > 1 and not found.rule):
            return ""  # of several, what one of them is does not hold for the others
        return found.why_not

    def refusals(self) -> Mapping[str, str]:
        """Return id of a key → why it may not act on what is here; none while locked."""
        if self._is_read_only:
            return {key.id: READ_ONLY for key in self._own_keys()}
        if self.host.is_locked or not self.is_mounted:
            return {}
        found = {
            key.id: self.refusal(key.action)
            for key in self._own_keys()
            if key.action in _DEEDS and key.action != "undo" and self.subjects_of(key.action)
        }
        return {name: why for name, why in found.items() if why}

    def is_offered(self, key: Key) -> bool:
        """Leave `undo` out until it is known that there is something to take back."""
        return key.action != "undo" or self._can_undo()

    def _can_undo(self) -> bool:
        found = self._answers.get(LAST, {}).get("undo")
        return found is not None and found.is_allowed

    def _own_keys(self) -> Iterator[Key]:
        own = {each.id for each in self.BINDINGS if isinstance(each, Binding)}
        return (key for key in KEYS if key.changes and key.id in own)

    def on_key(self, event: events.Key) -> None:
        """Say why a key that is grey or hidden does nothing."""
        for key in self._own_keys():
            names = self.host.keymap.get(key.id, key.keys).split(",")
            if event.key in map(str.strip, names) and (why := self.why_not(key.action)):
                event.stop()
                self.host.tell(why, severity="warning")

    # asking

    def refresh_bindings(self) -> None:
        """Draw the keys anew, and ask what may be done to what the cursor is on now."""
        self._told = self.refusals(), self._can_undo()
        super().refresh_bindings()
        self.ask_permissions()

    def _draw_answers(self) -> None:
        if (self.refusals(), self._can_undo()) != self._told:
            self.refresh_bindings()

    def arrive(self) -> None:
        """Ask anew: much may have been decided meanwhile."""
        self.forget_permissions()
        super().arrive()

    def take_generation(self) -> None:
        """Ask anew."""
        self.forget_permissions()
        super().take_generation()

    def take_ledger(self) -> None:
        """Ask anew: somebody has decided something."""
        super().take_ledger()
        self.forget_permissions()
        self.ask_permissions()

    def forget_permissions(self) -> None:
        """Ask again what was asked; what was answered counts until then."""
        self._asked = ()

    def ask_permissions(self) -> None:
        """Ask what may be done to what the cursor is on, once it rests there."""
        if not self.is_mounted or self.host.is_locked or self._is_read_only:
            return
        wanted = tuple(dict.fromkeys(self._subjects_now()))
        if wanted == self._asked:
            return
        self._asked = wanted
        if self._rest is not None:
            self._rest.stop()
            self._rest = None
        if not wanted:
            self._draw_answers()
        else:  # what is drawn stays until the answer is here: it is the same of most rows
            self._rest = self.set_timer(_REST_SECONDS, lambda: self._ask_about(wanted))

    def _subjects_now(self) -> Iterator[str]:
        for key in self._own_keys():
            if key.action in _DEEDS:
                yield from self.subjects_of(key.action)[:1]

    def _ask_about(self, wanted: tuple[str, ...]) -> None:
        gateway = self.host.gateway

        def read() -> dict[str, Mapping[str, Permission]]:
            found: dict[str, Mapping[str, Permission]] = {}
            for subject in wanted:
                try:
                    found[subject] = {each.deed: each for each in gateway.permissions(subject)}
                except RiskcockpitError:
                    found[subject] = {}
            return found

        self.ask("may", read, self._take_answers)

    def _take_answers(self, found: Mapping[str, Mapping[str, Permission]]) -> None:
        if len(self._answers) > _MOST_KNOWN:
            self._answers.clear()
        self._answers.update(found)
        self._draw_answers()
