"""What a process costs is read from the machine."""

import mmap
import os
import time

from tests.faults.burden import burden


def test_a_process_that_works_and_keeps_something_costs_more() -> None:
    before = burden(os.getpid())
    # Memory that this process did not have before: an allocator would give it what others have left.
    until, kept = time.process_time() + 0.1, mmap.mmap(-1, 2**26)
    kept.write(b"x" * len(kept))
    while time.process_time() < until:
        pass
    after = burden(os.getpid())
    assert 0.05 < after.cpu - before.cpu < 5
    assert after.resident - before.resident > len(kept) // 2
