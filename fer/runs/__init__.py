"""Training runs: a run's life from the queue to its end.

A run is a folder (`run`), one of the `catalogue`. It waits in the `queue`, a `worker` trains it,
and the `recorder` writes down what happens, for pages and commands to read, and obeys their
requests to pause or stop.
"""

from fer.runs.catalogue import comparison, create, find, free_name, list_runs
from fer.runs.run import ACTIVE, RESUMABLE, Run

__all__ = ["ACTIVE", "RESUMABLE", "Run", "comparison", "create", "find", "free_name", "list_runs"]
