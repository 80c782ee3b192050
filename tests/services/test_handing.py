"""What is given out has an entry in the action log, with a digest and never with the text."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from riskcockpit.config.paths import Paths
from riskcockpit.domain.clock import FrozenClock
from riskcockpit.errors import StoreError
from riskcockpit.services import handing
from riskcockpit.services.context import Context

NOW = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)


def opened(folder: Path, at: datetime = NOW) -> Context:
    return Context.open(Paths.under(folder), FrozenClock(at))


def test_a_copy_is_in_the_log_with_its_digest_and_without_its_text(tmp_path: Path) -> None:
    handing.hand_over(opened(tmp_path), "copy", "finding", "osc52", "f00d secret")
    later = opened(tmp_path, NOW + timedelta(minutes=1))
    handing.hand_over(later, "open", "address at example.org", "xdg-open", "https://example.org/é")
    last, first = handing.action_log(later)
    assert (first.kind, first.target, first.source, first.state) == (
        "copy", "finding", "here", "done",
    )  # fmt: skip
    assert first.params == {"sha256": sha256(b"f00d secret").hexdigest()}
    assert first.message.startswith("11 bytes by osc52, sha256 ")
    assert last.kind == "open"
    assert last.message.startswith("22 bytes by xdg-open")
    file = tmp_path / "state" / "handed_over"
    assert b"secret" not in file.read_bytes()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_what_cannot_be_written_down_is_not_given_out(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "handed_over").mkdir()
    with pytest.raises(StoreError, match="nothing was given out"):
        handing.hand_over(opened(tmp_path), "copy", "finding", "osc52", "x")


def test_a_line_that_was_cut_off_hides_no_other_and_the_file_stays_small(tmp_path: Path) -> None:
    ctx = opened(tmp_path)
    handing.hand_over(ctx, "copy", "finding", "osc52", "one")
    file = tmp_path / "state" / "handed_over"
    whole = file.read_bytes()
    file.write_bytes(whole * 2_000 + b'{"at": "20\n')
    handing.hand_over(ctx, "copy", "finding", "osc52", "two")
    assert len(handing.action_log(ctx)) == handing.MOST_KEPT + 1
    assert file.stat().st_size < 200 * (handing.MOST_KEPT + 2)
