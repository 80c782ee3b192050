"""The exception tree, grouped by what the caller can do next.

    RiskcockpitError
    ├── InputError              fix what was given; nothing was changed             (exit 2)
    │   ├── ConfigError         a settings, control or KPI file is wrong
    │   ├── FormatError         a report cannot be read at all
    │   ├── QueryError          a query does not parse; carries the position
    │   └── UnknownNameError    an id or name that does not exist here
    ├── RetryableError          the same call may work later                         (exit 3)
    │   ├── RateLimitedError    a source asked us to wait
    │   ├── UnavailableError    a source did not answer, or answered 5xx
    │   ├── BusyError           another process holds the lock
    │   └── CancelledError      a query was stopped on purpose
    ├── SourceError             a source refuses or answers nonsense; do not retry   (exit 3)
    │   ├── AuthenticationError who are you (401)
    │   ├── ForbiddenError      you may not (403)
    │   └── ProtocolError       the reply is not what the published API says
    ├── SkipRecordError         one record is bad; quarantine it and go on
    ├── RefusedError            an action is refused here or upstream                (exit 5)
    └── FatalError              stop
        ├── StoreError          the cache is unusable                                (exit 70)
        │   ├── UnavailableStoreError  there is none, or none that can be written    (exit 2)
        │   └── DamagedError        its file is damaged; move it aside and rebuild it
        └── LedgerError         the ledger cannot be trusted                         (exit 4)
            ├── SigningKeyError the key that should sign cannot be used              (exit 2)
            └── UnwritableError its disk takes nothing: nothing was written          (exit 2)

Every error has a `message` (what failed, with the value), a `hint` (what to do, or None) and a
`detail` (for `--verbose`, or None). None of them ever holds a secret.
"""

from __future__ import annotations


class RiskcockpitError(Exception):
    """The root of all errors this package raises on purpose."""

    def __init__(self, message: str, *, hint: str | None = None, detail: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.detail = detail


class InputError(RiskcockpitError):
    """What was given cannot be used; nothing was changed."""


class ConfigError(InputError):
    """A settings, control, KPI or exposure file is wrong; the message names file and place."""


class FormatError(InputError):
    """A report cannot be read as a whole: unknown format, too large, not decodable."""


class QueryError(InputError):
    """A query does not parse."""

    def __init__(
        self, message: str, *, position: int, text: str = "", hint: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.position = position
        """Zero-based offset in the query text at which the fault lies."""
        self.text = text
        """The query, to draw the place under; empty when it is not known here."""


class UnknownNameError(InputError):
    """An id or a name does not exist here; the hint names the nearest that does."""


class RetryableError(RiskcockpitError):
    """The same call may work later."""


class RateLimitedError(RetryableError):
    """A source asked us to wait (429, or 403 with a rate-limit header)."""

    def __init__(
        self, message: str, *, retry_after_seconds: float, hint: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.retry_after_seconds = retry_after_seconds
        """Seconds to wait; never negative, capped at one hour."""


class UnavailableError(RetryableError):
    """A source did not answer, or answered 5xx."""


class BusyError(RetryableError):
    """Another process holds the lock we need, longer than we were willing to wait."""


class CancelledError(RetryableError):
    """A query was stopped on purpose; whoever stopped it needs no answer any more."""


class SourceError(RiskcockpitError):
    """A source refuses or answers nonsense; a retry will not help."""


class AuthenticationError(SourceError):
    """The source does not accept who we are (401)."""


class ForbiddenError(SourceError):
    """The source knows us and says no (403)."""


class ProtocolError(SourceError):
    """The reply is not what the published API says: HTML, truncated JSON, a wrong type."""


class SkipRecordError(RiskcockpitError):
    """One record is bad: it is quarantined with place and reason, the rest goes on."""


class RefusedError(RiskcockpitError):
    """An action is refused, by our own rules or by the upstream system."""

    def __init__(
        self, message: str, *, rule: str, hint: str | None = None, detail: str | None = None
    ) -> None:
        super().__init__(message, hint=hint, detail=detail)
        self.rule = rule
        """The id of the rule that refused, as `roles.yaml` or the upstream names it."""


class FatalError(RiskcockpitError):
    """Stop: going on could lose or forge something."""


class StoreError(FatalError):
    """The cache is damaged or unusable; it can be rebuilt from sources and ledger."""


class UnavailableStoreError(StoreError):
    """There is no cache yet, it is of a newer riskcockpit, or its disk takes nothing.

    A matter of set-up: nothing was changed.
    """


class DamagedError(StoreError):
    """The published file of the cache, or the pointer to it, is damaged.

    `Store.discard_damaged()` moves it aside; the next sync builds a new one.
    """


class LedgerError(FatalError):
    """The ledger does not verify or cannot be written; nothing was decided."""


class SigningKeyError(LedgerError):
    """The key that should sign is missing, unknown or cannot be used: a matter of set-up."""


class UnwritableError(LedgerError):
    """The disk of the ledger does not take what is to be written; the ledger is as it was."""
