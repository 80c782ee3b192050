"""Who signs: keys given by reference, or found as the AWS tools find them. Imports botocore late.

botocore resolves profiles, SSO, assumed roles, containers and instances, over connections of its
own; nothing else of it ever talks to the network here.
"""

from __future__ import annotations

import importlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

import msgspec

from riskcockpit.config.credentials import Credential, ProcessKeys, remember
from riskcockpit.connectors.reply import NotSentError
from riskcockpit.errors import AuthenticationError, ConfigError

EXTRA = "pip install 'riskcockpit[aws]'"
_DEEPEST = 8
"""Profiles that lead to one another."""


@dataclass(frozen=True, slots=True)
class Keys:
    """What signs one request."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str = field(default="", repr=False)


def check_installed(source: str) -> None:
    """Say at once when botocore is missing; imports nothing.

    Raises:
        ConfigError: it is.
    """
    if find_spec("botocore") is None:
        raise ConfigError(f'source "{source}" needs the Python package botocore', hint=EXTRA)


def keys_in(credential: Credential) -> Keys:
    """Return the keys that a reference holds.

    They are a secret with the id of the access key as its `username`, or JSON as a
    `credential_process` prints it.

    Raises:
        ConfigError: it is neither.
    """
    if credential.username:
        return _remembered(Keys(credential.username, credential.value))
    try:
        found = msgspec.json.decode(credential.value, type=ProcessKeys)
    except msgspec.DecodeError:
        found = ProcessKeys()
    if not found.AccessKeyId or not found.SecretAccessKey:
        raise ConfigError(
            f"the credential from {credential.source} holds no AWS keys",
            hint="give the id of the access key as its username, or JSON with AccessKeyId,"
            " SecretAccessKey and SessionToken, as `aws configure export-credentials` prints it",
        )
    return _remembered(Keys(found.AccessKeyId, found.SecretAccessKey, found.SessionToken))


def check_people(credential: Credential | None, profile: str, label: str) -> None:
    """Refuse two ways to find one pair of keys, and a reference that holds none.

    Raises:
        ConfigError: `label` names the option of the profile.
    """
    if credential is None:
        return
    if profile:
        raise ConfigError(f"{label}: there is a credential, too", hint="give one of both")
    keys_in(credential)


def found_by_tools(profile: str) -> Credential:
    """Return a credential that stands for what the AWS tools find; its keys are asked for later.

    With `profile` empty: environment, default profile, SSO, container, instance.
    """
    chain = Chain(profile)
    source = f"AWS profile {profile}" if profile else "the AWS default chain"
    return ChainCredential.of(chain, source)


class Chain:
    """What botocore resolves for one profile; it renews what expires by itself."""

    def __init__(self, profile: str) -> None:
        self._profile = profile
        self._found: Any = None

    def keys(self) -> Keys:
        """Return the keys of now.

        Raises:
            AuthenticationError: there are none, or they cannot be had.
            NotSentError: whoever gives them did not answer.
            ConfigError: the profile asks for a code by hand.
        """
        quieten()
        errors = importlib.import_module("botocore.exceptions")
        try:
            if self._found is None:
                self._found = self._resolved()
            frozen = self._found.get_frozen_credentials()
        except (errors.ConnectionError, errors.HTTPClientError) as error:
            self._found = None
            raise NotSentError(
                f"cannot get AWS credentials from {self.label}: {error}",
                hint="check the network and the proxy, then sync again",
            ) from error
        except (errors.BotoCoreError, errors.ClientError) as error:
            self._found = None
            raise AuthenticationError(
                f"cannot get AWS credentials from {self.label}: {error}",
                hint="log in, as with `aws sso login`, or give the source a credential",
            ) from error
        return _remembered(Keys(frozen.access_key, frozen.secret_key, frozen.token or ""))

    def forget(self) -> None:
        """Resolve everything anew the next time."""
        self._found = None

    @property
    def label(self) -> str:
        """The chain in words."""
        return f"the profile {self._profile}" if self._profile else "the default chain"

    def _resolved(self) -> Any:
        session = importlib.import_module("botocore.session").Session(profile=self._profile or None)
        self._refuse_prompts(session.full_config.get("profiles", {}))
        found = session.get_credentials()
        if found is None:
            raise AuthenticationError(
                f"there are no AWS credentials in {self.label}",
                hint="give the source a `profile`, or a credential",
            )
        return found

    def _refuse_prompts(self, profiles: Mapping[str, Mapping[str, str]]) -> None:
        """Refuse a profile that would ask for a code on the terminal, which is not ours to take."""
        name = self._profile or "default"
        for _ in range(_DEEPEST):
            told = profiles.get(name, {})
            if "role_arn" in told and "mfa_serial" in told:
                raise ConfigError(
                    f"the AWS profile {name} asks for a code of a second factor",
                    hint="let a program log in: credential: {exec: [aws, configure,"
                    " export-credentials, --format, process, --profile, NAME]}",
                )
            name = told.get("source_profile", "")


@dataclass(frozen=True, slots=True, repr=False)
class ChainCredential(Credential):
    """A credential without a value: the chain has it."""

    chain: Chain | None = field(default=None, compare=False)

    @classmethod
    def of(cls, chain: Chain, source: str) -> ChainCredential:
        """Return the credential of `chain`; its username tells apart who asks, for the limits."""

        def renewed() -> Credential:
            chain.forget()
            return cls("", source, username=source, chain=chain)

        return cls("", source, username=source, renew=renewed, chain=chain)


def keys_of(credential: Credential) -> Keys:
    """Return the keys behind a credential of either kind; raises as `keys_in` or `Chain.keys`."""
    if isinstance(credential, ChainCredential) and credential.chain is not None:
        return credential.chain.keys()
    return keys_in(credential)


def quieten() -> None:
    """Keep botocore from logging what it signs: session tokens are in it."""
    logging.getLogger("botocore").setLevel(logging.WARNING)


def _remembered(keys: Keys) -> Keys:
    remember(keys.secret_key)
    remember(keys.token)
    return keys
