"""Trace context (W3C Trace Context) enters once and travels beside the facts; logs are JSON lines that carry it.

Without a configured exporter every span is a no-op. Logs never hold personal data.
"""

import logging
import re
import secrets
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TextIO

import structlog
from opentelemetry import trace
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, SpanKind, TraceFlags

from infra.redaction import redacted_line

_TRACEPARENT = re.compile(r"00-(?P<trace>[0-9a-f]{32})-(?P<span>[0-9a-f]{16})-(?P<flags>[0-9a-f]{2})")
_NOTHING = ("0" * 32, "0" * 16)
_MAXIMUM_LINKS = 128
# Local variables hold tokens and connection strings.
_TRACEBACKS = structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False))
_tracer = trace.get_tracer("certledger")


def parse_traceparent(text: str | None) -> SpanContext | None:
    """Return the remote context that a ``traceparent`` names, or ``None`` where it is absent or malformed."""
    match = _TRACEPARENT.fullmatch(text.strip().lower()) if text else None
    if match is None or match["trace"] == _NOTHING[0] or match["span"] == _NOTHING[1]:
        return None
    return SpanContext(
        int(match["trace"], 16), int(match["span"], 16), is_remote=True, trace_flags=TraceFlags(int(match["flags"], 16))
    )


def traceparent_of(context: SpanContext) -> str:
    """Return the ``traceparent`` spelling of a context."""
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags) & 0xFF:02x}"


def current_traceparent(incoming: str | None = None) -> str:
    """Return the context to keep beside a fact: the running span's, else the caller's, else a new one."""
    running = trace.get_current_span().get_span_context()
    if running.is_valid:
        return traceparent_of(running)
    given = parse_traceparent(incoming)
    if given is not None:
        return traceparent_of(given)
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-00"


def trace_id_of(incoming: str | None = None) -> str | None:
    """Return the trace identifier of the running span or of the caller's context, ``None`` where there is none."""
    running = trace.get_current_span().get_span_context()
    context = running if running.is_valid else parse_traceparent(incoming)
    return None if context is None else f"{context.trace_id:032x}"


@contextmanager
def span(
    name: str,
    traceparent: str | None = None,
    *,
    linked: Sequence[str | None] = (),
    **attributes: str | float | bool,
) -> Iterator[trace.Span]:
    """Run a piece of work in a span; ``traceparent`` is its parent, ``linked`` the contexts it works for.

    Work on a batch links to its facts instead of becoming their child (OpenTelemetry messaging conventions).
    """
    parent = parse_traceparent(traceparent)
    context = trace.set_span_in_context(NonRecordingSpan(parent)) if parent is not None else None
    contexts = [found for text in dict.fromkeys(linked) if (found := parse_traceparent(text)) is not None]
    links = [Link(each) for each in contexts[:_MAXIMUM_LINKS]]
    with _tracer.start_as_current_span(
        name, context, kind=SpanKind.INTERNAL, attributes=attributes, links=links
    ) as running:
        yield running


def configure_telemetry(endpoint: str | None, service: str) -> Callable[[], None]:
    """Export spans by OTLP over HTTP to ``endpoint`` (its base address); return what flushes and stops it.

    Without an endpoint nothing is configured. Raises ``ModuleNotFoundError`` naming the extra to install where the
    SDK is missing.
    """
    if not endpoint:
        return _nothing
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - an extra
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - an extra
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - an extra
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 - an extra

        from infra.redacting_exporter import RedactingExporter  # noqa: PLC0415 - it needs the extra too
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "已设 CERTLEDGER_OTLP_ENDPOINT,但未安装 telemetry 组件:pip install 'certledger[telemetry]'。"
            " CERTLEDGER_OTLP_ENDPOINT is set but the extra is missing: pip install 'certledger[telemetry]'."
        ) from error
    provider = TracerProvider(resource=Resource.create({"service.name": service}))
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(RedactingExporter(exporter)))
    trace.set_tracer_provider(provider)
    return provider.shutdown


def configure_logging(level: str = "info", stream: TextIO | None = None) -> None:
    """Write structlog's and the standard library's messages as one JSON object a line, with the trace identifier."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_trace,
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _TRACEBACKS,
            structlog.processors.JSONRenderer(ensure_ascii=False),
            redacted_line,
        ],
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.add_logger_name,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def _add_trace(_logger: Any, _method: str, event: Any) -> Any:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event.setdefault("trace_id", f"{context.trace_id:032x}")
        event.setdefault("span_id", f"{context.span_id:016x}")
    return event


def _nothing() -> None:
    return
