"""The ledger as it may be trusted here: verified, with the policies it vouches for, projected."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path

from riskcockpit.config.automation import Automation, parse_automation
from riskcockpit.config.strict import parse_yaml
from riskcockpit.decisions.notes import is_of_decider
from riskcockpit.decisions.people import Keys
from riskcockpit.decisions.policy import (
    AUTOMATION,
    ROLES,
    SIGNERS,
    Contents,
    PolicyBook,
    read_policy,
)
from riskcockpit.decisions.project import Projection, project
from riskcockpit.decisions.requests import Followers, Policies, follow
from riskcockpit.decisions.roles import Roles, load_roles
from riskcockpit.decisions.takings import takings
from riskcockpit.errors import ConfigError, LedgerError
from riskcockpit.ledger.armor import EVIDENCE, fingerprint
from riskcockpit.ledger.chain import Entry
from riskcockpit.ledger.examination import Doubt, Examination
from riskcockpit.ledger.objects import Objects
from riskcockpit.ledger.regular import read_regular
from riskcockpit.ledger.signers import AllowedSigners, parse_signers
from riskcockpit.ledger.verify import examine
from riskcockpit.services.context import Context
from riskcockpit.services.remembered import (
    clocks_ahead,
    lost_elsewhere,
    lost_since,
    proven_before,
    remember,
    with_problems,
)
from riskcockpit.views.governance import LedgerProblem

_VERIFY_HINT = "`riskcockpit ledger verify` says all; nothing is decided until it does"
_CLOCK_HINT = (
    "one of two clocks is wrong: mend this computer's, or if it is right say so: "
    "`riskcockpit ledger repair --clock-is-right`"
)


def examined(ctx: Context) -> Examination:
    """Verify the ledger; signatures found good before are not computed again.

    What was found good is kept in the state directory, which only this user can write. A chain of
    which less is there than that is gone or was cut, and what is kept is not overwritten then.

    Raises:
        LedgerError: it cannot be read.
    """
    known = proven_before(ctx)
    found = examine(ctx.paths.ledger, ctx.clock.now(), known, clocks_ahead(ctx), ctx.memory)
    if gone := lost_since(found, known) or ([] if known else lost_elsewhere(ctx, found)):
        found = with_problems(found, gone)
    else:
        remember(ctx, known, found)
    return weighed(ctx.paths.ledger, found)


def examined_anew(ctx: Context) -> Examination:
    """Verify the ledger from scratch, and against everything that this home knew of it.

    Raises:
        LedgerError: it cannot be read.
    """
    known = proven_before(ctx)
    gone = lost_since(examine(ctx.paths.ledger, ctx.clock.now(), known), known) if known else []
    found = examine(ctx.paths.ledger, ctx.clock.now(), ahead=clocks_ahead(ctx))
    gone = gone or lost_elsewhere(ctx, found)
    return weighed(ctx.paths.ledger, with_problems(found, gone) if gone else found)


def verified(ctx: Context, ending: str = "") -> Examination:
    """Return the ledger when it verifies: what decisions may rest on.

    Whoever ends the key `ending`, a fingerprint or its principal, may do so too while the only
    problems are entries of it that lie in the future.

    Raises:
        LedgerError: it does not, or it cannot be read.
    """
    found = examined(ctx)
    theirs = [
        each.problem
        for each in found.doubts
        if each.is_future and ending in (each.entry.key_fp, each.entry.actor)
    ]
    if all(problem in theirs for problem in found.report.problems):
        return found
    first = found.report.problems[0]
    place = "" if first.entry is None else f" entry {first.entry}"
    ahead = [each.problem for each in found.doubts if each.is_future]
    is_clock = all(problem in ahead for problem in found.report.problems)
    raise LedgerError(
        f"the ledger does not verify: {first.chain}{place}: {first.why}",
        hint=_CLOCK_HINT if is_clock else _VERIFY_HINT,
    )


def weighed(directory: Path, found: Examination) -> Examination:
    """Return what was verified, with what signed revocations make of it.

    Entries that they make void are notices, whatever the file of the signers says of their keys;
    so are those among them that count, for they only take away.
    """
    explicable = {id(each.problem) for each in found.doubts}
    unsound = {each.chain for each in found.report.problems if id(each) not in explicable}
    book = policy_book(directory, (e for e in found.entries if e.chain not in unsound))
    if not (book.void or book.ended or found.doubts):
        return found
    signers = _signers_in_force(directory, book)
    explained = {id(each.problem) for each in found.doubts if _is_explained(each, book, signers)}
    kept = takings(found.entries, book.void)
    void = tuple(
        LedgerProblem(entry.chain, entry.seq, end.why_kept if entry.hash in kept else end.why)
        for entry in found.entries
        if (end := book.void.get(entry.hash)) is not None
    )
    report = replace(
        found.report,
        problems=tuple(p for p in found.report.problems if id(p) not in explained),
        notices=tuple(
            sorted((*found.report.notices, *void), key=lambda each: (each.chain, each.entry or 0))
        ),
    )
    return replace(found, report=report, void=frozenset(book.void) - kept)


def _is_explained(doubt: Doubt, book: PolicyBook, signers: AllowedSigners) -> bool:
    """Whether the end of a key is that of a revocation, which says what its entries are worth.

    Where a revocation was rejected, the version of the signers in force still has the key.
    """
    entry = doubt.entry
    if doubt.is_future:
        return entry.hash in book.void
    lines = [
        line
        for line in signers.keys
        if fingerprint(line.key) == entry.key_fp and entry.actor in line.principals
    ]
    end = book.ended.get(entry.key_fp)
    if end is None:
        return any(
            line.valid_before is None and not line.refusal(EVIDENCE, entry.ts) for line in lines
        )
    if not doubt.is_late or entry.hash in book.void or entry.hash in end.own:
        return True
    return any(
        line.valid_before == end.claimed or not line.refusal(EVIDENCE, entry.ts) for line in lines
    )


def _signers_in_force(directory: Path, book: PolicyBook) -> AllowedSigners:
    try:
        content = Objects(directory).get(book.digests.get(SIGNERS, ""))
        return parse_signers(content.decode("utf-8", "replace"))
    except LedgerError:
        return AllowedSigners()


def read_roles(ctx: Context) -> tuple[Roles, bytes]:
    """Return the roles in force and the bytes of their file.

    Raises:
        ConfigError: there is none, or it cannot be used.
    """
    file = ctx.paths.ledger / ROLES
    try:
        content = read_regular(file)
    except OSError as error:
        raise ConfigError(
            f"cannot read roles from {file}: {error.strerror or error}",
            hint="`riskcockpit init` writes them",
        ) from error
    return parse_roles(content, str(file)), content


@lru_cache(maxsize=16)
def parse_roles(content: bytes, where: str) -> Roles:
    """Read the bytes of a roles file.

    Raises:
        ConfigError: they cannot be used; the message names `where`.
    """
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"cannot read roles from {where}: {error}") from error
    raw = parse_yaml(text, Path(where), "roles")
    return load_roles(raw, hashlib.sha256(content).hexdigest(), where)


def policy_book(directory: Path, entries: Iterable[Entry]) -> PolicyBook:
    """Return which versions of the policy signed entries put in force.

    A version whose content is missing or unreadable is left out: nothing rests on it then.
    """
    objects = Objects(directory)

    @cache
    def roles(digest: str) -> Roles | None:
        try:
            return parse_roles(objects.get(digest), digest)
        except (LedgerError, ConfigError):
            return None

    @cache
    def keys(digest: str) -> Keys | None:
        try:
            signers = parse_signers(objects.get(digest).decode("utf-8"))
        except (LedgerError, UnicodeDecodeError):
            return None
        return frozenset(
            (p, fingerprint(line.key)) for line in signers.keys for p in line.principals
        )

    @cache
    def automation(digest: str) -> Automation | None:
        try:
            text = objects.get(digest).decode("utf-8")
            return _automation(text)
        except (LedgerError, ConfigError, UnicodeDecodeError):
            return None

    return read_policy(entries, Contents(roles, keys, automation))


@lru_cache(maxsize=16)
def _automation(text: str) -> Automation:
    return parse_automation(text, Path(AUTOMATION)).value


def deciders(directory: Path, found: Examination) -> Callable[[Entry], bool]:
    """Return what tells whether an entry was signed in a role that decides anything.

    The rules are read when it is asked first.
    """

    @cache
    def known() -> tuple[Policies, Followers]:
        book = policy_book(directory, found.entries)
        return book.versions, follow(found.entries, book.void, book.versions)

    return lambda entry: is_of_decider(entry, *known())


def projected(ctx: Context, found: Examination, now: datetime) -> Projection:
    """Return what a verified ledger means at `now`."""
    book = policy_book(ctx.paths.ledger, found.entries)
    return project(
        found.entries, now, book.versions, is_verified=found.report.is_ok, void=book.void
    )
