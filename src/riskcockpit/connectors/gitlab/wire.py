"""The shapes of GitLab's APIs that we read, each only as far as we use it. No behaviour."""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")


class GraphqlFault(msgspec.Struct, frozen=True):
    """Why a query came to nothing, or to less than it asked for."""

    message: str = ""


class Answer(msgspec.Struct, Generic[T], frozen=True):
    """What GraphQL answers, with status 200 whatever happened."""

    data: T | None = None
    errors: tuple[GraphqlFault, ...] = ()


class PageInfo(msgspec.Struct, frozen=True, rename="camel"):
    """Where a list goes on."""

    has_next_page: bool
    end_cursor: str | None = None


class Vulnerabilities(msgspec.Struct, frozen=True, rename="camel"):
    """A page of vulnerabilities, still raw; None where one cannot be shown to us."""

    page_info: PageInfo
    nodes: tuple[msgspec.Raw, ...]


class Owner(msgspec.Struct, frozen=True, rename="camel"):
    """A project or a group, with its vulnerabilities."""

    full_path: str
    vulnerabilities: Vulnerabilities | None = None


class Owners(msgspec.Struct, frozen=True):
    """The answer to a question for one of them."""

    project: Owner | None = None
    group: Owner | None = None


class ProjectRef(msgspec.Struct, frozen=True, rename="camel"):
    """A project by its path, as `bank/payments`."""

    full_path: str


class Listed(msgspec.Struct, frozen=True):
    """What says where a vulnerability of a list belongs."""

    id: str
    project: ProjectRef | None = None


class Vulnerability(msgspec.Struct, frozen=True, rename="camel"):
    """How one vulnerability stands."""

    id: str
    state: str
    project: ProjectRef
    dismissal_reason: str | None = None
    state_comment: str | None = None


class OneVulnerability(msgspec.Struct, frozen=True):
    """The answer to a question for one vulnerability."""

    vulnerability: Vulnerability | None = None


class Payload(msgspec.Struct, frozen=True):
    """What a mutation came to."""

    errors: tuple[str, ...] = ()


class KeptVulnerability(msgspec.Struct, frozen=True):
    """Which vulnerability a kept record is."""

    gid: str
    state: str
    project: ProjectRef


class Project(msgspec.Struct, frozen=True):
    """A project."""

    id: int
    path_with_namespace: str
    default_branch: str | None = None


class Pipeline(msgspec.Struct, frozen=True):
    """One run of the pipeline of a commit."""

    id: int
    status: str
    updated_at: str
    ref: str = ""
    source: str | None = None


class JobArtifact(msgspec.Struct, frozen=True):
    """One file that a job left behind: its archive, or a report."""

    file_type: str
    filename: str = ""
    size: int = 0


class Job(msgspec.Struct, frozen=True):
    """One job of a pipeline."""

    id: int
    name: str
    artifacts: tuple[JobArtifact, ...] = ()
    artifacts_expire_at: str | None = None


class Environment(msgspec.Struct, frozen=True):
    """Where deployments go to."""

    name: str


class User(msgspec.Struct, frozen=True):
    """An account."""

    id: int = 0
    username: str = ""


class Approval(msgspec.Struct, frozen=True):
    """What one account said to a deployment."""

    status: str
    user: User = User()
    comment: str | None = None
    created_at: str | None = None


class PipelineRef(msgspec.Struct, frozen=True):
    """The pipeline that a job belongs to."""

    id: int
    web_url: str = ""


class Commit(msgspec.Struct, frozen=True):
    """Whom a commit names."""

    author_name: str | None = None
    author_email: str | None = None
    committer_name: str | None = None
    committer_email: str | None = None


class Deployable(msgspec.Struct, frozen=True):
    """The job that deploys."""

    pipeline: PipelineRef | None = None
    user: User | None = None
    commit: Commit | None = None
    started_at: str | None = None
    finished_at: str | None = None


class ProtectedRole(msgspec.Struct, frozen=True):
    """Who may do something with what is protected."""

    access_level: int | None = None
    access_level_description: str | None = None
    required_approvals: int | None = None


class ProtectedBranch(msgspec.Struct, frozen=True):
    """A branch, or a pattern of branches, with what protects it."""

    name: str
    push_access_levels: tuple[ProtectedRole, ...] = ()
    merge_access_levels: tuple[ProtectedRole, ...] = ()
    allow_force_push: bool = False
    code_owner_approval_required: bool = False


class ProtectedEnvironment(msgspec.Struct, frozen=True):
    """An environment with who may deploy to it, and who has to approve that."""

    name: str
    deploy_access_levels: tuple[ProtectedRole, ...] = ()
    required_approval_count: int = 0
    approval_rules: tuple[ProtectedRole, ...] = ()


class Deployment(msgspec.Struct, frozen=True):
    """One deployment to one environment."""

    id: int
    status: str
    updated_at: str
    environment: Environment
    sha: str = ""
    ref: str = ""
    created_at: str | None = None
    user: User | None = None
    deployable: Deployable | None = None
    pending_approval_count: int = 0
    approvals: tuple[Approval, ...] = ()


class Metadata(msgspec.Struct, frozen=True):
    """Which GitLab answers."""

    version: str
    enterprise: bool = False
