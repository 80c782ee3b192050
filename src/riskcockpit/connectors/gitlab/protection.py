"""How the watched projects are protected, as settings whose changes are told.

Protected branches are told to maintainers; what is not told stays as it is known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from riskcockpit.connectors.gitlab.client import GitlabClient
from riskcockpit.connectors.gitlab.wire import ProtectedBranch, ProtectedEnvironment, ProtectedRole
from riskcockpit.connectors.passes import Pass
from riskcockpit.connectors.reply import StatusError
from riskcockpit.domain.configuration import Setting, SettingKind
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import ForbiddenError

NONE = "none"
"""The value of what is not protected at all."""


def protections(
    client: GitlabClient, path: str, default_branch: str, done: Pass
) -> Iterator[Setting]:
    """Yield how the branches and the environments of a project are protected.

    Raises:
        RetryableError: no answer. ProtocolError: nonsense.
    """
    lists: tuple[Callable[[], list[tuple[str, str]]], ...] = (
        lambda: _branches(client, path, default_branch),
        lambda: _environments(client, path),
    )
    for ask in lists:
        done.pages += 1
        try:
            found = ask()
        except (ForbiddenError, StatusError):
            yield Setting(SettingKind.PROTECTION, path, "what is not told", None)
            continue
        for name, value in found:
            yield Setting(SettingKind.PROTECTION, path, name, value)


def _branches(client: GitlabClient, path: str, default_branch: str) -> list[tuple[str, str]]:
    found = {
        clean_line(one.name): branch(one)
        for page in client.protected_branches(path)
        for one in page
    }
    if default_branch:
        found.setdefault(clean_line(default_branch), NONE)
    return [(f"protection of {name}", value) for name, value in sorted(found.items())]


def _environments(client: GitlabClient, path: str) -> list[tuple[str, str]]:
    return sorted(
        (f"protection of the environment {clean_line(one.name)}", environment(one))
        for page in client.protected_environments(path)
        for one in page
    )


def branch(given: ProtectedBranch) -> str:
    """Return the protection of a branch as one line."""
    return clean_line(
        f"push={_who(given.push_access_levels)} merge={_who(given.merge_access_levels)}"
        f" force-push={_word(given.allow_force_push)}"
        f" code-owners={_word(given.code_owner_approval_required)}"
    )


def environment(given: ProtectedEnvironment) -> str:
    """Return the protection of an environment as one line."""
    rules = [one.required_approvals or 0 for one in given.approval_rules]
    return clean_line(
        f"deploy={_who(given.deploy_access_levels)} approvers={_who(given.approval_rules)}"
        f" approvals={max(given.required_approval_count, sum(rules))}"
    )


def _who(roles: Iterable[ProtectedRole]) -> str:
    words = {one.access_level_description or str(one.access_level or "?") for one in roles}
    return "+".join(sorted(words)) or NONE


def _word(is_so: bool) -> str:  # noqa: FBT001 - a value in words
    return "yes" if is_so else "no"
