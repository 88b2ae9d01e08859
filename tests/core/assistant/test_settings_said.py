"""Settings are read out of plain sentences, with the right value and nothing lost in silence."""

from __future__ import annotations

from typing import Any

import pytest

from core.assistant.settings_said import NAMES, han_number, read_settings
from core.training.plan_changes import PlanChanges

MODELS = ("starter", "Qwen/Qwen3-0.6B")


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("3 epochs", {"epochs": 3}),
        ("Train for three epochs with lr 1e-4", {"epochs": 3, "learning_rate": 1e-4}),
        ("LR=5e-5, rank 8", {"learning_rate": 5e-5, "rank": 8}),
        ("learning rate of 0.0002.", {"learning_rate": 2e-4}),
        ("a 1e-4 learning rate", {"learning_rate": 1e-4}),
        ("lr 1 x 10^-4", {"learning_rate": 1e-4}),
        ("lr 10^-4", {"learning_rate": 1e-4}),
        ("change the rank from 16 to 8", {"rank": 8}),
        ("batch size 4 and max length 512", {"batch_size": 4, "max_length": 512}),
        ("max_steps 100", {"max_steps": 100}),
        ("0 steps", {"max_steps": 0}),
        ("seed 42", {"seed": 42}),
        ("rank-8", {"rank": 8}),
        ("rank -8", {"rank": -8}),
        ("1,024 tokens", {"max_length": 1024}),
        ("2k tokens", {"max_length": 2048}),
        ("epochs 3 steps 50", {"epochs": 3, "max_steps": 50}),
        ("2 epochs 100 steps", {"epochs": 2, "max_steps": 100}),
        ("half an epoch", {"epochs": 0.5}),
        ("a single epoch", {"epochs": 1}),
        ("epochs=4, lr=3e-4, bs=8", {"epochs": 4, "learning_rate": 3e-4, "batch_size": 8}),
        ("call it Support Bot and use 3 epochs", {"name": "Support Bot", "epochs": 3}),
        ('name it "rank 8 test"', {"name": "rank 8 test"}),
        ("use Qwen/Qwen3-0.6B", {"base_model": "Qwen/Qwen3-0.6B"}),
        ("use QWEN/qwen3-0.6b", {"base_model": "Qwen/Qwen3-0.6B"}),
        ("use the starter model", {"base_model": "starter"}),
        ("model: qwen3-1.7b", {"base_model": "qwen3-1.7b"}),
        ("switch to /models/foo-bar", {"base_model": "/models/foo-bar"}),
        ("学习率改成1e-4", {"learning_rate": 1e-4}),
        ("学习率万分之二", {"learning_rate": 2e-4}),
        ("训练三轮，批大小改为4", {"epochs": 3, "batch_size": 4}),
        ("訓練十二輪", {"epochs": 12}),
        ("轮数从2改成3", {"epochs": 3}),
        ("把 epoch 数设为 3", {"epochs": 3}),
        ("最多100步", {"max_steps": 100}),
        ("秩8，alpha 16", {"rank": 8, "alpha": 16}),
        ("最大长度512", {"max_length": 512}),
        ("随机种子改成 42", {"seed": 42}),
        ("半轮", {"epochs": 0.5}),
        ("名字叫“客服一号”，跑两轮", {"name": "客服一号", "epochs": 2}),
        ("模型换成 starter", {"base_model": "starter"}),
        ("用starter模型", {"base_model": "starter"}),
        ("学习率３ｅ-４", {"learning_rate": 3e-4}),
    ],
)
def test_values(text: str, values: dict[str, Any]) -> None:
    said = read_settings(text, MODELS)
    assert said.values == pytest.approx(values) if "name" not in values else said.values == values
    assert (said.factors, said.added, said.vague) == ({}, {}, ())


@pytest.mark.parametrize(
    "text",
    [
        "what happened at step 100",
        "I have 3 dogs",
        "第3轮的损失是多少",
        "下一步",
        "run-20261121-103005-9f2c",
        "my name is Bob",
        "我的名字叫小明",
        "what is it called",
        "base/tuned",
        "the file is data.jsonl",
        "compare base and tuned",
        "",
    ],
)
def test_no_values(text: str) -> None:
    assert read_settings(text, MODELS).values == {}


def test_relative_values() -> None:
    assert read_settings("double the learning rate").factors == {"learning_rate": 2}
    assert read_settings("halve the batch size").factors == {"batch_size": 0.5}
    assert read_settings("学习率减半").factors == {"learning_rate": 0.5}
    assert read_settings("2 more epochs").added == {"epochs": 2}
    assert read_settings("another epoch").added == {"epochs": 1}
    assert read_settings("再训练两轮").added == {"epochs": 2}


@pytest.mark.parametrize("text", ["lower the learning rate", "学习率调低一点", "lr is too high"])
def test_a_wish_without_a_value(text: str) -> None:
    assert read_settings(text).vague == ("learning_rate",)


def test_numbers_that_belong_to_nothing_are_told() -> None:
    assert read_settings("train on 100 examples for 2 epochs").unused == ("100",)
    assert read_settings("dropout 0.1").fixed == ("dropout",)
    assert read_settings("3 epochs please").unused == ()


def test_every_setting_is_one_that_a_plan_can_have() -> None:
    assert set(NAMES) <= set(PlanChanges.model_fields)


@pytest.mark.parametrize(
    ("text", "value"),
    [("两", 2), ("十", 10), ("十二", 12), ("二十", 20), ("一百", 100), ("3.5", 3.5)],
)
def test_chinese_numerals(text: str, value: float) -> None:
    assert han_number(text) == value
