"""Chinese practice, the counterpart of the English one."""

from __future__ import annotations

from random import Random

from core.models.build_starter.lexicon import CHINESE as LEXICON
from core.models.build_starter.practice_en import Exercise, Turn
from core.models.build_starter.words import chinese_item, invented


def about(rng: Random, item: str) -> str:
    """Return a customer-like Chinese sentence that mentions the item."""
    text = rng.choice(LEXICON.about).format(
        x=item,
        place=rng.choice(LEXICON.places),
        name=rng.choice(LEXICON.names),
        colour=rng.choice(LEXICON.colours),
    )
    said = (
        rng.choice(("", "", "", "你好，", "您好，", "请问，", "早上好，"))
        + text
        + rng.choice("。。！？")
    )
    return said if rng.random() < 0.75 else said + _filled(rng, rng.choice(LEXICON.asides))


def _filled(rng: Random, text: str) -> str:
    return text.format(
        day=rng.choice(LEXICON.days),
        name=rng.choice(LEXICON.names),
        place=rng.choice(LEXICON.places),
        n=rng.randint(2, 9),
        m=rng.randint(0, 99),
    )


def _mention(rng: Random, item: str) -> str:
    said = saying(rng, rng.choice(list(LEXICON.meanings)), item) if rng.random() < 0.4 else ""
    return said if item in said and said else about(rng, item)


def reply_form(rng: Random) -> str:
    """Return a made-up Chinese house style with one open place for the item."""
    if rng.random() < 0.5:
        form = _filled(rng, rng.choice(LEXICON.bodies))
    else:
        form = f"{rng.choice(LEXICON.heads)}ITEM。{_filled(rng, rng.choice(LEXICON.tails))}"
    if rng.random() < 0.4:
        form = f"【{''.join(rng.sample(LEXICON.characters, 2))}】{form}"
    if rng.random() < 0.4:
        form += (
            f"——{''.join(rng.sample(LEXICON.characters, 2))}{rng.choice(('团队', '小组', '店'))}"
        )
    return form


def follow_form(rng: Random) -> list[Turn]:
    """Return a chat whose system turn names a house style that every reply then follows."""
    form = reply_form(rng)
    ask = rng.choice(("请这样回答", "每次都这样回复", "回复的格式是"))
    turns = [("system", f"{ask}：{form}")]
    for _ in range(rng.choice((1, 2, 2, 3, 4))):
        item = chinese_item(rng)
        turns += [("user", _mention(rng, item)), ("assistant", form.replace("ITEM", item))]
    return turns


def recall(rng: Random) -> list[Turn]:
    """Return a chat that asks later for what was said before."""
    item, name, place = chinese_item(rng), rng.choice(LEXICON.names), rng.choice(LEXICON.places)
    turns = [
        ("user", f"我叫{name}。" + about(rng, item)),
        ("assistant", f"{name}，你好！您想知道{item}的什么？"),
    ]
    asks = [
        ("我叫什么？", f"您叫{name}。"),
        ("我们在说什么？", f"我们在说您的{item}。"),
        ("用一个词说。", item),
        (f"我把它放在{place}了。", f"您的{item}在{place}。"),
    ]
    for question, answer in rng.sample(asks, rng.choice((1, 2, 3))):
        turns += [("user", question), ("assistant", answer)]
    return turns


def saying(rng: Random, gist: str, item: str) -> str:
    """Return one of the sentences with that gist, said about the item."""
    text = rng.choice(LEXICON.meanings[gist]).format(x=item)
    opener = rng.choice(("", "", "", "你好，", "请问，", "早上好，"))
    return opener + text + rng.choice("。！？") + rng.choice(("", "", "", "谢谢。", "请帮帮我。"))


def gist(rng: Random) -> list[Turn]:
    """Return a chat that asks for the plain meaning of sentences about one thing."""
    item = chinese_item(rng)
    turns = [("user", about(rng, item)), ("assistant", f"{item}怎么了？")]
    if rng.random() < 0.5:
        turns = [("system", "简单说说是什么意思，是哪样东西。")]
    for _ in range(rng.choice((1, 2, 2, 3))):
        meant = rng.choice(list(LEXICON.meanings))
        said = saying(rng, meant, item)
        known = item in said or turns[0][0] == "user"
        turns += [("user", said), ("assistant", f"{meant}{item}。" if known else meant)]
        if turns[0][0] == "system":
            item = chinese_item(rng)
    return turns


