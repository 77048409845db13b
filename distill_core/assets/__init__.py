"""What ships with the project: a small data set and trained teachers, each with its provenance beside it."""
