"""The Data room in a real browser: questions, repairs, the way back, and a row as tokens."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.ui.browser import Visited, visit
from tests.ui.fake_parts import FakeActions
from ui import shell

pytestmark = pytest.mark.slow
LABELS = ("refund", "delivery")
ASKED = ("Where can I find", "Who will deliver", "Could somebody cancel", "Why did you charge")
THINGS = ("kettle", "bicycle", "winter coat", "birthday present", "garden chair", "old camera")


@pytest.fixture
def app(actions: FakeActions) -> Iterator[shell.RunningApp]:
    running = shell.launch(actions)
    yield running
    running.close()


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Texts and labels in two columns; three texts end in white space."""
    texts = [f"{ask} my {thing} today?" for ask in ASKED for thing in THINGS]
    rows = [f"{text}{'  ' if n < 3 else ''},{LABELS[n % 2]}" for n, text in enumerate(texts)]
    file = tmp_path / "intents.csv"
    file.write_text("\n".join(["text,category", *rows]) + "\n", encoding="utf-8")
    return file


@pytest.fixture
def dialogues(tmp_path: Path) -> Path:
    """Twenty good rows, one with a hidden character, one with a placeholder, one rejected."""
    rows = [(f"Where is order {n}?", f"Order {n} is on its way.") for n in range(20)]
    rows += [("What is this?", "A tea\u200bpot made of clay."), ("Who are you?", "I am {{name}}.")]
    messages = [
        [{"role": "user", "content": ask}, {"role": "assistant", "content": reply}]
        for ask, reply in rows
    ]
    messages.append([{"role": "user", "content": "Is anybody there?"}])
    file = tmp_path / "orders.jsonl"
    lines = (json.dumps({"messages": turns}, ensure_ascii=False) for turns in messages)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def add(seen: Visited, file: Path) -> None:
    seen.upload("#data-upload", str(file))
    expect(seen.page.locator("#data-summary")).to_contain_text(file.name)


def test_a_question_of_a_table_is_answered_and_the_file_read_again(
    app: shell.RunningApp, table: Path
) -> None:
    with visit(f"{app.address}/?room=data&lang=en") as seen:
        page = seen.page
        add(seen, table)
        asked = page.locator("#data-questions select[name=text_column]")
        expect(asked).to_have_value("text")
        expect(page.locator("#data-dialogue")).to_contain_text("Where can I find my kettle")
        asked.select_option("category")
        page.locator("#data-questions select[name=label_column]").select_option("text")
        page.locator("#data-questions button[data-do=answer]").click()
        expect(page.locator("#data-questions select[name=text_column]")).to_have_value("category")
        expect(page.locator("#data-dialogue .dt-turn-user")).to_contain_text("refund")
        seen.assert_sound()


def test_repairing_shows_what_changed_can_be_undone_and_all_of_it_deleted(
    app: shell.RunningApp, actions: FakeActions, dialogues: Path
) -> None:
    with visit(f"{app.address}/?room=data&lang=en") as seen:
        page = seen.page
        add(seen, dialogues)
        page.locator("#data-kinds button[data-code=zero_width]").first.click()
        expect(page.locator("#data-problems tbody tr")).to_have_count(1)
        page.locator("#data-problems button[data-do=row]").click()
        expect(page.locator("#data-dialogue h3")).to_have_text("Row 21")
        page.locator("#data-kinds button[data-do=repair-all]").click()
        banner = page.locator("#data-version")
        expect(banner).to_contain_text("Repaired version of orders")
        expect(banner).to_contain_text("1 changed")
        page.locator("#data-tab-changes-button").click()
        expect(page.locator("#data-changes del")).to_have_text("tea<U+200B>pot")
        expect(page.locator("#data-changes ins")).to_have_text("teapot")
        banner.locator("button[data-do=undo]").click()
        expect(banner).to_be_hidden()
        expect(page.locator("#data-kinds button[data-code=zero_width]").first).to_be_visible()
        assert len(actions.datasets()) == 1
        page.locator("#data-delete button[data-do=look-delete]").click()
        expect(page.locator("#data-delete")).to_contain_text("The file as it was read, orders")
        page.locator("#data-delete button[data-do=delete]").click()
        expect(page.locator("#data-empty")).to_contain_text("No dataset yet")
        expect(page.locator("#data-summary")).to_be_hidden()
        expect(page.locator("#data-delete button")).to_have_count(0)
        assert actions.datasets() == ()
        seen.assert_sound()


