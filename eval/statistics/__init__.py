"""Intervals and tests for paired results; pure functions, no input or output.

Values lie between 0 and 1 unless a span says otherwise. Samples of one group (a conversation that
came in several variants) are not independent, so groups are resampled and flipped, never samples.
What too few samples can't tell is None, with the reason beside it.
"""

from eval.statistics.agreement import Agreement, cohen_kappa, krippendorff_alpha, raw_agreement
from eval.statistics.calibration import JudgeErrors, Rate, corrected_rate, judge_errors
from eval.statistics.discordance import Discordance, WinRate, mcnemar, sign_test, win_rate
from eval.statistics.equivalence import Equivalence, equivalence, noninferiority
from eval.statistics.groups import Groups, group
from eval.statistics.intervals import (
    CONFIDENCE,
    FEW_GROUPS,
    RESAMPLES,
    SEED,
    Interval,
    difference_interval,
    level_interval,
    wilson,
)
from eval.statistics.multiplicity import holm
from eval.statistics.paired import FLIPS, paired_estimate, sign_flip_p
from eval.statistics.power import (
    POWER,
    cautious_deviation,
    clear_win,
    decided_needed,
    detectable_gap,
    groups_needed,
    more_needed,
    sign_test_power,
)
from eval.statistics.resampled import FigureDifference, figure_difference

__all__ = [
    "CONFIDENCE",
    "FEW_GROUPS",
    "FLIPS",
    "POWER",
    "RESAMPLES",
    "SEED",
    "Agreement",
    "Discordance",
    "Equivalence",
    "FigureDifference",
    "Groups",
    "Interval",
    "JudgeErrors",
    "Rate",
    "WinRate",
    "cautious_deviation",
    "clear_win",
    "cohen_kappa",
    "corrected_rate",
    "decided_needed",
    "detectable_gap",
    "difference_interval",
    "equivalence",
    "figure_difference",
    "group",
    "groups_needed",
    "holm",
    "judge_errors",
    "krippendorff_alpha",
    "level_interval",
    "mcnemar",
    "more_needed",
    "noninferiority",
    "paired_estimate",
    "raw_agreement",
    "sign_flip_p",
    "sign_test",
    "sign_test_power",
    "wilson",
    "win_rate",
]
