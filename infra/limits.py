"""How much anybody may take of the service: every bound has one name, one default, one place, CERTLEDGER_LIMIT_*.

A bound that is missing is a way to take the service down, so none can be switched off; each can be widened.
"""

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

Network = IPv4Network | IPv6Network
Count = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0, le=86_400)]
KIB, MIB = 1024, 1024 * 1024


def networks(text: str) -> tuple[Network, ...]:
    """Return the networks that a comma-separated list names; raise ``ValueError`` for anything else."""
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


def _listed(text: str) -> str:
    networks(text)
    return text


class Limits(BaseSettings):
    """The bounds of the HTTP interface; ``docs/limits.md`` says why each default is what it is."""

    model_config = SettingsConfigDict(
        env_prefix="CERTLEDGER_LIMIT_", env_ignore_empty=True, use_attribute_docstrings=True, frozen=True
    )

    trusted_proxies: Annotated[str, AfterValidator(_listed)] = ""
    """可信反向代理的地址或网段，逗号分隔；只信它们的 X-Forwarded-For。
    Addresses or networks of the reverse proxies whose X-Forwarded-For is believed, separated by commas."""

    servers: Count = 1
    """分担同一批客户端的服务进程数；每个进程只给出频率限额的这一份。
    Server processes that share the clients: each gives out this share of the rates below."""

    connections: Count = 4096
    """同时连接总数。 Connections at once, in all."""

    connections_per_address: Count = 256
    """每个地址的同时连接数，可信代理不计。 Connections at once for each address; trusted proxies are not counted."""

    waiting_connections: Count = 256
    """等待接受的连接数。 Connections that wait to be accepted."""

    requests_at_once: Count = 256
    """同时处理的请求总数。 Requests in progress, in all."""

    requests_at_once_per_address: Count = 64
    """每个地址同时处理的请求数。 Requests in progress for each address."""

    pipelined_requests: Count = 32
    """一个连接上排队的请求数。 Requests that wait on one connection."""

    url_bytes: Count = 8 * KIB
    """地址长度，字节。 Length of the address in bytes."""

    header_bytes: Count = 32 * KIB
    """请求头总长，字节。 Length of all header fields in bytes."""

    headers: Count = 100
    """请求头个数。 Number of header fields."""

    header_seconds: Seconds = 10.0
    """收齐请求头的时限。 Time in which the header must be complete."""

    idle_seconds: Seconds = 15.0
    """空闲连接保留多久。 How long an idle connection is kept."""

    body_grace_seconds: Seconds = 10.0
    """请求体先有这么久。 Time that a body has before its rate counts."""

    body_bytes_per_second: Count = 4 * KIB
    """此后请求体的最低速率。 The least rate of a body after that."""

    read_grace_seconds: Seconds = 20.0
    """客户端不读回答时先有这么久。 Time that a client which does not read has before its rate counts."""

    read_bytes_per_second: Count = 4 * KIB
    """此后读取回答的最低速率。 The least rate at which an answer must be read after that."""

    unread_bytes: Count = 16 * MIB
    """客户端尚未读走的回答总量，字节。 Bytes of all answers that wait for their clients to read them."""

    linger_seconds: Seconds = 3.0
    """已答复后还收多久未读完的请求体。 How long the rest of a body is taken in after it was answered."""

    request_seconds: Seconds = 30.0
    """读取类请求开始答复的时限。 Time in which the answer to a read must begin."""

    event_bytes: Count = 256 * KIB
    """单个事件的请求体，字节。 Bytes of a body that holds one event."""

    bulk_bytes: Count = 8 * MIB
    """批量请求体，字节。 Bytes of a body that holds many."""

    bulk_events: Count = 5_000
    """一批至多多少个事件。 Events in one batch."""

    bodies_bytes: Count = 64 * MIB
    """同时接收中的请求体总量，字节。 Bytes of all bodies that are being taken in."""

    json_depth: Annotated[int, Field(ge=8, le=200)] = 32
    """JSON 嵌套层数。 Levels of nesting in JSON."""

    page_bytes: Count = MIB
    """一页事件的总量，字节；至少一条。 Bytes of one page of events; it holds at least one."""

    streams_per_address: Count = 8
    """每个地址的事件流数。 Event streams for each address."""

    stream_seconds: Seconds = 3_600.0
    """一个事件流至多多久，随后由客户端续接。 How long one event stream lasts before its client resumes it."""

    statement_seconds: Seconds = 10.0
    """一条查询语句的时限。 Time that one statement of a read may take."""

    pool_wait_seconds: Seconds = 3.0
    """等待数据库连接的时限。 Time to wait for a database connection."""

    pool_waiting: Count = 256
    """等待数据库连接的请求数。 Requests that may wait for a database connection."""

    address_requests_per_second: Count = 200
    """每个地址每秒请求数（持续）。 Requests a second for each address, sustained."""

    address_burst: Count = 1_000
    """每个地址一时可有的请求数。 Requests that an address may make at once."""

    party_events_per_second: Count = 500
    """每个主体每秒提交事件数（持续）。 Events a second that a party may submit, sustained."""

    party_burst: Count = 20_000
    """每个主体一时可提交的事件数。 Events that a party may submit at once."""

    tip_offs_per_hour: Count = 12
    """每个地址每小时举报数（持续）。 Tip-offs an hour for each address, sustained."""

    tip_off_burst: Count = 5
    """每个地址一时可有的举报数。 Tip-offs that an address may send at once."""

    tip_off_bytes: Count = 16 * KIB
    """一份举报的请求体，字节。 Bytes of a body that holds a tip-off."""

    tip_offs_kept: Count = 100_000
    """保存中的举报总数。 Tip-offs that are kept, in all."""

    def share(self, whole: float) -> float:
        """Return the part of a rate or burst that this process gives out: at least one unit."""
        return max(whole / self.servers, 1.0)

    @property
    def trusted_networks(self) -> tuple[Network, ...]:
        """The networks of the trusted proxies."""
        return networks(self.trusted_proxies)
