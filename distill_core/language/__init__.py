"""Text: characters as tokens, two skills and plain English to learn, and how answers are judged."""
