"""What is wrong with what the cockpit shows, on whatever screen one is. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from riskcockpit.errors import AuthenticationError, ForbiddenError, RiskcockpitError
from riskcockpit.present.text import Glyphs, age

if TYPE_CHECKING:  # records come with the data
    from riskcockpit.views.posture import PostureView, SourceView

LOCKED = "decisions are locked here; :unlock allows them"
READ_ONLY = "this home is read-only: no decision can be written down"
STALE_AFTER = timedelta(hours=24)
"""How long the newest answer of any source counts as fresh."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that is wrong; the word carries it, symbol and token repeat it."""

    word: str
    symbol: str
    token: str
    text: str
    hint: str = ""
    more: str = ""
    """Behind the text, however short that has to be."""


def of_data(
    posture: PostureView | None, now: datetime, glyphs: Glyphs, at: str = ""
) -> Iterator[Condition]:
    """Yield what is wrong with the data of every screen, the gravest first.

    `at` is the kind of place that is seen: no hint leads to where one is.
    """
    if posture is None:
        return
    if not posture.ledger.is_ok:
        yield Condition("LEDGER BROKEN", glyphs.alarm, "alarm", posture.ledger.message,
                        "V" if at == "ledger" else "l, then V")  # fmt: skip
    if posture.generation == 0 and posture.sources:
        text = "there is no cache: it was removed, or nothing has been read yet"
        yield Condition("NO DATA", glyphs.no_data, "warn", text, "riskcockpit sync")
    newest = max((s.last_success for s in posture.sources if s.last_success), default=None)
    if newest is not None and now - newest > STALE_AFTER:
        text = f"no source answered for {age(newest, now)}"
        yield Condition("STALE", glyphs.stale, "warn", text, "riskcockpit sync")
    failed = [source for source in posture.sources if source.state == "failed"]
    if failed:
        yield _failed(failed, glyphs, "" if at == "sources" else "S shows why")


def _failed(failed: list[SourceView], glyphs: Glyphs, hint: str) -> Condition:
    first = failed[0]
    said = first.message
    for name in (f'source "{first.name}"', f"source {first.name}", first.name):
        said = said.removeprefix(f"{name}: ")
    words = f"{first.name}: {said}" if said else first.name
    more = f"and {len(failed) - 1} more" if len(failed) > 1 else ""
    return Condition("SOURCE FAILED", glyphs.alarm, "alarm", words, hint, more)


def of_refresh(error: Exception, glyphs: Glyphs) -> Condition:
    """Return what to say when what is shown could not be read anew."""
    words = failure_words(error)[0]
    if is_forbidden(error):
        return Condition("FORBIDDEN", glyphs.alarm, "alarm", words, "ctrl+r tries again")
    text = f"the last refresh failed: {words}"
    return Condition("STALE", glyphs.stale, "warn", text, "ctrl+r tries again")


def of_settings(
    error: RiskcockpitError | None, views: Sequence[RiskcockpitError], file: str, glyphs: Glyphs
) -> Iterator[Condition]:
    """Yield what to say when settings cannot be used, or else some of their saved views."""
    if error is not None:
        hint = error.hint or "the settings of before stay in force"
        text = _brief(error.message, file)
        yield Condition("SETTINGS NOT TAKEN", glyphs.warn, "warn", text, hint)
    elif views:
        word = "VIEW NOT TAKEN" if len(views) == 1 else f"{len(views)} VIEWS NOT TAKEN"
        text = _brief(views[0].message, file)
        yield Condition(word, glyphs.warn, "warn", text, views[0].hint or "")


def _brief(message: str, file: str) -> str:
    """Return a message about settings, the file by its last name."""
    text = message.replace(file, Path(file).name) if file else message
    for name in ("cannot read settings from ", "cannot read the settings from "):
        text = text.removeprefix(name)
    return text


def is_forbidden(error: BaseException | None) -> bool:
    """Return whether it failed because this person may not."""
    while error is not None:
        if isinstance(error, AuthenticationError | ForbiddenError | PermissionError):
            return True
        error = error.__cause__
    return False


def failure_words(error: Exception | None) -> tuple[str, str]:
    """Return what failed and what to do about it."""
    if isinstance(error, RiskcockpitError):
        return error.message, error.hint or ""
    if isinstance(error, PermissionError):
        return str(error), "the file belongs to somebody else, or its mode forbids it"
    return f"{type(error).__name__}: {error}", "this is a bug; the details are in the error dialog"
