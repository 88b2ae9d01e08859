"""What to do about a request: one rule an intent, used by the offline driver."""

from __future__ import annotations

import re
from collections.abc import Callable

from core.assistant import choosing_data as data
from core.assistant import choosing_library as library
from core.assistant import choosing_runs as of_runs
from core.assistant import choosing_worth as worth
from core.assistant import names, telling
from core.assistant.hearing import Heard, Step
from core.assistant.phrases import Intent
from core.assistant.records import Language
from core.assistant.replies import joined, reply
from core.assistant.settings_said import SettingsSaid
from core.assistant.situation import waiting_plan
from core.assistant.suggestions import suggested
from core.assistant.understanding import Request
from core.assistant.wanted import WHOLE, plan_arguments

VALUE_EXAMPLES = {
    "learning_rate": ("learning rate 1e-4", "学习率 1e-4"),
    "batch_size": ("batch size 8", "批大小 8"),
    "rank": ("rank 8", "秩 8"),
    "alpha": ("alpha 32", "alpha 32"),
    "max_length": ("max length 512", "最大长度 512"),
    "max_steps": ("100 steps", "100步"),
    "epochs": ("3 epochs", "3轮"),
    "seed": ("seed 42", "随机种子 42"),
    "dropout": ("dropout 0.1", "dropout 0.1"),
    "train_share": ("train share 50%", "训练行比例 50%"),
    "warmup_ratio": ("warm-up 5%", "预热 5%"),
    "weight_decay": ("weight decay 0.01", "权重衰减 0.01"),
    "gradient_accumulation": ("accumulation 4", "梯度累积 4"),
    "max_grad_norm": ("gradient norm 1", "梯度裁剪 1"),
    "beta": ("beta 0.1", "beta 0.1"),
    "evaluations": ("validate 5 times", "验证 5 次"),
    "early_stopping": ("early stopping after 3", "早停 3"),
    "workers": ("2 workers", "2 个进程"),
    "retention_days": ("keep it for 30 days", "保留 30 天"),
    "scheduler": ("cosine", "余弦"),
    "optimizer": ("8-bit Adam", "8 位优化器"),
    "precision": ("bfloat16", "bf16"),
    "method": ("use DoRA", "用 DoRA"),
    "objective": ("DPO", "偏好优化"),
    "attention": ("sdpa", "sdpa"),
    "launcher": ("local launcher", "单进程"),
    "trackers": ("TensorBoard", "TensorBoard"),
    "target_modules": ("only attention layers", "只训练注意力层"),
}
"""One way to say a value, by setting, for whoever named none."""

HELP = ("help_data", "help_all", "help_runs", "help_library")
OF_A_RUN = re.compile(r"\b(?:run|train(?:ing)?)\b|训练|微调")
"""Whether going on is meant of a run, when an evaluation could go on too."""


Chooser = Callable[[Heard, Request], Step]


def choose(heard: Heard, request: Request) -> Step:
    """The first step for a request; nothing was done for it yet."""
    return CHOOSERS.get(request.intent, _unknown)(heard, request)


def left_over(settings: SettingsSaid, language: Language) -> list[str]:
    told = []
    if settings.unused:
        told.append(reply("unused", language, numbers=", ".join(settings.unused)))
    return told


def _train(heard: Heard, request: Request) -> Step:
    if heard.situation.dataset_id is None:
        return Step(_talk("no_data", "help_data")(heard, request).text)
    return Step("", "propose_plan", plan_arguments(heard, request))


def _change(heard: Heard, request: Request) -> Step:
    settings, language = request.settings, heard.language
    if broken := [name for name in WHOLE if isinstance(settings.values.get(name), float)]:
        name = names.pick(names.FIELDS, broken[0], language)
        return Step(reply("not_whole", language, field=name))
    situation = heard.situation
    if settings.added and situation.pending is None and situation.extendable is not None:
        return of_runs.extend(heard, request)
    if plan_arguments(heard, request):
        return _train(heard, request)
    if settings.effective_batch:
        return Step(reply("no_plan_waits", language))
    field = next(iter([*settings.vague, *settings.factors, *settings.added]))
    example = VALUE_EXAMPLES[field][1 if language == "zh" else 0]
    plan = waiting_plan(heard.situation)
    if plan is None or getattr(plan, field) is None:
        return Step(reply("which_value_unknown", language, example=example))
    now = names.value(getattr(plan, field), language)
    name = names.pick(names.FIELDS, field, language)
    return Step(reply("which_value", language, field=name, value=now, example=example))


def _rename(heard: Heard, request: Request) -> Step:
    """A run; while a plan waits and no run is meant, the plan."""
    means_run = request.run or OF_A_RUN.search(heard.text.casefold())
    if waiting_plan(heard.situation) is not None and not means_run and request.settings.any:
        return _change(heard, request)
    return of_runs.rename(heard, request)


def _explain(heard: Heard, request: Request) -> Step:
    if plan := waiting_plan(heard.situation):
        return Step(telling.reasons(plan, heard.language))
    if heard.situation.dataset_id is None:
        return _train(heard, request)
    return Step("", "propose_plan", {})


def _describe(heard: Heard, request: Request) -> Step:
    if heard.situation.dataset_id is None:
        return Step(_talk("no_data", "help_data")(heard, request).text)
    return Step("", "dataset")


