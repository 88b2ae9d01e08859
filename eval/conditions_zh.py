"""The conditions of an evaluation in Chinese: the same facts in the same order as in English."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from core.data.records import Dataset, Split
from core.serving.records import Pair
from eval import conditions, statistics
from eval.records import EvaluationRequest, Sample
from eval.rubric.rubrics import Rubric

JUDGE, VERSIONS, ENGINE = "Judge", "Versions", "Engine"


def of_data(
    dataset: Dataset, split: Split, asked: Sequence[Sample], request: EvaluationRequest
) -> dict[str, str]:
    """Which questions were asked, and how they were kept apart from training."""
    of_part = len(split.test if request.part == "test" else split.validation)
    part = "测试" if request.part == "test" else "验证"
    drawn = f"{part}部分 {of_part:,} 行中按种子 {request.seed} 抽取的 {len(asked):,} 行。"
    how = "由文件指定" if split.given else f"按种子 {split.seed} 抽取"
    return {
        "问题": f"{part}部分的全部 {of_part:,} 行。" if len(asked) == of_part else drawn,
        "数据集": f"{dataset.name}（{dataset.id}），来自 {dataset.source_name}。",
        "划分": f"{how}；指纹 {split.fingerprint}。",
    }


def of_serving(pair: Pair, request: EvaluationRequest, told: Mapping[str, str]) -> dict[str, str]:
    """Template, sampling, engine and the proof of the tuned side; `told` are the English ones."""
    check, sampling = pair.check, request.sampling
    one = pair.base.engine_id == pair.tuned.engine_id
    kwargs = pair.tuned.template_kwargs
    settings = f"，参数为 {json.dumps(kwargs)}" if kwargs else ""
    how = "贪心" if sampling.temperature == 0 else "采样"
    agrees = "因此就是训练出来的那一个" if check.agrees else "并不一致"
    servers = "同一个服务" if one else "两个服务同样地"
    return {
        "对话模板": f"基础模型自带的模板，由{servers}应用{settings}。",
        "采样": (
            f"温度 {sampling.temperature:g}（{how}），top_p {sampling.top_p:g}，最多 "
            f"{sampling.max_tokens:,} 个 token，种子 {sampling.seed}；两边相同。"
        ),
        "顺序": (
            "每隔一个问题先问基础模型，其余先问微调后的模型；"
            f"同时进行 {request.concurrency:,} 个问题。"
        ),
        "引擎": told[ENGINE].replace(conditions.NOT_RECORDED, "未记录"),
        "适配器" if one else "微调后的模型": (
            f"{check.adapter_id}，用 {check.tokens:,} 个 token 的提示对数概率与训练结果比较："
            f"最多相差 {check.worst_difference:.2g} 奈特（容差 {check.tolerance:.2g}），{agrees}。"
            f"与基础模型相比，服务时最多相差 {check.served_change:.3g} 奈特，"
            f"训练时为 {check.trained_change:.3g}。"
        ),
    }


def of_scoring(rubric: Rubric, told: Mapping[str, str], judge: str | None) -> dict[str, str]:
    """Rubric, judge, statistics and versions."""
    asked = told[JUDGE].replace("temperature 0.", "温度 0。")
    return {
        "评分标准": f"{rubric.title or rubric.id}，哈希 {rubric.hash}。",
        "评审": asked if judge else "未设置。",
        "统计": (
            "按首个用户轮次分组的问题上的配对差异："
            f"95% BCa 自助法（重采样 {statistics.RESAMPLES:,} 次，种子 {statistics.SEED}）"
            "与 95% 聚类稳健 t 区间的并集；精确 McNemar 检验或符号翻转检验；"
            "单个比率用 Wilson 区间；主要标准以外的标准用 Holm 校正。"
        ),
        "版本": told[VERSIONS],
    }
