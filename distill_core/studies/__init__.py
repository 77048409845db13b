"""Studies: many runs that differ in a few settings, with seeds, and what they say together."""
