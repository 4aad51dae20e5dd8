"""A broker guarded as one in production is: TLS, SCRAM and an authoriser that allows nothing unless it was granted."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from kafka import KafkaAdminClient
from kafka.admin import ScramMechanism, UserScramCredentialUpsertion

from infra.kafka_credentials import kafka_credentials
from infra.services.kafka import BrokerSecurity, EmbeddedKafka
from infra.settings import Settings

ADMINISTRATOR = "administrator"
_SASL = "org.apache.kafka.common.security"


def password_of(user: str) -> str:
    return f"password of {user}".replace(" ", "-")


@dataclass
class SecuredKafka:
    """The broker, and what a client of it must set."""

    folder: Path
    broker: EmbeddedKafka

    def environment(self, user: str, password: str | None = None) -> dict[str, str]:
        return {
            "CERTLEDGER_KAFKA": self.broker.bootstrap,
            "CERTLEDGER_KAFKA_SECURITY": "SASL_SSL",
            "CERTLEDGER_KAFKA_USER": user,
            "CERTLEDGER_KAFKA_PASSWORD": password or password_of(user),
            "CERTLEDGER_KAFKA_CA_FILE": str(self.folder / "authority.pem"),
        }

    def credentials(self, user: str) -> dict[str, object]:
        return _credentials(self.folder, self.broker.bootstrap, user)

    def add_users(self, *users: str) -> None:
        admin = KafkaAdminClient(bootstrap_servers=self.broker.bootstrap, **self.credentials(ADMINISTRATOR))
        try:
            added = [
                UserScramCredentialUpsertion(user, ScramMechanism.SCRAM_SHA_512, password_of(user)) for user in users
            ]
            assert not any(admin.alter_user_scram_credentials(added).values())
        finally:
            admin.close()


def secured_kafka(folder: Path) -> SecuredKafka:
    """A broker that is not started yet; its certificate is for loopback, its one user the administrator."""
    folder.mkdir(parents=True, exist_ok=True)
    _make_certificates(folder)
    scram = (
        f'{_SASL}.scram.ScramLoginModule required username="{ADMINISTRATOR}" password="{password_of(ADMINISTRATOR)}";'
    )
    plain = (
        f'{_SASL}.plain.PlainLoginModule required username="controller" password="{password_of("controller")}" '
        f'user_controller="{password_of("controller")}";'
    )
    properties = {
        "listener.security.protocol.map": "SASL_SSL:SASL_SSL,CONTROLLER:SASL_SSL",
        "listener.name.sasl_ssl.sasl.enabled.mechanisms": "SCRAM-SHA-512",
        "listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config": scram,
        "sasl.mechanism.inter.broker.protocol": "SCRAM-SHA-512",
        "listener.name.controller.sasl.enabled.mechanisms": "PLAIN",
        "listener.name.controller.plain.sasl.jaas.config": plain,
        "sasl.mechanism.controller.protocol": "PLAIN",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(folder / "broker.pem"),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(folder / "authority.pem"),
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "allow.everyone.if.no.acl.found": "false",
        "super.users": f"User:{ADMINISTRATOR};User:controller",
    }
    formatting = ("--add-scram", f"SCRAM-SHA-512=[name={ADMINISTRATOR},password={password_of(ADMINISTRATOR)}]")
    security = BrokerSecurity("SASL_SSL", properties, formatting, _credentials(folder, "unused:1", ADMINISTRATOR))
    return SecuredKafka(folder, EmbeddedKafka(folder / "kafka", security=security))


def _credentials(folder: Path, bootstrap: str, user: str) -> dict[str, object]:
    settings = Settings(
        kafka=bootstrap,
        kafka_security="SASL_SSL",
        kafka_user=user,
        kafka_password=password_of(user),
        kafka_ca_file=folder / "authority.pem",
    )
    return dict(kafka_credentials(settings))


def _make_certificates(folder: Path) -> None:
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority, broker = (x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]) for name in ("ca", "broker"))
    start = datetime.now(UTC) - timedelta(hours=1)
    end = start + timedelta(days=2)
    usage = x509.KeyUsage(
        digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    own = (
        x509.CertificateBuilder(authority, authority, authority_key.public_key(), 1, start, end)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    issued = (
        x509.CertificateBuilder(authority, broker, key.public_key(), 2, start, end)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "authority.pem").write_bytes(own.public_bytes(pem))
    (folder / "broker.pem").write_bytes(private + issued.public_bytes(pem) + own.public_bytes(pem))
