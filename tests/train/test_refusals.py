"""Settings that no data could suit, refused with the reason."""

from __future__ import annotations

from typing import Any

import pytest

from distill_core import DistillConfig
from distill_core.config import Term
from distill_core.errors import ConfigError
from distill_core.insight.foresight import refusals
from distill_core.train.refusals import check_layers

PAIR = [["stage1", "stage1.block1"]]


@pytest.mark.parametrize(
    ("loss", "layers", "said"),
    [
        ("dkd", "direct", r"\('dkd'\) compares no layers, and takes no layer map; leave 'direct' out"),
        ("kd", PAIR, r"\('kd'\) compares no layers, and takes no layer map; leave a list of pairs out"),
        ("simkd", PAIR, r"pairs its projector with the teacher's last layer, and takes no layer map"),
        ("vit-attention", "depth", "compares attention of blocks.*leave 'depth' out, or give a list of pairs"),
        ("relations", "progressive", "compares projections of blocks"),
    ],
)
def test_a_layer_map_that_would_not_be_heeded_is_refused(loss: str, layers: Any, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        check_layers(Term(loss=loss, layers=layers))


@pytest.mark.parametrize(("loss", "layers"), [("dkd", "auto"), ("hint", "direct"), ("vit-attention", PAIR)])
def test_a_layer_map_that_is_heeded_is_not_refused(loss: str, layers: Any) -> None:
    check_layers(Term(loss=loss, layers=layers))


def test_the_form_hears_of_it_before_a_run_does() -> None:
    config = DistillConfig.parse({"terms": [{"loss": "dkd", "layers": "direct"}]})
    assert [line for line in refusals(config) if "takes no layer map" in line]
