"""Losses: pure functions of tensors, one family a file, each with its paper and equation."""