def _same_meaning(rng: Random) -> Turn:
    meant = rng.choice(list(LEXICON.meanings))
    other, item = rng.choice((meant, rng.choice(list(LEXICON.meanings)))), chinese_item(rng)
    pair = f"{saying(rng, meant, item)}还有：{saying(rng, other, item)}"
    return f"意思一样吗？{pair}", "一样。" if other == meant else "不一样。"


def _gist(rng: Random) -> Turn:
    meant, item = rng.choice(list(LEXICON.meanings)), chinese_item(rng)
    said = saying(rng, meant, item)
    return f"这是什么意思？{said}", f"{meant}{item}。" if item in said else meant


def _small_talk(rng: Random) -> Turn:
    return rng.choice(
        [
            (rng.choice(("你好", "您好", "早上好", "晚上好")), "您好！有什么可以帮您？"),
            (rng.choice(("谢谢", "多谢", "谢谢你")), "不客气！"),
            (rng.choice(("再见", "下次见")), "再见！祝您愉快。"),
            ("你是谁？", "我是一个很小的语言模型。"),
        ]
    )


def _echo(rng: Random) -> Turn:
    words = "".join(rng.choice(LEXICON.characters) for _ in range(rng.randint(2, 7)))
    if rng.random() < 0.4:
        words = "，".join(chinese_item(rng) for _ in range(rng.randint(1, 3)))
    elif rng.random() < 0.2:
        words = invented(rng)
    return f"{rng.choice(('请重复', '跟我说', '请写', '再说一遍'))}：{words}", words


def _pick(rng: Random) -> Turn:
    words = [chinese_item(rng) for _ in range(rng.randint(2, 4))]
    if rng.random() < 0.5:
        return f"第一个是什么：{'、'.join(words)}？", words[0]
    return f"最后一个是什么：{'、'.join(words)}？", words[-1]


def _list(rng: Random) -> Turn:
    words = [chinese_item(rng) for _ in range(rng.randint(2, 4))]
    return f"列出{'、'.join(words)}。", "\n".join(f"- {word}" for word in words)


def _name_the_thing(rng: Random) -> Turn:
    item = chinese_item(rng)
    return about(rng, item) + rng.choice(("说的是什么东西？", "是哪样东西？")), f"{item}。"


def _acknowledge(rng: Random) -> Turn:
    item = chinese_item(rng)
    return about(rng, item), f"明白了。您想知道{item}的什么？"


def _where(rng: Random) -> Turn:
    items, places = [chinese_item(rng) for _ in range(2)], rng.sample(LEXICON.places, 2)
    told = "".join(f"{i}在{p}。" for i, p in zip(items, places, strict=True))
    chosen = rng.randrange(2)
    return f"{told}{items[chosen]}在哪里？", f"{items[chosen]}在{places[chosen]}。"


def _same(rng: Random) -> Turn:
    word, other = rng.sample(rng.choice(LEXICON.same), 2)
    return f"“{word}”还可以怎么说？", other


def _opposite(rng: Random) -> Turn:
    pair = list(rng.choice(LEXICON.opposite))
    rng.shuffle(pair)
    return f"“{pair[0]}”的反义词是什么？", f"“{pair[0]}”的反义词是“{pair[1]}”。"


def _kind(rng: Random) -> Turn:
    kind, asked = rng.choice(list(LEXICON.kinds)), rng.choice(list(LEXICON.kinds))
    word = rng.choice(LEXICON.kinds[kind])
    if rng.random() < 0.5:
        asked = kind
    if word in LEXICON.kinds[asked]:
        return f"{word}是{asked}吗？", f"是的，{word}是{asked}。"
    return f"{word}是{asked}吗？", f"不，{word}不是{asked}。"


def _topic(rng: Random) -> Turn:
    topic = rng.choice(list(LEXICON.topics))
    words = rng.sample(LEXICON.topics[topic], 2)
    return f"这句话是什么主题？{rng.choice(LEXICON.names)}说到{words[0]}和{words[1]}。", topic


EXERCISES: tuple[Exercise, ...] = (
    _small_talk,
    _echo,
    _echo,
    _echo,
    _pick,
    _list,
    _name_the_thing,
    _name_the_thing,
    _gist,
    _gist,
    _gist,
    _same_meaning,
    _acknowledge,
    _acknowledge,
    _where,
    _same,
    _same,
    _opposite,
    _kind,
    _topic,
)
