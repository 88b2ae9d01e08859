"""What lanes come to together, in one verdict and one sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.certificates.judging import ORDER, SENTENCES, of_files_alone
from core.certificates.records import Cause, FileFacts, Lane, Verdict, Way
from core.certificates.source import Source
from core.errors import RunError

GREEN = "What was trained is what is served and exported, as far as it was measured."
GREEN_IMPORTED = (
    "What was imported is what is served and exported, as far as it was measured; what it answered "
    "where it was made is not known."
)
NOT_RECORDED = "It was made elsewhere, where nobody recorded what it answered."
NOTHING = "Nothing could be measured, so nothing is proven."
BROKEN = "It can't be loaded at all: {problem}"


def unmeasured(way: Way, why: str) -> Lane:
    """A way that could not be measured."""
    return Lane(way=way, verdict="not measured", sentence=why)


def broken(way: Way, problem: str) -> Lane:
    """A way that could not be read although its files are there."""
    sentence = BROKEN.format(problem=problem)
    return Lane(way=way, verdict="red", causes=("differs",), sentence=sentence)


def of_files(facts: FileFacts) -> Lane:
    """What the files alone show."""
    causes = of_files_alone(facts)
    return Lane(
        way="files",
        verdict="red" if causes else "green",
        causes=causes,
        sentence=SENTENCES[causes[0]] if causes else "",
        files=facts,
    )


def conclude(lanes: Sequence[Lane], green: str = GREEN) -> tuple[Verdict, tuple[Cause, ...], str]:
    """The verdict over all lanes, its causes (the surest first), and a sentence."""
    found = {cause for lane in lanes for cause in lane.causes}
    causes = tuple(cause for cause in ORDER if cause in found)
    if any(lane.verdict == "red" for lane in lanes):
        return "red", causes, SENTENCES[causes[0] if causes else "differs"]
    if any(lane.verdict == "green" for lane in lanes):
        return "green", (), green
    return "not measured", (), NOTHING


def no_reference(problems: Mapping[str, str], source: Source) -> RunError:
    """The error when not even the published result can be read."""
    return RunError(
        "The published model can't be read with transformers, so there is nothing to compare "
        f"with: {'; '.join(problems.values())}",
        str(source.published),
        "Resume the run: it makes the model again from its last checkpoint.",
    )
