"""What a shell completes: queries, names of what is there, and nothing where that fails."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from support.cli import invoke

SEVERITIES = ["critical", "high", "medium", "low", "info"]


def completed(line: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What fish is offered for the last word of a line."""
    with monkeypatch.context() as patch:
        patch.setattr(sys.modules["__main__"], "__package__", None)  # as an installed script
        patch.setenv("_RISKCOCKPIT_COMPLETE", "complete_fish")
        patch.setenv("_TYPER_COMPLETE_FISH_ACTION", "get-args")
        patch.setenv("_TYPER_COMPLETE_ARGS", f"riskcockpit {line}")
        ran = invoke()
    assert ran.err == ""
    return [offer.split("\t")[0] for offer in ran.out.splitlines() if offer]


@pytest.fixture
def configured(home: Path) -> None:
    """A home with a source, a saved view and no cache."""
    invoke("init")
    (home / "config/riskcockpit.yaml").write_text(
        "sources: [{name: reports, kind: files, options: {paths: [x]}}]\n"
        "cockpit: {views: {mine: owner:payments}}\n"
    )


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("findings list own", ["owner:"]),
        ("findings list sever", [f"severity:{word}" for word in SEVERITIES]),
        ("findings list severity:h", ["severity:high"]),
        ("findings list 'severity>=cr", ["severity>=critical"]),
        ("findings list severity:", [f"severity:{word}" for word in SEVERITIES]),
        ("findings list -state:o", ["-state:open"]),
        ("findings list state:open severity:high,cr", ["severity:high,critical"]),
        ("findings list sort:-expo", ["sort:-exposure"]),
        ("findings list kev sort:sev", ["sort:severity"]),
        ("gate -r reports.json 'rans", ["ransomware"]),
        ("waive state:tri", ["state:triage"]),
        ("waive --reason def", ["deferred"]),
        ("findings list @m", ["@mine"]),
        ("findings forget m", ["mine"]),
        ("findings list --format ma", ["markdown"]),
        ("findings export --format o", ["openvex"]),
        ("sync r", ["reports"]),
        ("sources test rep", ["reports"]),
        ("sources add new --kind argo", ["argocd"]),
        ("import --format gitle", ["gitleaks"]),
        ("formats show sari", ["sarif"]),
        ("controls explain no-exposed", ["no-exposed-secret"]),
        ("rollback fraud", []),  # there is no cache to ask
    ],
)
def test_words_and_names_are_completed(
    line: str, expected: list[str], configured: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert completed(line, monkeypatch) == expected


def test_a_home_that_cannot_be_read_completes_nothing_and_says_nothing(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.joinpath("config").mkdir(parents=True)
    home.joinpath("config/riskcockpit.yaml").write_text("sources: [{")
    for line in ("sync r", "findings list @m", "models show f"):
        assert completed(line, monkeypatch) == []
    assert completed("findings list kev_a", monkeypatch) == ["kev_added:"]


@pytest.mark.parametrize(
    ("words", "expected"),  # what bash makes of a line, and what it puts where the last one stands
    [
        (["findings", "list", "severity", ":"], SEVERITIES),
        (["findings", "list", "severity", ":", "cr"], ["critical"]),
        (["findings", "list", "-state", ":", "o"], ["open"]),
        (["findings", "list", "state", "=", "o"], ["open"]),
        (["findings", "list", "sort", ":", "-expo"], ["-exposure"]),
        (["findings", "list", "state", ":", "open", "kev", "sort", ":", "sev"], ["severity"]),
        (["findings", "list", "'severity>=cr"], ["severity>=critical"]),
        (["findings", "list", "@", "m"], ["@mine"]),
        (["findings", "list", "kev", "@"], ["@mine"]),
        (["findings", "list", "--format", "=", "ma"], ["markdown"]),
        (["findings", "forget", "m"], ["mine"]),
    ],
)
def test_bash_is_offered_what_stands_behind_its_last_break(
    words: list[str], expected: list[str], configured: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["__main__"], "__package__", None)  # as an installed script
    monkeypatch.setenv("_RISKCOCKPIT_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "\n".join(["riskcockpit", *words]))
    monkeypatch.setenv("COMP_CWORD", str(len(words)))
    ran = invoke()
    assert (ran.out.splitlines(), ran.err) == (expected, "")
