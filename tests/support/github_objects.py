"""Objects as GitHub's REST API answers them, whole enough for its published schema."""

from __future__ import annotations

from typing import Any

API = "https://api.github.example"
WEB = "https://github.example"
_REPOSITORY_LINKS = (
    "archive", "assignees", "blobs", "branches", "collaborators", "comments", "commits", "compare",
    "contents", "contributors", "deployments", "downloads", "events", "forks", "git_commits",
    "git_refs", "git_tags", "hooks", "issue_comment", "issue_events", "issues", "keys", "labels",
    "languages", "merges", "milestones", "notifications", "pulls", "releases", "stargazers",
    "statuses", "subscribers", "subscription", "tags", "teams", "trees",
)  # fmt: skip
_USER_LINKS = (
    "avatar", "events", "followers", "following", "gists", "organizations", "received_events",
    "repos", "starred", "subscriptions",
)  # fmt: skip


def user(login: str = "octo") -> dict[str, Any]:
    """Return an account."""
    base = f"{API}/users/{login}"
    links = {f"{name}_url": f"{base}/{name}" for name in _USER_LINKS}
    return {
        "login": login, "id": 1, "node_id": "U1", "gravatar_id": "", "type": "User",
        "site_admin": False, "url": base, "html_url": f"{WEB}/{login}", **links,
    }  # fmt: skip


def whole_user(at: str) -> dict[str, Any]:
    """Return the account a token belongs to."""
    unknown = ("name", "company", "blog", "location", "email", "hireable", "bio")
    counts = ("public_repos", "public_gists", "followers", "following")
    return {
        **user(), **dict.fromkeys(unknown), **dict.fromkeys(counts, 0), "created_at": at,
        "updated_at": at,
    }  # fmt: skip


def secret() -> str:
    """Return what stands for a leaked secret; made here, so that no scanner takes it for one."""
    return "tok" + "en-" + "z9" * 12


def repository(full_name: str) -> dict[str, Any]:
    """Return a repository as lists show it."""
    owner, _, name = full_name.partition("/")
    base = f"{API}/repos/{full_name}"
    links = {f"{kind}_url": f"{base}/{kind}" for kind in _REPOSITORY_LINKS}
    return {
        "id": sum(full_name.encode()), "node_id": "R1", "name": name, "full_name": full_name,
        "owner": user(owner), "private": True, "html_url": f"{WEB}/{full_name}",
        "description": None, "fork": False, "url": base, **links,
    }  # fmt: skip


def _common(repository: str, kind: str, number: int, at: str) -> dict[str, Any]:
    return {
        "number": number,
        "created_at": at,
        "updated_at": at,
        "url": f"{API}/repos/{repository}/{kind}/alerts/{number}",
        "html_url": f"{WEB}/{repository}/security/{kind}/{number}",
        "state": "open",
    }


def code_alert(repository: str, number: int, at: str, **changes: Any) -> dict[str, Any]:
    """Return a code-scanning alert."""
    common = _common(repository, "code-scanning", number, at)
    return {
        **common,
        "instances_url": f"{common['url']}/instances",
        "fixed_at": None,
        "dismissed_by": None,
        "dismissed_at": None,
        "dismissed_reason": None,
        "dismissed_comment": None,
        "rule": {
            "id": f"py/rule-{number % 7}",
            "name": f"py/rule-{number % 7}",
            "severity": "error",
            "security_severity_level": "high",
            "description": "Query built from what a user gave",
            "full_description": "A query is built from what a user gave, without parameters.",
            "tags": ["security", "external/cwe/cwe-089"],
            "help": "Use parameters. " * 20,
            "help_uri": "https://codeql.example/help",
        },
        "tool": {"name": "CodeQL", "version": "2.20.0", "guid": None},
        "most_recent_instance": {
            "ref": "refs/heads/main",
            "analysis_key": ".github/workflows/codeql.yml:analyze",
            "environment": "{}",
            "category": "/language:python",
            "state": "open",
            "commit_sha": "0" * 39 + "1",
            "message": {"text": "This query depends on a user-provided value."},
            "location": {
                "path": f"src/app_{number}.py", "start_line": number, "end_line": number,
                "start_column": 5, "end_column": 40,
            },
            "classifications": [],
        },
        **changes,
    }  # fmt: skip


