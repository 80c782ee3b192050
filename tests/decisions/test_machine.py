"""The decision machine against a model: nothing is ever granted that the rules forbid.

Two homes and six names sign whatever they like, with clocks that jump, offline and in step, under
rules that are replaced. The model knows who is whom and what really happened; it is written from
docs/roles.md and shares nothing with the product but the entries.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from riskcockpit.decisions.people import Delegation
from riskcockpit.decisions.project import project
from riskcockpit.decisions.roles import Deed, Role, Roles, Rule
from riskcockpit.decisions.waivers import WaiverState
from riskcockpit.domain.clock import rfc3339
from riskcockpit.domain.decision import EntryType
from riskcockpit.ledger.chain import NO_ENTRY, Entry

BEGIN = datetime(2026, 11, 2, 9, tzinfo=UTC)
LENT_UNTIL = BEGIN + timedelta(hours=6)
REVIEW = timedelta(hours=24)
SLACK = timedelta(minutes=5)
HOMES = ("here", "there")
WHOSE = {"ann": "Ann", "ann-admin": "Ann", "ben": "Ben", "cy": "Cy", "dora": "Dora", "eve": "Eve"}
"""Principal → the person behind it."""
KEYS = {name: f"key of {name}" for name in WHOSE} | {"spare": "key of ann"}
ASKERS = {"ann", "cy", "dora"}
APPROVERS = {"ann-admin", "ben", "cy"}
PRINCIPALS = {
    "ann": {Role.ENGINEER}, "ann-admin": {Role.APPROVER}, "ben": {Role.APPROVER},
    "cy": {Role.ENGINEER, Role.APPROVER}, "dora": {Role.ENGINEER}, "eve": {Role.AUDITOR},
}  # fmt: skip
FOUR_EYES = Rule(
    id="four-eyes", action=Deed.WAIVE, request=frozenset({Role.ENGINEER}), keys=2,
    approve=frozenset({Role.APPROVER}), severity="high",
)  # fmt: skip
ALONE = Rule(id="alone", action=Deed.WAIVE, request=frozenset({Role.ENGINEER}), keys=1)
GLASS = Rule(
    id="glass", action=Deed.BREAK_GLASS, request=frozenset({Role.ENGINEER}), keys=1,
    approve=frozenset({Role.APPROVER}), review="24h",
)  # fmt: skip
ENDS = {
    EntryType.WAIVER_REJECTED: "request",
    EntryType.APPROVAL_REJECTED: "request",
    EntryType.WAIVER_REVOKED: "waiver",
    EntryType.UNDO: "decision",
}


def version(digest: str, rules: tuple[Rule, ...], until: datetime | None = None) -> Roles:
    return Roles(
        principals={name: frozenset(roles) for name, roles in PRINCIPALS.items()},
        rules=rules,
        digest=digest,
        keys=frozenset((name, KEYS[name]) for name in WHOSE),
        until=until,
        persons=(frozenset({"ann", "ann-admin"}),),
        delegations=(
            Delegation(
                giver="ben", to="dora", roles=frozenset({"approver"}),
                until=rfc3339(LENT_UNTIL), why="on leave",
            ),
        ),
    )  # fmt: skip


@dataclass
class Asked:
    """A request as the model knows it."""

    entry: Entry
    severity: str
    glass: datetime | None
    """By when its review is due, when it broke the glass."""


class Machine(RuleBasedStateMachine):
    """Everybody signs whatever they like."""

    @initialize()
    def begin(self) -> None:
        self.now = BEGIN
        self.skew = dict.fromkeys(WHOSE, timedelta())
        self.entries: dict[str, Entry] = {}
        self.seen: dict[str, set[str]] = {home: set() for home in HOMES}
        self.asked: dict[str, Asked] = {}
        self.weak_until = BEGIN + timedelta(hours=3)
        """When rules under which one key is enough were replaced."""

    def policies(self) -> dict[str, Roles]:
        return {
            "weak": version("weak", (ALONE, GLASS), self.weak_until),
            "good": version("good", (FOUR_EYES, ALONE, GLASS)),
        }

    # --- what people do ------------------------------------------------------------------------

    def sign(self, who: str, home: str, type_: EntryType, data: dict[str, Any], key: str) -> Entry:
        """Write an entry into the chain that `who` has in `home`, as any tool could."""
        chain = f"{who}@{home}"
        own = [e for e in self.entries.values() if e.chain == chain]
        last = own[-1] if own else None
        at = self.now + self.skew[who]
        ts = max(at, last.ts) if last else at
        heads: dict[str, str] = {}
        for hash_ in self.seen[home]:
            other = self.entries[hash_]
            known = heads.get(other.chain)
            if other.chain != chain and (known is None or self.entries[known].seq < other.seq):
                heads[other.chain] = hash_
        body = f"{chain}{len(own)}{type_}{sorted(data.items())!r}".encode()
        entry = Entry(
            chain, len(own), last.hash if last else NO_ENTRY, ts, who, key, type_, data, heads,
            sha256(body).hexdigest(), "", b"",
        )  # fmt: skip
        self.entries[entry.hash] = entry
        self.seen[home].add(entry.hash)
        return entry

    @rule(
        who=st.sampled_from(["ann", "dora", "cy", "eve"]), home=st.sampled_from(HOMES),
        severity=st.sampled_from(["high", "high", "low"]),
        policy=st.sampled_from(["good", "good", "weak"]),
        hours=st.sampled_from([2, 40]), glass=st.sampled_from([None, None, None, 3, 24, 60]),
    )  # fmt: skip
    def ask(  # noqa: PLR0917 - hypothesis draws them
        self, who: str, home: str, severity: str, policy: str, hours: int, glass: int | None
    ) -> None:
        at = self.now + self.skew[who]
        data: dict[str, Any] = {
            "reason": "deferred", "justification": "x", "query": "", "severity": severity,
            "expires_at": rfc3339(at + timedelta(hours=hours)), "findings": {"f": severity},
            "count": 1, "kev": [], "policy": policy, "context": "c", "production": False,
            "rule": "four-eyes" if (policy, severity) == ("good", "high") else "alone",
        }  # fmt: skip
        due = None
        if glass is not None:
            due = at + timedelta(hours=glass)
            data["break_glass"] = {"rule": "glass", "reason": "fire", "review_by": rfc3339(due)}
        entry = self.sign(who, home, EntryType.WAIVER_GRANTED, data, KEYS[who])
        self.asked[entry.hash] = Asked(entry, severity, due)

    @rule(
        who=st.sampled_from(["ann", "dora", "cy"]), other=st.sampled_from(sorted(WHOSE)),
        minutes=st.sampled_from([-500, -200, 0]), home=st.sampled_from(HOMES),
    )  # fmt: skip
    def ask_and_get_signed(self, who: str, other: str, minutes: int, home: str) -> None:
        """Ask for what takes two, and let somebody sign at once, with any clock."""
        self.ask(who, home, "high", "good", 40, None)
        self.skew[other] = timedelta(minutes=minutes)
        grounds = {"request": list(self.asked)[-1], "policy": "good"}
        self.sign(other, home, EntryType.APPROVAL_GRANTED, grounds, KEYS[other])

    @precondition(lambda self: self.asked)
    @rule(
        data=st.data(), who=st.sampled_from(sorted(WHOSE)), home=st.sampled_from(HOMES),
        policy=st.sampled_from(["good", "good", "good", "weak", "none"]),
        steals=st.sampled_from([False, False, False, True]),
    )  # fmt: skip
    def approve(
        self, data: st.DataObject, who: str, home: str, policy: str, *, steals: bool
    ) -> None:
        known = sorted(set(self.asked) & self.seen[home])
        if known:
            grounds = {"request": data.draw(st.sampled_from(known)), "policy": policy}
            key = KEYS["spare"] if steals else KEYS[who]
            self.sign(who, home, EntryType.APPROVAL_GRANTED, grounds, key)

    @precondition(lambda self: self.asked)
    @rule(
        data=st.data(), who=st.sampled_from(sorted(WHOSE)), home=st.sampled_from(HOMES),
        how=st.sampled_from(sorted(ENDS)), is_meant=st.sampled_from([False, False, False, True]),
    )  # fmt: skip
    def end(  # noqa: PLR0917 - hypothesis draws them
        self, data: st.DataObject, who: str, home: str, how: EntryType, is_meant: bool
    ) -> None:
        known = sorted(self.seen[home]) if is_meant else []
        named = data.draw(st.sampled_from(known)) if known else "0" * 64
        self.sign(who, home, how, {ENDS[how]: named, "policy": "good"}, KEYS[who])

    @rule(minutes=st.sampled_from([1, 30, 200, 400]))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(who=st.sampled_from(["dora", "ann", "ben"]), minutes=st.sampled_from([-500, -200, 0, 90]))
    def turn_clock(self, who: str, minutes: int) -> None:
        self.skew[who] = timedelta(minutes=minutes)

    @rule(home=st.sampled_from(HOMES), glass=st.sampled_from([3, 24, 60]))
    def break_a_glass_and_wait(self, home: str, glass: int) -> None:
        """Decide alone what takes two, and let nobody review it."""
        self.ask("ann", home, "high", "good", 40, glass)
        self.now += timedelta(minutes=200)

    @rule()
    def sync(self) -> None:
        both = self.seen["here"] | self.seen["there"]
        self.seen = {home: set(both) for home in HOMES}

    # --- what must hold ------------------------------------------------------------------------

    @invariant()
    def nothing_is_granted_that_the_rules_forbid(self) -> None:
        if not hasattr(self, "now"):
            return
        for home in HOMES:
            view = [self.entries[hash_] for hash_ in self.seen[home]]
            view.sort(key=lambda e: (e.ts, e.chain, e.seq))
            for waiver in project(view, self.now, self.policies()).waivers:
                if waiver.state is WaiverState.GRANTED:
                    self.check(self.asked[waiver.id], view)

    def check(self, asked: Asked, view: list[Entry]) -> None:
        """Fail when this must not be in force."""
        ask = asked.entry
        assert self.now < ask.ts + timedelta(hours=41), "it is over"
        assert ask.actor in ASKERS, "who asks may not"
        taken_back = {
            e.data["decision"]
            for e in view
            if e.type is EntryType.UNDO and self.entries.get(e.data["decision"], e).actor == e.actor
        }
        for entry in view:
            named = entry.data.get(ENDS.get(entry.type, ""))
            assert named != ask.hash, "somebody ended it"
        if ask.data["policy"] == "weak":
            assert self.earliest(ask) <= self.weak_until + SLACK, "its rules were replaced"
            return
        if asked.severity == "low":
            return
        persons = {
            WHOSE[entry.actor]
            for entry in view
            if entry.type is EntryType.APPROVAL_GRANTED
            and entry.data["request"] == ask.hash
            and entry.hash not in taken_back
            and self.may_approve(entry, ask)
        } - {WHOSE[ask.actor]}
        if asked.glass is not None and self.now <= asked.glass:
            assert asked.glass <= self.earliest(ask) + REVIEW + SLACK, "reviewed too late"
            return
        assert persons, "nobody else looked at it"

    def may_approve(self, key: Entry, ask: Entry) -> bool:
        if key.key_fp != KEYS[key.actor] or key.data["policy"] not in ("good", "weak"):
            return False
        at = self.earliest(key)
        if key.data["policy"] == "weak" and at > self.weak_until + SLACK:
            return False
        if {key.actor, ask.actor} == {"ben", "dora"}:  # one acts for the other
            return max(at, self.earliest(ask)) >= LENT_UNTIL and key.actor == "ben"
        return key.actor in APPROVERS or (key.actor == "dora" and at < LENT_UNTIL)

    def earliest(self, entry: Entry) -> datetime:
        """Return when an entry can have been signed at the earliest, by what it had seen."""
        heads = [self.entries[head].ts for head in entry.seen.values() if head in self.entries]
        named = self.entries.get(str(entry.data.get("request", "")))
        return max([entry.ts, *heads, *([named.ts] if named else [])])


TestMachine = Machine.TestCase
TestMachine.settings = settings(
    max_examples=120, stateful_step_count=25, deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)  # fmt: skip
