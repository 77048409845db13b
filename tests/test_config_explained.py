"""What a setting is, and why, is said in one place that screens, terminal and documents take it from."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from distill_core.config import Phase, Term, settings_by_name
from distill_core.config.explained import explained, explanation
from distill_core.errors import ConfigError
from pages.components.form.words import help_of

PAGES = Path(__file__).parents[1] / "pages"


def test_every_setting_of_a_run_a_phase_and_a_loss_is_explained() -> None:
    inside = {f"phases.{leaf}" for leaf in Phase.model_fields} | {f"terms.{leaf}" for leaf in Term.model_fields}
    assert set(explained()) == set(settings_by_name()) | inside


@pytest.mark.parametrize("name", explained())
def test_an_explanation_has_a_title_a_line_and_whole_sentences_why(name: str) -> None:
    words = explanation(name)
    assert words.title[0].isupper()
    assert not words.line.endswith(".") or words.line.endswith("...")
    assert words.why[0].isupper()
    assert words.why.endswith(".")
    assert ".." not in words.sentences().replace("...", "")
    assert "null" not in words.sentences()


def test_no_explanation_is_given_twice() -> None:
    for what in ("line", "why"):
        said = [getattr(explanation(name), what) for name in explained()]
        assert len(set(said)) == len(said), what


def test_an_unknown_setting_has_no_explanation() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'temperature'"):
        explanation("temprature")


def test_null_is_called_what_the_input_shows() -> None:
    assert help_of("clip_norm", null="0").startswith("The largest norm a gradient may have; 0 never clips. A longer ")
    assert help_of("label_budget").startswith("Labels the student may see; or all. Of the other images")


def test_no_page_says_a_sentence_of_an_explanation_itself() -> None:
    """A page takes the sentence from where it stands, so that it is changed in one place."""
    sentences = {
        sentence.strip().rstrip(".").lower()
        for name in explained()
        for sentence in (explanation(name).line, *explanation(name).why.split(". "))
    }
    long = {sentence for sentence in sentences if len(sentence) > 25}
    assert len(long) > 60
    for file in PAGES.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                repeated = {sentence for sentence in long if sentence in node.value.lower()}
                assert not repeated, (file, repeated)
