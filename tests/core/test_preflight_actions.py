"""The verbs about what a plan needs, as chat, buttons and terminal call them."""

from __future__ import annotations

import pytest

from core.actions import Actions
from core.errors import RunError
from core.settings import Settings
from core.workspace import Workspace
from tests.core.training.conftest import dialogue, make_data


def test_a_proposal_says_what_its_plan_needs(workspace: Workspace) -> None:
    data = make_data(workspace, [dialogue(n, "train" if n < 20 else "test") for n in range(24)])
    actions = Actions(workspace, Settings(offline=True))
    proposal = actions.propose_plan(data.dataset.id)
    assert proposal.fit is not None
    assert proposal.fit.peak == sum(part.bytes for part in proposal.fit.parts)
    assert proposal.fit.parts == actions.fit(proposal.plan).parts
    larger = actions.fit(proposal.plan.edited({"batch_size": 64}))
    assert larger.peak is not None
    assert larger.peak > (proposal.fit.peak or 0)
    assert actions.smaller_batch(proposal.plan).changes == {}, "it fits"
    assert actions.preflights() == ()
    with pytest.raises(RunError):
        actions.preflight("pre-20261121-1")
