"""Where the answers of workers come from, as their own figures say."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import httpx
from prometheus_client.parser import text_string_to_metric_families

Sources = Counter[str]
"""How many reads were answered from where: `kept`, `mirror`, `view`, or `directory` and why."""


@contextmanager
def sources(workers: Sequence[httpx.Client]) -> Iterator[Sources]:
    """Those of the answers within the block; known at its end."""
    counted: Sources = Counter()
    before = _figures(workers)
    yield counted
    counted.update(_figures(workers) - before)


def from_directory(counted: Sources) -> float:
    """The share that the directory had to answer."""
    asked = sum(number for what, number in counted.items() if what.startswith("directory"))
    return asked / max(1, sum(counted.values()))


def _figures(workers: Sequence[httpx.Client]) -> Sources:
    found: Sources = Counter()
    for worker in workers:
        for family in text_string_to_metric_families(worker.get("/metrics").text):
            for sample in family.samples:
                if sample.name == "gateway_kept_answers_total":
                    found["kept"] += int(sample.value)
                elif sample.name == "gateway_mirror_read_total":
                    answered, reason = sample.labels["answered"], sample.labels["reason"]
                    found[f"{answered} {reason}".strip()] += int(sample.value)
    return found
