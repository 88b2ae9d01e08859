"""Settings are read out of plain sentences, with the right value and nothing lost in silence."""

from __future__ import annotations

from typing import Any

import pytest

from core.assistant.numerals import han_number
from core.assistant.settings_said import read_settings
from core.assistant.settings_words import NAMES
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


RUNS = ("Night Shift",)
LAYERS = "q_proj,k_proj,v_proj,o_proj"
EVERY: dict[str, list[tuple[str, Any]]] = {
    "name": [("call it Desk", "Desk"), ("叫它小助手", "小助手")],
    "description": [("purpose: shorter answers", "shorter answers"), ("用途：客服", "客服")],
    "base_model": [("use the starter model", "starter"), ("模型换成 starter", "starter")],
    "revision": [("revision 1a2b3c4d", "1a2b3c4d"), ("版本 1a2b3c4d", "1a2b3c4d")],
    "licence_accepted": [("licence_accepted=Gemma Terms of Use", "Gemma Terms of Use")],
    "objective": [
        ("DPO", "dpo"), ("train on preferences", "dpo"), ("偏好优化", "dpo"), ("用DPO训练", "dpo"),
        ("supervised fine-tuning", "sft"), ("监督微调", "sft"),
    ],
    "start_from": [
        ("start from the last run", "last"), ("on top of the tuned model", "last"),
        ("start from Night Shift", "Night Shift"), ("从上次的结果开始训练", "last"),
        ("start from scratch", None),
    ],
    "beta": [("beta 0.2", 0.2), ("beta改成0.2", 0.2)],
    "method": [
        ("full fine-tuning", "full"), ("train all weights", "full"), ("全量微调", "full"),
        ("全参数训练", "full"), ("use DoRA", "dora"), ("用DoRA", "dora"), ("rsLoRA", "rslora"),
        ("rs-LoRA please", "rslora"), ("QLoRA", "qlora"), ("in 4-bit", "qlora"),
        ("4位量化", "qlora"), ("go back to LoRA", "lora"), ("换回LoRA", "lora"),
        ("switch from QLoRA to LoRA", "lora"),
        ("use LoRA instead of full fine-tuning", "lora"),
    ],
    "rank": [("rank 8", 8), ("秩8", 8)],
    "alpha": [("alpha 64", 64), ("alpha设为64", 64)],
    "dropout": [
        ("dropout 0.1", 0.1), ("10% dropout", 0.1), ("no dropout", 0), ("don't use dropout", 0),
        ("丢弃率百分之十", 0.1), ("不要dropout", 0),
    ],
    "target_modules": [
        ("only attention layers", LAYERS), ("target modules q_proj and v_proj", "q_proj,v_proj"),
        ("all linear layers", "all-linear"), ("只训练注意力层", LAYERS),
        ("所有线性层", "all-linear"),
        ("target_modules=lm_head", "lm_head"),
    ],
    "modules_to_save": [
        ("modules_to_save: lm_head, embed_tokens", "lm_head,embed_tokens"),
        ("train the embeddings too", "embed_tokens"), ("同时训练输出层", "lm_head"),
    ],
    "learning_rate": [("lr 1e-4", 1e-4), ("学习率万分之一", 1e-4)],
    "scheduler": [
        ("cosine", "cosine"), ("linear decay", "linear"), ("constant learning rate", "constant"),
        ("余弦", "cosine"), ("线性衰减", "linear"), ("固定学习率", "constant"),
    ],
    "warmup_ratio": [
        ("warm-up 5%", 0.05), ("warmup of 0.1", 0.1), ("no warm-up", 0), ("预热百分之五", 0.05),
        ("不要预热", 0),
    ],
    "train_share": [
        ("train share 50%", 0.5), ("training share of 0.25", 0.25), ("训练行比例 50%", 0.5),
        ("share of the training rows 25%", 0.25), ("use 25% of the training rows", 0.25),
        ("用 30% 的训练数据", 0.3),
    ],
    "weight_decay": [("weight decay 0.01", 0.01), ("权重衰减0.01", 0.01), ("no weight decay", 0)],
    "optimizer": [
        ("8-bit Adam", "adamw_8bit"), ("paged adamw", "paged_adamw_8bit"), ("plain AdamW", "adamw"),
        ("8位优化器", "adamw_8bit"), ("optimizer paged_adamw_8bit", "paged_adamw_8bit"),
    ],
    "max_grad_norm": [("clip gradients to 0.5", 0.5), ("梯度裁剪0.5", 0.5)],
    "epochs": [("3 epochs", 3), ("训练三轮", 3)],
    "max_steps": [("100 steps", 100), ("100步", 100)],
    "batch_size": [("batch size 4", 4), ("批大小4", 4)],
    "gradient_accumulation": [
        ("gradient accumulation of 4", 4), ("accumulation steps 4", 4), ("梯度累积4", 4),
    ],
    "max_length": [("max length 512", 512), ("最大长度512", 512)],
    "packing": [
        ("packing", True), ("pack the rows", True), ("no packing", False), ("打包", True),
        ("don't pack", False), ("不要打包", False), ("关闭打包", False), ("packing off", False),
    ],
    "evaluations": [("validate 10 times", 10), ("验证10次", 10)],
    "early_stopping": [
        ("early stopping", 2), ("early stopping after 3", 3), ("patience 4", 4), ("早停", 2),
        ("stop early", 2), ("早停3", 3), ("no early stopping", None), ("不要早停", None),
    ],
    "precision": [("bf16", "bfloat16"), ("full precision", "float32"), ("单精度", "float32")],
    "gradient_checkpointing": [
        ("gradient checkpointing", "on"), ("no gradient checkpointing", "off"),
        ("gradient_checkpointing auto", "auto"), ("梯度检查点", "on"), ("关闭梯度检查点", "off"),
    ],
    "attention": [
        ("flash attention 2", "flash_attention_2"), ("sdpa", "sdpa"),
        ("eager attention", "eager"), ("闪电注意力", "flash_attention_2"),
    ],
    "liger": [("use liger kernels", "on"), ("no liger", "off"), ("启用liger", "on")],
    "compile": [("torch.compile", True), ("don't compile", False), ("编译模型", True)],
    "seed": [("seed 7", 7), ("种子7", 7)],
    "launcher": [("on a ray cluster", "ray"), ("use accelerate", "accelerate"), ("用ray", "ray"),
                 ("local launcher", "local")],
    "workers": [("on 2 gpus", 2), ("two workers", 2), ("用两张显卡", 2)],
    "trackers": [
        ("track with wandb and TensorBoard", ("tensorboard", "wandb")), ("no trackers", ()),
        ("用mlflow", ("mlflow",)), ("不要跟踪器", ()),
    ],
    "retention_days": [
        ("keep for 30 days", 30), ("keep it for two weeks", 14), ("keep it for ever", 3650),
        ("保留30天", 30), ("永久保留", 3650),
    ],
}  # fmt: skip


