"""A judge held against the person's own votes: how often it is right, and what that corrects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.wording import said
from eval import statistics
from eval.folder import ReportFolder, read_rows
from eval.judge.records import Calibration, CriterionCalibration, Preference, Share
from eval.judge.shares import from_agreement, from_rate, share_of
from eval.records import Side, Verdict
from eval.statistics import JudgeErrors
from eval.votes.report_votes import ENOUGH, Vote, votes

NOT_YET = "{count} of the {needed} votes that this needs are there."
TIES = ("tie", "order_dependent")
Answers = Mapping[tuple[str, str, Side], bool | None]
"""Whether the judge called an answer met, by sample, criterion and side; None for unscored."""


def of_folder(
    folder: ReportFolder,
    verdicts: Sequence[Verdict],
    preferences: Sequence[Preference] | None = None,
) -> Calibration | None:
    """The calibration by the votes that lie beside a report; None before the first vote.

    Preferences are read from the folder where they are not given.
    """
    found = list(votes(folder).values())
    if not found:
        return None
    if preferences is None:
        preferences = read_rows(folder.preferences, Preference)
    return calibrate(verdicts, preferences, found)


def calibrate(
    verdicts: Sequence[Verdict], preferences: Sequence[Preference], found: Sequence[Vote]
) -> Calibration:
    """Sensitivity, specificity, kappa and corrected rates, from 30 votes on.

    Votes on single criteria and votes on pairs are two kinds; each needs 30 of its own.
    """
    judged: Answers = {
        (v.sample_id, v.criterion_id, v.side): _met(v) for v in verdicts if v.judge is not None
    }
    labels = [vote for vote in found if vote.met is not None and judged.get(_key(vote)) is not None]
    pairs = _pairs(preferences, found)
    errors = _errors(labels, judged)
    agreement, kappa = _preferences(pairs)
    note = NOT_YET.format(count=max(len(labels), len(pairs)), needed=ENOUGH)
    short = len(labels) < ENOUGH and len(pairs) < ENOUGH
    return Calibration(
        labels=len(labels),
        preferences=len(pairs),
        needed=ENOUGH,
        sensitivity=_if_enough(from_rate(errors.sensitivity), len(labels)),
        specificity=_if_enough(from_rate(errors.specificity), len(labels)),
        kappa=_if_enough(_kappa(labels, judged), len(labels)),
        preference_agreement=_if_enough(agreement, len(pairs)),
        preference_kappa=_if_enough(kappa, len(pairs)),
        by_criterion=_by_criterion(labels, judged),
        note=note if short else "",
        note_zh=said(note, "zh") if short else "",
    )


def _key(vote: Vote) -> tuple[str, str, Side]:
    return vote.sample_id, vote.criterion_id or "", vote.side or "base"


def _met(verdict: Verdict) -> bool | None:
    return None if verdict.outcome == "unscored" else verdict.outcome == "met"


def _errors(labels: Sequence[Vote], judged: Answers) -> JudgeErrors:
    return statistics.judge_errors([vote.met for vote in labels], [judged[_key(v)] for v in labels])


def _kappa(labels: Sequence[Vote], judged: Answers) -> Share:
    """Votes on one sample are not independent."""
    people = [vote.met for vote in labels]
    groups = [vote.sample_id for vote in labels]
    return from_agreement(
        statistics.cohen_kappa(people, [judged[_key(vote)] for vote in labels], groups)
    )


def _by_criterion(labels: Sequence[Vote], judged: Answers) -> tuple[CriterionCalibration, ...]:
    """Each criterion by its own votes, where there are any."""
    names = dict.fromkeys(vote.criterion_id or "" for vote in labels)
    told = []
    for name in names:
        own = [vote for vote in labels if vote.criterion_id == name]
        errors = _errors(own, judged)
        told.append(
            CriterionCalibration(
                criterion_id=name,
                labels=len(own),
                sensitivity=from_rate(errors.sensitivity),
                specificity=from_rate(errors.specificity),
                kappa=_kappa(own, judged),
                base=_corrected(name, "base", judged, errors),
                tuned=_corrected(name, "tuned", judged, errors),
            )
        )
    return tuple(told)


def _corrected(name: str, side: Side, judged: Answers, errors: JudgeErrors) -> Share:
    scored = [
        met
        for (_, criterion, of_side), met in judged.items()
        if criterion == name and of_side == side and met is not None
    ]
    return from_rate(statistics.corrected_rate(sum(scored), len(scored), errors))


def _pairs(preferences: Sequence[Preference], found: Sequence[Vote]) -> list[tuple[str, str, str]]:
    """(sample, the person's word, the judge's word), each `base`, `tuned` or `tie`."""
    by_sample = {p.sample_id: p.preferred for p in preferences if p.preferred != "unscored"}
    return [
        (vote.sample_id, vote.winner, "tie" if word in TIES else word)
        for vote in found
        if vote.winner is not None and (word := by_sample.get(vote.sample_id)) is not None
    ]


def _preferences(pairs: Sequence[tuple[str, str, str]]) -> tuple[Share, Share]:
    """How often the judge names the side that a person chose, and kappa with ties."""
    decided = [(person, judge) for _, person, judge in pairs if person != "tie"]
    same = sum(person == judge for person, judge in decided)
    kappa = statistics.cohen_kappa([person for _, person, _ in pairs], [j for _, _, j in pairs])
    return share_of(same, len(decided)), from_agreement(kappa)


def _if_enough(found: Share, count: int) -> Share:
    if count >= ENOUGH:
        return found
    note = NOT_YET.format(count=count, needed=ENOUGH)
    return Share(count=count, note=note, note_zh=said(note, "zh"))
