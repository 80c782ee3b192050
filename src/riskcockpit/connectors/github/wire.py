"""The shapes of GitHub's REST API that we read, each only as far as we use it. No behaviour.

Alerts keep what their formats read and nothing else: a list of the whole of them is four times as
large, and `secret` is never among what is kept.
"""

from __future__ import annotations

from typing import Any

import msgspec


class Repository(msgspec.Struct, frozen=True):
    """A repository by its full name, as `bank/payments`."""

    full_name: str = ""
    archived: bool = False


class _Alert(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What alerts of every kind have."""

    number: int
    created_at: str
    state: str
    html_url: str = ""
    updated_at: str | None = None
    repository: Repository | None = None


class CodeRule(msgspec.Struct, frozen=True, omit_defaults=True):
    """The rule of a code-scanning alert; without its help, which is long."""

    id: Any = None
    name: Any = None
    severity: Any = None
    security_severity_level: Any = None
    description: Any = None
    full_description: Any = None
    tags: Any = None
    help_uri: Any = None


class CodeAlert(_Alert, frozen=True, omit_defaults=True, kw_only=True):
    """A code-scanning alert."""

    fixed_at: Any = None
    dismissed_at: Any = None
    dismissed_reason: Any = None
    dismissed_comment: Any = None
    rule: CodeRule
    tool: Any
    most_recent_instance: Any = None
    instances_url: Any = None


class Advisory(msgspec.Struct, frozen=True, omit_defaults=True):
    """The advisory of a Dependabot alert; without its links and the packages of others."""

    ghsa_id: Any = None
    cve_id: Any = None
    summary: Any = None
    description: Any = None
    severity: Any = None
    classification: Any = None
    identifiers: Any = None
    cvss: Any = None
    cvss_severities: Any = None
    epss: Any = None
    cwes: Any = None
    withdrawn_at: Any = None


class DismissalRequest(msgspec.Struct, frozen=True):
    """A dismissal that waits for somebody at GitHub, or what came of it."""

    status: str = ""


class DependabotAlert(_Alert, frozen=True, omit_defaults=True, kw_only=True):
    """A Dependabot alert."""

    fixed_at: Any = None
    dismissed_at: Any = None
    auto_dismissed_at: Any = None
    dismissed_reason: Any = None
    dismissed_comment: Any = None
    dependency: Any
    security_advisory: Advisory
    security_vulnerability: Any = None


class SecretAlert(_Alert, frozen=True, omit_defaults=True, kw_only=True):
    """A secret-scanning alert, without the secret."""

    secret_type: str
    secret_type_display_name: Any = None
    resolution: Any = None
    resolved_at: Any = None
    resolution_comment: Any = None
    validity: Any = None
    publicly_leaked: Any = None
    multi_repo: Any = None
    push_protection_bypassed: Any = None
    first_location_detected: Any = None
    has_more_locations: Any = None


AlertItem = CodeAlert | DependabotAlert | SecretAlert


class AlertLocator(msgspec.Struct, frozen=True):
    """Which alert a kept record is."""

    number: int
    repository: Repository


class AlertState(msgspec.Struct, frozen=True):
    """How one alert stands, of whatever kind."""

    number: int
    state: str
    html_url: str = ""
    dismissed_reason: str | None = None
    resolution: str | None = None
    dismissed_comment: str | None = None
    resolution_comment: str | None = None
    dismissal_request: DismissalRequest | None = None


class User(msgspec.Struct, frozen=True):
    """An account."""

    login: str = ""


class Signatory(msgspec.Struct, frozen=True):
    """Whom a commit names as its author or committer."""

    name: str | None = None
    email: str | None = None


class HeadCommit(msgspec.Struct, frozen=True):
    """The commit that a run is about."""

    author: Signatory | None = None
    committer: Signatory | None = None


class WorkflowRun(msgspec.Struct, frozen=True):
    """One run of a workflow."""

    id: int
    created_at: str
    updated_at: str
    path: str = ""
    event: str = ""
    status: str | None = None
    conclusion: str | None = None
    head_branch: str | None = None
    head_sha: str = ""
    run_attempt: int = 1
    actor: User | None = None
    triggering_actor: User | None = None
    """Who started this attempt."""
    head_commit: HeadCommit | None = None


class RunPage(msgspec.Struct, frozen=True):
    """A page of runs."""

    total_count: int
    workflow_runs: tuple[WorkflowRun, ...]


class Environment(msgspec.Struct, frozen=True):
    """An environment that deployments go to."""

    id: int = 0
    name: str = ""


class PendingDeployment(msgspec.Struct, frozen=True):
    """A deployment of a run that waits for an approval; its reviewers vary too much to be typed."""

    environment: Environment
    wait_timer: int = 0
    wait_timer_started_at: str | None = None
    current_user_can_approve: bool = False
    reviewers: tuple[Any, ...] = ()


class Approval(msgspec.Struct, frozen=True):
    """What somebody said to deployments of a run."""

    state: str
    environments: tuple[Environment, ...] = ()
    comment: str = ""
    user: User | None = None


class Deployment(msgspec.Struct, frozen=True):
    """One deployment of one commit to one environment."""

    id: int
    sha: str
    environment: str
    created_at: str
    ref: str = ""
    task: str = ""
    payload: Any = None
    creator: User | None = None
    production_environment: bool | None = None


class DeploymentStatus(msgspec.Struct, frozen=True):
    """How a deployment stood at a moment; the newest comes first."""

    state: str
    created_at: str
    description: str = ""
    log_url: str | None = None
    target_url: str | None = None


class Artifact(msgspec.Struct, frozen=True):
    """A file that a run left behind, as a zip."""

    id: int
    name: str
    size_in_bytes: int = 0
    expired: bool = False


class ArtifactPage(msgspec.Struct, frozen=True):
    """A page of artefacts."""

    total_count: int
    artifacts: tuple[Artifact, ...]


class Rate(msgspec.Struct, frozen=True):
    """What is left of the requests of this hour."""

    limit: int = 0
    remaining: int = 0


class RateLimit(msgspec.Struct, frozen=True):
    """The answer about limits, as far as the REST API is concerned."""

    rate: Rate


class WholeRepository(msgspec.Struct, frozen=True):
    """A repository with the branch that counts."""

    default_branch: str = ""


class Switch(msgspec.Struct, frozen=True):
    """Something that is on or off."""

    enabled: bool = False


class StatusChecks(msgspec.Struct, frozen=True):
    """What has to pass before a branch changes."""

    strict: bool = False
    contexts: tuple[str, ...] = ()


class Reviews(msgspec.Struct, frozen=True):
    """Who has to look before a branch changes."""

    required_approving_review_count: int = 0
    require_code_owner_reviews: bool = False
    dismiss_stale_reviews: bool = False
    require_last_push_approval: bool = False


class Protection(msgspec.Struct, frozen=True):
    """How a branch is protected."""

    required_status_checks: StatusChecks | None = None
    required_pull_request_reviews: Reviews | None = None
    enforce_admins: Switch = Switch()
    required_signatures: Switch = Switch()
    required_linear_history: Switch = Switch()
    allow_force_pushes: Switch = Switch()
    allow_deletions: Switch = Switch()


class BranchRule(msgspec.Struct, frozen=True):
    """A rule of a ruleset that holds for a branch."""

    type: str
    ruleset_id: int = 0
    parameters: Any = None


class Reviewer(msgspec.Struct, frozen=True):
    """Who may approve a deployment: an account, or a team by its slug."""

    type: str = ""
    reviewer: Any = None


class EnvironmentRule(msgspec.Struct, frozen=True):
    """What a deployment to an environment waits for."""

    type: str = ""
    wait_timer: int = 0
    prevent_self_review: bool = False
    reviewers: tuple[Reviewer, ...] = ()


class BranchPolicy(msgspec.Struct, frozen=True):
    """Which branches may be deployed."""

    protected_branches: bool = False
    custom_branch_policies: bool = False


class ProtectedEnvironment(msgspec.Struct, frozen=True):
    """An environment with its rules."""

    name: str
    protection_rules: tuple[EnvironmentRule, ...] = ()
    deployment_branch_policy: BranchPolicy | None = None


class EnvironmentPage(msgspec.Struct, frozen=True):
    """A page of environments."""

    environments: tuple[ProtectedEnvironment, ...] = ()
