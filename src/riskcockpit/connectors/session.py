"""What the clients of one run share: gates, validators, the recorder, and the order to stop."""

from __future__ import annotations

import hmac
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from riskcockpit.config.credentials import Credential
from riskcockpit.connectors.gates import EVERYBODY, Gates
from riskcockpit.connectors.recording import Recorder
from riskcockpit.connectors.validators import Validators
from riskcockpit.errors import CancelledError


def _unheard() -> None:
    """Hear of no answer."""


def _nobody(_seconds: float, _why: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Session:
    """What the clients of one source share in one run; the default stands alone."""

    gates: Gates = field(default_factory=lambda: EVERYBODY)
    validators: Validators = field(default_factory=Validators)
    recorder: Recorder | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    """Set: every wait ends at once with CancelledError, and no further request is sent."""
    waiting: Callable[[float, str], None] = _nobody
    """Called as (seconds, why) before each wait, from any thread."""
    answered: Callable[[], None] = _unheard
    """Called after each answer of the source, from any thread."""
    key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    """For fingerprints of credentials; a lasting one when validators outlive the run."""
    settings: str = ""
    """Digest of the settings the source is read under; validators hold for these only."""

    def fingerprint(self, credential: Credential | None, headers: Mapping[str, str]) -> str:
        """Return a keyed hash of who asks and in which words; nothing leads back to them.

        `headers` are those of the dialect: keys may be among them, and the form of the answer.
        """
        who = f"{credential.username}\0{credential.value}" if credential else ""
        words = "\0".join(f"{name.lower()}:{headers[name]}" for name in sorted(headers))
        text = f"{self.settings}\0{who}\0{words}"
        return hmac.new(self.key, text.encode(), "sha256").hexdigest()[:32]

    def check(self) -> None:
        """Go on, unless the run was stopped.

        Raises:
            CancelledError: it was.
        """
        if self.stop.is_set():
            raise CancelledError("the sync was stopped")