def dependabot_alert(repository: str, number: int, at: str, **changes: Any) -> dict[str, Any]:
    """Return a Dependabot alert."""
    package = {"ecosystem": "pip", "name": f"package-{number}"}
    vulnerability = {
        "package": package,
        "severity": "high",
        "vulnerable_version_range": "< 2.0.0",
        "first_patched_version": {"identifier": "2.0.0"},
    }
    ghsa = f"GHSA-{number:04d}-aaaa-bbbb"
    return {
        **_common(repository, "dependabot", number, at),
        "dependency": {
            "package": package, "manifest_path": "requirements.txt", "scope": "runtime",
            "relationship": "direct",
        },
        "security_advisory": {
            "ghsa_id": ghsa,
            "cve_id": f"CVE-2026-{number:05d}",
            "summary": f"Package {number} runs what it is given",
            "description": "It should not.",
            "vulnerabilities": [vulnerability],
            "severity": "high",
            "cvss": {"score": 8.1, "vector_string": None},
            "cwes": [{"cwe_id": "CWE-94", "name": "Code Injection"}],
            "identifiers": [{"type": "GHSA", "value": ghsa}],
            "references": [{"url": "https://advisories.example/1"}],
            "published_at": at,
            "updated_at": at,
            "withdrawn_at": None,
        },
        "security_vulnerability": vulnerability,
        "dismissed_at": None,
        "dismissed_by": None,
        "dismissed_reason": None,
        "dismissed_comment": None,
        "fixed_at": None,
        "auto_dismissed_at": None,
        **changes,
    }  # fmt: skip


def secret_alert(repository: str, number: int, at: str, **changes: Any) -> dict[str, Any]:
    """Return a secret-scanning alert with its secret, which is hidden when that is asked for."""
    common = _common(repository, "secret-scanning", number, at)
    return {
        **common,
        "locations_url": f"{common['url']}/locations",
        "resolution": None,
        "resolved_at": None,
        "resolved_by": None,
        "resolution_comment": None,
        "secret_type": "bank_api_token",
        "secret_type_display_name": "Bank API token",
        "secret": secret(),
        "validity": "unknown",
        "publicly_leaked": False,
        "multi_repo": False,
        "push_protection_bypassed": False,
        "push_protection_bypassed_by": None,
        "push_protection_bypassed_at": None,
        "first_location_detected": {
            "path": f"settings/{number}.env", "start_line": 3, "end_line": 3, "start_column": 1,
            "end_column": 40, "blob_sha": "b" * 40, "blob_url": f"{API}/blob",
            "commit_sha": "c" * 40, "commit_url": f"{API}/commit",
        },
        "has_more_locations": False,
        **changes,
    }  # fmt: skip


def workflow_run(repository_name: str, number: int, at: str, **changes: Any) -> dict[str, Any]:
    """Return a run that ended well."""
    base = f"{API}/repos/{repository_name}/actions/runs/{number}"
    links = ("jobs", "logs", "check_suite", "artifacts", "cancel", "rerun", "workflow")
    about = repository(repository_name)
    return {
        "id": number, "node_id": "W1", "name": "ci", "head_branch": "main",
        "head_sha": "a" * 40, "path": ".github/workflows/ci.yml", "run_number": number,
        "run_attempt": 1, "display_title": "ci", "event": "push", "status": "completed",
        "conclusion": "success", "workflow_id": 7, "url": base, "html_url": base,
        "pull_requests": [], "created_at": at, "updated_at": at,
        **{f"{name}_url": f"{base}/{name}" for name in links},
        "head_commit": None, "repository": about, "head_repository": about, **changes,
    }  # fmt: skip


def deployment(
    repository_name: str, number: int, at: str, sha: str, environment: str
) -> dict[str, Any]:
    """Return a deployment."""
    base = f"{API}/repos/{repository_name}"
    url = f"{base}/deployments/{number}"
    return {
        "url": url, "id": number, "node_id": "D1", "sha": sha, "ref": sha, "task": "deploy",
        "payload": "", "environment": environment, "description": None, "creator": user(),
        "created_at": at, "updated_at": at, "statuses_url": f"{url}/statuses",
        "repository_url": base,
    }  # fmt: skip


def deployment_status(
    repository_name: str, deployment_id: int, number: int, at: str, state: str
) -> dict[str, Any]:
    """Return a status of a deployment."""
    base = f"{API}/repos/{repository_name}"
    url = f"{base}/deployments/{deployment_id}"
    return {
        "url": f"{url}/statuses/{number}", "id": number, "node_id": "S1", "state": state,
        "creator": user(), "description": "", "target_url": WEB, "created_at": at,
        "updated_at": at, "deployment_url": url, "repository_url": base,
    }  # fmt: skip


def pending(environment_id: int, name: str, *, can_approve: bool = True) -> dict[str, Any]:
    """Return a deployment that waits for a reviewer."""
    return {
        "environment": {"id": environment_id, "node_id": "E1", "name": name, "url": API,
                        "html_url": WEB},
        "wait_timer": 0,
        "wait_timer_started_at": None,
        "current_user_can_approve": can_approve,
        "reviewers": [{"type": "User", "reviewer": user("approver")}],
    }  # fmt: skip
