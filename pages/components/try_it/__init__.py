"""The page where a run's models answer what the reader gives them."""
