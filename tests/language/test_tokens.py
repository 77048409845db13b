import pytest
import torch

from distill_core.errors import ConfigError
from distill_core.language.tokens import (
    BOS,
    CHARACTERS,
    EOS,
    IGNORED,
    PAD,
    UNK,
    UNREADABLE,
    VOCABULARY,
    batch,
    decode,
    encode,
    encode_prompt,
    width_of,
)


def test_the_vocabulary_is_four_marks_printable_ascii_and_the_newline():
    assert (PAD, BOS, EOS, UNK, VOCABULARY) == (0, 1, 2, 3, 100)
    assert encode(" ") == [4]
    assert encode("0=~\n") == [4 + 48 - 32, 4 + 61 - 32, 98, 99]
    assert len(set(CHARACTERS)) == 96
    assert all(character == "\n" or character.isprintable() for character in CHARACTERS)


def test_every_character_comes_back():
    assert decode(encode(CHARACTERS)) == CHARACTERS
    assert sorted(encode(CHARACTERS)) == list(range(4, 100))


def test_an_unknown_character_is_one_unknown_token_and_shown_as_such():
    assert encode("né\t") == [4 + 110 - 32, UNK, UNK]
    assert decode(encode("né!")) == f"n{UNREADABLE}!"


def test_decoding_ends_at_the_first_end_and_drops_the_marks_around_the_text():
    a, b = encode("ab")
    assert decode([BOS, a, b, EOS, a, EOS]) == "ab"
    assert decode([BOS, a, b, PAD, PAD]) == "ab"
    assert decode(torch.tensor([a, EOS, b])) == "a"
    assert decode([EOS]) == decode([]) == decode([PAD, PAD]) == ""


def test_a_mark_inside_an_answer_does_not_pass_for_a_clean_one():
    a, b = encode("ab")
    assert decode([a, PAD, b, EOS]) == f"a{UNREADABLE}b"
    assert decode([a, BOS, EOS]) == f"a{UNREADABLE}"
    assert decode([a, PAD, EOS]) == f"a{UNREADABLE}"


@pytest.mark.parametrize("token", [-1, 100])
def test_a_token_outside_the_vocabulary_is_refused(token):
    with pytest.raises(ValueError, match=f"token {token} is outside the vocabulary of 100"):
        decode([4, token])


def test_a_batch_is_as_written_by_hand():
    one, two, equals, three = encode("12=3")
    inputs, labels = batch([("1=", "23"), ("2=", "")], length=7)
    assert inputs.tolist() == [
        [BOS, one, equals, two, three, EOS, PAD],
        [BOS, two, equals, EOS, PAD, PAD, PAD],
    ]
    assert labels.tolist() == [
        [IGNORED, IGNORED, two, three, EOS, IGNORED, IGNORED],
        [IGNORED, IGNORED, EOS, IGNORED, IGNORED, IGNORED, IGNORED],
    ]
    assert inputs.dtype == labels.dtype == torch.int64


def test_every_label_is_the_next_input_and_together_they_are_the_answer_and_its_end():
    samples = [("rev abc=", "cba"), ("3-8+7=", "5,2;2"), ("cnt wordy=", "5")]
    inputs, labels = batch(samples)
    assert inputs.shape == (3, max(width_of(*sample) for sample in samples))
    for row, (prompt, answer) in enumerate(samples):
        places = (labels[row] != IGNORED).nonzero().flatten()
        assert torch.equal(labels[row][places], inputs[row][places + 1])
        assert labels[row][places].tolist() == [*encode(answer), EOS]
        assert inputs[row][: places[0] + 1].tolist() == encode_prompt(prompt)
    assert not (labels == PAD).any()


def test_a_sample_fills_the_width_to_the_last_token_and_not_one_more():
    assert batch([("1=", "23")], length=6).inputs[0, -1] == EOS
    with pytest.raises(ConfigError, match=r"length: '1=23' takes 6 tokens .* has 5\. Allow at least 8 tokens"):
        batch([("1=", "23"), ("1=", "2345")], length=5)


def test_a_long_text_is_shortened_in_the_message():
    with pytest.raises(ConfigError, match=r"'a{37}\.\.\.' takes 502 tokens"):
        batch([("a" * 500, "")], length=24)


def test_no_samples_are_an_empty_batch():
    assert batch([], length=8).inputs.shape == (0, 8)
    assert batch([]).labels.shape == (0, 0)
