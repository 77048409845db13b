"""Which student layer learns from which teacher layer, and the connector between their shapes."""