def test_every_setting_of_a_plan_can_be_said_in_both_languages() -> None:
    assert set(EVERY) == set(PlanChanges.model_fields)
    for field, said in EVERY.items():
        for text, value in said:
            assert read_settings(text, MODELS, RUNS).values == {field: value}, text
            if value is not None:
                PlanChanges.parse({field: value})


@pytest.mark.parametrize("field", sorted(set(PlanChanges.model_fields) - {"name", "base_model"}))
def test_a_setting_goes_by_its_own_name_too(field: str) -> None:
    known = {"start_from": "Night Shift", "trackers": "wandb", "revision": "1a2b3c4"}
    example = known.get(field) or next(value for _, value in EVERY[field] if value)
    found = read_settings(f"{field} = {example}", MODELS, RUNS).values
    assert PlanChanges.parse(found) == PlanChanges.parse({field: example})


@pytest.mark.parametrize(
    "text",
    [
        "don't change the dropout",
        "不要改预热",
        "I am eager to train",
        "compile the report",
        "a linear story",
        "save the report",
        "the last run was better",
        "LoRA rank",
        "keep the run",
    ],
)
def test_what_only_sounds_like_a_setting_is_none(text: str) -> None:
    assert read_settings(text, MODELS, RUNS).values == {}


def test_several_settings_in_one_sentence() -> None:
    said = read_settings("DoRA with rank 8, cosine, no packing, keep for 30 days, 2 epochs, bf16")
    assert said.values == {
        "method": "dora", "rank": 8, "scheduler": "cosine", "packing": False,
        "precision": "bfloat16", "retention_days": 30, "epochs": 2,
    }  # fmt: skip
    assert said.unused == ()
    said = read_settings("全量微调，学习率1e-5，余弦，早停3，不要打包")
    assert said.values == {
        "method": "full", "learning_rate": 1e-5, "scheduler": "cosine", "early_stopping": 3,
        "packing": False,
    }  # fmt: skip


def test_rows_a_step_and_a_licence() -> None:
    assert read_settings("an effective batch of 32").effective_batch == 32
    assert read_settings("有效批大小32").effective_batch == 32
    assert read_settings("effective batch 32").values == {}
    assert read_settings("I accept the Gemma licence").accepts_licence
    assert read_settings("我接受许可证").accepts_licence
    assert not read_settings("what is the licence?").accepts_licence


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


def test_a_wish_for_another_word_has_an_example_to_say() -> None:
    from core.assistant.choosing import VALUE_EXAMPLES
    from core.assistant.settings_words import ABOUT

    assert read_settings("another optimizer").vague == ("optimizer",)
    assert read_settings("换个调度器").vague == ("scheduler",)
    assert set(VALUE_EXAMPLES) == set(ABOUT)
    for field, examples in VALUE_EXAMPLES.items():
        assert [list(read_settings(text).values) for text in examples] == [[field], [field]]


def test_numbers_that_belong_to_nothing_are_told() -> None:
    assert read_settings("train on 100 examples for 2 epochs").unused == ("100",)
    assert read_settings("dropout 0.1").values == {"dropout": 0.1}
    assert read_settings("3 epochs please").unused == ()


def test_every_setting_is_one_that_a_plan_can_have() -> None:
    assert set(NAMES) <= set(PlanChanges.model_fields)


@pytest.mark.parametrize(
    ("text", "value"),
    [("两", 2), ("十", 10), ("十二", 12), ("二十", 20), ("一百", 100), ("3.5", 3.5)],
)
def test_chinese_numerals(text: str, value: float) -> None:
    assert han_number(text) == value
