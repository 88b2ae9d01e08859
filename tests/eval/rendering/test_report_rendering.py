"""The page holds no address, lets nothing of a model's text act, and says what is missing."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from core.assistant import results, telling
from core.training.records import Curve
from eval import wording
from eval.records import Comparison, Report
from eval.rendering import charts
from eval.rendering import page as rendering
from eval.rendering.sections import sections
from eval.report import reports
from eval.rubric.rubrics import load
from eval.statistics import paired_estimate
from tests.eval import made_up
from tests.eval.made_up import comparisons, dataset, evidence, run_view, said, sample
from tests.eval.made_up_parts import full_report, judging

pytestmark = pytest.mark.full

ATTACK = "<script>alert(1)</script><img src=x onerror=alert(2)> $x^2$ ``` | **b**"
CURVE = Curve(train=((1, 2.0), (20, 0.5)), validation=((10, 0.9), (20, 0.6)))


@pytest.fixture(scope="module")
def hostile() -> Report:
    """A report in which every text from outside tries to be markup."""
    rubric = load(made_up.RUBRIC.replace("name: exact answer", f"name: '{ATTACK[:50]}'"))
    compared = [
        Comparison(
            sample=sample(i, reference=ATTACK, tags=(ATTACK,)),
            base=said(ATTACK if i % 2 else None, error=ATTACK if not i % 2 else None),
            tuned=said(ATTACK + "!"),
        )
        for i in range(40)
    ]
    return reports.build(
        evidence(
            compared,
            rubric,
            run=run_view(CURVE, ATTACK[:80]),
            dataset=dataset(ATTACK),
            conditions={ATTACK: ATTACK},
        )
    )


class Page(HTMLParser):
    """Collects tags and attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, hostile: Report) -> Path:
    """The folder of a hostile evaluation, with its files written."""
    root = tmp_path_factory.mktemp("report")
    rubric = load(made_up.RUBRIC)
    compared = [shown.comparison for shown in hostile.examples]
    (root / "rubric.yaml").write_text(rubric.as_yaml())
    for name, rows in (
        ("comparisons", compared), ("verdicts", made_up.verdicts_of(rubric, compared)),
    ):  # fmt: skip
        (root / f"{name}.jsonl").write_text("".join(f"{r.model_dump_json()}\n" for r in rows))
    rendering.write(hostile, root)
    return root


@pytest.fixture(scope="module")
def pages(hostile: Report, finished: Path) -> list[str]:
    return [rendering.html(hostile), (finished / "examples.html").read_text()]


def test_text_from_outside_stays_text(pages: list[str]) -> None:
    for text in pages:
        page = Page(text)
        assert not {"script", "img", "iframe", "object", "link"} & set(page.tags)
        assert not [name for name, _ in page.attributes if name.startswith("on")]
        assert "&lt;script&gt;" in text


@pytest.mark.parametrize("which", [0, 1])
def test_the_page_needs_nothing_from_anywhere(pages: list[str], which: int) -> None:
    text = pages[which]
    assert not re.search(r"(?:https?:|//[a-z0-9-]+\.|@import|url\((?!#))", text)
    page = Page(text)
    links = [value for name, value in page.attributes if name in ("href", "src", "xlink:href")]
    assert all(value and value.startswith("#") for value in links)
    assert "default-src 'none'" in text


def test_ids_in_the_pictures_are_unique(hostile: Report) -> None:
    ids = [value for name, value in Page(rendering.html(hostile)).attributes if name == "id"]
    assert len(ids) == len(set(ids))


