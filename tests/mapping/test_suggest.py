import itertools

import pytest
import torch
from models_to_map import CLASSIC, EVERY, images, layers, model
from torch import nn

from distill_core.errors import ConfigError
from distill_core.mapping.connectors import connect, plan
from distill_core.mapping.layers import list_layers
from distill_core.mapping.pairs import LayerFacts, Pair
from distill_core.mapping.suggest import check_pairs, suggest
from distill_core.mapping.taps import Taps
from distill_core.vision.models import build


def names(pairs: tuple[Pair, ...]) -> list[tuple[str, str]]:
    return [(pair.student, pair.teacher) for pair in pairs]


def by_name(facts: tuple[LayerFacts, ...]) -> dict[str, LayerFacts]:
    return {layer.name: layer for layer in facts}


def without_pooled_vector(student: str, teacher: str) -> bool:
    """A student that forgets places and a teacher that names no layer between its map and its answers."""
    return "mlp" in student and teacher in ("shufflenet_v2_x0_5", "vit", "vit-deep")


@pytest.mark.parametrize(("student", "teacher"), list(itertools.product(EVERY, EVERY)))
def test_every_pair_of_models_gets_a_sensible_map(student: str, teacher: str) -> None:
    ours, theirs = layers(student), layers(teacher)
    for where in ("stages", "middle", "last"):
        if without_pooled_vector(student, teacher):
            with pytest.raises(ConfigError, match="use losses on soft labels"):
                suggest(ours, theirs, where=where)
            continue
        pairs = suggest(ours, theirs, where=where)
        assert 1 <= len(pairs) <= 5
        assert len(pairs) == 1 or where == "stages"
        for end, facts in (("student", by_name(ours)), ("teacher", by_name(theirs))):
            chosen = [facts[getattr(pair, end)] for pair in pairs]
            assert all(layer.part != "output" for layer in chosen)
            assert [layer.order for layer in chosen] == sorted({layer.order for layer in chosen})
        assert all(pair.reason for pair in pairs)
        for pair in pairs:
            plan(pair.student_shape, pair.teacher_shape, pair.widening_steps)
        check_pairs(names(pairs), ours, theirs)


PAIRS_TO_TRAIN = [
    *itertools.permutations(CLASSIC, 2),
    ("resnet8-w8", "resnet18"),
    ("shufflenet_v2_x0_5", "resnet8-w8"),
    ("mobilenet_v3_small", "resnet18"),
    ("resnet18", "efficientnet_b0"),
    ("resnet8-w8", "vit-deep"),
    ("vit", "resnet20-w16"),
    ("vit", "resnet18"),
    ("vit", "vit-deep"),
    ("vit-deep", "vit"),
    ("mlp", "resnet20-w16"),
    ("vit", "mlp"),
    ("cnn-w8", "vit-micro"),
    ("deit-32x2", "vit-micro"),
    ("vit-micro", "wrn10-1"),
    ("mobilenetv2-w25", "deit-32x2"),
    ("shufflenetv2-w50", "mlp-64x2"),
    ("mlp-64x2", "mobilenetv2-w25"),
]


@pytest.mark.parametrize(("student", "teacher"), PAIRS_TO_TRAIN)
def test_the_map_connects_and_trains(student: str, teacher: str) -> None:
    torch.manual_seed(0)
    pairs = suggest(layers(student), layers(teacher))
    connectors = nn.ModuleList(connect(p.student_shape, p.teacher_shape, p.widening_steps) for p in pairs)
    pupil = model(student)
    pupil.zero_grad()
    with Taps(pupil, [p.student for p in pairs]) as ours, Taps(model(teacher), [p.teacher for p in pairs]) as theirs:
        with torch.no_grad():
            model(teacher).eval()(images(teacher))
        pupil.train()(images(student))
        targets, features = theirs.take(), ours.take()
    loss = torch.zeros(())
    for pair, connector in zip(pairs, connectors, strict=True):
        mapped = connector(features[pair.student])
        assert mapped.shape == targets[pair.teacher].shape
        loss = loss + (mapped - targets[pair.teacher]).square().mean()
    loss.backward()
    first = next(parameter for parameter in pupil.parameters() if parameter.dim() > 1)
    assert first.grad is not None
    assert first.grad.abs().sum() > 0
    assert all(parameter.grad is not None for parameter in connectors.parameters())


@pytest.mark.parametrize("teacher", ["vit-micro", "deit-32x2"])
def test_a_student_that_forgets_places_learns_from_a_vits_class_token(teacher: str) -> None:
    (pair,) = suggest(layers("mlp-64x2"), layers(teacher))
    assert (pair.student, pair.teacher) == ("layer2", "class_token")


