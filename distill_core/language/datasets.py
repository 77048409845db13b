"""Names of the data sets of language and one sentence on each; apart from the data, so that a list is quick."""

from __future__ import annotations

DATASETS = {
    "skills": "20,000 prompts: chains of sums with a scratchpad, and instructions on words; generated",
    "skills-more": "36,000 of the same kind, many of them the same, for training a teacher",
    "plain-english": "English prose about software, SQLite's documentation, which ships with the project: to read on",
    "assistant-small": "240 short questions for an assistant, generated; a Hugging Face model writes the answers, once",
    "jsonl": "your own prompts, with answers or without, one JSON object a line: data_folder names the file",
}
SIZES = {"skills": (20_000, 25), "skills-more": (36_000, 25), "plain-english": (3_793, 64)}
"""How many inputs each trains on in characters, and how many tokens an input has."""
JUDGED = ("skills", "skills-more")
"""Those whose prompts have one right answer, written in characters."""
PROMPTS = ("assistant-small", "jsonl")
"""Those whose prompts may be without an answer, which a model then writes."""
