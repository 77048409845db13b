from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from distill_core.runs.owner import Owner, is_gone, is_here, read_owner, this_process


@given(st.from_regex(r"[A-Za-z0-9.-]{1,30}", fullmatch=True), st.integers(1, 2**22), st.integers(0, 2**31))
def test_an_owner_survives_its_token(host: str, pid: int, created: int) -> None:
    owner = Owner(host, pid, float(created))
    assert read_owner(owner.token()) == owner


def test_text_that_is_no_token_has_no_owner() -> None:
    assert read_owner("nonsense") is None


def test_this_process_is_here_and_not_gone() -> None:
    assert is_here(this_process())
    assert not is_gone(this_process())


def test_a_reused_process_number_is_not_the_same_process() -> None:
    assert is_gone(replace(this_process(), created=this_process().created - 100))


def test_a_process_that_ended_is_gone_even_before_it_is_reaped() -> None:
    child = subprocess.Popen([sys.executable, "-c", "print('ready', flush=True); input()"], stdin=-1, stdout=-1)
    assert child.stdout is not None
    child.stdout.readline()
    import psutil

    owner = replace(this_process(), pid=child.pid, created=psutil.Process(child.pid).create_time())
    assert not is_gone(owner)
    child.kill()
    while psutil.pid_exists(child.pid) and psutil.Process(child.pid).status() != psutil.STATUS_ZOMBIE:
        pass
    assert is_gone(owner)
    child.communicate()