def test_masked_values_are_put_back_and_then_given_up(
    app: shell.RunningApp, actions: FakeActions, tmp_path: Path
) -> None:
    said = [
        "Mail anna.berg@gmail.com",
        "Card 4539 1488 0343 6467",
        *(f"Tea {n}?" for n in range(9)),
    ]
    talks = [[{"role": "user", "content": one}, {"role": "assistant", "content": "Yes."}]
             for one in said]  # fmt: skip
    file = tmp_path / "desk.jsonl"
    file.write_text("\n".join(json.dumps({"messages": turns}) for turns in talks))
    masked = actions.repair(actions.import_data(file).id, ["pii_email", "pii_card"])
    with visit(f"{app.address}/?room=data&lang=en") as seen:
        page = seen.page
        card = page.locator("#data-masks")
        expect(card).to_contain_text("2 values in 2 rows")
        card.locator("button[data-do=unmask]").click()
        expect(page.locator(".toast-wrap")).to_contain_text("Put back: 1 value, in 1 row.")
        expect(page.locator("#data-version")).to_contain_text("desk with its masked values back")
        expect(page.locator("#data-dialogue")).to_contain_text("anna.berg@gmail.com")
        expect(card).to_contain_text("card numbers 1")
        expect(card.locator("button[data-do=unmask]")).to_have_count(0)
        card.locator("summary").click()
        card.locator("button[data-do=forget]").click()
        expect(card).to_contain_text("masks stay for good: 1 row")
        seen.assert_sound()
    hidden = actions.hidden(masked.id)
    assert hidden is not None
    assert hidden.final_since


def test_placeholders_are_filled_and_rejected_rows_come_back(
    app: shell.RunningApp, dialogues: Path, tmp_path: Path
) -> None:
    with visit(f"{app.address}/?room=data&lang=en") as seen:
        page = seen.page
        add(seen, dialogues)
        mend = page.locator("#data-kinds .dt-mend", has_text="Fill in")
        mend.locator("summary").click()
        mend.locator("button").click()
        expect(page.locator(".toast-wrap")).to_contain_text("Nothing was filled in")
        mend.locator("input").fill("Fennel")
        mend.locator("button").click()
        expect(page.locator("#data-version")).to_contain_text("1 changed")
        page.locator("#data-row input").fill("23")
        page.locator("#data-row input").press("Enter")
        expect(page.locator("#data-dialogue .dt-log")).to_contain_text("Is anybody there?")
        with page.expect_download() as download:
            page.locator("#data-rejected").click()
        row = json.loads(download.value.path().read_text(encoding="utf-8"))
        row["messages"].append({"role": "assistant", "content": "Yes, we are here."})
        corrected = tmp_path / "corrected.jsonl"
        corrected.write_text(json.dumps(row), encoding="utf-8")
        seen.upload("#data-add-rows", str(corrected))
        expect(page.locator("#data-version")).to_contain_text("1 added")
        seen.assert_sound()


def test_a_row_as_tokens_and_what_is_learned_in_all(app: shell.RunningApp, dialogues: Path) -> None:
    with visit(f"{app.address}/?room=data&lang=en") as seen:
        page = seen.page
        add(seen, dialogues)
        page.locator("#data-view label", has_text="Tokens").click()
        expect(page.locator("#data-dialogue .dt-token-supervised").first).to_be_visible()
        page.locator("#data-row-length input").fill("20")
        page.locator("#data-row-length input").press("Tab")
        expect(page.locator("#data-dialogue .dt-token-lost").first).to_be_visible()
        page.locator("#data-next").click()
        expect(page.locator("#data-dialogue h3")).to_contain_text("Row 2 as the model reads it")
        page.locator("#data-tab-learning-button").click()
        expect(page.locator("#data-lengths")).to_contain_text("all 22 rows counted")
        page.locator("#data-totals").click()
        expect(page.locator("#data-learned")).to_contain_text("Learned tokens")
        seen.assert_sound()


def test_another_dataset_is_chosen_and_rows_are_grown_from_it(
    app: shell.RunningApp, table: Path, dialogues: Path
) -> None:
    with visit(f"{app.address}/?room=data&lang=en") as seen:
        page = seen.page
        add(seen, table)
        add(seen, dialogues)
        page.locator("#data-choose input").click()
        page.get_by_role("option", name="intents").click()
        expect(page.locator("#data-summary")).to_contain_text(table.name)
        expect(page.locator("#data-dialogue")).to_contain_text("Where can I find my kettle")
        page.locator("#data-tab-more-button").click()
        more = page.locator("#data-more")
        more.locator("input[name=rows]").fill("4")
        more.locator("button[data-do=augment-plan]").click()
        more.locator("button[data-do=augment-start]").click()
        expect(more.locator(".dt-proposal")).to_have_count(4)
        more.locator("button[data-decide=accept]").first.click()
        more.locator("button[data-do=augment-accept]").click()
        expect(page.locator("#data-version")).to_contain_text("1 added")
        seen.assert_sound()


def test_on_a_phone_in_chinese_nothing_is_cut(app: shell.RunningApp, dialogues: Path) -> None:
    phone = {"viewport": {"width": 390, "height": 844}}
    with visit(f"{app.address}/?room=data&lang=zh", **phone) as seen:
        add(seen, dialogues)
        expect(seen.page.locator("#data-kinds")).to_contain_text("修复")
        assert seen.overflow() <= 0
        wide = "e => e.scrollWidth - e.clientWidth"
        assert seen.page.locator("#data-kinds .dt-table").evaluate(wide) <= 0
        assert seen.page.locator("#data-problems .dt-table").evaluate(wide) <= 0
        seen.assert_sound()
