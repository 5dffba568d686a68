"""What happened in this process, counted; a metrics page may read it."""

from dataclasses import dataclass


@dataclass(slots=True)
class Counters:
    published: int = 0
    publish_failures: int = 0
    """Messages that did not reach Redis; the sweep delivers them."""
    publish_dropped: int = 0
    """Messages given up because too many were waiting for Redis."""
    received: int = 0
    dispatched: int = 0
    repeated: int = 0
    """Events that came again over another channel, or after the sweep had brought them."""
    foreign: int = 0
    """Messages of one account on a channel of another, or that are none of ours: dropped."""
    hints: int = 0
    """Events that did not follow on the last one: the database was read instead."""
    sweeps: int = 0
    sweep_failures: int = 0
    swept: int = 0
    """Events that only the sweep brought."""
    reconnects: int = 0
    canaries_lost: int = 0
    cut: int = 0
    """Tabs cut because they did not read."""
