"""What changes by itself while the cockpit is open: cache, settings, a sync, the lock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from textual import on
from textual.app import App
from textual.filter import ANSIToTruecolor

from riskcockpit.errors import QueryError, RiskcockpitError
from riskcockpit.tui.api import About, GatewayApi, Pulse
from riskcockpit.tui.messages import (
    GenerationChanged,
    LedgerMoved,
    LockMoved,
    SettingsRead,
    SettingsTouched,
    SyncMoved,
)
from riskcockpit.tui.navigation import Navigator
from riskcockpit.tui.preferences import check, faults_of_views, keymap_of
from riskcockpit.tui.theme import THEME, THEMES
from riskcockpit.tui.watch import PulseWatch

if TYPE_CHECKING:  # records come with the data
    from riskcockpit.config.settings import ListSettings
    from riskcockpit.views.syncing import SourceProgress


class Living(Navigator):
    """An app that follows cache, settings, sync and the lock of production."""

    def __init__(self, gateway: GatewayApi) -> None:
        super().__init__()
        self.gateway = gateway
        self.is_locked = gateway.about.is_locked
        """No decisions: production is locked on this computer, or somebody locked this cockpit."""
        self.settings_fault: RiskcockpitError | None = None
        """Why the newest settings are not in force."""
        self.views_faults: Sequence[RiskcockpitError] = ()
        """Why saved views of the settings cannot be shown."""
        self.progress: Sequence[SourceProgress] = ()
        """How far a sync has come that runs now; empty when none does."""
        self._watch = PulseWatch(gateway.pulse, self._tell_pulse)
        self.keymap: Mapping[str, str] = {}
        """Binding id → keys, as the settings that are in force have moved them."""
        self.lists: Mapping[str, ListSettings] = {}
        """How lists are shown, by the settings that are in force."""
        self._is_syncing = False
        self._taken: About | None = None
        self._was_production = gateway.about.is_production
        self._take_theme(gateway.about)

    def watch_living(self) -> None:
        """Begin to look."""
        self.take_preferences(self.gateway.about)
        self.call_after_refresh(self._check_views)
        self._watch.start()

    def end_watching(self) -> None:
        """Stop looking."""
        self._watch.end()

    # pulse: told by the thread that looks

    def _tell_pulse(self, before: Pulse | None, now: Pulse) -> None:
        if before is None or before.is_locked != now.is_locked:
            self.post_message(LockMoved(is_locked=now.is_locked))
        if before is None:
            return
        if before.generation != now.generation:
            self.post_message(GenerationChanged(now.generation))
        if before.ledger != now.ledger:
            self.post_message(LedgerMoved())
        if before.settings != now.settings:
            self.post_message(SettingsTouched())
        if before.progress != now.progress:
            self.post_message(SyncMoved(now.progress))

    @on(GenerationChanged)
    def follow_generation(self, event: GenerationChanged) -> None:
        """Let the screen that is seen read anew; the others do when they are seen again."""
        event.stop()
        self.place_screen.take_generation()

    @on(LedgerMoved)
    def follow_ledger(self, event: LedgerMoved) -> None:
        """Let the screen that is seen show what was decided; the others do when seen again."""
        event.stop()
        self.place_screen.take_ledger()

    @on(SyncMoved)
    def follow_sync(self, event: SyncMoved) -> None:
        """Let the screen that is seen show how far the sync has come."""
        event.stop()
        self.progress = event.progress
        self.place_screen.take_progress(event.progress)

    @on(LockMoved)
    def follow_lock(self, event: LockMoved) -> None:
        """Show the lock of production as it is, whoever turned it."""
        event.stop()
        if not self.gateway.about.is_production or event.is_locked == self.is_locked:
            return
        self.set_lock(is_locked=event.is_locked)
        self.tell(
            "decisions are locked again; :unlock allows them"
            if event.is_locked
            else "decisions were unlocked on this computer; :lock ends it"
        )

    def action_reload(self) -> None:
        """Read the cache anew, and pull the sources: all, or the one under the cursor."""
        self.place_screen.take_generation()
        self.pull(tuple(self.place_screen.sources_seen()))

    def pull(self, names: Sequence[str]) -> None:
        """Pull these sources, or all; what they bring is seen when it is published."""
        screen, gateway = self.place_screen, self.gateway
        if self.progress or self._is_syncing:
            self.tell("a sync runs already")
            return
        self._is_syncing = True

        def pull() -> str:
            try:
                return gateway.sync(names)
            finally:
                self._is_syncing = False

        self.tell(f"pulling {', '.join(names) or 'all sources'}")
        screen.ask("sync", pull, self.tell)

    def tell(self, message: str) -> None:
        """Show a passing note."""
        raise NotImplementedError

    # settings

    @on(SettingsTouched)
    def read_settings(self, event: SettingsTouched) -> None:
        """Read the settings anew, off the event loop."""
        event.stop()

        def read() -> None:
            try:
                about: About | RiskcockpitError = self.gateway.reload()
            except RiskcockpitError as error:
                about = error
            self.post_message(SettingsRead(about))

        self.run_worker(read, thread=True, exclusive=True, group="settings", exit_on_error=False)

    @on(SettingsRead)
    def take_settings(self, event: SettingsRead) -> None:
        """Put new settings in force; what is wrong with them is said, and the old stay."""
        event.stop()
        if isinstance(event.outcome, RiskcockpitError):
            self.settings_fault = event.outcome
        else:
            self._mind_production(event.outcome)
            self.take_preferences(event.outcome)
            self.place_screen.refresh_data()
            self._check_views()
        self.place_screen.draw_lines()

    def _check_views(self) -> None:
        def take(faulty: Mapping[str, QueryError]) -> None:
            self.views_faults = tuple(faults_of_views(self.gateway.about, faulty))
            self.place_screen.draw_lines()

        self.place_screen.ask("views:faulty", self.gateway.faulty_views, take)

    def _mind_production(self, about: About) -> None:
        """Lock as a start would, when this has become production or is none any more."""
        if about.is_production != self._was_production:
            self.set_lock(is_locked=about.is_locked)
        self._was_production = about.is_production

    def set_lock(self, *, is_locked: bool) -> None:
        """Lock or unlock decisions."""
        raise NotImplementedError

    def take_preferences(self, about: About) -> None:
        """Put theme, keys and lists in force, unless they cannot be used."""
        try:
            check(about)
        except RiskcockpitError as error:
            self.settings_fault = error
            return
        self.settings_fault = None
        before, self._taken = self._taken, about
        self.lists = about.lists
        keymap = keymap_of(about)
        if self.keymap != keymap:
            self.keymap = keymap
            self.set_keymap(keymap)
        if before is not None and before.theme != about.theme:
            self.set_theme(about.theme)

    @property
    def theme_name(self) -> str:
        """The theme in force."""
        return str(self.theme)

    def set_theme(self, name: str) -> None:
        """Draw in another theme, one of `THEMES`."""
        self.register_theme(THEMES[name][0])
        self.theme = name
        self._let_own_colours_pass()
        self.place_screen.draw_lines()

    def _take_theme(self, about: About) -> None:
        # before the style sheets are read: a theme set later makes Textual read them all again
        theme = THEMES.get(about.theme, (THEME, ""))[0]
        self.register_theme(theme)
        self.set_reactive(App.theme, theme.name)
        self.stylesheet.set_variables(self.get_css_variables())
        self._let_own_colours_pass()

    def _let_own_colours_pass(self) -> None:
        for each in self._filters:
            if isinstance(each, ANSIToTruecolor):
                each.enabled = not self.current_theme.ansi