def test_everything_comes_in_the_agreed_order() -> None:
    report = reports.build(
        evidence(
            [
                c.model_copy(update={"sample": c.sample.model_copy(update={"tags": ("en",)})})
                for c in comparisons(50, 10, 20, 20)
            ],
            run=run_view(CURVE),
        )
    )
    titles = ["<h1>", "Every criterion", "by tag", "Examples", "How training went"]
    titles += ["Speed and length", "Conditions", "Cautions", "Do it again"]
    for text in (rendering.html(report), "<h1>" + rendering.markdown(report)):
        body = text[text.rindex("<h1>") :]
        places = [body.index(title) for title in titles]
        assert places == sorted(places)
        assert "+40" in body
    assert report.verdict.sentence_zh in rendering.html(report)
    assert report.verdict.sentence_zh in rendering.markdown(report, "zh")
    assert report.verdict.sentence not in rendering.markdown(report, "zh")


def test_markdown_fences_hold_whatever_they_hold(hostile: Report) -> None:
    text = rendering.markdown(hostile)
    outside = re.sub(r"^(`{3,})text\n.*?\n\1$", "", text, flags=re.DOTALL | re.MULTILINE)
    assert "<script" not in outside
    assert "<img" not in outside


def test_all_files_are_written_and_the_report_reads_back(hostile: Report, tmp_path: Path) -> None:
    rendering.write(hostile, tmp_path)
    names = {path.name for path in tmp_path.iterdir()}
    pictures = {"loss.svg", "differences.svg"}
    assert names == {"report.json", "report.md", "report.zh.md", "report.html"} | pictures
    assert Report.model_validate_json((tmp_path / "report.json").read_bytes()) == hostile


def test_a_report_without_scores_curve_or_speed_says_so() -> None:
    failed = [
        Comparison(
            sample=sample(i),
            base=said(None, error="Gone.", first_token_s=None, tokens_per_s=None, tokens=None),
            tuned=said(None, error="Gone.", first_token_s=None, tokens_per_s=None, tokens=None),
        )
        for i in range(3)
    ]
    text = rendering.html(reports.build(evidence(failed)))
    for words in ("not measured", "No loss was logged", "there is no example to draw"):
        assert words in text
    assert "None" not in text.replace("None of", "")


def test_pictures_keep_text_as_text_and_follow_the_page_s_colours() -> None:
    rubric = load(made_up.RUBRIC.replace("exact answer", "语气 <b>&"))
    results = reports.build(evidence(comparisons(50, 10, 20, 20), rubric)).criteria
    for width in (rendering.WIDE, rendering.NARROW):
        svg = charts.differences(results, width)
        assert svg is not None
        assert "语气" in svg
        assert "<b>" not in svg
        assert "#0102" not in charts.for_page(svg)
        assert "var(--accent)" in charts.for_page(svg)
        assert "var(" not in charts.for_file(svg)
    assert charts.differences((), 700) is None
    assert charts.loss_curve((), (), 700) is None


def test_a_page_holds_both_languages_and_opens_in_either() -> None:
    page = rendering.html(full_report())
    assert page.index("Every criterion") < page.index("逐项标准")
    assert re.findall(r'id="(lang-..)" checked', page) == ["lang-en"]
    chinese = rendering.in_language(page, "zh")
    assert re.findall(r'id="(lang-..)" checked', chinese) == ["lang-zh"]
    assert '<html lang="zh">' in chinese
    assert rendering.in_language(chinese, "en") == page


def test_every_part_is_told_in_both_languages_and_nothing_is_none() -> None:
    report = full_report()
    for section in sections(report):
        assert section.title.en != section.title.zh
        assert section.line.en != section.line.zh
        cells = [cell for table in section.tables for row in table.rows for cell in row]
        texts = [section.line, section.lede, *cells, *section.notes]
        assert not [t for t in texts if "None" in t.en or "nan" in t.en or "{" in t.en + t.zh]
        widths = {len(row) - len(table.head) for table in section.tables for row in table.rows}
        assert widths <= {0}, section.id
    page = rendering.html(report)
    for words in ("Arithmetic", "算术", "tok:13a", "judge-7b", "Where is my parcel?", "Q: a A: b"):
        assert words in page
        assert words in rendering.markdown(report) + rendering.markdown(report, "zh")
    assert page.count('id="part-') == len(sections(report)) == 12


