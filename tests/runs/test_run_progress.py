from __future__ import annotations

from dataclasses import replace

import pytest

from distill_core.config import DistillConfig
from distill_core.events import Finished, ModelFacts, Paused, PhaseSpan, PhaseStarted, Preparing, Started, StepLogged
from distill_core.runs.live import History
from distill_core.runs.progress import Track, progress_of, seconds_left
from distill_core.runs.records import RunEvent, RunRecord
from distill_core.runs.store import Store

SPANS = (PhaseSpan("warm-up", 0, 10, "all"), PhaseSpan("distil", 10, 100, "all"))
STARTED = Started(ModelFacts("s", 1), None, "d", ("a",), 100, 10, 100, 50, SPANS, "cpu", "32-true", 1, "contiguous")


def step(number: int, left: float) -> StepLogged:
    return StepLogged(number, "distil", {}, {}, 1.0, 0.1, 1.0, 1.0, left)


def track(*events: object) -> Track:
    made = Track()
    for event in events:
        made.see(event)  # type: ignore[arg-type]
    return made


@pytest.fixture
def record(store: Store, config: DistillConfig) -> RunRecord:
    return replace(store.get(store.create(config)), status="running", started=100.0)


@pytest.fixture
def baseline(store: Store, config: DistillConfig) -> RunRecord:
    run_id = store.create(config.baseline_config(), role="baseline")
    return replace(store.get(run_id), status="running", started=101.0)


def test_before_the_first_word_a_run_gets_ready(record: RunRecord) -> None:
    assert progress_of(record, track(), None, None).doing == "Getting ready"


def test_time_left_counts_the_baseline_and_the_student_to_come(record: RunRecord, baseline: RunRecord) -> None:
    half = track(STARTED, PhaseStarted("distil", 1, 10, 100), step(50, left=5.0))
    progress = progress_of(record, track(), half, baseline)
    assert progress.whose == "baseline"
    assert progress.doing == "Training the baseline: labels only"
    assert progress.seconds_left == pytest.approx(5.0 + 100 * 0.1)
    assert progress.share == pytest.approx(0.25)
    assert progress.not_counted == "the teacher's answers, export and measuring"


@pytest.mark.parametrize(
    ("events", "settings", "plus"),
    [
        ((), {}, "the teacher's answers, export and measuring"),
        ((STARTED, step(120, 5.0)), {"draws": 3}, "the teacher's answers, export and measuring"),
        ((STARTED, step(150, 5.0)), {"draws": 3}, "export and measuring"),
        ((STARTED, step(20, 5.0)), {"teacher": None}, "export and measuring"),
        ((STARTED, step(100, 0.0), Finished({})), {}, ""),
    ],
)
def test_what_the_time_left_leaves_out_is_said(
    record: RunRecord, events: tuple[object, ...], settings: dict[str, object], plus: str
) -> None:
    asked = replace(record, config=record.config.changed(settings))
    assert progress_of(asked, track(*events), None, None).not_counted == plus


def test_a_stop_says_what_it_does_to_what_goes_on(record: RunRecord) -> None:
    asked = replace(record, status="stopping")
    answering = track(STARTED, Preparing("The teacher answers images", 3, 9))
    exporting = track(STARTED, Finished({}), Preparing("Exporting the student and testing the file", 0, 1))
    assert progress_of(asked, track(STARTED), None, None).doing == "Stopping: the step in progress ends first"
    told = progress_of(asked, answering, None, None).doing
    assert told == "Stopping: broken off is “The teacher answers images: 3 of 9”"
    after = progress_of(asked, exporting, None, None)
    assert after.doing == "Stopping: what goes on now is broken off, the trained student is kept"
    assert after.trained


def test_time_left_of_the_student_is_the_engines_own(record: RunRecord, baseline: RunRecord) -> None:
    done = track(STARTED, step(50, 5.0), Finished({}))
    own = track(STARTED, PhaseStarted("distil", 1, 10, 100), step(20, 8.0))
    progress = progress_of(record, own, done, replace(baseline, status="finished", ended=150.0))
    assert (progress.whose, progress.seconds_left) == ("student", 8.0)
    assert progress.doing == "Training the student: distil"
    assert progress.share == pytest.approx(0.6)


def test_slow_first_steps_do_not_lengthen_the_time_left() -> None:
    """The first step takes 3 s, every other one 0.1 s: a long training of 1,000 steps."""
    long = replace(STARTED, steps=1000)
    seen = track(long)
    told = []
    for number in range(5, 500, 5):
        seconds = 3 + 0.1 * (number - 1)
        engines = seconds / number * (1000 - number)
        seen.see(StepLogged(number, "distil", {}, {}, 1.0, 0.1, 1.0, seconds, engines))
        if seen.seconds_left is not None:
            told.append((seen.seconds_left, 0.1 * (1000 - number)))
    assert told
    assert all(said == pytest.approx(truth, rel=0.02) for said, truth in told)


def test_nothing_is_said_of_the_time_left_before_enough_steps_were_timed() -> None:
    long = replace(STARTED, steps=1000)
    assert track(long, step(1, left=900.0), step(11, left=500.0)).seconds_left is None


def timed(number: int, seconds: float) -> StepLogged:
    return StepLogged(number, "distil", {}, {}, 1.0, 0.1, 1.0, seconds, 0.0)


