"""The whole main job in one command: data, plan, training, both answers, verdict."""

from __future__ import annotations

import time

from core.actions import Actions
from core.data.examples import SUPPORT_DESK
from core.errors import RunError
from core.training.plan_changes import PlanChanges
from core.training.standing import stands
from eval.records import EvaluationRequest
from ui.terminal_follow import follow_run, show_evaluation
from ui.terminal_output import Terminal


def run_demo(actions: Actions, steps: int | None, output: Terminal) -> None:
    """Check, train, evaluate and print the verdict, on the bundled data and starter model.

    Raises RunError when training does not succeed.
    """
    began = time.monotonic()
    dataset = actions.import_data(SUPPORT_DESK)
    output.say(f"1. {dataset.source_name}: {dataset.summary.usable} usable dialogues.")
    changes = PlanChanges(name="demo", base_model="starter", max_steps=steps)
    proposal = actions.propose_plan(dataset.id, changes)
    plan = proposal.plan
    rows = f"{proposal.train_rows} to train on, {proposal.test_rows} held out"
    output.say(f"2. {rows}; LoRA rank {plan.rank}, learning rate {plan.learning_rate:g}.")
    run = follow_run(actions, actions.start_training(plan, output.say).id, output)
    if run.status != "succeeded" or run.result is None:
        problem = run.failure.problem if run.failure else f"The run {stands(run.status)}."
        raise RunError(problem, run.id, run.failure.fix if run.failure else "")
    output.say(f"3. Trained {run.result.last_step} steps in {run.result.seconds:.0f} s.")
    output.say("4. Asking base and tuned the held-out questions, both served by vLLM.")
    rubric = actions.rubric_for(run.id)
    request = EvaluationRequest(run_id=run.id, rubric=rubric.as_yaml())
    show_evaluation(actions, actions.start_evaluation(request), output)
    actions.stop_engine(output.say)
    output.say(f"All of it took {time.monotonic() - began:.0f} s.")
