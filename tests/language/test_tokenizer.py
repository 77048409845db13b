from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tiny_llama import MARKS, TEMPLATE, WORDS, make

from distill_core.errors import CheckpointError, ConfigError
from distill_core.language.data import prompts_of
from distill_core.language.readers import difference, reader_of, vocabulary_for, vocabulary_of
from distill_core.language.tokenizer import tokenizer_in
from distill_core.language.tokens import CHARACTER_READER, batch
from distill_core.task import Split


def change(folder: Path, name: str, **settings: Any) -> None:
    path = folder / name
    held = json.loads(path.read_text()) | settings
    path.write_text(json.dumps({key: value for key, value in held.items() if value is not None}))


def test_a_question_is_put_as_the_chat_template_says(tmp_path: Path) -> None:
    tokenizer = tokenizer_in(make(tmp_path))
    said = [tokenizer.tokens[number] for number in tokenizer.prompt("the cat")]
    assert said == ["<start>", "?", "the", "cat", "<start>"], "the word user is not among the tokens"


def test_the_template_may_be_a_file_of_its_own(tmp_path: Path) -> None:
    folder = make(tmp_path, template=None)
    assert tokenizer_in(folder).prompt("the cat") == [1, 4, 5]
    (folder / "chat_template.jinja").write_text("{{ 'why ' + messages[0]['content'] }}")
    assert [tokenizer_in(folder).tokens[number] for number in tokenizer_in(folder).prompt("the cat")] == [
        "why",
        "the",
        "cat",
    ]


def test_a_template_that_cannot_put_a_question_is_named(tmp_path: Path) -> None:
    folder = make(tmp_path, template="{{ raise_exception('system first') }}", pad="<fill>")
    with pytest.raises(ConfigError, match=r"system first.*remove it"):
        tokenizer_in(folder).prompt("the cat")


def test_an_answer_ends_at_its_first_end_and_marks_are_not_shown(tmp_path: Path) -> None:
    tokenizer = tokenizer_in(make(tmp_path))
    assert tokenizer.decode([*tokenizer.encode("the cat runs"), tokenizer.eos, 5]) == "the cat runs"
    assert tokenizer.decode([1, *tokenizer.encode("the dog"), 2]) == "the dog"


@pytest.mark.parametrize(("pad", "filler"), [("<end>", 2), (None, 2), ("<fill>", 2), ("?", 3)])
def test_the_filler_is_another_mark_than_the_end(tmp_path: Path, pad: str | None, filler: int) -> None:
    tokenizer = tokenizer_in(make(tmp_path, pad=pad))
    assert (tokenizer.eos, tokenizer.pad, tokenizer.unwritten) == (0, filler, filler)


def test_a_tokenizer_with_no_other_mark_fills_with_the_end_and_may_still_write_it(tmp_path: Path) -> None:
    tokenizer = tokenizer_in(make(tmp_path, marks=("<end>",), template=None))
    assert (tokenizer.pad, tokenizer.unwritten) == (tokenizer.eos, None)
    inputs, labels = batch([("the", "cat"), ("the dog", "runs home")], reader=tokenizer)
    assert labels[0].tolist()[:3] == [-100, tokenizer.encode("cat")[0], tokenizer.eos], "the end is learned, once"
    assert inputs[0, -1] == tokenizer.eos


def test_the_shortest_prompt_has_two_tokens_so_that_its_answer_is_known_to_be_one(tmp_path: Path) -> None:
    tokenizer = tokenizer_in(make(tmp_path, marks=("<end>",), template=None))
    assert tokenizer.prompt("cat") == [tokenizer.eos, *tokenizer.encode("cat")]
    assert tokenizer.prompt("the cat") == tokenizer.encode("the cat")
    inputs, labels = batch([("cat", "runs"), ("the dog", "runs home")], reader=tokenizer)
    asked = prompts_of(Split(inputs, labels))
    assert asked is not None
    assert [len(prompt) for prompt in asked] == [2, 2]


def test_the_end_may_stand_in_another_file(tmp_path: Path) -> None:
    folder = make(tmp_path, pad="<fill>")
    change(folder, "tokenizer_config.json", eos_token=None)
    change(folder, "generation_config.json", eos_token_id=[2, 0])
    assert tokenizer_in(folder).eos == 2
    (folder / "generation_config.json").unlink()
    change(folder, "config.json", eos_token_id=None)
    change(folder, "tokenizer_config.json", extra="changed")
    with pytest.raises(ConfigError, match="which token ends a text"):
        tokenizer_in(folder)


def test_files_that_are_missing_or_damaged_are_named(tmp_path: Path) -> None:
    folder = make(tmp_path)
    (folder / "tokenizer.json").write_text("{")
    with pytest.raises(CheckpointError, match=r"tokenizer\.json cannot be read"):
        tokenizer_in(folder)
    (folder / "tokenizer.json").unlink()
    with pytest.raises(ConfigError, match=r"has no tokenizer\.json"):
        tokenizer_in(folder)


def test_a_vocabulary_is_told_by_all_of_its_tokens(tmp_path: Path) -> None:
    one, same = (make(tmp_path / name) for name in ("one", "same"))
    other = make(tmp_path / "other", words=(*WORDS[:-1], "maybe"))
    longer = make(tmp_path / "longer", words=(*WORDS, "maybe"))
    first, second, third, fourth = (vocabulary_of(tokenizer_in(each), "hf:x") for each in (one, same, other, longer))
    assert first == second
    assert first.size == len(MARKS) + 1 + len(WORDS)
    assert third.sha256 != first.sha256
    named = [vocabulary_of(tokenizer_in(each), f"hf:{each}") for each in (one, other, longer)]
    assert difference(named[0], named[0]) == ""
    assert difference(named[0], named[1]) == "18 tokens against 18, and token 17 is 'not' against 'maybe'"
    assert difference(named[0], named[2]) == "18 tokens against 19, the shorter being the beginning of the longer"
    assert "token 0 is 'pad' against '<end>'" in difference(None, named[0])
    assert fourth.size == 19


def test_a_students_name_says_what_it_reads(tmp_path: Path) -> None:
    folder = make(tmp_path)
    assert vocabulary_for("gpt-2x64") is None
    assert reader_of(None) is CHARACTER_READER
    found = vocabulary_for(f"hf:{folder}:2")
    assert found is not None
    assert found.source == f"hf:{folder}"
    assert reader_of(found).encode("the cat") == [4, 5]


def test_a_tokenizer_is_read_again_when_its_file_changes(tmp_path: Path) -> None:
    before = tokenizer_in(make(tmp_path)).sha256
    assert tokenizer_in(make(tmp_path, words=(*WORDS, "more"), template=TEMPLATE)).sha256 != before