def _progress(heard: Heard, request: Request) -> Step:
    situation = heard.situation
    if situation.live is None and situation.evaluation is not None and request.run is None:
        return Step("", "report")
    if situation.newest is None:
        return Step(_talk("no_run", "help_data")(heard, request).text)
    return Step("", "run", of_runs.of(request))


def _stop(heard: Heard, request: Request) -> Step:
    situation = heard.situation
    if situation.live is None and situation.preflight is not None:
        return of_runs.stop_preflight(heard, request)
    if situation.live is None:
        return Step(reply("no_live_run", heard.language))
    return Step("", "stop_run", of_runs.of(request))


def _resume(heard: Heard, request: Request) -> Step:
    situation = heard.situation
    means_run = request.run or (situation.resumable and OF_A_RUN.search(heard.text.casefold()))
    if situation.unfinished is not None and not means_run:
        return Step("", "resume_evaluation")
    if situation.resumable is None and situation.ended_badly is not None:
        return of_runs.diagnose(heard, request)
    if situation.resumable is None:
        return Step(reply("no_resumable", heard.language))
    return Step("", "resume_run", of_runs.of(request))


def _compare(heard: Heard, request: Request) -> Step:
    if heard.situation.finished is None:
        return _unfinished(heard)
    return Step(reply("opening", heard.language), "open_pair", of_runs.of(request))


def _evaluate(heard: Heard, request: Request) -> Step:
    if heard.situation.finished is None:
        return _unfinished(heard)
    limit = {"limit": request.limit} if request.limit else {}
    return Step("", "start_evaluation", of_runs.of(request) | limit)


def _report(heard: Heard, request: Request) -> Step:
    """The report; where there is none of the newest run yet, it is made."""
    situation = heard.situation
    if request.run or situation.evaluation or situation.report_is_of_finished:
        return Step("", "report", of_runs.of(request))
    if situation.finished is not None:
        told = reply("report_missing", heard.language, name=situation.finished.name)
        return Step(told, "start_evaluation")
    return Step("", "report") if situation.report_id else _unfinished(heard)


def _unfinished(heard: Heard) -> Step:
    """Nothing is trained yet: say how far it is."""
    text = reply("no_finished", heard.language)
    live = heard.situation.live
    far = telling.run(live, heard.language) if live else ""
    return Step(joined((text, far), heard.language))


def _hold(heard: Heard, _: Request) -> Step:
    return Step(reply("waits", heard.language))


def _unknown(heard: Heard, _: Request) -> Step:
    """Honest about it, with what can be said now."""
    language, situation = heard.language, heard.situation
    if situation.dataset_id is None and situation.newest is None:
        return Step(joined((reply(key, language) for key in ("unknown", "help_data")), language))
    said = [f"“{each.text}”" for each in suggested(situation, language)]
    could = reply("could_say", language, said=("、" if language == "zh" else ", ").join(said))
    return Step(joined((reply("unknown", language), could, reply("help_all", language)), language))


def _help(heard: Heard, _: Request) -> Step:
    return Step("\n\n".join(reply(key, heard.language) for key in HELP))


def _talk(*keys: str) -> Chooser:
    return lambda heard, _: Step(
        joined((reply(key, heard.language) for key in keys), heard.language)
    )


def _use(verb: str) -> Chooser:
    return lambda _heard, _request: Step("", verb)


CHOOSERS: dict[Intent, Chooser] = {
    "describe_data": _describe,
    "train": _train,
    "need": worth.need,
    "more_data": worth.more_data,
    "change": _change,
    "approve": _talk("nothing_waits"),
    "decline": _talk("left_alone"),
    "hold": _hold,
    "leave": _talk("left_alone"),
    "progress": _progress,
    "stop_run": _stop,
    "resume": _resume,
    "compare": _compare,
    "evaluate": _evaluate,
    "report": _report,
    "list_runs": _use("runs"),
    "list_datasets": _use("datasets"),
    "list_models": _use("models"),
    "stop_engine": _use("stop_engine"),
    "explain_plan": _explain,
    "diagnose": of_runs.diagnose,
    "remedy": of_runs.remedy,
    "extend": of_runs.extend,
    "clone": of_runs.clone,
    "sweep": of_runs.sweep,
    "sweep_result": _use("sweep_result"),
    "compare_runs": of_runs.compare,
    "fits": of_runs.fits,
    "measure": of_runs.measure,
    "stop_preflight": of_runs.stop_preflight,
    "queue": _use("queue"),
    "move_run": of_runs.move,
    "keep_run": of_runs.keep,
    "rename_run": _rename,
    "delete_run": of_runs.delete,
    "shelf": _use("shelf"),
    "import_model": library.bring,
    "export": library.export,
    "exports": _use("exports"),
    "parity": library.parity,
    "repair": data.repair,
    "answer": data.answer,
    "unmask": data.unmask,
    "undo_data": data.undo,
    "delete_data": data.delete,
    "changes": data.changes,
    "leaks": data.leaks,
    "show_row": data.show_row,
    "tokens": data.tokens,
    "help": _help,
    "thanks": _talk("thanks"),
    "greeting": _talk("greeting", "help_data"),
    "unknown": _unknown,
}
