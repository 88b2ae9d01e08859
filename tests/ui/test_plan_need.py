"""Whether training is needed at all: one trial in the background, and the fold that shows it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Any, cast

import pytest

from core.errors import DuotuneError, PlanError, RubricError
from core.training.plan import TrainingPlan
from eval.around.records import Baseline, Baselines
from eval.need.records import NeedForTraining, NeedRequest
from eval.records import Estimate
from eval.rubric.rubrics import load
from tests.eval.made_up import RUBRIC, run_view
from ui.present import plan_need as shown
from ui.rooms.train.needing import wish_of
from ui.trials import Subject, Trial, Trials, Wish
from ui.words import Voice

EN, ZH = Voice("en"), Voice("zh")
PLAN = run_view().run.plan
WISH = Wish(12, "Be <b>exact</b>.")


def reached(kind: Any, level: float, **facts: Any) -> Baseline:
    estimate = Estimate(
        base=level, tuned=None, difference=None, low=None, high=None, p_value=None, pairs=11,
        groups=11, unscored_base=0, unscored_tuned=0,
    )  # fmt: skip
    given = {"headline": estimate, "score": estimate, "low": level - 0.1, "high": level + 0.1}
    return Baseline.model_validate({"kind": kind, **given, **facts})


FOUND = NeedForTraining(
    dataset_id="ds-0001", base_model="starter", rubric_hash="r", checks=("exact",), headline="",
    available=60, sentence="The base model reaches 40%.", sentence_zh="基础模型达到 40%。",
    baselines=Baselines(
        results=(
            reached("base", 0.4),
            reached("system_prompt", 0.5, added=WISH.system_prompt, left_out=1, note="1 left out."),
            reached("few_shot", 0.6, shown_rows=(25, 146)),
        ),
        samples=12, scored_by=("exact",),
    ),
)  # fmt: skip


class Asked:
    """Actions whose trial says one thing and ends as it is told to."""

    def __init__(self, *ends: NeedForTraining | DuotuneError) -> None:
        self.ends = list(ends)
        self.requests: list[NeedRequest] = []

    def rubric_of_data(self, _dataset_id: str) -> Any:
        return load(RUBRIC)

    def need_for_training(
        self, _plan: TrainingPlan, request: NeedRequest, say: Callable[[str], None]
    ) -> NeedForTraining:
        self.requests.append(request)
        say("10 of 36 answers")
        end = self.ends.pop(0)
        if isinstance(end, DuotuneError):
            raise end
        return end


def trials(*ends: NeedForTraining | DuotuneError) -> tuple[Trials, Asked]:
    actions = Asked(*ends)
    return Trials(cast(Any, actions)), actions


async def follow(found: Trials, wish: Wish = WISH) -> list[Trial]:
    return [trial async for trial in found.ask(PLAN, wish)]


def fold(trial: Trial | None, voice: Voice = EN, available: int = 60) -> str:
    return shown.need(shown.Asked(PLAN, available), trial, voice)


# -- asking ---------------------------------------------------------------------------------------


def test_a_second_click_joins_the_trial_that_goes_on() -> None:
    found, actions = trials(FOUND)
    subject = Subject.of(PLAN)
    assert found.look(subject) is None

    async def both() -> tuple[list[Trial], list[Trial]]:
        return await asyncio.gather(follow(found), follow(found, Wish(3)))

    first, second = asyncio.run(both())
    assert [one.limit for one in actions.requests] == [12]
    assert actions.requests[0].system_prompt == WISH.system_prompt
    assert (first[0].wish, first[0].is_over) == (WISH, False)
    assert first[-1] == second[-1] == Trial(WISH, found=FOUND)
    assert found.look(subject) == first[-1], "a page that is loaded anew sees it"
    other = PLAN.model_copy(update={"base_model": "elsewhere"})
    assert found.look(Subject.of(other)) is None
    longer = PLAN.model_copy(update={"epochs": 9})
    assert found.look(Subject.of(longer)) == first[-1], "it is asked before anything is trained"


def test_a_trial_that_failed_says_why_and_can_be_asked_again() -> None:
    found, actions = trials(RubricError("No check.", "r", "Add one."), FOUND)
    (*_, failed) = asyncio.run(follow(found))
    assert isinstance(failed.error, RubricError)
    html = fold(failed)
    assert 'role="alert"' in html
    assert "Add one." in html
    assert 'data-do="need"' in html
    (*_, done) = asyncio.run(follow(found, Wish(20)))
    assert (done.found, actions.requests[1].limit) == (FOUND, 20)


@pytest.mark.parametrize("text", ["0", "-3", "many", "2.5"])
def test_a_number_of_questions_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(PlanError, match="no such number"):
        wish_of({"limit": text})
    assert wish_of({"limit": " 7 ", "system": " Be kind. "}) == Wish(7, "Be kind.")
    assert wish_of({}) == Wish(40)


# -- drawing --------------------------------------------------------------------------------------


def test_what_it_will_do_is_said_first() -> None:
    html = fold(None)
    assert "asks starter 40 of the validation questions in three ways" in html
    assert "120 answers" in html
    assert 'value="40"' in html
    assert "open" not in re.findall("<details[^>]*>", html)[0]
    few = fold(None, available=6)
    assert "18 answers" in few
    assert "data-do" not in fold(None, available=0)


def test_progress_and_result_in_both_languages() -> None:
    going_on = Trial(WISH, "10 of 36 answers")
    assert "data-do" not in fold(going_on), "nothing to click twice"
    assert "10 of 36 answers" in fold(going_on)
    assert "36 个回答" in fold(going_on, ZH)
    html = fold(Trial(WISH, found=FOUND))
    rows = re.findall(r"<tr>(.*?)</tr>", html)[1:]
    cells = [re.findall(r"<td[^>]*>(.*?)</td>", row)[1:] for row in rows]
    assert cells[0] == ["40%", "30% to 50%", "11", "0"]
    assert cells[1] == ["50%", "40% to 60%", "11", "1"]
    assert "1 left out." in html
    assert "25, 146" in html
    assert html.count("Be &lt;b&gt;exact&lt;/b&gt;.") == 2, "what was given, and the form"
    assert 'value="12"' in html, "the form holds what was asked"
    assert "基础模型达到 40%。" in fold(Trial(WISH, found=FOUND), ZH)
