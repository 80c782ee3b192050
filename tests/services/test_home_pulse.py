"""What an open cockpit notices of a home, by the stamps of its files alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from riskcockpit.config.paths import Paths
from riskcockpit.services.context import Context
from riskcockpit.services.home_pulse import HomePulse
from riskcockpit.services.progress import published
from riskcockpit.views.syncing import SourceProgress

STEP = SourceProgress("scm", "reading", 1200, 5000, 12, 60.0)


@pytest.fixture
def ctx(tmp_path: Path) -> Context:
    paths = Paths.under(tmp_path)
    for name in ("chains", "policy"):
        (paths.ledger / name).mkdir(parents=True)
    (paths.ledger / "chains" / "ann@host.jsonl").write_text("{}\n", encoding="utf-8")
    (paths.ledger / "policy" / "roles.yaml").write_text("a: 1\n", encoding="utf-8")
    return Context.open(paths)


def test_every_publish_is_another_generation(ctx: Context) -> None:
    pulse = HomePulse(ctx)
    assert pulse.generation() == 0
    for number in (1, 2):
        with ctx.store.writer():
            pass
        assert pulse.generation() == pulse.generation() == number


def writings(ledger: Path) -> Iterator[str]:
    """Write into a ledger in every way there is, and say how."""
    chain, roles = ledger / "chains" / "ann@host.jsonl", ledger / "policy" / "roles.yaml"
    with chain.open("a", encoding="utf-8") as stream:
        stream.write("{}\n")
    yield "an entry"
    (ledger / "chains" / "bob@host.jsonl").write_text("{}\n", encoding="utf-8")
    yield "a chain"
    with (ledger / "chains" / "bob@host.jsonl").open("a", encoding="utf-8") as stream:
        stream.write("{}\n")
    yield "an entry of the new chain"
    roles.with_suffix(".new").write_text("a: 2\n", encoding="utf-8")
    roles.with_suffix(".new").rename(roles)
    yield "a policy that was replaced"
    (ledger / "allowed_signers").write_text("ann ssh-ed25519 A\n", encoding="utf-8")
    yield "a signer"
    chain.unlink()
    yield "a chain that has gone"


def test_whatever_is_written_into_the_ledger_is_seen_at_once_and_once(ctx: Context) -> None:
    pulse = HomePulse(ctx)
    seen = [pulse.ledger()]
    for what in writings(ctx.paths.ledger):
        seen.append(pulse.ledger())
        assert seen[-1] not in seen[:-1], what
        assert pulse.ledger() == seen[-1], what


def test_what_an_editor_writes_into_a_file_that_stays_is_seen_some_looks_later(
    ctx: Context,
) -> None:
    pulse = HomePulse(ctx)
    before = pulse.ledger()
    with (ctx.paths.ledger / "policy" / "roles.yaml").open("a", encoding="utf-8") as stream:
        stream.write("b: 2\n")
    assert any(pulse.ledger() != before for _ in range(20))


def test_a_sync_is_seen_from_its_first_step_to_its_end(ctx: Context) -> None:
    pulse = HomePulse(ctx)
    assert pulse.progress() == ()
    for _ in range(2):
        with published(ctx.paths, lambda _: None) as tell:
            assert pulse.progress() == ()
            tell(STEP)
            assert pulse.progress() == (STEP,)
            assert pulse.progress() == (STEP,)
        assert pulse.progress() == ()


def test_a_sync_that_was_killed_is_not_shown_though_its_last_step_stays(
    ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    pulse = HomePulse(ctx)
    with published(ctx.paths, lambda _: None) as tell:
        tell(STEP)
        assert pulse.progress() == (STEP,)
        monkeypatch.setattr("os.ftruncate", lambda *_: None)  # it gets to nothing any more
    assert pulse.progress() == ()
