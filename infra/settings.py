"""Every setting has one name, one default and one place: an environment variable CERTLEDGER_*."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from ledger.terms import ORIGIN

ASYMMETRIC = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519")


def _asymmetric(names: str) -> str:
    # A symmetric algorithm would make the provider's public key the secret that signs.
    if not names or not set(_split(names)) <= set(ASYMMETRIC):
        raise ValueError(f"可用算法 algorithms: {', '.join(ASYMMETRIC)}")
    return names


def _split(names: str) -> list[str]:
    return [name.strip() for name in names.split(",") if name.strip()]


AbsolutePath = Annotated[Path, AfterValidator(lambda path: path.expanduser().absolute())]


class Settings(BaseSettings):
    """What an operator may choose; without any of it the ledger runs on its own embedded services."""

    model_config = SettingsConfigDict(
        env_prefix="CERTLEDGER_", env_ignore_empty=True, use_attribute_docstrings=True, frozen=True
    )

    environment: Literal["development", "production"] = "development"
    """运行环境;生产环境拒绝一切仅供开发的做法。 Production refuses whatever is meant for development alone."""

    database_url: str | None = Field(default=None, repr=False)
    """外部 PostgreSQL 的连接串；不设则用内置的。 External PostgreSQL (libpq URL); unset: the embedded one."""

    region: str | None = Field(default=None, pattern="^[0-9]{6}$")
    """此部署是哪个辖区的;不设则为全国。 The region whose database this deployment serves; unset: the nation's."""

    kafka: str | None = None
    """外部 Kafka 地址 host:port,…；不设则用内置的。 External bootstrap servers; unset: the embedded one."""

    kafka_security: Literal["PLAINTEXT", "SSL", "SASL_SSL"] = "PLAINTEXT"
    """连接外部 Kafka 的方式;生产环境不得为 PLAINTEXT。 How to connect; production never takes PLAINTEXT."""

    kafka_mechanism: Literal["SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    """SASL 机制。 The SASL mechanism."""

    kafka_user: str | None = None
    """本进程在 Kafka 的用户名。 The name of this process at the broker."""

    kafka_password: str | None = Field(default=None, repr=False)
    """该用户的口令。 That user's password."""

    kafka_ca_file: AbsolutePath | None = None
    """签发代理服务器证书的 CA(PEM);不设则用系统信任。 The CA of the brokers' certificates; unset: the system's."""

    kafka_certificate_file: AbsolutePath | None = None
    """本进程的客户端证书(PEM)。 This process's client certificate, for mutual TLS."""

    kafka_key_file: AbsolutePath | None = None
    """客户端证书的私钥(PEM)。 The private key of that certificate."""

    kafka_topics: Literal["manage", "check"] = "manage"
    """主题由本进程建立,或只核对。 Create and correct topics, or only check them (least privilege)."""

    intake_trust: Literal["source", "topic", "signature"] | None = None
    """Kafka 提交凭什么可信:所写 source(仅开发)、各方专用主题、签名。 What a submission by Kafka is believed for: the
    `source` it names (development alone), the party's own topic, or a signature alone; unset: source in development,
    topic in production."""

    run_dir: AbsolutePath = Field(default=Path(".run"), validate_default=True)
    """数据、日志与锁所在的文件夹。 The folder of data, logs and the lock; default `.run` right here."""

    cache: AbsolutePath | None = None
    """Kafka 程序包的缓存。 Cache of the Kafka jars; unset: `~/.cache/certledger`, else under `run_dir`."""

    http_host: str = "127.0.0.1"
    """HTTP 监听地址，默认只限本机。 The address to listen on; loopback unless said otherwise."""

    http_port: int = Field(default=8000, ge=0, le=65535)
    """HTTP 端口，0 为任选。 The HTTP port; 0 picks a free one."""

    oidc_issuer: str | None = None
    """OpenID 提供方的标识(https 地址);不设则只认开发令牌。 The provider's issuer identifier; unset: none."""

    oidc_audience: str = "certledger"
    """令牌的 aud 必须含有此值。 What a token's `aud` must contain."""

    oidc_party_claim: str = "certledger_party"
    """令牌中写明主体的声明。 The claim that names the party."""

    oidc_role_claim: str = "certledger_role"
    """令牌中写明角色的声明;没有则按主体种类。 The claim that names the role; without it, the party's kind."""

    oidc_algorithms: Annotated[str, AfterValidator(_asymmetric)] = "RS256,PS256,ES256,ES384,Ed25519"
    """接受的签名算法,只限非对称算法。 The signature algorithms taken; asymmetric ones only."""

    oidc_certificate_bound: bool = False
    """是否只收与客户端证书绑定的令牌。 Take only tokens bound to a client certificate (RFC 8705)."""

    client_certificate_proxies: str = ""
    """可转达客户端证书(Client-Cert)的代理地址。 Addresses of proxies whose `Client-Cert` is believed (RFC 9440)."""

    token: str | None = Field(default=None, repr=False)
    """命令行提交时所用的令牌。 The bearer token with which the command line submits."""

    otlp_endpoint: str | None = None
    """OTLP/HTTP 追踪接收地址；不设则不外发。 Where traces are sent by OTLP over HTTP; unset: nowhere."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """日志级别。 The least severe message that is logged."""

    log_origin: str = Field(default=ORIGIN, min_length=1, max_length=200)
    """账本名称，写入已签名的陈述与检查点。 The ledger's name, in signed statements and in its checkpoints."""

    challenge_key_file: AbsolutePath | None = None
    """登记密钥所用随机数的密钥文件；不设则开发环境自动生成于 `run_dir/challenge.key`。 The secret behind the nonces of
    key registration, one file for all servers; unset: made as `run_dir/challenge.key` in development."""

    log_key: AbsolutePath | None = None
    """日志签名私钥文件；不设则开发环境自动生成于 `run_dir/notary/log.key`。 The log's private key file; unset: made in
    `run_dir/notary` in development, refused in production."""

    notary_dir: AbsolutePath | None = None
    """库外保存已签检查点的文件夹，应在另一块磁盘上。 Where the last signed checkpoint is kept, outside the database,
    on another disk at best; unset: `run_dir/notary`."""

    vault_key: AbsolutePath | None = None
    """个人字段保管库的密钥文件,须在数据库之外保存;不设则开发环境自动生成于 `run_dir/vault.key`。 The vault's
    key-encryption keys, kept apart from the database; unset: made as `run_dir/vault.key` in development."""

    tip_off_days: int = Field(default=180, ge=1, le=3_650)
    """公众举报保存的天数,到期删除;期限未经确认。 For how many days a tip-off of the public is kept; unconfirmed."""

    checkpoint_seconds: float = Field(default=0.5, gt=0, le=60)
    """有新事件时两次检查点之间的秒数。 Seconds between two checkpoints while events come in."""

    scrub_events_per_second: int = Field(default=500, ge=1, le=1_000_000)
    """后台复核每秒重算的事件数。 How many events the scrubber re-hashes a second."""

    witness_policy: AbsolutePath | None = None
    """见证策略文件(C2SP tlog-policy,含各见证的地址);不设则无见证。 The policy that names the witnesses and their
    addresses; unset: none, but for the demonstration of `certledger run`."""

    cosignature_seconds: float = Field(default=600, ge=1, le=86_400)
    """没有新事件时,请各见证对同一检查点再次联署的间隔秒数,即 `verify --max-age` 所见的最大时长。 Seconds after
    which a witness is asked to cosign an idle log's checkpoint again: how old `verify --max-age` finds it."""

    map_root_seconds: float = Field(default=60, gt=0, le=86_400)
    """有新事件时两次登记状态图根之间的秒数。 Seconds between two roots of the status map while the log
    grows."""

    map_root_idle_seconds: float = Field(default=3_600, gt=0, le=31_536_000)
    """没有新事件时的同一间隔,即凭据的最大时长。 The same while it does not grow: how old a receipt can be."""

    map_kept_days: int = Field(default=366, ge=0, le=36_500)
    """状态图旧根保留的天数,即可按多早的所知出具凭据。 For how many days the states of older roots are kept: as of
    how long ago receipts can be made."""

    webhook_key: AbsolutePath | None = None
    """签署 webhook 的 Ed25519 私钥文件;不设则开发环境自动生成于 `run_dir/webhook.key`。 The private key that signs
    webhooks; unset: made as `run_dir/webhook.key` in development."""

    mail_server: str | None = None
    """发送邮件的 SMTP 服务器 host:port(STARTTLS);不设则写入 `run_dir/mail`。 The SMTP server for notices by mail;
    unset: each mail is a file in `run_dir/mail`."""

    mail_from: str = "certledger@localhost"
    """邮件的发件地址。 The sender of mail."""

    mail_user: str | None = None
    """SMTP 用户名。 The name at the SMTP server."""

    mail_password: str | None = Field(default=None, repr=False)
    """SMTP 口令。 Its password."""

    clock_seconds: float = Field(default=60, gt=0, le=86_400)
    """两次检查期限之间的秒数。 Seconds between two looks at what passed its deadline."""

    require_services: bool = False
    """测试时服务不可用即失败而非跳过。 In tests, an unavailable service is a failure and not a skip."""

    @property
    def algorithms(self) -> frozenset[str]:
        """The signature algorithms of tokens."""
        return frozenset(_split(self.oidc_algorithms))

    @property
    def proxies(self) -> frozenset[str]:
        """The addresses of proxies that may show a client's certificate."""
        return frozenset(_split(self.client_certificate_proxies))

    @property
    def trust(self) -> Literal["source", "topic", "signature"]:
        """What a submission by Kafka is believed for."""
        return self.intake_trust or ("source" if self.in_development else "topic")

    @property
    def in_development(self) -> bool:
        """Whether what is meant for development alone is allowed."""
        return self.environment == "development"
