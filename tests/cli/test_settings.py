"""`config validate` says what the cockpit says: whatever that refuses, with line and hint."""

from __future__ import annotations

from pathlib import Path

from support.cli import invoke

WRONG = """context: {name: demo-bank}
cockpit:
  theme: purple
  keys:
    nope.nope: x
    go.findings: j
    go.models: ctrl+c
    go.ledger: ":"
    go.sources: fubar
  views:
    good: severity:high
    late: "@saved"
    bad: sevrity:high
  contexts:
    away: ./nowhere
  lists:
    models: {columns: [naem]}
"""


def test_every_fault_is_said_with_its_line_and_a_hint(home: Path) -> None:
    invoke("init")
    (home / "config/views.yaml").write_text("views: {saved: owner:payments}\n")
    file = home / "config/riskcockpit.yaml"
    file.write_text(WRONG)
    ran = invoke("config", "validate")
    assert ran.code == 2
    assert ran.out == ""
    said = [line for line in ran.err.splitlines() if line.startswith("error: ")]
    expected = [
        (3, 'no theme "purple"'),
        (5, 'no key has the id "nope.nope"'),
        (6, '"j" is the key of list.down already'),
        (7, '"ctrl+c" cannot be used'),
        (8, '":" is the key of app.command already'),
        (9, '"fubar" is no key that a terminal sends'),
        (13, "view bad: unknown field 'sevrity'"),
        (15, f"context away: there is no riskcockpit home at {home}/config/nowhere"),
        (17, 'the list "models" has no column "naem"'),
    ]
    for line, words in expected:
        assert f"error: {file}: line {line}: {words}" in said
    assert len(said) == len(expected)
    assert ran.err.count("hint: ") == len(expected)


def test_kinds_and_options_of_sources_are_checked_without_their_credentials(home: Path) -> None:
    file = home / "new.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(
        """sources:
  - name: one
    kind: flies
  - name: two
    kind: files
    options:
      path: [reports]
  - name: three
    kind: github
    url: https://api.github.com
    credential: {env: NOT_SET_HERE}
    options: {organization: bank}
  - {name: four, kind: prometheus, url: "https://p.bank.example", options: {queries: 7}}
"""
    )
    ran = invoke("config", "validate", str(file))
    assert ran.code == 2
    said = ran.err.splitlines()
    assert said[0] == f'error: {file}: line 3: there is no connector of kind "flies"'
    assert said[1] == 'hint: did you mean "files"?'
    assert said[2].startswith(f'error: {file}: line 7: source "two": options: ')
    assert said[3] == 'hint: did you mean "paths"?'
    assert said[4].startswith(f'error: {file}: line 13: source "four": options.queries: ')
    assert len(said) == 5


def test_another_file_is_judged_where_it_lies(home: Path, tmp_path: Path) -> None:
    del home
    place = tmp_path / "else"
    (place / "test" / "config").mkdir(parents=True)
    (place / "test" / "config" / "riskcockpit.yaml").write_text("currency: EUR\n")
    file = place / "new.yaml"
    file.write_text("cockpit:\n  contexts: {test: ./test}\n  keys: {go.findings: F5}\n")
    ran = invoke("config", "validate", str(file))
    assert (ran.code, ran.out) == (0, f"{file}: ok\n")
    file.write_text("cockpit:\n  contexts: {test: ./tset}\n")
    assert "line 2: context test: there is no riskcockpit home" in invoke(
        "config", "validate", str(file)
    ).err  # fmt: skip


def test_a_time_that_is_none_and_settings_that_anybody_can_change_are_refused(home: Path) -> None:
    invoke("init")
    file = home / "config/riskcockpit.yaml"
    file.write_text("context: {unlock_for: soon}\n")
    ran = invoke("config", "validate")
    assert ran.code == 2
    assert "context.unlock_for" in ran.err
    file.write_text("currency: EUR\n")
    file.chmod(0o666)
    ran = invoke("config", "validate")
    assert ran.code == 2
    assert "can be changed by anybody" in ran.err