def test_a_student_much_slower_than_its_baseline_is_not_timed_by_it() -> None:
    long = replace(STARTED, steps=1000)
    done = track(long, *(timed(number, 0.1 * number) for number in range(10, 1001, 10)), Finished({}))
    assert done.seconds_per_step == pytest.approx(0.1)
    assert seconds_left(track(long), done) == pytest.approx(100.0)
    assert seconds_left(track(long, timed(1, 0.1), timed(2, 0.25)), done) == pytest.approx(99.8)
    assert seconds_left(track(long, timed(1, 1.0), timed(2, 2.0)), done) is None


def test_a_few_long_steps_are_enough_to_time_them() -> None:
    long = replace(STARTED, steps=1000)
    assert track(long, timed(1, 5.0), timed(4, 14.0)).seconds_left is None
    assert track(long, timed(1, 5.0), timed(4, 17.0)).seconds_left == pytest.approx(4.0 * 996)


def test_after_the_last_step_no_time_is_left() -> None:
    assert track(STARTED, step(50, left=5.0), step(100, left=0.0)).seconds_left == 0
    assert track(STARTED, step(100, left=0.0)).seconds_left == 0


def test_a_resumed_run_times_its_steps_anew() -> None:
    long = replace(STARTED, steps=1000)
    seen = track(long, step(200, left=80.0))
    assert seen.seconds_left == pytest.approx(80)
    seen.see(replace(long, step=200))
    seen.see(step(205, left=999.0))
    assert seen.seconds_left is None


def test_a_run_without_a_teacher_does_not_distil(record: RunRecord) -> None:
    alone = replace(record, config=record.config.changed({"teacher": None, "baseline": False}))
    begun = track(STARTED, PhaseStarted("distil", 1, 10, 100))
    assert progress_of(alone, begun, None, None).doing == "Training the student: labels only"


def test_a_baseline_of_an_earlier_job_counts_for_nothing(record: RunRecord, baseline: RunRecord) -> None:
    done = track(STARTED, step(50, 5.0), Finished({}))
    earlier = replace(baseline, status="finished", ended=99.0)
    assert progress_of(record, track(STARTED, step(20, 8.0)), done, earlier).share == pytest.approx(0.2)


def test_a_preparation_is_told_with_its_numbers_until_it_is_over(record: RunRecord) -> None:
    record = replace(record, config=record.config.changed({"baseline": False}))
    asking = track(STARTED, Preparing("The teacher answers images", 2000, 8000))
    assert progress_of(record, asking, None, None).doing == "The teacher answers images: 2,000 of 8,000"
    asking.see(Preparing("The teacher answers images", 8000, 8000))
    assert progress_of(record, asking, None, None).doing == "Getting ready"


def test_the_share_is_whole_only_when_the_run_is_finished(record: RunRecord) -> None:
    trained = track(STARTED, step(100, 0.0), Finished({}))
    alone = replace(record, config=record.config.changed({"baseline": False}))
    assert progress_of(alone, trained, None, None).share < 1
    assert progress_of(replace(alone, status="finished"), trained, None, None).share == 1


def test_a_history_merges_run_and_baseline_by_time_and_tells_each_once(record: RunRecord, baseline: RunRecord) -> None:
    own, beside = History(record, ours=True), History(baseline, ours=True)
    own.baseline = beside
    own.extend([RunEvent(record.id, 1, 1.0, Preparing("a", 0, 1))])
    beside.extend([RunEvent(baseline.id, 1, 2.0, STARTED), RunEvent(baseline.id, 2, 4.0, Paused(3))])
    own.extend([RunEvent(record.id, 2, 3.0, Preparing("a", 1, 1))])
    first = own.snapshot()
    assert [event.time for event in first.events] == [1.0, 2.0, 3.0, 4.0]
    assert own.snapshot(first.last_seq).events == ()
    beside.extend([RunEvent(baseline.id, 2, 4.0, Paused(3)), RunEvent(baseline.id, 3, 5.0, Paused(4))])
    assert [event.seq for event in own.snapshot(first.last_seq).events] == [3]


def test_a_new_status_is_news_though_no_event_came(record: RunRecord) -> None:
    history = History(record, ours=True)
    before = history.snapshot()
    history.record = replace(record, status="stopping")
    after = history.snapshot(before.last_seq)
    assert (after.last_seq, after.status) == (before.last_seq, "stopping")
    assert after.progress.doing.startswith("Stopping")


def test_a_baseline_in_place_of_another_is_told_from_its_first_event(
    store: Store, record: RunRecord, baseline: RunRecord
) -> None:
    own, given_up = History(record, ours=True), History(baseline, ours=True)
    own.baseline = given_up
    own.extend([RunEvent(record.id, 1, 1.0, Preparing("a", 0, 1))])
    given_up.extend([RunEvent(baseline.id, seq, 2.0, Paused(seq)) for seq in range(1, 6)])
    cursor = own.snapshot().last_seq
    other = replace(baseline, id="baseline-anew")
    own.baseline = History(other, ours=True)
    own.baseline.extend([RunEvent(other.id, 1, 3.0, STARTED), RunEvent(other.id, 2, 4.0, Paused(3))])
    later = own.snapshot(cursor)
    assert [(event.run_id, event.seq) for event in later.events] == [(other.id, 1), (other.id, 2)]
    own.baseline.extend([RunEvent(other.id, 3, 5.0, Paused(4))])
    assert [event.seq for event in own.snapshot(later.last_seq).events] == [3]
    own.baseline = None
    assert own.snapshot(later.last_seq).events == ()
