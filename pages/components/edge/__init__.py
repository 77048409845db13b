"""The parts of the Edge page."""
