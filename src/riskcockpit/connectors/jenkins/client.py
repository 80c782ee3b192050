"""The calls of Jenkins' remote API that the connector makes, typed. Knows nothing of findings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar
from urllib.parse import quote

import msgspec

from riskcockpit.connectors.http import HttpClient
from riskcockpit.connectors.jenkins.wire import Build, Crumb, Description, Input, Job, Who
from riskcockpit.connectors.reply import StatusError
from riskcockpit.errors import ForbiddenError

PAGE = 100
"""Builds asked for in one page."""
_BUILD = "number,result,building,timestamp,duration"
_ORIGIN = (
    "url,actions[lastBuiltRevision[SHA1,branch[name]],causes[userId,shortDescription],"
    "parameters[name,value]]"
)
_NOT_FOUND = 404

T = TypeVar("T")


class JenkinsClient:
    """One Jenkins over one HTTP client. All methods raise what `HttpClient` raises."""

    def __init__(self, http: HttpClient) -> None:
        self.http = http
        self.pages = 0
        """Answers that were read."""

    def job(self, name: str, start: int, *, artifacts: bool, origin: bool = False) -> Job:
        """Return a job with a page of its builds from the one at `start`, or a folder.

        With `origin` builds tell what they were made of, and who began them.
        """
        build = f"{_BUILD},artifacts[relativePath]" if artifacts else _BUILD
        build += f",{_ORIGIN}" if origin else ""
        builds = f"allBuilds[{build}]{{{start},{start + PAGE}}}"
        tree = f"fullName,jobs[name],{builds}"
        self.pages += 1
        return self.http.get_json(f"{job_path(name)}/api/json", Job, {"tree": tree})

    def build(self, name: str, number: int) -> Build:
        """Return one build."""
        path = f"{job_path(name)}/{number}/api/json"
        return self.http.get_json(path, Build, {"tree": _BUILD})

    def inputs(self, name: str, number: int) -> tuple[Input, ...] | None:
        """Return what a build waits for; None: it is no pipeline, or the plugin is not there."""
        path = f"{job_path(name)}/{number}/wfapi/pendingInputActions"
        return self._absent(lambda: self.http.get_json(path, tuple[Input, ...]))

    def description(self, name: str, number: int) -> Description:
        """Return how a pipeline goes."""
        self.pages += 1
        path = f"{job_path(name)}/{number}/wfapi/describe"
        return self.http.get_json(path, Description)

    def artifact(self, name: str, number: int, path: str) -> bytes:
        """Return a file that a build keeps; the storage it lies in learns no credential."""
        self.pages += 1
        return self.http.get_blob(f"{job_path(name)}/{number}/artifact/{quote(path)}").body

    def answer(self, path: str, values: Mapping[str, object] | None) -> None:
        """Answer an input, once; with the values of its parameters where it has any.

        Who logs in with a password has to show a crumb: Jenkins refuses without one, which changes
        nothing, and it is sent again with it.
        """
        form = {} if values is None else {"json": answer_text(values)}
        try:
            self.http.write("POST", path, form=form)
        except ForbiddenError as error:
            if "crumb" not in error.message.lower():
                raise
            crumb = self.http.get_json("/crumbIssuer/api/json", Crumb)
            shown = {crumb.crumb_request_field: crumb.crumb}
            self.http.write("POST", path, form=form, headers=shown)

    def who(self) -> Who:
        """Return who we are."""
        return self.http.get_json("/whoAmI/api/json", Who, {"tree": "name,anonymous"})

    def server_version(self) -> str:
        """Return the version of the server, as it says in a header; empty when it does not."""
        reply = self.http.get("/api/json", {"tree": "mode"})
        return reply.headers.get("x-jenkins", "")

    def close(self) -> None:
        """Give back the connections."""
        self.http.close()

    def _absent(self, call: Callable[[], T]) -> T | None:
        self.pages += 1
        try:
            return call()
        except StatusError as error:
            if error.status != _NOT_FOUND:
                raise
            return None


def job_path(name: str) -> str:
    """Return where a job lies, by its full name as `bank/payments/main`."""
    return "".join(f"/job/{quote(part, safe='')}" for part in name.split("/"))


def answer_path(name: str, number: int, input_id: str, verb: str) -> str:
    """Return where an input is answered."""
    return f"{job_path(name)}/{number}/input/{quote(input_id, safe='')}/{verb}"


def answer_text(values: Mapping[str, object]) -> str:
    """Return the values of the parameters of an input as Jenkins takes them."""
    pairs = [{"name": name, "value": value} for name, value in values.items()]
    return msgspec.json.encode({"parameter": pairs}).decode()