def test_what_could_not_be_measured_says_why() -> None:
    report = full_report(
        forgetting=None,
        left_out={"forgetting": "No room."},
        left_out_zh={"forgetting": "没有空间。"},
    )
    (part,) = [s for s in sections(report) if s.id == "forgetting"]
    assert part.line == ("Not measured: No room.", "未测量：没有空间。")
    unreliable = {s.id: s for s in sections(full_report(judging=judging(reliable=False)))}
    assert unreliable["judge"].tone == "bad"
    assert "It failed the exam." in unreliable["judge"].line.en


def test_the_rows_beside_a_report_give_its_figures_again(tmp_path: Path) -> None:
    rubric, compared = load(made_up.RUBRIC), comparisons(50, 10, 20, 20)
    report = reports.build(evidence(compared, rubric))
    (tmp_path / "rubric.yaml").write_text(rubric.as_yaml())
    for name, rows in (
        ("comparisons", compared), ("verdicts", made_up.verdicts_of(rubric, compared)),
    ):  # fmt: skip
        (tmp_path / f"{name}.jsonl").write_text("".join(f"{r.model_dump_json()}\n" for r in rows))
    rendering.write(report, tmp_path)
    for name, wanted in (("exact", report.headline.estimate), ("score", report.score)):
        lines = (tmp_path / "scores" / f"{name}.jsonl").read_text().splitlines()
        found = [json.loads(line) for line in lines]
        again = paired_estimate(
            [r["base"] for r in found], [r["tuned"] for r in found], [r["cluster"] for r in found]
        )
        figures = ("base", "tuned", "difference", "low", "high", "p_value", "pairs")
        assert [getattr(again, f) for f in figures] == [getattr(wanted, f) for f in figures]
    kinds = [
        json.loads(line)["kind"] for line in (tmp_path / "examples.jsonl").read_text().splitlines()
    ]
    counted = {kind: kinds.count(kind) for kind in report.example_counts}
    assert counted == report.example_counts
    page = (tmp_path / "examples.html").read_text()
    assert page.count("<details class") == 100


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (0.0, "0%"),
        (0.004, "0.4%"),
        (0.5, "50%"),
        (0.996, "99.6%"),
        (0.0001, "0.01%"),
        (0.99996, "99.996%"),
        (-0.004, "−0.4%"),
        (1e-16, "0%"),
        (1.0, "100%"),
        (None, "not measured"),
    ],
)
def test_percentages_never_round_to_certainty(value: float | None, told: str) -> None:
    assert wording.percent(value) == told


def test_points_have_a_real_minus_and_no_minus_zero() -> None:
    assert wording.points(-0.034) == "−3.4"
    assert wording.points(0.86) == "+86"
    assert (wording.points(-0.0001), wording.points(0.00003)) == ("−0.01", "+0.003")
    assert wording.points(-1e-16) == "0"
    assert (wording.p_value(0.0499), wording.p_value(0.05)) == ("< 0.05", "0.050")
    assert wording.about(237) == "240"


def test_criteria_of_a_judge_that_failed_its_exam_are_marked_wherever_they_are_told() -> None:
    report = full_report(judging=judging(reliable=False))
    row = report.criteria[0].model_copy(update={"kind": "judge", "name": "warm"})
    report = report.model_copy(update={"criteria": (row, *report.criteria[1:])})
    assert rendering.markdown(report).count("(its judge is not reliable)") == 1
    html = rendering.html(report)
    assert html.count("its judge is not reliable") == html.count("其评审不可靠") == 1
    assert results.report_seen(report).criteria[0].doubted
    assert not results.report_seen(report).criteria[1].doubted
    assert "其评审不可靠" in telling.report(results.report_seen(report), "zh")
    believed = rendering.markdown(report.model_copy(update={"judging": judging()}))
    assert "not reliable" not in believed
