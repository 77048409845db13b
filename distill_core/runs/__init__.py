"""Runs that are kept: the store, the job that makes a run whole, and the manager that works through a queue."""
