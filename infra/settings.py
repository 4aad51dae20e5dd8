"""Every setting has one name, one default and one place: an environment variable CERTLEDGER_*."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

AbsolutePath = Annotated[Path, AfterValidator(lambda path: path.expanduser().absolute())]


class Settings(BaseSettings):
    """What an operator may choose; without any of it the ledger runs on its own embedded services."""

    model_config = SettingsConfigDict(
        env_prefix="CERTLEDGER_", env_ignore_empty=True, use_attribute_docstrings=True, frozen=True
    )

    database_url: str | None = Field(default=None, repr=False)
    """外部 PostgreSQL 的连接串；不设则用内置的。 External PostgreSQL (libpq URL); unset: the embedded one."""

    kafka: str | None = None
    """外部 Kafka 地址 host:port,…；不设则用内置的。 External bootstrap servers; unset: the embedded one."""

    run_dir: AbsolutePath = Field(default=Path(".run"), validate_default=True)
    """数据、日志与锁所在的文件夹。 The folder of data, logs and the lock; default `.run` right here."""

    cache: AbsolutePath | None = None
    """Kafka 程序包的缓存。 Cache of the Kafka jars; unset: `~/.cache/certledger`, else under `run_dir`."""

    http_host: str = "127.0.0.1"
    """HTTP 监听地址，默认只限本机。 The address to listen on; loopback unless said otherwise."""

    http_port: int = Field(default=8000, ge=0, le=65535)
    """HTTP 端口，0 为任选。 The HTTP port; 0 picks a free one."""

    otlp_endpoint: str | None = None
    """OTLP/HTTP 追踪接收地址；不设则不外发。 Where traces are sent by OTLP over HTTP; unset: nowhere."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """日志级别。 The least severe message that is logged."""

    environment: Literal["development", "production"] = "development"
    """运行环境；production 拒绝一切仅供开发的缺省。 `production` refuses defaults that are for development alone."""

    log_key: AbsolutePath | None = None
    """日志签名私钥文件；不设则开发环境自动生成于 `run_dir/notary/log.key`。 The log's private key file; unset: made in
    `run_dir/notary` in development, refused in production."""

    log_origin: str = "ledger.localhost/certledger"
    """日志名称（即密钥名），只在生成密钥时使用。 The log's name, which its key bears; used when a key is made."""

    notary_dir: AbsolutePath | None = None
    """库外保存已签检查点的文件夹，应在另一块磁盘上。 Where the last signed checkpoint is kept, outside the database,
    on another disk at best; unset: `run_dir/notary`."""

    checkpoint_seconds: float = Field(default=0.5, gt=0, le=60)
    """有新事件时两次检查点之间的秒数。 Seconds between two checkpoints while events come in."""

    scrub_events_per_second: int = Field(default=500, ge=1, le=1_000_000)
    """后台复核每秒重算的事件数。 How many events the scrubber re-hashes a second."""

    witness_policy: AbsolutePath | None = None
    """见证策略文件(C2SP tlog-policy,含各见证的地址);不设则无见证。 The policy that names the witnesses and their
    addresses; unset: none, but for the demonstration of `certledger run`."""

    require_services: bool = False
    """测试时服务不可用即失败而非跳过。 In tests, an unavailable service is a failure and not a skip."""
