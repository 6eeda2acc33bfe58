"""Training runs: a run's life from the queue to its end.

A run is a folder (`run`); it waits in the `queue`, a `worker` trains it, and the `recorder` writes
down what happens, for pages and commands to read.
"""

from fer.runs.run import ACTIVE, RESUMABLE, Run, comparison, create, find, list_runs

__all__ = ["ACTIVE", "RESUMABLE", "Run", "comparison", "create", "find", "list_runs"]
