"""Which lines a change adds, told by a real git."""

from __future__ import annotations

from pathlib import Path

import pytest

from riskcockpit.errors import InputError
from riskcockpit.services.changes import Change, change_since
from support.git import git


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository whose branch `base` has a few files, with `change` checked out."""
    git(tmp_path, "init", "-q", "-b", "base")
    (tmp_path / "kept.py").write_text("".join(f"line {n}\n" for n in range(1, 21)))
    (tmp_path / "old name.py").write_text("".join(f"other {n}\n" for n in range(1, 21)))
    (tmp_path / "gone.py").write_text("x\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "base")
    git(tmp_path, "checkout", "-qb", "change")
    return tmp_path


def test_added_and_replaced_lines_are_in_the_change_and_their_neighbours_are_not(
    checkout: Path,
) -> None:
    lines = (checkout / "kept.py").read_text().splitlines()
    lines[4:6] = ["new 5", "new 6", "new 7"]
    lines.append("at the end")
    (checkout / "kept.py").write_text("\n".join(lines) + "\n")
    change = change_since("base", checkout)
    assert change.lines == {"kept.py": ((5, 7), (22, 22))}
    assert change.has("kept.py", 7, None)
    assert not change.has("kept.py", 8, None)
    assert change.has("kept.py", 1, 5)
    assert change.has("kept.py", None, None)
    assert not change.has("old name.py", None, None)


def test_renamed_and_removed_files_add_nothing(checkout: Path) -> None:
    git(checkout, "mv", "old name.py", "new name.py")
    git(checkout, "rm", "-q", "gone.py")
    git(checkout, "commit", "-qm", "move")
    assert change_since("base", checkout) == Change({})


def test_what_the_base_added_since_is_not_the_change(checkout: Path) -> None:
    git(checkout, "checkout", "-q", "base")
    (checkout / "kept.py").write_text("first\n")
    git(checkout, "commit", "-qam", "on the base")
    git(checkout, "checkout", "-q", "change")
    assert change_since("base", checkout) == Change({})


def test_names_that_git_quotes_and_lines_that_look_like_headers(checkout: Path) -> None:
    odd = 'tab\there "ä"\\.py'
    (checkout / odd).write_text("++ b/kept.py\n@@ -1 +1 @@\n-- a/kept.py\n")
    git(checkout, "add", ".")
    git(checkout, "commit", "-qm", "odd")
    assert change_since("base", checkout).lines == {odd: ((1, 3),)}


def test_settings_of_the_repository_do_not_change_the_answer(checkout: Path) -> None:
    for name, value in (("diff.noprefix", "true"), ("diff.relative", "true"),
                        ("diff.external", "false"), ("color.ui", "always"),
                        ("diff.context", "9"), ("core.quotePath", "false")):  # fmt: skip
        git(checkout, "config", name, value)
    (checkout / "sub").mkdir()
    (checkout / "sub/é.py").write_text("one\n")
    git(checkout, "add", ".")
    assert change_since("base", checkout / "sub").lines == {"sub/é.py": ((1, 1),)}


@pytest.mark.parametrize("revision", ["--output=stolen", "nowhere", "kept.py", "-h"])
def test_what_is_no_revision_is_refused_and_runs_nothing(checkout: Path, revision: str) -> None:
    with pytest.raises(InputError, match="revision"):
        change_since(revision, checkout)
    assert not (checkout / "stolen").exists()


def test_a_place_without_a_repository_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="revision"):
        change_since("main", tmp_path)


def test_a_history_that_ends_too_soon_is_said(checkout: Path) -> None:
    git(checkout, "checkout", "-q", "--orphan", "apart")
    git(checkout, "commit", "-qm", "apart")
    with pytest.raises(InputError, match="not here"):
        change_since("base", checkout)
