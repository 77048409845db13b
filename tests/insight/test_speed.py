from distill_core.insight.speed import one_input, token_time, writing_speed

MEASURED = {"student": {"window": 24, "cpu_ms": 0.8, "token_ms": 0.5}, "teacher": {"window": 24, "token_ms": 2.0}}


def test_a_token_written_is_said_with_how_many_that_is_a_second() -> None:
    assert token_time(MEASURED["student"]) == "0.50 ms (2,000/s)"
    assert token_time({"cpu_ms": 0.8}) == token_time(None) == "–"


def test_what_a_call_reads_is_named() -> None:
    assert one_input(MEASURED["student"], "prompt") == "24 tokens read"
    assert one_input({"cpu_ms": 0.1}, "image") == one_input(None, "image") == "one image"


def test_student_and_teacher_are_said_where_they_write() -> None:
    (told,) = writing_speed(MEASURED)
    assert told == "Writing, the student takes 0.50 ms (2,000/s) a token; the teacher 2 ms (500/s)."
    assert writing_speed({"student": {"cpu_ms": 0.1}}) == writing_speed(None) == []
