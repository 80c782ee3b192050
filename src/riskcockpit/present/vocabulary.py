"""The words of the command line, as the cockpit takes them: one registry, read and spelled. Pure.

Every command of a shell is here. What the cockpit has no screen for is marked as done in a shell
only; the cockpit's own spellings, as `findings severity:high`, say how a shell spells them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

PROGRAM = "riskcockpit"
_TOKEN = re.compile(r"""(?:"(?:\\.|[^"\\])*"|(?<!\S)'[^']*'(?!\S)|\S)+""")
_GREEDY = ("QUERY", "TEXT", "NAME", "SOURCE")


@dataclass(frozen=True, slots=True)
class Word:
    """One command: what may follow it, what it does, how a shell spells it."""

    word: str
    """`models`, or with what is done in a family, as `models show`."""
    usage: str
    """What may follow, in brackets when it may be left out; NAME, QUERY and TEXT take the rest."""
    words: str
    """What it does, in words."""
    shell: str = ""
    """How a shell spells it; empty: only the cockpit has it."""
    shell_of_one: str = ""
    """How a shell spells it when an id follows; empty: the same."""
    options: tuple[str, ...] = ()
    """Options it takes here; a `=` at the end wants a value."""
    changes: bool = False
    """It leads to a decision; refused while the cockpit is locked."""
    is_in_shell: bool = False
    """The cockpit cannot do it."""

    @property
    def parts(self) -> tuple[str, ...]:
        """What may follow, each by its name."""
        return tuple(self.usage.split())

    @property
    def takes_query(self) -> bool:
        """Whether what follows is a query."""
        return "QUERY" in self.usage

    @property
    def shown(self) -> str:
        """The word with what may follow it."""
        return f"{self.word} {self.usage}".strip()


@dataclass(frozen=True, slots=True)
class Given:
    """A command line that was understood."""

    word: Word
    rest: tuple[str, ...] = ()
    """What follows the word, without options and quotes."""
    raw: str = ""
    """The same as it was typed, for queries."""
    options: Mapping[str, str] = field(default_factory=dict)
    """Option → its value; empty for a flag."""

    def part(self, index: int) -> str:
        """Return one of the words that follow; empty when it was left out."""
        return self.rest[index] if index < len(self.rest) else ""

    def option(self, name: str) -> str:
        """Return the value of an option; empty when it was left out."""
        return self.options.get(name, "")


class Misspelt(Exception):  # noqa: N818 - what it says to the person, not a failure
    """A command line that cannot be taken, and what to do about it."""


def _family(name: str, one: str, what: str = "ID") -> tuple[Word, ...]:
    """Return `models [NAME]`, `models list`, `models show NAME` and `model NAME`."""
    shown = f"{name} show"
    return (
        Word(name, f"[{what}]", f"{name}, or one of them", f"{name} list", shown),
        Word(f"{name} list", "", name, f"{name} list"),
        Word(shown, what, f"one {one}", shown),
        Word(one, what, f"one {one}", shown),
    )


def _shell(word: str, words: str) -> Word:
    return Word(word, "", words, word, is_in_shell=True)


_DRY = "--dry-run"
_COMMENT = "--comment="
_WAIVING = ("--reason=", "--justification=", "--expires=", _DRY)

