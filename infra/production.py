"""Nothing that is meant for development alone runs in production: each start names all that is amiss, and refuses."""

import psycopg

from infra.open_ledger import WRITER
from infra.services.errors import ServiceUnavailableError
from infra.settings import Settings

SAMPLES = "samples"
"""Who submits the registration of the keys that ``certledger run`` makes for its sample bodies."""
# Streams of keys begin so; a walk over them alone, whatever else the log holds.
_SAMPLE_KEY = """
    SELECT originator_id FROM ledger_events
    WHERE originator_id >= 'key:' AND originator_id < 'key;' AND originator_version = 1
        AND position(%s::bytea IN state) > 0
    LIMIT 1
"""


def require_safe(settings: Settings) -> None:
    """Raise ``ServiceUnavailableError`` with every setting that production does not allow; development allows all."""
    objections = [] if settings.in_development else _objections(settings)
    if objections:
        raise ServiceUnavailableError(
            "生产环境(CERTLEDGER_ENVIRONMENT=production)拒绝启动:" + "".join(zh for zh, _ in objections),
            "Refusing to start in production: " + " ".join(en for _, en in objections),
        )


def require_no_samples(settings: Settings, database_url: str) -> None:
    """Raise ``ServiceUnavailableError`` where production would run on a log in which sample keys speak for bodies.

    Whoever ran the samples holds the private halves of all of them.
    """
    if settings.in_development:
        return
    with psycopg.connect(database_url, connect_timeout=10, options=f"-c role={WRITER}") as connection:
        row = connection.execute(_SAMPLE_KEY, (f'"submitter":"{SAMPLES}"'.encode(),)).fetchone()
    if row is not None:
        raise ServiceUnavailableError(
            f"该数据库登记有 certledger run 的示例密钥({row[0]}),其私钥人人可得;生产环境须用新的数据库。",
            f"This database holds keys of the samples of `certledger run` ({row[0]}), whose private halves anybody may "
            "have; production needs a database of its own.",
        )


def require_development(settings: Settings, zh: str, en: str) -> None:
    """Raise ``ServiceUnavailableError`` in production; ``zh`` and ``en`` name what is for development alone."""
    if not settings.in_development:
        raise ServiceUnavailableError(
            f"{zh}仅供开发使用,生产环境(CERTLEDGER_ENVIRONMENT=production)拒绝执行。",
            f"{en} is for development alone and is refused where CERTLEDGER_ENVIRONMENT=production.",
        )


def _objections(settings: Settings) -> list[tuple[str, str]]:
    found = []
    if not (settings.oidc_issuer or "").startswith("https://"):
        found.append(
            (
                "请以 CERTLEDGER_OIDC_ISSUER 指明 OpenID 提供方的 https 地址(开发令牌不被接受)。",
                "Name the OpenID provider's https address by CERTLEDGER_OIDC_ISSUER; development tokens are not taken.",
            )
        )
    if settings.database_url is None:
        found.append(
            (
                "请以 CERTLEDGER_DATABASE_URL 指明数据库(内置数据库仅供开发)。",
                "Name the database by CERTLEDGER_DATABASE_URL; the embedded one is for development.",
            )
        )
    if settings.kafka is not None and settings.kafka_security == "PLAINTEXT":
        found.append(
            (
                "请将 CERTLEDGER_KAFKA_SECURITY 设为 SASL_SSL 或 SSL。",
                "Set CERTLEDGER_KAFKA_SECURITY to SASL_SSL or SSL.",
            )
        )
    if settings.trust == "source":
        found.append(
            (
                "CERTLEDGER_INTAKE_TRUST 不得为 source:任何可写主题者都能冒用他人名义。",
                "CERTLEDGER_INTAKE_TRUST must not be source: whoever can write to the topic would speak for anybody.",
            )
        )
    return found
