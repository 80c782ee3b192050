"""Which keys the ssh-agent of this session holds; it is asked over its socket, and signs nothing.

The protocol is draft-ietf-sshm-ssh-agent: a message has its length before it, then its type.
"""

from __future__ import annotations

import os
import socket

from riskcockpit.ledger.wire import BadSignatureError, split_wire

_SOCKET = "SSH_AUTH_SOCK"
_TIMEOUT_SECONDS = 2.0
_LIST = b"\x00\x00\x00\x01\x0b"
"""SSH_AGENTC_REQUEST_IDENTITIES, a message of one byte."""
_LISTED = 12
"""SSH_AGENT_IDENTITIES_ANSWER: a count, then a key and a comment for each."""
_LONGEST = 256 * 1024
"""Bytes of an answer: as many as OpenSSH takes."""


class NoAgentError(Exception):
    """No agent can be asked; the text says why."""


def held_keys() -> frozenset[bytes]:
    """Return the keys that the agent would sign with, in wire format; none while it is locked.

    Raises:
        NoAgentError: there is none here, or it gives no answer that can be read.
    """
    place = os.environ.get(_SOCKET, "")
    if not place:
        raise NoAgentError(f"no ssh-agent is known here ({_SOCKET} is not set)")
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as agent:
            agent.settimeout(_TIMEOUT_SECONDS)
            agent.connect(place)
            agent.sendall(_LIST)
            size = int.from_bytes(_read(agent, 4), "big")
            answer = _read(agent, size) if size <= _LONGEST else b""
    except (OSError, EOFError) as error:
        why = (isinstance(error, OSError) and error.strerror) or "no answer"
        raise NoAgentError(f"the ssh-agent at {place} cannot be asked: {why}") from error
    return _keys(answer, place)


def _keys(answer: bytes, place: str) -> frozenset[bytes]:
    is_list, count = answer[:1] == bytes([_LISTED]), int.from_bytes(answer[1:5], "big")
    try:
        fields = split_wire(answer[5:], 2 * count if is_list and count <= len(answer) else 0)
    except BadSignatureError as error:
        raise NoAgentError(f"the ssh-agent at {place} gives no list of its keys") from error
    if not is_list:
        raise NoAgentError(f"the ssh-agent at {place} does not list its keys")
    return frozenset(fields[::2])


def _read(agent: socket.socket, size: int) -> bytes:
    """Read exactly `size` bytes."""
    found = b""
    while len(found) < size:
        part = agent.recv(size - len(found))
        if not part:
            raise EOFError
        found += part
    return found