def test_a_student_that_forgets_places_learns_from_a_last_map_of_one_place() -> None:
    tiny = list_layers(model("shufflenet_v2_x0_5"), torch.randn(2, 3, 16, 16))
    (pair,) = suggest(layers("mlp-64x2"), tiny)
    assert (pair.student, pair.teacher, pair.teacher_shape) == ("layer2", "conv5", (1024, 1, 1))
    check_pairs(names((pair,)), layers("mlp-64x2"), tiny)


def test_networks_of_like_strides_meet_stride_by_stride() -> None:
    pairs = suggest(layers("resnet8-w8"), layers("resnet20-w16"))
    assert names(pairs) == [(f"stage{i}.block1", f"stage{i}.block3") for i in (1, 2, 3)]
    assert pairs[1].reason == "same stride 2, last block of stage 2"
    assert all(pair.widening_steps == 1 for pair in pairs)


def test_a_much_wider_teacher_is_reached_in_steps() -> None:
    pairs = suggest(layers("resnet8-w8"), layers("vgg8-w48"))
    assert [pair.widening_steps for pair in pairs] == [2, 2, 2]
    assert pairs[2].reason == "same stride 4, last block of stage 3; widened from 32 to 192 in 2 steps"


def test_a_stem_of_single_layers_is_no_stage_and_strides_decide() -> None:
    pairs = suggest(layers("mobilenet_v3_small"), layers("resnet18"))
    assert names(pairs) == [
        ("features.1", "layer1.1"),
        ("features.3", "layer2.1"),
        ("features.8", "layer3.1"),
        ("features.12", "layer4.1"),
    ]
    assert pairs[0].reason.startswith(
        "same stride 4, last block of stage 2 (student) and last block of stage 1 (teacher)"
    )


def test_networks_of_other_strides_meet_at_the_same_share_of_the_way() -> None:
    pairs = suggest(layers("resnet8-w8"), layers("resnet18"))
    assert names(pairs) == [(f"stage{i}.block1", f"layer{i + 1}.1") for i in (1, 2, 3)]
    assert pairs[2].reason == (
        "same share of the way through, last block of stage 3 (student) and last block of stage 4 (teacher), "
        "strides 4 and 32"
    )


def test_stages_are_called_as_their_names_count_them() -> None:
    pairs = suggest(layers("shufflenetv2-w50"), layers("mobilenetv2-w25"))
    assert (pairs[1].student, pairs[1].teacher) == ("stage1.block4", "stage2.block3")
    assert pairs[1].reason == "same stride 2, last block of stage 1 (student) and last block of stage 2 (teacher)"


def test_blocks_of_a_vit_meet_by_relative_depth() -> None:
    block = "encoder.layers.encoder_layer_{}".format
    assert names(suggest(layers("vit"), layers("vit-deep"))) == [(block(0), block(2)), (block(1), block(5))]
    assert names(suggest(layers("resnet8-w8"), layers("vit-deep"))) == [
        (f"stage{i}.block1", block(2 * i - 1)) for i in (1, 2, 3)
    ]


def test_middle_is_half_way_and_last_is_before_pooling() -> None:
    ours, theirs = layers("resnet8-w8"), layers("resnet18")
    assert names(suggest(ours, theirs, where="middle")) == [("stage2.block1", "layer3.1")]
    assert names(suggest(ours, theirs, where="last")) == [("stage3.block1", "layer4.1")]
    assert suggest(ours, theirs, where="last")[0].reason == "last layer before pooling, strides 4 and 32"
    assert names(suggest(layers("vit"), layers("mobilenet_v3_small"), where="last")) == [("encoder.ln", "features.12")]


def test_a_teacher_of_larger_images_meets_the_same_stages() -> None:
    small = list_layers(build("resnet8-w8", 1, 10, 0), torch.randn(1, 1, 16, 16))
    large = list_layers(build("resnet20-w16", 3, 10, 0), torch.randn(1, 3, 64, 64))
    pairs = suggest(small, large)
    assert names(pairs) == [(f"stage{i}.block1", f"stage{i}.block3") for i in (1, 2, 3)]
    assert pairs[0].teacher_shape == (16, 64, 64)


def test_a_stage_down_to_one_place_teaches_no_larger_map() -> None:
    tiny = list_layers(model("mobilenet_v3_small"), torch.randn(1, 3, 32, 32))
    pairs = suggest(tiny, layers("mobilenet_v3_small"))
    assert names(pairs) == [(name, name) for name in ("features.0", "features.1", "features.3", "features.8")]
    assert names(suggest(tiny, layers("resnet8-w8"), where="last")) == [("features.12", "stage3.block1")]


