"""Every Kafka client of a process connects with the credentials that its settings name, or not at all."""

import ssl
from collections.abc import Mapping
from types import MappingProxyType

from infra.services.errors import ServiceUnavailableError
from infra.settings import Settings

NONE: Mapping[str, object] = MappingProxyType({})


def kafka_credentials(settings: Settings) -> Mapping[str, object]:
    """Return kafka-python's options of security; empty for a broker without any.

    Raises ``ServiceUnavailableError`` where a setting is missing or a file cannot be read.
    """
    if settings.kafka is None or settings.kafka_security == "PLAINTEXT":
        return NONE
    options: dict[str, object] = {"security_protocol": settings.kafka_security, "ssl_context": _context(settings)}
    if settings.kafka_security == "SASL_SSL":
        if not settings.kafka_user or not settings.kafka_password:
            raise ServiceUnavailableError(
                "CERTLEDGER_KAFKA_SECURITY=SASL_SSL 需要同时设 CERTLEDGER_KAFKA_USER 与 CERTLEDGER_KAFKA_PASSWORD。",
                "CERTLEDGER_KAFKA_SECURITY=SASL_SSL needs CERTLEDGER_KAFKA_USER and CERTLEDGER_KAFKA_PASSWORD.",
            )
        options |= {
            "sasl_mechanism": settings.kafka_mechanism,
            "sasl_plain_username": settings.kafka_user,
            "sasl_plain_password": settings.kafka_password,
        }
    return MappingProxyType(options)


def _context(settings: Settings) -> ssl.SSLContext:
    # The broker's name is checked too: a certificate of the same authority for another host is not enough.
    try:
        context = ssl.create_default_context(cafile=settings.kafka_ca_file)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if settings.kafka_certificate_file:
            context.load_cert_chain(settings.kafka_certificate_file, settings.kafka_key_file)
    except (OSError, ssl.SSLError) as error:
        raise ServiceUnavailableError(
            "CERTLEDGER_KAFKA_CA_FILE、CERTLEDGER_KAFKA_CERTIFICATE_FILE 或 CERTLEDGER_KAFKA_KEY_FILE 无法读取:"
            f"应为 PEM 文件。({error})",
            "CERTLEDGER_KAFKA_CA_FILE, CERTLEDGER_KAFKA_CERTIFICATE_FILE or CERTLEDGER_KAFKA_KEY_FILE cannot be read: "
            f"they must be PEM files. ({error})",
        ) from error
    return context
