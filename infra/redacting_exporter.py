"""Spans leave this process without secrets, whichever library recorded them."""

from collections.abc import Sequence

from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import Status

from infra.redaction import redacted, redacted_attributes


class RedactingExporter(SpanExporter):
    """Hands spans on to another exporter, with names, attributes, events and status blotted out."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Export the spans."""
        return self._exporter.export([_redacted(span) for span in spans])

    def shutdown(self) -> None:
        """End the exporter."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Export what waits."""
        return self._exporter.force_flush(timeout_millis)


def _redacted(span: ReadableSpan) -> ReadableSpan:
    description = span.status.description
    return ReadableSpan(
        redacted(span.name),
        span.context,
        span.parent,
        span.resource,
        redacted_attributes(span.attributes),
        [Event(event.name, redacted_attributes(event.attributes), event.timestamp) for event in span.events],
        span.links,
        span.kind,
        None,
        Status(span.status.status_code, redacted(description) if description else None),
        span.start_time,
        span.end_time,
        span.instrumentation_scope,
    )
