"""The bus over TLS with a password: by a certificate that it checks, and not by another."""

import datetime
import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.channels.conftest import running
from tests.fixtures.redis_many import Server, free_ports
from tests.fixtures.waiting import until


@dataclass
class Secured:
    server: Server
    port: int
    certificate: Path


def self_signed(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "redis")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "cert.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    private.write_bytes(key.private_bytes(*form))
    return certificate, private


@pytest.fixture
def secured(tmp_path: Path) -> Iterator[Secured]:
    certificate, key = self_signed(tmp_path)
    plain, port = free_ports(2)
    tls = ("--tls-port", str(port), "--tls-cert-file", str(certificate), "--tls-key-file", str(key), "--tls-auth-clients", "no")
    server = Server(plain, tmp_path, *tls, "--save", "")
    try:
        server.start()
        server.ask("CONFIG", "SET", "requirepass", "secret")
        yield Secured(server, port, certificate)
    finally:
        server.kill()


async def test_what_is_published_over_tls_comes_back_when_the_certificate_is_the_one_that_is_trusted(secured: Secured) -> None:
    url = f"rediss://:secret@127.0.0.1:{secured.port}?ssl_ca_certs={secured.certificate}"
    async with running(url) as bus:
        assert await bus.subscribe(["partyline:{a}:feed"])


async def test_a_redis_with_a_certificate_of_nobody_that_is_trusted_is_not_spoken_to(secured: Secured) -> None:
    async with running(f"rediss://:secret@127.0.0.1:{secured.port}", healthy=False) as bus:
        await until(lambda: bus.counters.publish_failures)
        assert not bus.healthy
        assert not await bus.subscribe(["partyline:{a}:feed"])
