"""Nothing that is meant for development alone runs in production: each start names all that is amiss, and refuses."""

from infra.services.errors import ServiceUnavailableError
from infra.settings import Settings


def require_safe(settings: Settings) -> None:
    """Raise ``ServiceUnavailableError`` with every setting that production does not allow; development allows all."""
    objections = [] if settings.in_development else _objections(settings)
    if objections:
        raise ServiceUnavailableError(
            "生产环境(CERTLEDGER_ENVIRONMENT=production)拒绝启动:" + "".join(zh for zh, _ in objections),
            "Refusing to start in production: " + " ".join(en for _, en in objections),
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