WORDS: tuple[Word, ...] = (
    Word("status", "", "the overview", "status"),
    Word("findings", "[QUERY]", "findings that match a query", "findings list", "findings list"),
    Word("findings list", "[QUERY]", "findings that match a query", "findings list"),
    Word("findings show", "ID", "one finding", "findings show"),
    Word("findings facets", "[QUERY]", "how many of them there are by their fields",
         "findings facets"),
    Word("findings save", "VIEW [QUERY]", "keep a query as a view", "findings save"),
    Word("findings forget", "VIEW", "forget a saved view", "findings forget"),
    Word("findings release", "SCOPE", "close what a held scan did not see", "findings release",
         options=(_DRY,), changes=True),
    Word("finding", "ID", "one finding", "findings show"),
    Word("view", "VIEW", "findings of a saved view"),
    Word("save", "VIEW", "keep the filter of the findings as a view"),
    Word("forget", "VIEW", "forget a saved view", "findings forget"),
    *_family("models", "model", "NAME"),
    Word("pillar", "1-5", "one pillar: its KPIs, controls and findings"),
    Word("kpis", "", "KPIs against their targets, on the overview", "kpis list"),
    Word("kpis list", "", "KPIs against their targets, on the overview", "kpis list"),
    Word("compliance", "[FRAMEWORK]", "requirements and evidence", "compliance"),
    Word("controls", "[ID]", "controls under their frameworks, or one of them", "controls list",
         "controls explain"),
    Word("controls list", "", "controls under their frameworks", "controls list"),
    Word("controls explain", "ID", "one control: SQL, inputs, rows", "controls explain"),
    Word("control", "ID", "one control: SQL, inputs, rows", "controls explain"),
    Word("incidents", "[ID]", "incidents, or one of them", "incident list", "incident show"),
    Word("incident", "[ID]", "incidents, or one of them", "incident list", "incident show"),
    Word("incident list", "", "incidents, their clocks and runbooks", "incident list"),
    Word("incident show", "ID", "one incident", "incident show"),
    Word("incident ack", "ID", "say that you look after an incident", "incident ack",
         options=(_COMMENT,), changes=True),
    Word("incident note", "ID [TEXT]", "note on an incident", "incident note",
         changes=True),
    *_family("waivers", "waiver"),
    Word("waivers renew", "ID", "renew a waiver", "waivers renew", changes=True),
    Word("requests", "", "what waits for whose key", "requests list"),
    Word("requests list", "", "what waits for whose key", "requests list"),
    _shell("requests show", "one request in full"),
    *_family("alerts", "alert"),
    Word("alerts ack", "ID [TEXT]", "say that you take care of an alert", "alerts ack",
         changes=True),
    Word("trace", "[DEPLOYMENT]", "deployments, or the chain of one", "trace"),
    Word("deployments", "[ID]", "deployments, or the chain of one", "trace"),
    Word("deployments list", "", "deployments that are traced", "deployments list"),
    Word("exposure", "", "money at risk and what drives it"),
    Word("ledger", "", "decisions and receipts", "ledger log"),
    Word("ledger log", "", "decisions and receipts", "ledger log"),
    Word("ledger show", "ENTRY", "one entry of the ledger", "ledger show"),
    Word("ledger verify", "", "verify every signature of the ledger", "ledger verify"),
    Word("verify", "", "verify every signature of the ledger", "ledger verify"),
    Word("actions", "", "what was done upstream", "actions list"),
    Word("actions list", "", "what was done upstream", "actions list"),
    Word("sources", "", "health of the sources", "sources list"),
    Word("sources list", "", "health of the sources", "sources list"),
    Word("sync", "[SOURCE]...", "pull the sources", "sync"),
    Word("settings", "", "theme, contexts and keys", "config show"),
    Word("config show", "", "theme, contexts and keys", "config show"),
    Word("theme", "NAME", "draw in another theme"),
    Word("ctx", "NAME", "go to another context"),
    Word("waive", "[QUERY]", "waive findings by id or query, or what is marked", "waive",
         options=_WAIVING, changes=True),
    Word("approve", "[ID]", "approve a request", "approve", options=(_COMMENT, _DRY),
         changes=True),
    Word("reject", "[ID]", "reject a request", "reject", options=(_COMMENT, _DRY), changes=True),
    Word("renew", "[ID]", "renew a waiver", "waivers renew", changes=True),
    Word("revoke", "[ID]", "revoke a waiver", "revoke", options=(_COMMENT, _DRY), changes=True),
    Word("acknowledge", "", "acknowledge what is under the cursor", changes=True),
    Word("rollback", "[MODEL] [VERSION]", "roll a model back", "rollback",
         options=("--to=", _COMMENT, _DRY), changes=True),
    Word("undo", "[ID]", "undo your last decision, or the one named", "undo", options=(_DRY,),
         changes=True),
    Word("note", "[ID] [TEXT]", "note on what is under the cursor, or on what is named", "note",
         changes=True),
    Word("lock", "", "no decisions until unlocked", "lock"),
    Word("unlock", "", "allow decisions", "unlock"),
    Word("help", "", "keys of this view", "--help"),
    Word("tour", "", "the cockpit in one minute"),
    Word("quit", "", "quit"),
    _shell("init", "make a working home"),
    _shell("doctor", "check settings, credentials, clock, ledger and terminal"),
    _shell("import", "read reports of scanners and monitors"),
    _shell("gate", "judge a change by rules"),
    _shell("report", "write the governance report"),
    _shell("evidence", "write and read evidence"),
    _shell("query", "one SELECT on the cache"),
    _shell("watch", "watch over models: alarm, propose, roll back"),
    _shell("formats", "the report formats that are read"),
    _shell("keys", "whose keys may sign"),
    _shell("roles", "roles and rules in force"),
    _shell("policy", "the signed files of the policy"),
    _shell("whoami", "who signs here, with which key"),
    _shell("demo", "the cockpit on a simulated bank"),
    _shell("tui", "this cockpit; --plain says it in lines"),
    _shell("config", "check a settings file, or print its schema"),
    _shell("findings why", "identity keys, matches and changes of state of a finding"),
    _shell("findings export", "write findings as a file"),
    _shell("findings views", "the saved views; here they are tabs over the findings"),
    _shell("findings merge", "say that two findings are one"),
    _shell("findings split", "say that what is seen now is another finding"),
    _shell("models timeline", "what happened to a model"),
    _shell("kpis show", "one KPI: definition, history, rows"),
    _shell("controls run", "judge controls now"),
    _shell("controls new", "write the files of a new control"),
    _shell("controls test", "run the test cases of controls"),
    _shell("incident assign", "give an incident to somebody"),
    _shell("incident contain", "say that the fault does no more harm"),
    _shell("incident resolve", "say that an incident is over"),
    _shell("incident review", "close an incident with its review"),
    _shell("incident runbooks", "the runbooks and their steps"),
    _shell("incident run", "walk through a runbook"),
    _shell("incident drill", "walk through a runbook against simulators"),
    _shell("alerts digest", "what is open, what ended, what was told"),
    _shell("alerts send", "tell what is due now"),
    _shell("ledger checkpoint", "sign a checkpoint of your chain"),
    _shell("ledger sync", "pull and push the chains through git"),
    _shell("ledger repair", "mend what a crash left"),
    _shell("actions retry", "look what became of an action, and send it again"),
    _shell("actions may", "what you may do to something"),
    _shell("sources add", "add a source to the settings"),
    _shell("sources test", "try a source"),
)  # fmt: skip
"""Every word; what only a shell can do comes last."""

