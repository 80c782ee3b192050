"""A real TLS handshake on loopback: who we are is proven by a certificate, and who they are is."""

from __future__ import annotations

import contextlib
import http.server
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from riskcockpit.config.credentials import Credential
from riskcockpit.connectors.http import HttpClient
from riskcockpit.connectors.pace import Limits
from riskcockpit.connectors.tls import Tls
from riskcockpit.domain.clock import FrozenClock
from riskcockpit.errors import ConfigError, RiskcockpitError, SourceError

CLOCK = FrozenClock(datetime(2026, 3, 2, 12, 0, tzinfo=UTC))
ONCE = Limits(attempts=1)


@dataclass(frozen=True)
class Authority:
    """A certificate authority of one test run, and where its files lie."""

    directory: Path
    name: str
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def file(self) -> str:
        """PEM of its certificate."""
        path = self.directory / f"{self.name}.pem"
        path.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))
        return str(path)

    def issue(self, name: str, password: bytes = b"") -> tuple[str, str]:
        """Return the files of a certificate for 127.0.0.1 and of its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = built(name, key, self.name, self.key, is_authority=False)
        chain, secret = self.directory / f"{name}.crt", self.directory / f"{name}.key"
        chain.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        secret.touch(mode=0o600)
        secret.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.BestAvailableEncryption(password)
                if password
                else serialization.NoEncryption(),
            )
        )
        return str(chain), str(secret)


def built(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: str,
    signer: ec.EllipticCurvePrivateKey,
    *,
    is_authority: bool,
) -> x509.Certificate:
    """Return a certificate that is valid now."""

    def named(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, text)])

    now = datetime.now(UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))])
    return (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(address, critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(signer, hashes.SHA256())
    )


def authority(directory: Path, name: str = "bank-ca") -> Authority:
    """Make a certificate authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    return Authority(directory, name, key, built(name, key, name, key, is_authority=True))


@contextlib.contextmanager
def serving(trusted: Authority, files: tuple[str, str]) -> Iterator[str]:
    """Serve over TLS, to those alone who show a certificate of `trusted`; tell them their name."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert isinstance(self.connection, ssl.SSLSocket)
            shown = self.connection.getpeercert() or {}
            subject = dict(pair[0] for pair in shown.get("subject", ()))  # type: ignore[misc]  # as ssl gives names
            body = f'"{subject.get("commonName", "nobody")}"'.encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    class Server(http.server.ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """A handshake that fails is what some tests are about."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    context.load_verify_locations(trusted.file)
    context.verify_mode = ssl.CERT_REQUIRED
    server = Server(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    thread = threading.Thread(target=lambda: server.serve_forever(0.02), daemon=True)
    thread.start()
    try:
        yield f"https://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def asked(url: str, tls: Tls) -> str:
    """Ask the server as `tls` says, and return who it takes us for."""
    client = HttpClient("registry", url, CLOCK, limits=ONCE, tls=tls)
    try:
        return client.get_json("/", str)
    finally:
        client.close()


@pytest.fixture
def bank(tmp_path: Path) -> Authority:
    return authority(tmp_path)


def test_a_certificate_of_the_settings_is_shown_and_theirs_is_checked(bank: Authority) -> None:
    certificate, key = bank.issue("riskcockpit")
    with serving(bank, bank.issue("server")) as url:
        assert asked(url, Tls(bank.file, certificate, key)) == "riskcockpit"


def test_an_encrypted_key_is_opened_with_its_password(bank: Authority) -> None:
    word = "correct-horse-battery"
    certificate, key = bank.issue("riskcockpit", word.encode())
    with serving(bank, bank.issue("server")) as url:
        tls = Tls(bank.file, certificate, key, Credential(word, "env TLS_PASSWORD"))
        assert asked(url, tls) == "riskcockpit"
        with pytest.raises(ConfigError, match="belong together") as error:
            asked(url, Tls(bank.file, certificate, key, Credential("wrong-word", "env X")))
        assert "wrong-word" not in str(error.value)


def test_a_server_of_another_authority_is_not_trusted_and_learns_nothing(
    bank: Authority, tmp_path: Path
) -> None:
    stranger = authority(tmp_path, "stranger-ca")
    certificate, key = bank.issue("riskcockpit")
    with serving(bank, stranger.issue("server")) as url:
        with pytest.raises(SourceError, match="not trusted") as error:
            asked(url, Tls(bank.file, certificate, key))
        assert "tls.ca" in (error.value.hint or "")


def test_without_a_certificate_or_with_one_of_a_stranger_nothing_is_answered(
    bank: Authority, tmp_path: Path
) -> None:
    foreign = authority(tmp_path, "stranger-ca").issue("intruder")
    with serving(bank, bank.issue("server")) as url:
        for tls in (Tls(bank.file), Tls(bank.file, *foreign)):
            with pytest.raises(RiskcockpitError):
                asked(url, tls)


def test_a_key_that_others_can_read_is_refused_before_anything_is_sent(bank: Authority) -> None:
    certificate, key = bank.issue("riskcockpit")
    Path(key).chmod(0o644)
    with pytest.raises(ConfigError, match="open to others"):
        asked("https://127.0.0.1:9", Tls(bank.file, certificate, key))
