from __future__ import annotations

import json
from pathlib import Path

import pytest

from distill_core.config import DistillConfig
from distill_core.errors import ConfigError, DataUnavailable
from distill_core.language.data import load
from distill_core.language.jsonl import read_lines, shares
from distill_core.language.tokens import CHARACTER_READER
from distill_core.task import Foreseen, task_named


def written(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines))
    return path


def pairs(count: int) -> list[str]:
    return [json.dumps({"prompt": f"say {number}", "response": f"it is {number}"}) for number in range(count)]


def config(path: Path) -> DistillConfig:
    settings = {"task": "language", "teacher": None, "student": "gpt-1x32", "dataset": "jsonl"}
    return DistillConfig.parse({**settings, "data_folder": str(path)})


def test_prompts_and_answers_are_read_and_empty_lines_passed_over(tmp_path: Path) -> None:
    lines = read_lines(written(tmp_path / "a", '{"prompt": "why", "response": "so"}', "", '{"prompt": "how"}'))
    assert [(line.number, line.prompt, line.response) for line in lines] == [(1, "why", "so"), (3, "how", None)]


def test_of_equal_prompts_the_first_counts(tmp_path: Path) -> None:
    lines = read_lines(written(tmp_path / "a", *pairs(2), '{"prompt": "say 1", "response": "other"}'))
    assert [line.response for line in lines] == ["it is 0", "it is 1"]


def test_bad_lines_are_named_by_their_numbers(tmp_path: Path) -> None:
    bad = ("{", "[1]", '{"prompt": " "}', '{"prompt": "a", "response": 3}', '{"question": "a"}')
    with pytest.raises(DataUnavailable) as error:
        read_lines(written(tmp_path / "a", *pairs(1), *bad))
    said = str(error.value)
    assert "5 lines are wrong: line 2 is no JSON" in said
    assert "line 3 is no JSON object; line 4 has no text under 'prompt'; and 2 more" in said
    assert "line 5" not in said
    strange = written(tmp_path / "b", '{"prompt": "\\ud800 hi"}', "[" * 200_000)
    with pytest.raises(DataUnavailable, match=r"line 1 has half of a character.*; line 2 is no JSON"):
        read_lines(strange)
    with pytest.raises(DataUnavailable, match="line 1 has something other than text under 'response'"):
        read_lines(written(tmp_path / "a", bad[3]))


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        (
            {"prompt": "a", "completion": "b"},
            r"has its answer under 'completion'; call that 'response', or take it out",
        ),
        ({"prompt": "a", "response": None, "answer": "b"}, "has its answer under 'answer'"),
        ({"prompt": "a", "response": " "}, "has an empty 'response'; take it out"),
        (
            {"messages": [{"role": "user", "content": "a"}]},
            "is a chat under 'messages'; write its question under 'prompt'",
        ),
    ],
)
def test_answers_by_another_name_are_not_passed_over(tmp_path: Path, line: dict, wrong: str) -> None:
    with pytest.raises(DataUnavailable, match=f"1 line is wrong: line 1 {wrong}"):
        read_lines(written(tmp_path / "a", json.dumps(line)))


def test_a_prompt_stays_in_its_split_whatever_else_is_in_the_file(tmp_path: Path) -> None:
    few, many = (shares(read_lines(written(tmp_path / "a", *pairs(count))), tmp_path) for count in (60, 300))
    for name in ("train", "validation", "test"):
        assert {line.prompt for line in few[name]} <= {line.prompt for line in many[name]}
    assert 200 < len(many["train"]) < 270


def test_too_few_prompts_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataUnavailable, match="has 3 different prompts"):
        load(config(written(tmp_path / "a", *pairs(3))))


def test_without_a_file_the_user_is_told_what_to_name(tmp_path: Path) -> None:
    with pytest.raises(DataUnavailable, match="one JSON object a line"):
        load(config(tmp_path).changed({"data_folder": None}))
    with pytest.raises(DataUnavailable, match="is a folder"):
        load(config(tmp_path))
    with pytest.raises(DataUnavailable, match="does not exist"):
        load(config(tmp_path / "none"))
    (tmp_path / "latin").write_bytes(b"\xe9")
    with pytest.raises(DataUnavailable, match="as UTF-8"):
        load(config(tmp_path / "latin"))


def test_a_gpt_reads_the_characters_of_a_file(tmp_path: Path) -> None:
    asked = config(written(tmp_path / "my.jsonl", *pairs(60)))
    data = load(asked)
    wanted = data.train.labels[0]
    assert CHARACTER_READER.decode(wanted[wanted >= 0].tolist()).startswith("it is ")
    assert data.facts.name == "jsonl:my.jsonl"
    assert data.facts.classes[3] == "unk"
    foreseen = task_named("language").foreseen(asked)
    assert foreseen == Foreseen(data.facts.classes, (96,), len(data.train), kinds=("prompt",))


def test_a_prompt_without_an_answer_needs_somebody_to_write_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"line 61 has no response.*hf:NAME:24"):
        load(config(written(tmp_path / "a", *pairs(60), '{"prompt": "why"}')))
    with pytest.raises(ConfigError, match="its prompts have no answers"):
        load(config(tmp_path).changed({"dataset": "assistant-small"}))


def test_texts_that_are_too_long_are_counted_and_the_first_is_named(tmp_path: Path) -> None:
    long = json.dumps({"prompt": "x" * 70, "response": "y" * 40})
    with pytest.raises(ConfigError, match=r"1 of 61 texts take more than 96.*line 61 with 112; set text_length to 112"):
        load(config(written(tmp_path / "a", *pairs(60), long)))
    assert load(config(tmp_path / "a").changed({"text_length": 112})).train.inputs.shape[1] == 112


def test_another_file_is_other_data(tmp_path: Path) -> None:
    one, same = (load(config(written(tmp_path / name, *pairs(60)))).facts.sha256 for name in ("a", "b"))
    other = load(config(written(tmp_path / "c", *pairs(61)))).facts.sha256
    assert one == same != other


def test_few_prompts_make_a_test_that_says_how_few_it_has(tmp_path: Path) -> None:
    few = load(config(written(tmp_path / "few", *pairs(60))))
    tested = len(few.test)
    assert few.facts.notes == (
        f"The test has {tested} prompts, for about a tenth of jsonl is kept for it, so its figures may be chance. Give "
        "200 prompts or more.",
    )
    assert load(config(written(tmp_path / "many", *pairs(400)))).facts.notes == ()


def test_characters_that_a_gpt_of_characters_does_not_know_are_counted_and_named(tmp_path: Path) -> None:
    strange = json.dumps({"prompt": "größer", "response": "schön ß"}, ensure_ascii=False)
    (note,) = load(config(written(tmp_path / "a", *pairs(400), strange))).facts.notes
    assert note.startswith("4 characters of these texts (ß ö) are none that a GPT of characters knows.")
