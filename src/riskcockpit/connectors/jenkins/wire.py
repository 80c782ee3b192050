"""The shapes of Jenkins' remote API that we read, each only as far as we use it. No behaviour."""

from __future__ import annotations

from typing import Any

import msgspec


class _Shape(msgspec.Struct, frozen=True, rename="camel"):
    """Members are written in camel case there."""


class Item(_Shape, frozen=True):
    """A job as its folder lists it."""

    name: str = ""


class Artifact(_Shape, frozen=True):
    """A file that a build keeps."""

    relative_path: str = ""


class Revision(msgspec.Struct, frozen=True):
    """What of a repository a build took; its members are written as Java's."""

    SHA1: str = ""
    branch: tuple[Item, ...] = ()


class Cause(_Shape, frozen=True):
    """Why a build began."""

    user_id: str = ""
    short_description: str = ""


class Parameter(msgspec.Struct, frozen=True):
    """Something that a build was given; without `value` when it is a secret."""

    name: str = ""
    value: Any = None


class BuildAction(_Shape, frozen=True):
    """One of the many things that plugins know of a build."""

    last_built_revision: Revision | None = None
    causes: tuple[Cause, ...] = ()
    parameters: tuple[Parameter, ...] = ()


class Build(_Shape, frozen=True):
    """One build of a job."""

    class_: str = msgspec.field(default="", name="_class")
    number: int = 0
    result: str | None = None
    """SUCCESS, UNSTABLE, FAILURE, NOT_BUILT or ABORTED; None: it goes on."""
    building: bool = False
    timestamp: int = 0
    """When it began; milliseconds since 1970."""
    duration: int = 0
    """Milliseconds; 0 while it goes on."""
    artifacts: tuple[Artifact, ...] = ()
    url: str = ""
    actions: tuple[BuildAction, ...] = ()
    """Asked for of jobs that deploy."""


class Job(_Shape, frozen=True):
    """A job with some of its builds, or a folder with its jobs."""

    full_name: str
    jobs: tuple[Item, ...] | None = None
    """Of a folder; None: it is a job."""
    all_builds: tuple[Build, ...] = ()
    """The newest first."""


class Asked(msgspec.Struct, frozen=True):
    """Something that whoever answers an input has to say."""

    name: str
    type: str = ""
    definition: dict[str, Any] = {}


class Input(_Shape, frozen=True):
    """Something that a build waits for."""

    id: str = ""
    message: str = ""
    proceed_text: str | None = None
    inputs: tuple[Asked, ...] = ()


class Stage(_Shape, frozen=True):
    """A stage of a pipeline."""

    status: str = ""
    pause_duration_millis: int = 0


class Description(_Shape, frozen=True):
    """How a pipeline goes."""

    stages: tuple[Stage, ...] = ()


class Crumb(_Shape, frozen=True):
    """What a write has to show when one logs in with a password."""

    crumb: str
    crumb_request_field: str


class Who(_Shape, frozen=True):
    """Who we are."""

    name: str = ""
    anonymous: bool = False
