"""The words of the cockpit are those of the command line: all of them, spelled either way."""

from __future__ import annotations

from typing import Any

import pytest
import typer

from riskcockpit.cli.app import app
from riskcockpit.present.vocabulary import WORDS, Misspelt, in_shell, read
from riskcockpit.tui.commands import ACTS

ROOT: Any = typer.main.get_command(app)


def shell_words() -> dict[str, Any]:
    """Return every command of a shell by its words, the families too."""
    found: dict[str, Any] = {}
    for name in ROOT.commands:
        command = ROOT.commands[name]
        found[name] = command
        verbs = getattr(command, "commands", {})
        found |= {f"{name} {verb}": verbs[verb] for verb in verbs}
    return found


def test_every_command_of_a_shell_is_known_and_every_spelling_of_one_is_true() -> None:
    shell = shell_words()
    ours = {each.word for each in WORDS}
    whole = {each.word for each in WORDS if each.is_in_shell and " " not in each.word}
    assert len(ours) == len(WORDS)
    missing = {
        word
        for word, command in shell.items()
        if not hasattr(command, "commands") and word not in ours and word.split()[0] not in whole
    }
    assert missing == set()
    spelled = {each.shell for each in WORDS} | {each.shell_of_one for each in WORDS}
    assert spelled - {"", "--help"} <= set(shell)


def test_the_options_taken_are_options_of_a_shell() -> None:
    shell = shell_words()
    for each in WORDS:
        known = (
            {name for it in shell[each.shell].params for name in it.opts} if each.options else {}
        )
        assert {option.rstrip("=") for option in each.options} <= set(known), each.word


def test_each_word_is_done_here_or_in_a_shell() -> None:
    assert set(ACTS) == {each.word for each in WORDS if not each.is_in_shell}


@pytest.mark.parametrize(
    ("text", "word", "rest", "options"),
    [
        ("findings list severity>=high", "findings list", ("severity>=high",), {}),
        (":riskcockpit findings severity:high", "findings", ("severity:high",), {}),
        ("incident list", "incident list", (), {}),
        ("incident INC-1", "incident", ("INC-1",), {}),
        ("ledger verify", "ledger verify", (), {}),
        ("undo 4", "undo", ("4",), {}),
        ("rollback fraud --dry-run", "rollback", ("fraud",), {"--dry-run": ""}),
        ("rollback fraud --to=5", "rollback", ("fraud",), {"--to": "5"}),
        ("reject 0b4a -m 'not yet'", "reject", ("0b4a",), {"--comment": "not yet"}),
        ("note 0b4a it's fine", "note", ("0b4a", "it's", "fine"), {}),
        ('waive owner:"two words" --expires 30d', "waive", ('owner:"two words"',),
         {"--expires": "30d"}),
        ("models credit default", "models", ("credit", "default"), {}),
        ("q", "quit", (), {}),
        ("sync github aws", "sync", ("github", "aws"), {}),
    ],
)  # fmt: skip
def test_a_line_is_read_as_a_shell_reads_it(
    text: str, word: str, rest: tuple[str, ...], options: dict[str, str]
) -> None:
    given = read(text)
    assert given is not None
    assert (given.word.word, given.rest, dict(given.options)) == (word, rest, options)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("sync github --full", "--full is taken in a shell only: riskcockpit sync github --full"),
        ("doctor", "doctor is done in a shell: riskcockpit doctor"),
        ("findings why 0221", "findings why is done in a shell: riskcockpit findings why 0221"),
        (
            "findings a:b --json",
            "--json is taken in a shell only: riskcockpit findings list a:b --json",
        ),
        ("rollback fraud --yes", "--yes is for a shell; here y answers the preview of rollback"),
        ("approve 0b4a 1c2d", 'approve takes only [ID]: "1c2d" is too much'),
        ("requests mine", 'requests takes nothing after it: "mine" is too much'),
        ("waive 0221 --reason", "--reason needs a value"),
        ("models show", "models show needs NAME"),
        ("save my crit", "the name of a view is one word, as my-crit"),
        ("modelz", 'no command "modelz", did you mean model?'),
        ("init", "init is done in a shell: riskcockpit init"),
    ],
)
def test_what_cannot_be_taken_says_what_to_type(text: str, why: str) -> None:
    with pytest.raises(Misspelt) as caught:
        read(text)
    assert str(caught.value) == why


@pytest.mark.parametrize("text", ["findings list --state open", "findings list --state=open"])
def test_a_field_of_the_query_that_is_typed_as_an_option_is_told_as_a_term(text: str) -> None:
    with pytest.raises(Misspelt) as caught:
        read(text, ("state", "owner"))
    assert str(caught.value) == "--state is no option, it is a term: findings list state:open"


@pytest.mark.parametrize(
    ("typed", "spelled"),
    [
        ("findings severity:critical", "findings list severity:critical"),
        ("findings list severity:critical", "findings list severity:critical"),
        ("findings", "findings list"),
        ("findings --help", "findings list --help"),
        ("finding 0221", "findings show 0221"),
        ("models", "models list"),
        ("models churn", "models show churn"),
        ("models list --json", "models list --json"),
        ("incidents", "incident list"),
        ("incident INC-1", "incident show INC-1"),
        ("verify", "ledger verify"),
        ("ledger", "ledger log"),
        ("control data.checks", "controls explain data.checks"),
        ("waive 0221 --reason deferred", "waive 0221 --reason deferred"),
        ("doctor", "doctor"),
        ("nosuch x", "nosuch x"),
    ],
)
def test_a_shell_takes_the_words_of_the_cockpit(typed: str, spelled: str) -> None:
    words = typed.split()
    family = ROOT.commands.get(words[0])
    assert in_shell(words, getattr(family, "commands", ())) == spelled.split()
