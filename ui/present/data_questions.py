"""What only the person knows of a file: questions with the answer that was used so far."""

from __future__ import annotations

from core.data.records import Dataset, Question
from ui.markup import Html, tag
from ui.present.data_parts import act
from ui.words import Voice


def questions(dataset: Dataset, voice: Voice) -> Html | str:
    """A field for each question and a button that reads the file again; "" without questions."""
    if not dataset.questions:
        return ""
    fields = (_field(question, voice) for question in dataset.questions)
    return tag(
        "section",
        tag("h4", voice("data.questions"), aria_level=2),
        tag("p", voice("data.questions.hint"), class_="dt-quiet"),
        *fields,
        act("answer", voice("data.questions.apply"), primary=True),
        class_="dt-questions",
        data_form="1",
    )


def _field(question: Question, voice: Voice) -> Html:
    told = question.en if voice.language == "en" else question.zh
    if not question.options:
        field = tag("input", name_=question.id, value=question.chosen)
    else:
        options = (
            tag("option", _option(one, voice), value=one, selected=one == question.chosen)
            for one in dict.fromkeys((*question.options, question.chosen))
            if one
        )
        field = tag("select", *options, name_=question.id)
    return tag("label", tag("span", told), field)


def _option(value: str, voice: Voice) -> str:
    return voice.known(f"data.option.{value}", value)
