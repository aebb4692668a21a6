"""Many at once."""

import threading
from concurrent.futures import ThreadPoolExecutor


def simultaneously(count, work):
    """Call work(i) in `count` threads that start together; the results in order. What one raises is raised."""
    gate = threading.Barrier(count)

    def one(i):
        gate.wait()
        return work(i)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))
