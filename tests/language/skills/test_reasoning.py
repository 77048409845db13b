import pytest

from distill_core.errors import ConfigError
from distill_core.language.skills.reasoning import answer, chain_at, check, how_many, parse, results


@pytest.mark.parametrize(
    ("prompt", "right"),
    [
        ("3-8+7*7+8=", "5,2,4,2;2"),  # -5 -> 5, 12 -> 2, 14 -> 4, 12 -> 2
        ("1+2*3=", "3,9;9"),  # from left to right: 9, not 7
        ("0-9=", "1;1"),
        ("9*9*9=", "1,9;9"),
    ],
)
def test_answers_are_as_worked_out_by_hand(prompt, right):
    assert answer(prompt) == right


def test_results_agree_with_one_expression_in_brackets_modulo_10():
    for place in range(0, how_many(4), 97_003):
        prompt = chain_at(place, 4)
        digits, operators = parse(prompt)
        brackets = f"(((({digits[0]}{operators[0]}{digits[1]}){operators[1]}{digits[2]}){operators[2]}{digits[3]})"
        assert results(prompt)[-1] == eval(f"{brackets}{operators[3]}{digits[4]})") % 10


def test_every_chain_has_one_place():
    chains = {chain_at(place, 2) for place in range(how_many(2))}
    assert len(chains) == how_many(2) == 9_000
    assert all(len(chain) == 6 and parse(chain) for chain in chains)


def test_the_right_answer_is_right_and_sound():
    verdict = check("3-8+7*7+8=", "5,2,4,2;2")
    assert verdict.right
    assert verdict.sound
    assert not verdict.right_by_wrong_steps
    assert verdict.steps == (True, True, True, True)


def test_a_wrong_step_spoils_only_itself_and_the_next_is_judged_by_what_was_written():
    # The second step should be 2; from the 3 written, 3 * 7 = 21 -> 1 and 1 + 8 = 9 follow.
    verdict = check("3-8+7*7+8=", "5,3,1,9;9")
    assert verdict.steps == (True, False, True, True)
    assert verdict.concludes
    assert not verdict.right


def test_a_right_answer_by_a_wrong_step_is_told_apart():
    verdict = check("3-8+7*7+8=", "5,2,3,2;2")
    assert verdict.right
    assert verdict.steps == (True, True, False, False)
    assert verdict.right_by_wrong_steps


def test_a_right_answer_that_is_not_the_last_step_is_told_apart():
    verdict = check("3-8+7=", "5,1;2")
    assert verdict.right
    assert not verdict.concludes
    assert verdict.right_by_wrong_steps


@pytest.mark.parametrize(
    ("written", "steps", "surplus"),
    [
        ("2", (False, False), 0),
        ("5;2", (True, False), 0),
        (";2", (False, False), 0),
        ("5,2,2;2", (True, True), 1),
        ("5,x;2", (True, False), 0),
        ("x,2;2", (False, False), 0),
        ("5,12;2", (True, False), 0),
        ("5, 2;2", (True, False), 0),
        ("5;2;2", (False, False), 0),
        ("", (False, False), 0),
    ],
)
def test_steps_that_are_missing_too_many_or_unreadable_are_not_sound(written, steps, surplus):
    verdict = check("3-8+7=", written)
    assert verdict.steps == steps
    assert verdict.surplus == surplus
    assert not verdict.sound
    assert verdict.right == written.endswith(";2")


def test_a_scratchpad_without_a_result_is_not_right_though_its_steps_are():
    verdict = check("3-8+7=", "5,2")
    assert verdict.steps == (True, True)
    assert not verdict.right
    assert not verdict.sound
    assert not check("3-8+7=", "5,2;").concludes


@pytest.mark.parametrize(
    "prompt", ["", "=", "3=", "3-8+7", "3-8+=", "13-8=", "3/8=", "3 - 8=", "²+1=", "a+1=", "-3+1="]
)
def test_what_is_no_chain_is_refused_with_an_example(prompt):
    with pytest.raises(
        ConfigError, match=r"is no chain of sums\. Write single digits with \+, -, \* .* such as 3-8\+7="
    ):
        answer(prompt)
