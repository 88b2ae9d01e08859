"""The exam that a judge takes before its word counts: items, grading, and its record."""

from eval.judge.exam.grading import BAR_ACCURACY, BAR_CONSISTENCY, grade
from eval.judge.exam.holding import exam_calls, hold, on_record
from eval.judge.exam.items import ExamQuestion, load_items

__all__ = [
    "BAR_ACCURACY",
    "BAR_CONSISTENCY",
    "ExamQuestion",
    "exam_calls",
    "grade",
    "hold",
    "load_items",
    "on_record",
]
