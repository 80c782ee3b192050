"""Forms that are filled in with the editor of whoever asks; a draft is kept until it was of use."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from riskcockpit.cli.diagnostics import say
from riskcockpit.errors import InputError

if TYPE_CHECKING:
    from riskcockpit.decisions.waiver_form import WaiverForm
    from riskcockpit.services.context import Context

LONGEST_BYTES = 200_000
_MESSAGES = 2
"""Where an editor may print: what goes to stdout is for data only."""


def filled_in(ctx: Context, form: Path | None, known: Mapping[str, str]) -> Path:
    """Open a form in the editor and return its file; a new one is begun with what is known.

    Raises:
        InputError: there is no terminal or no editor, or the editor failed; the draft is kept.
    """
    from riskcockpit.config.paths import make_private
    from riskcockpit.decisions.waiver_form import write_form

    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if not editor:
        raise InputError("no editor is set", hint="export EDITOR=…, or write a form: `--form FILE`")
    if form is None:
        folder = make_private(ctx.paths.state / "drafts")
        form = folder / f"waiver-{ctx.clock.now():%Y%m%dT%H%M%SZ}-{os.getpid()}.txt"
        form.write_text(write_form(known), encoding="utf-8")
        form.chmod(0o600)
    try:
        ended = subprocess.run(  # noqa: S603 - the user's own environment names the editor
            [*shlex.split(editor), str(form)], check=False, stdout=_MESSAGES
        )
    except (OSError, ValueError) as error:
        raise InputError(f"cannot run the editor {editor!r}: {error}", hint=_kept(form)) from error
    if ended.returncode:
        raise InputError(f"the editor {editor!r} ended with {ended.returncode}", hint=_kept(form))
    return form


def read_draft(file: Path) -> WaiverForm:
    """Read a form.

    Raises:
        InputError: it cannot be read, or is not complete; the message names the line.
    """
    from riskcockpit.decisions.waiver_form import read_form

    try:
        content = file.read_bytes()[: LONGEST_BYTES + 1]
        text = content.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read the form {file}: {error}") from error
    if len(content) > LONGEST_BYTES:
        raise InputError(f"the form {file} is longer than {LONGEST_BYTES} bytes")
    return read_form(text, str(file))


@contextmanager
def keeping(draft: Path | None) -> Iterator[None]:
    """Keep a draft unless what it was for was done; say where it is."""
    try:
        yield
    finally:
        if draft is not None and draft.exists():
            say(_kept(draft))


def _kept(file: Path) -> str:
    return f"the draft is kept: `riskcockpit waive --edit --form {shlex.quote(str(file))}`"
