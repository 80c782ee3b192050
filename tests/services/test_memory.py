"""What the cockpit remembers between its runs stays private and never stops anybody."""

from __future__ import annotations

from pathlib import Path

from riskcockpit.config.paths import Paths
from riskcockpit.services import memory


def test_a_draft_is_private_comes_back_and_goes(tmp_path: Path) -> None:
    paths = Paths.under(tmp_path / "home")
    assert memory.draft(paths, "waive:../../x") == {}
    memory.keep_draft(paths, "waive:../../x", {"text": "späte [/] \x1b"})
    (file,) = (paths.state / "drafts").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert memory.draft(paths, "waive:../../x") == {"text": "späte [/] \x1b"}
    assert memory.draft(paths, "note:other") == {}
    memory.keep_draft(paths, "waive:../../x", {"text": ""})
    assert not list((paths.state / "drafts").iterdir())
    memory.drop_draft(paths, "waive:../../x")


def test_commands_are_kept_once_the_newest_last_and_not_without_end(tmp_path: Path) -> None:
    paths = Paths.under(tmp_path)
    for number in range(memory.MOST_COMMANDS + 5):
        memory.remember_command(paths, f"finding {number}")
    memory.remember_command(paths, "finding 100")
    kept = memory.commands(paths)
    assert len(kept) == memory.MOST_COMMANDS
    assert kept[-2:] == (f"finding {memory.MOST_COMMANDS + 4}", "finding 100")
    assert (paths.state / "commands").stat().st_mode & 0o777 == 0o600


def test_what_cannot_be_read_is_as_if_it_had_not_been_there(tmp_path: Path) -> None:
    paths = Paths.under(tmp_path)
    memory.keep_draft(paths, "note:x", {"text": "a"})
    (file,) = (paths.state / "drafts").iterdir()
    for content in (b"{", b'["a"]', b"\xff", b'{"text": "' + b"a" * 100_000 + b'"}'):
        file.write_bytes(content)
        assert memory.draft(paths, "note:x") == {}
    (paths.state / "commands").write_bytes(b"{}")
    assert memory.commands(paths) == ()
