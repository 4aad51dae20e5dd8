"""The numbers an operator watches, in Prometheus' text form; labels take few values, never a person or an event."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Metrics:
    """All metrics of one process in a registry of their own, so that tests never share them."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.append_seconds = Histogram(
            "certledger_append_seconds", "Time of one append transaction", registry=self.registry, buckets=_SECONDS
        )
        self.append_events = Counter(
            "certledger_appended_events", "Events recorded by this process", registry=self.registry
        )
        self.submissions = Counter(
            "certledger_submissions", "Answers to submissions", ["type", "result"], registry=self.registry
        )
        self.conflicts = Counter(
            "certledger_conflicts", "Appends that were decided again after a race", registry=self.registry
        )
        self.appender_waiting = Gauge(
            "certledger_appender_waiting", "Submissions that wait to be recorded", registry=self.registry
        )
        self.position = Gauge("certledger_ledger_position", "Last committed position", registry=self.registry)
        self.view_lag_events = Gauge(
            "certledger_view_lag_events", "Events that a view has not seen yet", ["view"], registry=self.registry
        )
        self.view_lag_seconds = Gauge(
            "certledger_view_lag_seconds",
            "Age of the oldest event a view has not seen",
            ["view"],
            registry=self.registry,
        )
        self.relay_lag_events = Gauge(
            "certledger_relay_lag_events", "Events that are not published to Kafka yet", registry=self.registry
        )
        self.checkpoint_size = Gauge(
            "certledger_checkpoint_size", "Events under the newest checkpoint", registry=self.registry
        )
        self.checkpoint_lag_events = Gauge(
            "certledger_checkpoint_lag_events", "Events that no checkpoint covers yet", registry=self.registry
        )
        self.checkpoint_lag_seconds = Gauge(
            "certledger_checkpoint_lag_seconds",
            "Age of the oldest event that no checkpoint covers",
            registry=self.registry,
        )
        self.checkpoint_age_seconds = Gauge(
            "certledger_checkpoint_age_seconds", "Time since the newest checkpoint was signed", registry=self.registry
        )
        self.notary_alarms = Gauge(
            "certledger_notary_alarms", "Reasons for which nothing is signed any more", registry=self.registry
        )
        self.scrubbed_events = Gauge(
            "certledger_scrubbed_events", "Events re-hashed in this round of the scrubber", registry=self.registry
        )
        self.scrub_rounds = Gauge(
            "certledger_scrub_rounds", "Rounds in which the scrubber read the whole store", registry=self.registry
        )
        self.map_root_size = Gauge(
            "certledger_status_map_size", "Events under the newest root of the status map", registry=self.registry
        )
        self.map_uncovered_events = Gauge(
            "certledger_status_map_uncovered_events", "Events under no root of the status map", registry=self.registry
        )
        self.map_root_age_seconds = Gauge(
            "certledger_status_map_root_age_seconds",
            "Time since the newest root of the status map was recorded",
            registry=self.registry,
        )
        self.stream_clients = Gauge(
            "certledger_sse_clients", "Clients that follow the event stream", registry=self.registry
        )
        self.connections = Gauge("certledger_http_connections", "Open HTTP connections", registry=self.registry)
        self.limited = Counter(
            "certledger_http_limited", "Connections and requests that met a limit", ["reason"], registry=self.registry
        )
        self._requests = Counter(
            "certledger_http_requests", "HTTP requests", ["route", "method", "status"], registry=self.registry
        )
        self._request_seconds = Histogram(
            "certledger_http_request_seconds",
            "Time until a response is complete",
            ["route"],
            registry=self.registry,
            buckets=_SECONDS,
        )
        self._children: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def request(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count one HTTP request by its route's template."""
        key = (route, method, status)
        child = self._children.get(key)
        if child is None:
            child = self._children[key] = (
                self._requests.labels(route, method, str(status)),
                self._request_seconds.labels(route),
            )
        child[0].inc()
        child[1].observe(seconds)

    def exposition(self) -> bytes:
        """Return all metrics in the text exposition format."""
        return generate_latest(self.registry)
