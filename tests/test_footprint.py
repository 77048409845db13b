from __future__ import annotations

import pytest
import torch
from torch import nn

from distill_core.footprint import bytes_fp32, macs, parameters


def test_macs_of_a_convolution_are_outputs_times_kernel_times_channels_in():
    convolution = nn.Conv2d(3, 8, 3, stride=2, padding=1)
    assert macs(convolution, torch.zeros(1, 3, 32, 32)) == (8 * 16 * 16) * (3 * 3 * 3)


def test_macs_of_a_grouped_convolution_count_only_the_channels_it_reads():
    depthwise = nn.Conv2d(8, 8, 3, padding=1, groups=8)
    assert macs(depthwise, torch.zeros(1, 8, 10, 10)) == (8 * 10 * 10) * (3 * 3)


@pytest.mark.parametrize("batch", [1, 7])
def test_macs_of_a_linear_layer_are_inputs_times_outputs_whatever_the_batch(batch):
    assert macs(nn.Linear(20, 10), torch.zeros(batch, 20)) == 200


def test_counting_leaves_modes_and_running_statistics_alone():
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2)).train()
    macs(model, torch.ones(4, 1, 5, 5))
    assert model.training
    assert model[1].training
    assert int(model[1].num_batches_tracked) == 0


def test_parameters_leave_out_running_statistics_and_bytes_keep_them():
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2))
    assert parameters(model) == (9 + 1) * 2 + 2 * 2
    assert bytes_fp32(model) == 4 * (parameters(model) + 2 * 2)
