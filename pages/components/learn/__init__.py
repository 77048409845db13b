"""The steps of the Learn page, and what they share."""
