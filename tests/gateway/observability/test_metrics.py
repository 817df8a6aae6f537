"""Figures as Prometheus reads them."""

import subprocess
import sys
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from gateway.observability.metrics import PrometheusMetrics


def samples(metrics: PrometheusMetrics) -> dict[str, float]:
    """All samples, by name and labels."""
    families = text_string_to_metric_families(metrics.render().decode())
    return {
        sample.name + "".join(f" {k}={v}" for k, v in sorted(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def test_events_are_counted_by_name_and_labels() -> None:
    """Any event becomes a counter of its own."""
    metrics = PrometheusMetrics()
    metrics.count("lockout")
    metrics.count("lockout")
    metrics.count("redis_unavailable", use="sessions")
    seen = samples(metrics)
    assert seen["gateway_lockout_total"] == 2
    assert seen["gateway_redis_unavailable_total use=sessions"] == 1


def test_counting_never_raises() -> None:
    """Other labels or an odd name: told in the log, not to the caller."""
    metrics = PrometheusMetrics()
    metrics.count("lockout")
    metrics.count("lockout", surprise="x")
    metrics.count("no name at all")
    metrics.count("lockout")
    assert samples(metrics)["gateway_lockout_total"] == 2


def test_drivers_are_measured() -> None:
    """LDAP operations with their time, Redis calls with their outcome."""
    metrics = PrometheusMetrics()
    metrics.ldap("search", 0.02, "success")
    metrics.redis("ok")
    metrics.redis("failed")
    seen = samples(metrics)
    assert seen["gateway_ldap_operation_seconds_count operation=search outcome=success"] == 1
    assert seen["gateway_ldap_operation_seconds_sum operation=search outcome=success"] == 0.02
    assert seen["gateway_redis_calls_total outcome=failed"] == 1
    assert seen["gateway_redis_up"] == 0
    metrics.redis("ok")
    assert samples(metrics)["gateway_redis_up"] == 1


def test_two_gateways_in_one_process_do_not_share_figures() -> None:
    """Each has a registry of its own."""
    one, other = PrometheusMetrics(), PrometheusMetrics()
    one.count("lockout")
    assert "gateway_lockout_total" not in samples(other)


def test_workers_are_summed_up(tmp_path: Path) -> None:
    """With a common folder every worker shows the figures of all, also of ended ones."""
    count = (
        "from gateway.observability.metrics import PrometheusMetrics;"
        "m = PrometheusMetrics(); m.count('lockout'); print(m.render().decode())"
    )
    for expected in (1, 2, 3):
        shown = subprocess.run(
            [sys.executable, "-c", count],
            env={"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        assert f"gateway_lockout_total {float(expected)}" in shown
