"""What a run's numbers mean: its events folded into curves, progress and plain sentences."""
