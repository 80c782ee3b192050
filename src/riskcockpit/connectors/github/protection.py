"""How the watched repositories are protected, as settings whose changes are told.

Whoever may change these settings may go round every gate behind them. Protection of a branch is
told to administrators only, rules and environments to whoever reads the repository; what is not
told stays as it is known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import msgspec

from riskcockpit.connectors.github.client import GithubClient
from riskcockpit.connectors.github.wire import (
    BranchRule,
    EnvironmentRule,
    ProtectedEnvironment,
    Protection,
    Reviewer,
)
from riskcockpit.connectors.passes import Pass
from riskcockpit.connectors.reply import StatusError
from riskcockpit.domain.configuration import Setting, SettingKind
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import ForbiddenError

T = TypeVar("T")
NONE = "none"
"""The value of what is not protected at all."""


def protections(client: GithubClient, repository: str, done: Pass) -> Iterator[Setting]:
    """Yield how the default branch and the environments of a repository are protected.

    Raises:
        RetryableError: no answer. ProtocolError: nonsense.
    """
    done.pages += 1
    branch = _told(done, repository, lambda: client.repository(repository).default_branch)
    if branch:
        name = clean_line(branch)
        done.pages += 2
        yield _setting(
            repository,
            f"protection of {name}",
            _told(done, repository, lambda: written(client.protection(repository, branch))),
        )
        yield _setting(
            repository,
            f"rules of {name}",
            _told(done, repository, lambda: _rules(client, repository, branch)),
        )
    done.pages += 1
    environments = _told(done, repository, lambda: _environments(client, repository))
    if branch is None or environments is None:
        yield _setting(repository, "what is not told", None)
    for name, value in environments or ():
        yield _setting(repository, f"protection of the environment {name}", value)


def written(protection: Protection | None) -> str:
    """Return the protection of a branch as one line; `NONE` without any."""
    if protection is None:
        return NONE
    checks, reviews = protection.required_status_checks, protection.required_pull_request_reviews
    parts = {
        "reviews": reviews.required_approving_review_count if reviews else 0,
        "code-owners": bool(reviews and reviews.require_code_owner_reviews),
        "stale-dismissed": bool(reviews and reviews.dismiss_stale_reviews),
        "last-push-approved": bool(reviews and reviews.require_last_push_approval),
        "checks": "+".join(sorted(checks.contexts)) if checks and checks.contexts else NONE,
        "up-to-date": bool(checks and checks.strict),
        "admins-too": protection.enforce_admins.enabled,
        "signed": protection.required_signatures.enabled,
        "linear": protection.required_linear_history.enabled,
        "force-push": protection.allow_force_pushes.enabled,
        "deletion": protection.allow_deletions.enabled,
    }
    return _line(parts)


def environment(given: ProtectedEnvironment) -> str:
    """Return the protection of an environment as one line; `NONE` without any."""
    rules = {rule.type: rule for rule in given.protection_rules}
    reviewed = rules.get("required_reviewers")
    waits = rules.get("wait_timer", EnvironmentRule()).wait_timer
    policy = given.deployment_branch_policy
    others = sorted(set(rules) - {"required_reviewers", "wait_timer", "branch_policy"})
    if not rules and policy is None:
        return NONE
    branches = "all"
    if policy is not None:
        branches = "protected" if policy.protected_branches else "some"
    parts: dict[str, Any] = {
        "reviewers": "+".join(sorted(map(_who, reviewed.reviewers))) if reviewed else NONE,
        "self-review": not (reviewed is not None and reviewed.prevent_self_review),
        "wait-minutes": waits,
        "branches": branches,
        "more": "+".join(others) or NONE,
    }
    return _line(parts)


def _rules(client: GithubClient, repository: str, branch: str) -> str:
    found = [rule for page in client.rules(repository, branch) for rule in page]
    return clean_line("; ".join(sorted(map(_rule, found)))) or NONE


def _rule(rule: BranchRule) -> str:
    if rule.parameters is None:
        return rule.type
    return f"{rule.type} {msgspec.json.encode(rule.parameters, order='deterministic').decode()}"


def _environments(client: GithubClient, repository: str) -> list[tuple[str, str]]:
    return [
        (clean_line(each.name), environment(each))
        for page in client.environments(repository)
        for each in page.environments
    ]


def _who(given: Reviewer) -> str:
    about = given.reviewer if isinstance(given.reviewer, dict) else {}
    return str(about.get("login") or about.get("slug") or about.get("name") or "?")


def _line(parts: dict[str, Any]) -> str:
    words = {True: "yes", False: "no"}
    return clean_line(
        " ".join(
            f"{key}={words[value] if isinstance(value, bool) else value}"
            for key, value in parts.items()
        )
    )


def _setting(repository: str, name: str, value: str | None) -> Setting:
    return Setting(SettingKind.PROTECTION, repository, name, value)


def _told(done: Pass, repository: str, ask: Callable[[], T]) -> T | None:
    """Return an answer, or None when it is not for us; that is noted once."""
    try:
        return ask()
    except (ForbiddenError, StatusError):
        note = (
            f"protection of {repository}: not all is readable; it takes a token with"
            ' "Administration: read"'
        )
        if note not in done.notes:
            done.notes.append(note)
        return None
