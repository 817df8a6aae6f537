"""Figures for Prometheus, beside those of requests, which the HTTP side keeps itself."""

import logging
import os

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)

from gateway.ports.news import News

_log = logging.getLogger(__name__)
_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_SHARED = "PROMETHEUS_MULTIPROC_DIR"


class PrometheusMetrics:
    """Counters and histograms in one registry (`gateway.ports.Metrics`, and the drivers' hooks)."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        self._events: dict[str, Counter] = {}
        self._ldap = Histogram(
            "gateway_ldap_operation_seconds",
            "Time of LDAP operations, with waiting for a connection.",
            ("operation", "outcome"),
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._redis = Counter(
            "gateway_redis_calls_total",
            "Calls to Redis: ok, failed, or refused because it failed just before.",
            ("outcome",),
            registry=self.registry,
        )
        self._redis_up = Gauge(
            "gateway_redis_up",
            "Whether the last call to Redis succeeded.",
            registry=self.registry,
            multiprocess_mode="mostrecent",
        )
        self._memo = Counter(
            "gateway_memo_total",
            "Values that workers remember of the mirror: kept, spoiled by changes, or dropped.",
            ("event",),
            registry=self.registry,
        )
        self._news: News | None = None

        def gauge(name: str, text: str) -> Gauge:
            made = Gauge(name, text, registry=self.registry, multiprocess_mode="mostrecent")
            made.set(0)
            return made

        self._listening = gauge(
            "gateway_mirror_listening", "Whether the mirror's news reach this worker."
        )
        self._live = gauge("gateway_mirror_live", "Whether the mirror is believed.")
        self._lag = gauge(
            "gateway_mirror_lag_seconds",
            "How old the feed's knowledge was when it last said that it is complete.",
        )
        self._applied = gauge(
            "gateway_mirror_applied_changes", "Changes that the feed has applied since it began."
        )

    def count(self, event: str, **labels: str) -> None:
        """One more of that event, as `gateway_<event>_total`; never raises."""
        try:
            if event not in self._events:
                self._events[event] = Counter(
                    f"gateway_{event}_total",
                    f"Occurrences of {event.replace('_', ' ')}.",
                    tuple(sorted(labels)),
                    registry=self.registry,
                )
            counter = self._events[event]
            (counter.labels(**labels) if labels else counter).inc()
        except ValueError:
            _log.exception("The event %r cannot be counted with the labels %r", event, labels)

    def ldap(self, operation: str, seconds: float, outcome: str) -> None:
        """One LDAP operation (the hook of the LDAP client)."""
        self._ldap.labels(operation, outcome).observe(seconds)

    def redis(self, outcome: str) -> None:
        """One call to Redis (the hook of the Redis client)."""
        self._redis.labels(outcome).inc()
        self._redis_up.set(1 if outcome == "ok" else 0)

    def memo(self, event: str, number: int) -> None:
        """Values that a process remembers were kept, spoiled or dropped."""
        self._memo.labels(event).inc(number)

    def mirror(self, news: News) -> None:
        """Show how the mirror stands, whenever figures are shown."""
        self._news = news

    def _look_at_mirror(self) -> None:
        if self._news is None:
            return
        believed, pulse = self._news.believed(), self._news.pulse()
        self._listening.set(1 if self._news.connected else 0)
        self._live.set(0 if believed is None else 1)
        if pulse is not None:
            self._lag.set(pulse.lag.total_seconds())
            self._applied.set(pulse.applied)

    def render(self) -> bytes:
        """The figures in Prometheus' text format.

        Those of the mirror are as this process sees it.

        Of all workers, where `PROMETHEUS_MULTIPROC_DIR` names their common folder; else of
        this process.
        """
        self._look_at_mirror()
        if not os.environ.get(_SHARED):
            return generate_latest(self.registry)
        everyone = CollectorRegistry()
        multiprocess.MultiProcessCollector(everyone)  # type: ignore[no-untyped-call]
        return generate_latest(everyone)
