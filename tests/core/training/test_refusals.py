"""Plans that can't be carried out or served are refused with the reason, before anything runs."""

from __future__ import annotations

from typing import Any

import pytest

from core.errors import ModelError, PlanError
from core.training.machine import Machine
from core.training.plan import TrainingPlan
from core.training.refusals import need_possible

PLAN = TrainingPlan(name="a", dataset_id="ds-1", split_fingerprint="f", base_model="starter")
CPU = Machine(gpus=0, gpu_name=None, cores=2, packages=frozenset())
BARE_GPU = Machine(gpus=1, gpu_name="H100", cores=16, packages=frozenset())
EVERY = frozenset({"bitsandbytes", "flash_attn", "liger_kernel", "ray"})
FULL_GPU = Machine(gpus=2, gpu_name="H100", cores=16, packages=EVERY)


@pytest.mark.parametrize(
    ("changes", "machine", "told"),
    [
        ({"method": "qlora"}, CPU, "needs an NVIDIA GPU"),
        ({"method": "qlora"}, BARE_GPU, "package bitsandbytes"),
        ({"optimizer": "paged_adamw_8bit"}, CPU, "needs an NVIDIA GPU"),
        ({"liger": "on"}, BARE_GPU, "liger-kernel"),
        ({"attention": "flash_attention_2"}, BARE_GPU, "Flash attention is not installed"),
        ({"target_modules": "q_proj, lm_head"}, CPU, "could not be served"),
        ({"method": "qlora", "modules_to_save": "lm_head"}, FULL_GPU, "can't be merged"),
        ({"method": "full", "modules_to_save": "lm_head"}, CPU, "trains every layer"),
        ({"objective": "dpo", "packing": True}, CPU, "can't be packed"),
        (
            {"objective": "dpo", "method": "full", "launcher": "accelerate", "workers": 2},
            FULL_GPU,
            "trained by one worker",
        ),
        ({"workers": 2}, FULL_GPU, "local launcher starts one process"),
        ({"launcher": "ray"}, CPU, "package ray"),
        ({"launcher": "accelerate", "workers": 4}, FULL_GPU, "there are 2"),
    ],
)
def test_what_can_not_be_is_refused(changes: dict[str, Any], machine: Machine, told: str) -> None:
    with pytest.raises((PlanError, ModelError), match=told) as caught:
        need_possible(PLAN.edited(changes), machine)
    assert caught.value.fix


@pytest.mark.parametrize(
    ("changes", "machine"),
    [
        ({}, CPU),
        ({"method": "full"}, CPU),
        ({"method": "dora"}, CPU),
        ({"modules_to_save": "embed_tokens"}, CPU),
        ({"launcher": "accelerate", "workers": 2}, CPU),
        ({"method": "qlora", "optimizer": "paged_adamw_8bit", "liger": "on"}, FULL_GPU),
        ({"launcher": "accelerate", "workers": 2}, FULL_GPU),
        ({"launcher": "accelerate", "workers": 2, "objective": "dpo"}, FULL_GPU),
        ({"launcher": "ray", "workers": 8, "method": "full"}, FULL_GPU),
    ],
)
def test_what_can_be_is_not(changes: dict[str, Any], machine: Machine) -> None:
    need_possible(PLAN.edited(changes), machine)
