"""A Jenkins on loopback: folders, jobs, builds that wait for input, crumbs, faults on command."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, unquote

from support.simulated import Call, SimReply, Simulator, as_json

START = datetime(2026, 2, 27, tzinfo=UTC)
_RUN = "org.jenkinsci.plugins.workflow.job.WorkflowRun"
_FREESTYLE = "hudson.model.FreeStyleBuild"
_PARAMETERS = ("String", "Text", "Boolean", "Choice", "Password")


@dataclass
class SimBuild:
    """One build."""

    number: int
    began_at: datetime
    result: str | None = "SUCCESS"
    is_pipeline: bool = True
    inputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    origin: dict[str, Any] = field(default_factory=dict)
    """What it was made of and who began it, as the API shows it among its actions."""
    catches: bool = False
    """Goes on when its input is aborted."""

    def shown(self, tree: str) -> dict[str, Any]:
        """Return it as the API shows it."""
        made: dict[str, Any] = {
            "_class": _RUN if self.is_pipeline else _FREESTYLE,
            "number": self.number,
            "result": self.result,
            "building": self.result is None,
            "timestamp": round(self.began_at.timestamp() * 1000),
            "duration": 0 if self.result is None else 30_000,
        }
        if "artifacts" in tree:
            made["artifacts"] = [{"relativePath": path} for path in self.files]
        if "actions" in tree:
            made |= {"url": f"https://jenkins.example/{self.number}/", "actions": [{}, self.origin]}
        return made


class JenkinsSim(Simulator):
    """One simulated Jenkins."""

    def __init__(self) -> None:
        super().__init__()
        self.jobs: dict[str, dict[int, SimBuild]] = {}
        self.at = START
        self.needs_crumb = False
        """As for people who log in with a password."""
        self.has_plugin = True
        self.submitter = ""
        """Who alone may answer; empty: anybody."""
        self.forbidden: set[str] = set()
        self.paused = timedelta(minutes=12)
        self._crumb = secrets.token_hex(8)
        self._session = secrets.token_hex(8)

    def build(self, job: str, result: str | None = "SUCCESS", **more: Any) -> SimBuild:
        """Build a job, a minute later."""
        self.at += timedelta(minutes=1)
        builds = self.jobs.setdefault(job, {})
        number = max(builds, default=0) + 1
        builds[number] = SimBuild(number, self.at, result, **more)
        return builds[number]

    def wait(self, job: str, input_id: str = "Deploy", **parameters: Any) -> SimBuild:
        """Let a build wait; `parameters` are name → (kind, default)."""
        made = self.build(job, None)
        made.inputs[input_id] = {
            "id": input_id,
            "proceedText": "Go",
            "message": "Deploy to production?",
            "inputs": [
                {
                    "type": f"{kind}ParameterDefinition",
                    "name": name,
                    "definition": {"defaultVal": default}
                    | ({"choices": [default, "other"]} if kind == "Choice" else {}),
                }
                for name, (kind, default) in parameters.items()
            ],
            "proceedUrl": "/x", "abortUrl": "/y", "redirectApprovalUrl": "/z",
        }  # fmt: skip
        return made

    def read_body(self, content: bytes, headers: Mapping[str, str]) -> Any:
        """Read a form."""
        return dict(parse_qsl(content.decode(), keep_blank_values=True)) if content else None

    def handle(self, call: Call) -> SimReply:
        """Answer by the state of the jobs."""
        if "authorization" not in call.headers:
            return self.error(403, "Authentication required")
        fixed = {
            "/api/json": {"_class": "hudson.model.Hudson", "mode": "NORMAL"},
            "/whoAmI/api/json": {"name": "cockpit", "anonymous": False},
        }
        if call.path in fixed:
            return as_json(fixed[call.path], headers={"x-jenkins": "2.479.1"})
        if call.path == "/crumbIssuer/api/json":
            shown = {"crumb": self._crumb, "crumbRequestField": "Jenkins-Crumb"}
            return as_json(shown, headers={"set-cookie": f"JSESSIONID={self._session}; Path=/"})
        match = re.fullmatch(r"((?:/job/[^/]+)+)(?:/(\d+))?/(.+)", call.path)
        if match is None:
            return self.error(404, "Not Found")
        job = "/".join(unquote(part) for part in match[1].split("/job/")[1:])
        if job in self.forbidden:
            return self.error(403, f"cockpit is missing the Job/Read permission for {job}")
        if match[2] is None:
            return self._job(call, job)
        build = self.jobs.get(job, {}).get(int(match[2]))
        return self._build(call, build, match[3]) if build else self.error(404, "Not Found")

    def error(
        self, status: int, message: str, headers: Mapping[str, str] | None = None
    ) -> SimReply:
        """Refuse with a page."""
        page = f"<html><head><title>Error</title></head><body><h1>Error</h1>{message}</body></html>"
        return SimReply(status, page.encode(), dict(headers or {}))

    def _job(self, call: Call, name: str) -> SimReply:
        inside = {job.removeprefix(f"{name}/").split("/")[0] for job in self.jobs
                  if job.startswith(f"{name}/")}  # fmt: skip
        if inside:
            jobs = [{"_class": "x", "name": one} for one in sorted(inside)]
            return as_json({"_class": "Folder", "fullName": name, "jobs": jobs})
        if name not in self.jobs:
            return self.error(404, "Not Found")
        tree = re.search(r"allBuilds\[(.*)\]\{(\d+),(\d+)\}", call.query["tree"])
        assert tree
        builds = sorted(self.jobs[name].values(), key=lambda one: one.number, reverse=True)
        page = [one.shown(tree[1]) for one in builds[int(tree[2]) : int(tree[3])]]
        return as_json({"_class": "WorkflowJob", "fullName": name, "allBuilds": page})

    def _build(self, call: Call, build: SimBuild, what: str) -> SimReply:
        if what == "api/json":
            return as_json(build.shown(call.query["tree"]))
        if what.startswith("artifact/"):
            content = build.files.get(unquote(what.removeprefix("artifact/")))
            return self.error(404, "Not Found") if content is None else SimReply(200, content)
        if what.startswith("wfapi/"):
            if not self.has_plugin or not build.is_pipeline:
                return self.error(404, "Not Found")
            if what == "wfapi/pendingInputActions":
                return as_json(list(build.inputs.values()))
            status = "PAUSED_PENDING_INPUT" if build.inputs else "IN_PROGRESS"
            paused = round(self.paused.total_seconds() * 1000)
            stages = [
                {"status": "SUCCESS", "pauseDurationMillis": 9 * paused},
                {"status": status, "pauseDurationMillis": paused},
            ]
            return as_json({"status": status, "stages": stages})
        match = re.fullmatch(r"input/([^/]+)/(proceedEmpty|proceed|abort)", what)
        if match is None or call.method != "POST":
            return self.error(404, "Not Found")
        return self._answer(call, build, unquote(match[1]), match[2])

    def _answer(self, call: Call, build: SimBuild, input_id: str, verb: str) -> SimReply:
        if self.needs_crumb:
            is_known = call.headers.get("jenkins-crumb") == self._crumb
            is_same = self._session in call.headers.get("cookie", "")
            if not (is_known and is_same):
                return self.error(403, "No valid crumb was included in the request")
        given = build.inputs.get(input_id)
        if given is None:
            return self.error(404, "Not Found")
        if self.submitter:
            return self.error(400, f"You need to be {self.submitter} to submit this")
        if verb == "proceed":
            told = {one["name"] for one in json.loads(call.body["json"])["parameter"]}
            assert told == {one["name"] for one in given["inputs"]}
        del build.inputs[input_id]
        if verb == "abort" and not build.catches:
            build.result = "ABORTED"
        self.writes.append((call.method, call.path, call.body))
        return SimReply(200)