_ALIASES = {
    "q": "quit", "exit": "quit", "overview": "status", "f": "findings", "m": "models",
    "l": "ledger",
}  # fmt: skip
_SHORT = {"-m": "--comment"}
_BY_WORD = {each.word: each for each in WORDS}


def read(text: str, fields: Collection[str] = ()) -> Given | None:
    """Return what a command line says; None when it says nothing.

    `fields` are those of the query grammar, to say how what is meant as an option is written.

    Raises:
        Misspelt: there is no such word, or it does not take what follows.
    """
    line = text.strip().removeprefix(":").strip().removeprefix(f"{PROGRAM} ").strip()
    if not line:
        return None
    word, raw = _word_of(line)
    if word.is_in_shell:
        raise Misspelt(f"{word.word} is done in a shell: {PROGRAM} {' '.join(line.split())}")
    tokens = _TOKEN.findall(raw)
    rest, options = _split(word, tokens, line, fields)
    bare = [_unquoted(each) for each in rest]
    _count(word, bare)
    return Given(word, tuple(bare), " ".join(rest), options)


def _word_of(line: str) -> tuple[Word, str]:
    first, _, rest = line.partition(" ")
    first = _ALIASES.get(first, first)
    second, _, further = rest.strip().partition(" ")
    both = _BY_WORD.get(f"{first} {second}")
    if both is not None:
        return both, further
    one = _BY_WORD.get(first)
    if one is not None:
        return one, rest
    firsts = {each.word.partition(" ")[0] for each in WORDS}
    near = get_close_matches(first, sorted(firsts), 1)
    if first in firsts:  # a family with no word of its own
        verbs = ", ".join(verb for verb, _ in verbs_of(first))
        raise Misspelt(f"{first} needs one of {verbs}")
    hint = f", did you mean {near[0]}?" if near else "; ? lists what there is"
    raise Misspelt(f'no command "{first}"{hint}')


