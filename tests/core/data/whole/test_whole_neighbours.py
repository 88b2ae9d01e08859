"""Near duplicates are found in both ways and linked without giants; the work can be stopped."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence

import pytest

from core.data.records import Example
from core.data.whole import cosine, neighbours
from core.data.whole.clusters import Union, near_clusters
from core.data.whole.neighbours import Pair, near_pairs
from core.data.whole.texts import frame_of, spoken_text
from core.data.whole.watching import Stopped, Watch
from tests.core.data.whole.making import distinct, example, examples

pytestmark = pytest.mark.full

LONG = (
    "My parcel with the green kettle was to arrive on Monday, but the courier left it with a "
    "neighbour who is on holiday until March. Could you please send another one to my office?"
)
LONG_ZH = (
    "我上周一订购的绿色水壶本来应该在今天送到，但是快递员把它交给了去度假的邻居，"
    "请问能不能再寄一个到我的办公室？"
)


def rows_of(pairs: Sequence[Pair]) -> list[tuple[int, int]]:
    return [(pair.row_a, pair.row_b) for pair in pairs]


@pytest.mark.parametrize("exact_rows", [20_000, 0], ids=["exact", "sketched"])
def test_equal_and_near_texts_are_found_in_both_ways(
    monkeypatch: pytest.MonkeyPatch, exact_rows: int
) -> None:
    monkeypatch.setattr(neighbours, "EXACT_ROWS", exact_rows)
    texts = [
        LONG,
        "Where is my tea?",
        LONG_ZH,
        "  WHERE is  my tea？",
        LONG.replace("green", "red"),
    ]
    texts.append(LONG_ZH.replace("绿色", "红色"))
    pairs = near_pairs([*examples(*texts), *distinct(30, first=7)])
    assert rows_of(pairs) == [(2, 4), (1, 5), (3, 6)]
    assert pairs[0].similarity == 1
    assert all(0.8 <= pair.similarity < 1 for pair in pairs[1:])


def test_short_texts_are_compared_by_cosine() -> None:
    pairs = near_pairs(examples("What cards do you support?", "what cards do you support", "Hm?"))
    assert rows_of(pairs) == [(1, 2)]
    assert near_pairs([]) == []
    assert near_pairs(examples("alone")) == []


def test_the_first_look_loses_no_pair_that_comparing_all_finds() -> None:
    chance = random.Random(3)
    words = re.findall(r"\w+", "why is my card not working at the shop when i pay with it today")
    texts = sorted({" ".join(chance.sample(words, chance.randint(5, 9))) for _ in range(400)})
    matrix = cosine.vectors(texts)
    wanted = {
        (i, j) for i, j in zip(*(matrix @ matrix.T >= cosine.ALIKE).nonzero(), strict=True) if j < i
    }
    index = cosine.CosineIndex(matrix)
    i, j, _ = index.among(0)
    assert len(texts) <= cosine.CHUNK
    assert len(wanted) > 20
    assert set(zip(i.tolist(), j.tolist(), strict=True)) == wanted


def test_a_shared_instruction_does_not_make_rows_alike() -> None:
    task = (
        "Which of these intents does the customer's message have? Answer with one word. Message: "
    )
    rows = [example(task + e.conversation.first_user, "pay", e.row) for e in distinct(40)]
    rows.append(example(task + rows[3].conversation.first_user.upper()[len(task) :], "x", 41))
    assert rows_of(near_pairs(rows)) == [(4, 41)]
    assert frame_of(["same start of everything: a"] * 3).before == ""


def test_the_answer_counts_where_all_that_is_said_is_compared() -> None:
    rows = [example("Hello?", LONG, 1), example("Hello?", LONG_ZH, 2), example("Hello ?", LONG, 3)]
    assert rows_of(near_pairs(rows, spoken_text)) == [(1, 3)]


def test_work_tells_its_progress_and_stops_when_asked() -> None:
    told: list[tuple[int, int]] = []
    rows = distinct(2_500)
    near_pairs(rows, watch=Watch(progress=lambda done, total: told.append((done, total))))
    assert (2_000, 2_500) in told
    with pytest.raises(Stopped):
        near_pairs(rows, watch=Watch(should_stop=lambda: True))


def test_rows_are_read_in_order_only() -> None:
    class Lazy(list[Example]):
        def __getitem__(self, index: object) -> Example:  # type: ignore[override]
            raise AssertionError("random access")

        def __iter__(self) -> Iterator[Example]:
            return super().__iter__()

    assert near_pairs(Lazy(examples("a b c?", "A b c？"))) != []


def test_texts_of_one_template_stay_affordable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "EXACT_WORK", 1e4)
    monkeypatch.setattr("core.data.whole.cosine.CosineIndex.among", None)
    rows = examples(*(f"Where is my order number {n * 7919}, please?" for n in range(300)))
    assert all(pair.similarity >= 0.8 for pair in near_pairs(rows))


def pair(a: int, b: int, similarity: float) -> Pair:
    return Pair(f"ex-{a}", f"ex-{b}", a, b, similarity)


def test_chains_are_clusters_until_they_become_giants() -> None:
    chain = [pair(n, n + 1, 0.9) for n in range(200)]
    clusters = near_clusters(chain, rows=300)
    sizes = [list(clusters.of.values()).count(key) for key in set(clusters.of.values())]
    assert max(sizes) <= 50
    assert clusters.refused >= 3
    equal = near_clusters([pair(0, n, 1.0) for n in range(1, 200)], rows=300)
    assert len(set(equal.of.values())) == 1
    assert equal.refused == 0


def test_the_likest_rows_are_linked_first() -> None:
    chain = [pair(n, n + 1, 0.9) for n in range(49)]
    clusters = near_clusters([*chain, pair(49, 50, 0.85), pair(50, 51, 0.99)], rows=60)
    assert clusters.of["ex-50"] == clusters.of["ex-51"] != clusters.of["ex-49"]
    assert clusters.refused == 1


def test_unions_are_transitive() -> None:
    union = Union()
    for one, other in (("a", "b"), ("c", "d"), ("b", "c"), ("a", "d")):
        union.join(one, other)
    assert union.top("a") == union.top("d") != union.top("e")
    assert (union.size("c"), union.size("e")) == (4, 1)