def test_an_mlp_learns_from_the_pooled_features() -> None:
    (pair,) = suggest(layers("mlp"), layers("resnet20-w16"))
    assert (pair.student, pair.teacher) == ("4", "pool")
    assert pair.reason == "last hidden layer (student) and pooled features (teacher)"


def test_direct_takes_equal_shapes_only() -> None:
    same = list_layers(build("resnet14-w16", 1, 10, 0), images("resnet20-w16"))
    pairs = suggest(same, layers("resnet20-w16"), how="direct")
    assert len(pairs) == 3
    assert all(pair.student_shape == pair.teacher_shape for pair in pairs)
    assert pairs[0].reason == "same stride 1, last block of stage 1; same shape"
    with pytest.raises(
        ConfigError, match=r"32 channels of 7x7, the teacher's stage3.block3 64 channels of 7x7; use 'auto'"
    ):
        suggest(layers("resnet8-w8"), layers("resnet20-w16"), how="direct")
    with pytest.raises(ConfigError, match="no layers of equal shape"):
        suggest(layers("resnet8-w8"), layers("resnet20-w16"), how="direct", where="last")


def test_direct_finds_equal_shapes_that_lie_in_other_stages() -> None:
    wide = list_layers(build("resnet8-w16", 1, 10, 0), torch.randn(1, 1, 16, 16))
    narrow = list_layers(build("resnet8-w8", 1, 10, 0), torch.randn(1, 1, 32, 32))
    pairs = suggest(wide, narrow, how="direct")
    assert names(pairs) == [("stage1.block1", "stage2.block1"), ("stage2.block1", "stage3.block1")]


def test_progressive_widens_in_at_least_two_steps_and_needs_a_narrower_student() -> None:
    pairs = suggest(layers("resnet8-w8"), layers("resnet20-w16"), how="progressive")
    assert [pair.widening_steps for pair in pairs] == [2, 2, 2]
    with pytest.raises(ConfigError, match=r"64 wide and stage3.block1 32; use 'auto'"):
        suggest(layers("resnet20-w16"), layers("resnet8-w8"), how="progressive")
    with pytest.raises(ConfigError, match="use 'depth'"):
        suggest(layers("resnet8-w8"), layers("vit"), how="progressive")


def test_depth_puts_a_plain_connector_between_all() -> None:
    assert [p.widening_steps for p in suggest(layers("resnet8-w8"), layers("vgg8-w48"), how="depth")] == [1, 1, 1]


def test_a_map_by_hand_is_sorted_and_says_where_it_crosses() -> None:
    ours, theirs = layers("resnet8-w8"), layers("resnet20-w16")
    pairs = check_pairs([("stage3.block1", "stage1.block1"), ("stage1.block1", "stage2.block2")], ours, theirs)
    assert names(pairs) == [("stage1.block1", "stage2.block2"), ("stage3.block1", "stage1.block1")]
    assert "crosses stage3.block1 -> stage1.block1" in pairs[0].reason
    assert pairs[0].student_shape == (8, 28, 28)
    assert check_pairs([("stem", "stem")], ours, theirs)[0].reason == "chosen by hand"


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        (("stage1.blok1", "stem"), "student layer: 'stage1.blok1' is not known. Did you mean 'stage1.block1'"),
        (("stem", "stage9"), "teacher layer: 'stage9' is not known"),
        (("classifier", "classifier"), "the student's classifier gives the answers"),
        (("stem", "classifier"), "the teacher's classifier gives the answers"),
        (("pool", "stage3.block1"), "the student's pool has one place and cannot learn from stage3.block1"),
    ],
)
def test_nonsense_by_hand_is_refused_with_the_reason(pair: tuple[str, str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        check_pairs([pair], layers("resnet8-w8"), layers("resnet20-w16"))


def test_a_vector_cannot_learn_places_and_a_pair_cannot_be_there_twice() -> None:
    with pytest.raises(ConfigError, match=r"2 -> stem: .*forgotten which place"):
        check_pairs([("2", "stem")], layers("mlp"), layers("resnet8-w8"))
    with pytest.raises(ConfigError, match="stem -> stem is there twice"):
        check_pairs([("stem", "stem")] * 2, layers("resnet8-w8"), layers("resnet8-w8"))
    with pytest.raises(ConfigError, match="no pair is given"):
        check_pairs([], layers("resnet8-w8"), layers("resnet8-w8"))
