"""What `/metrics` tells, in Prometheus' text format. Each process answers for itself; what stands in the database is the same from all,
and its help begins with "Database:"."""

import asyncio
from collections.abc import Callable, Iterable, Iterator

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from channels.counters import Counters
from server.crowd import Crowd
from server.desk.desk import Desk
from server.desk.queues import Waiting, what_waits
from server.lateness import Lateness
from server.spread import Spread

SECOND_US = 1_000_000

COUNTED = {
    "published": "Messages that were handed to Redis.",
    "publish_failures": "Messages that did not reach Redis; the sweep delivers them.",
    "publish_dropped": "Messages given up because too many waited for Redis.",
    "received": "Messages that came from Redis.",
    "dispatched": "Events handed to tabs, once for each process.",
    "repeated": "Events that came again over another channel or by the sweep.",
    "foreign": "Messages that were none of ours, or another account's: dropped.",
    "hints": "Times that an event did not follow on the last one, and the database was read.",
    "sweeps": "Readings of what Redis may not have brought.",
    "sweep_failures": "Sweeps that the database did not answer.",
    "swept": "Events that only the sweep brought: its repairs.",
    "reconnects": "Times that the line to Redis was lost.",
    "canaries_lost": "Times that Redis was silent though connected, as the canary told.",
    "cut": "Tabs cut because they did not read.",
}


class Metrics:
    """`tabs` tells how many are open here, `healthy` whether Redis carries what is published, `crowds` who waits for an answer."""

    def __init__(
        self,
        desk: Desk,
        counters: Counters,
        lateness: Lateness,
        *,
        tabs: Callable[[], int],
        healthy: Callable[[], bool],
        crowds: Iterable[Crowd] = (),
    ) -> None:
        self._desk = desk
        self._counters = counters
        self._lateness = lateness
        self._tabs = tabs
        self._healthy = healthy
        self._crowds = tuple(crowds)

    async def text(self) -> bytes:
        waiting = await what_waits(self._desk)
        registry = CollectorRegistry(auto_describe=False)
        ProcessCollector(registry=registry)
        registry.register(_Told([*self._own(), *_of_database(waiting)]))
        return generate_latest(registry)

    def _own(self) -> Iterator[Metric]:
        writer = self._desk.writer
        yield GaugeMetricFamily("partyline_tabs", "Tabs that are open in this process.", self._tabs())
        yield GaugeMetricFamily("partyline_tasks", "Tasks of this process: what it is doing at once.", len(asyncio.all_tasks()))
        yield GaugeMetricFamily("partyline_redis_up", "Whether what is published comes back (the canary).", float(self._healthy()))
        for name, says in COUNTED.items():
            yield CounterMetricFamily(f"partyline_{name}", says, getattr(self._counters, name))
        yield _histogram("partyline_commit_items", "Changes that shared one commit.", writer.sizes)
        yield _histogram("partyline_commit_seconds", "How long a commit took, with its changes.", writer.seconds)
        yield CounterMetricFamily("partyline_commit_failures", "Commits that did not succeed, such as those of a full disk.", writer.failed)
        yield _histogram(
            "partyline_loop_late_seconds", "By how much this process was late when it looked, four times a second.", self._lateness.spread
        )
        if self._crowds:
            yield from self._doors()

    def _doors(self) -> Iterator[Metric]:
        waiting = GaugeMetricFamily("partyline_requests_waiting", "Requests that this process is answering.", labels=["door"])
        says = "Requests refused with 503, since they would have been answered too late."
        refused = CounterMetricFamily("partyline_requests_refused", says, labels=["door"])
        for crowd in self._crowds:
            waiting.add_metric([crowd.door], crowd.here)
            refused.add_metric([crowd.door], crowd.refused)
        yield waiting
        yield refused


class _Told(Collector):
    def __init__(self, told: Iterable[Metric]) -> None:
        self._told = told

    def collect(self) -> Iterable[Metric]:
        return self._told


def _of_database(waiting: Waiting | None) -> Iterator[Metric]:
    yield GaugeMetricFamily("partyline_database_up", "Whether the database answers.", float(waiting is not None))
    if waiting is None:
        return
    count = GaugeMetricFamily("partyline_queue_waiting", "Database: how many wait.", labels=["queue"])
    oldest = GaugeMetricFamily("partyline_queue_oldest_seconds", "Database: for how long the first of them has waited.", labels=["queue"])
    for queue in waiting.queues:
        count.add_metric([queue.name], queue.waiting)
        oldest.add_metric([queue.name], queue.oldest / SECOND_US)
    yield count
    yield oldest
    says = "Database: for how long the conversation that is longest overdue has not gone public."
    yield GaugeMetricFamily("partyline_timer_late_seconds", says, waiting.late / SECOND_US)
    texts = GaugeMetricFamily("partyline_recent_texts", "Database: texts of the last five minutes.", labels=["direction", "state"])
    for direction, state, number in waiting.texts:
        texts.add_metric([direction, state], number)
    yield texts


def _histogram(name: str, says: str, spread: Spread) -> HistogramMetricFamily:
    buckets = [("+Inf" if bound == float("inf") else repr(float(bound)), count) for bound, count in spread.up_to()]
    return HistogramMetricFamily(name, says, buckets=buckets, sum_value=spread.total)