def _split(
    word: Word, tokens: Sequence[str], line: str, fields: Collection[str]
) -> tuple[list[str], dict[str, str]]:
    """Part what follows from the options."""
    rest: list[str] = []
    options: dict[str, str] = {}
    waiting = iter(tokens)
    for token in waiting:
        name, sign, value = token.partition("=")
        name = _SHORT.get(name, name)
        if not name.startswith("--"):
            rest.append(token)
        elif name in word.options and not sign:
            options[name] = ""
        elif f"{name}=" in word.options:
            found = value if sign else next(waiting, None)
            if not found:
                raise Misspelt(f"{name} needs a value")
            options[name] = _unquoted(found)
        elif word.takes_query and name[2:] in fields:
            meant = f"{name[2:]}:{(value if sign else next(waiting, '')) or 'VALUE'}"
            raise Misspelt(f"{name} is no option, it is a term: {word.word} {meant}")
        else:
            raise Misspelt(_unknown_option(word, name, line))
    return rest, options


def _unknown_option(word: Word, name: str, line: str) -> str:
    if not word.shell:
        return f"{word.word} takes no {name}"
    if name == "--yes":
        return f"--yes is for a shell; here y answers the preview of {word.word}"
    tail = line[len(word.word) :].strip() if line.startswith(word.word) else ""
    typed = " ".join(f"{PROGRAM} {word.shell} {tail}".split())
    return f"{name} is taken in a shell only: {typed}"


def _count(word: Word, rest: Sequence[str]) -> None:
    least = sum(not part.startswith("[") for part in word.parts)
    if len(rest) < least:
        raise Misspelt(f"{word.word} needs {word.usage}")
    is_greedy = any(name in word.usage for name in _GREEDY)
    if not is_greedy and len(rest) > len(word.parts):
        extra = rest[len(word.parts)]
        if word.usage == "VIEW":
            raise Misspelt(f"the name of a view is one word, as {'-'.join(rest)}")
        takes = f"only {word.usage}" if word.usage else "nothing after it"
        raise Misspelt(f'{word.word} takes {takes}: "{extra}" is too much')


def _unquoted(token: str) -> str:
    if len(token) > 1 and token[0] == token[-1] == '"':
        return re.sub(r"\\(.)", r"\1", token[1:-1])
    if len(token) > 1 and token[0] == token[-1] == "'":
        return token[1:-1]
    return token


def verbs_of(family: str) -> tuple[tuple[str, Word], ...]:
    """Return what can be done in a family: verb and word."""
    head = f"{family} "
    return tuple(
        (each.word.removeprefix(head), each) for each in WORDS if each.word.startswith(head)
    )


def first_words() -> frozenset[str]:
    """Return the first words of all that a shell can do, in its spelling and in the cockpit's."""
    meant = {each.word for each in WORDS if each.shell}
    short = {alias for alias, word in _ALIASES.items() if word in meant}
    return frozenset({word.partition(" ")[0] for word in meant} | short)


def in_shell(words: Sequence[str], verbs: Iterable[str]) -> list[str]:
    """Return words of a shell for words of the cockpit; those that are a shell's stay as they are.

    `verbs` are what a shell takes after the first word; empty when that is no family there.
    """
    first = _ALIASES.get(words[0].removeprefix(":"), words[0].removeprefix(":"))
    known = set(verbs)
    is_shells = len(words) > 1 and (words[1] in known or words[1].startswith("-h"))
    word = _BY_WORD.get(first)
    if is_shells or word is None or not word.shell or word.is_in_shell:
        return [first, *words[1:]]
    given = [each for each in words[1:] if not each.startswith("-")]
    spelled = word.shell_of_one if given and word.shell_of_one else word.shell
    return [*spelled.split(), *words[1:]]
