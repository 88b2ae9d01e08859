"""Chinese practice, the counterpart of the English one."""

from __future__ import annotations

from random import Random

from core.models.build_starter import lexicon_zh as lexicon
from core.models.build_starter.meanings import MEANINGS_ZH, sayings
from core.models.build_starter.practice_en import Exercise, Turn
from core.models.build_starter.words import chinese_item, invented

ABOUT = (
    """
我的{x}在{place}|我上周买了一个{x}|这个{x}是{name}送的|我在找我的{x}|我昨天洗了{x}|{name}想借{x}
我们家有{x}|{place}里有一个{x}|我想说说我的{x}|你能讲讲{x}吗|你觉得我的{x}怎么样|我想问一下{x}
{name}也有一样的{x}|今天在{place}看到一个{x}|我有一个{x}，想听听建议|我每天都用{x}|是关于{x}的
我的{x}需要帮助|{x}怎么洗|{x}放在哪里好|这是我的新{x}|我把{x}忘在{place}了|{x}是{colour}的
""".replace("\n", "|")
    .strip("|")
    .split("|")
)

_HEADS = (
    """
谢谢您告诉我们，您的|我记下了，|我来看看您的|您说的是|关于您的|好的，您的|我们知道您的|我们收到了，您的
""".replace("\n", "|")
    .strip("|")
    .split("|")
)

_TAILS = (
    """
我们{day}给您打电话。|{day}可以准备好。|请问一下{name}。|祝您愉快！|{name}会帮您看。|需要{n}天。|请再问我。
{n}小时以后写信给您。|就是这样。|{day}见。
""".replace("\n", "|")
    .strip("|")
    .split("|")
)

_BODIES = (
    """
您的ITEM现在在{place}。|ITEM已经记在单子上，{name}会看。|我们觉得ITEM很好看。|ITEM的纸条交给{name}了。
{name}会把ITEM送到{place}。|ITEM请等到{day}。|很好，您的ITEM放在{place}，请放心。|ITEM要{n}块钱，先放在{name}那里。
""".replace("\n", "|")
    .strip("|")
    .split("|")
)

_ASIDES = ("号码是{n}{n}{m}{n}。", "那天是{day}。", "{name}告诉我的。")

_DAYS = "星期一 星期二 星期三 星期四 星期五 星期六 星期日".split()


def about(rng: Random, item: str) -> str:
    """Return a customer-like Chinese sentence that mentions the item."""
    text = rng.choice(ABOUT).format(
        x=item,
        place=rng.choice(lexicon.PLACES),
        name=rng.choice(lexicon.NAMES),
        colour=rng.choice(lexicon.COLOURS),
    )
    said = (
        rng.choice(("", "", "", "你好，", "您好，", "请问，", "早上好，"))
        + text
        + rng.choice("。。！？")
    )
    return said if rng.random() < 0.75 else said + _filled(rng, rng.choice(_ASIDES))


def _filled(rng: Random, text: str) -> str:
    return text.format(
        day=rng.choice(_DAYS),
        name=rng.choice(lexicon.NAMES),
        place=rng.choice(lexicon.PLACES),
        n=rng.randint(2, 9),
        m=rng.randint(0, 99),
    )


def _mention(rng: Random, item: str) -> str:
    said = saying(rng, rng.choice(list(MEANINGS_ZH)), item) if rng.random() < 0.4 else ""
    return said if item in said and said else about(rng, item)


def reply_form(rng: Random) -> str:
    """Return a made-up Chinese house style with one open place for the item."""
    if rng.random() < 0.5:
        form = _filled(rng, rng.choice(_BODIES))
    else:
        form = f"{rng.choice(_HEADS)}ITEM。{_filled(rng, rng.choice(_TAILS))}"
    if rng.random() < 0.4:
        form = f"【{''.join(rng.sample(lexicon.CHARACTERS, 2))}】{form}"
    if rng.random() < 0.4:
        form += (
            f"——{''.join(rng.sample(lexicon.CHARACTERS, 2))}{rng.choice(('团队', '小组', '店'))}"
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
    item, name, place = chinese_item(rng), rng.choice(lexicon.NAMES), rng.choice(lexicon.PLACES)
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
    text = rng.choice(sayings(MEANINGS_ZH[gist])).format(x=item)
    opener = rng.choice(("", "", "", "你好，", "请问，", "早上好，"))
    return opener + text + rng.choice("。！？") + rng.choice(("", "", "", "谢谢。", "请帮帮我。"))


def gist(rng: Random) -> list[Turn]:
    """Return a chat that asks for the plain meaning of sentences about one thing."""
    item = chinese_item(rng)
    turns = [("user", about(rng, item)), ("assistant", f"{item}怎么了？")]
    if rng.random() < 0.5:
        turns = [("system", "简单说说是什么意思，是哪样东西。")]
    for _ in range(rng.choice((1, 2, 2, 3))):
        meant = rng.choice(list(MEANINGS_ZH))
        said = saying(rng, meant, item)
        known = item in said or turns[0][0] == "user"
        turns += [("user", said), ("assistant", f"{meant}{item}。" if known else meant)]
        if turns[0][0] == "system":
            item = chinese_item(rng)
    return turns


def _same_meaning(rng: Random) -> Turn:
    meant = rng.choice(list(MEANINGS_ZH))
    other, item = rng.choice((meant, rng.choice(list(MEANINGS_ZH)))), chinese_item(rng)
    pair = f"{saying(rng, meant, item)}还有：{saying(rng, other, item)}"
    return f"意思一样吗？{pair}", "一样。" if other == meant else "不一样。"


def _gist(rng: Random) -> Turn:
    meant, item = rng.choice(list(MEANINGS_ZH)), chinese_item(rng)
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
    words = "".join(rng.choice(lexicon.CHARACTERS) for _ in range(rng.randint(2, 7)))
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
    items, places = [chinese_item(rng) for _ in range(2)], rng.sample(lexicon.PLACES, 2)
    told = "".join(f"{i}在{p}。" for i, p in zip(items, places, strict=True))
    chosen = rng.randrange(2)
    return f"{told}{items[chosen]}在哪里？", f"{items[chosen]}在{places[chosen]}。"


def _same(rng: Random) -> Turn:
    word, other = rng.sample(rng.choice(lexicon.SAME), 2)
    return f"“{word}”还可以怎么说？", other


def _opposite(rng: Random) -> Turn:
    pair = rng.choice(lexicon.OPPOSITE).split(":")
    rng.shuffle(pair)
    return f"“{pair[0]}”的反义词是什么？", f"“{pair[0]}”的反义词是“{pair[1]}”。"


def _kind(rng: Random) -> Turn:
    kind, asked = rng.choice(list(lexicon.KINDS)), rng.choice(list(lexicon.KINDS))
    word = rng.choice(lexicon.KINDS[kind])
    if rng.random() < 0.5:
        asked = kind
    if word in lexicon.KINDS[asked]:
        return f"{word}是{asked}吗？", f"是的，{word}是{asked}。"
    return f"{word}是{asked}吗？", f"不，{word}不是{asked}。"


def _topic(rng: Random) -> Turn:
    topic = rng.choice(list(lexicon.TOPICS))
    words = rng.sample(lexicon.TOPICS[topic], 2)
    return f"这句话是什么主题？{rng.choice(lexicon.NAMES)}说到{words[0]}和{words[1]}。", topic


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
