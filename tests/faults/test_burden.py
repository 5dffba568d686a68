"""What a process costs is read from the machine."""

import os
import time

from tests.faults.burden import burden


def test_a_process_that_works_and_keeps_something_costs_more() -> None:
    before = burden(os.getpid())
    until, kept = time.process_time() + 0.1, bytearray(os.urandom(2**24))
    while time.process_time() < until:
        pass
    after = burden(os.getpid())
    assert 0.05 < after.cpu - before.cpu < 5
    assert after.resident - before.resident > len(kept) // 2
