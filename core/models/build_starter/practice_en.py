"""English practice: short exercises whose answer is in the question or is a simple fact."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from core.models.build_starter.lexicon import ENGLISH as LEXICON
from core.models.build_starter.words import article, english_item, invented, sentence

Turn = tuple[str, str]


def about(rng: Random, item: str) -> str:
    """Return a customer-like sentence that mentions the item."""
    text = rng.choice(LEXICON.about).format(
        x=item,
        ax=article(item),
        place=rng.choice(LEXICON.places),
        name=rng.choice(LEXICON.names),
        colour=rng.choice(LEXICON.colours),
    )
    opener = rng.choice(("", "", "", "hello, ", "hi, ", "excuse me, ", "good morning, ", "well, "))
    said = sentence(opener + text) + rng.choice((".", ".", "", "!", ", please."))
    return said if rng.random() < 0.75 else f"{said} {_filled(rng, rng.choice(LEXICON.asides))}"


def _filled(rng: Random, text: str) -> str:
    return text.format(
        day=rng.choice(LEXICON.days),
        name=rng.choice(LEXICON.names),
        place=rng.choice(LEXICON.places),
        colour=rng.choice(LEXICON.colours),
        n=rng.randint(2, 9),
        m=rng.randint(0, 99),
    )


def _mention(rng: Random, item: str) -> str:
    said = saying(rng, rng.choice(list(LEXICON.meanings)), item) if rng.random() < 0.4 else ""
    return said if item in said and said else about(rng, item)


def reply_form(rng: Random) -> str:
    """Return a made-up house style with one open place for the item, marked `ITEM`."""
    if rng.random() < 0.5:
        head = _filled(rng, rng.choice(LEXICON.bodies))
    else:
        head = f"{rng.choice(LEXICON.heads)} ITEM. {_filled(rng, rng.choice(LEXICON.tails))}"
    if rng.random() < 0.4:
        head = f"[{invented(rng).upper()}] {head}"
    if rng.random() < 0.4:
        head += f" - {rng.choice(('Team', 'Your', 'The'))} {sentence(invented(rng))}"
    return head


def follow_form(rng: Random) -> list[Turn]:
    """Return a chat whose system turn names a house style that every reply then follows."""
    form = reply_form(rng)
    ask = rng.choice(("Reply in this form", "Always answer like this", "Your reply has this form"))
    turns = [("system", f"{ask}: {form}")]
    for _ in range(rng.choice((1, 2, 2, 3, 4))):
        item = english_item(rng)
        turns += [("user", _mention(rng, item)), ("assistant", form.replace("ITEM", item))]
    return turns


def recall(rng: Random) -> list[Turn]:
    """Return a chat that asks later for what was said before."""
    item, name, place = english_item(rng), rng.choice(LEXICON.names), rng.choice(LEXICON.places)
    turns = [
        ("user", f"My name is {name}. " + about(rng, item)),
        ("assistant", f"Hello {name}! What would you like to know about your {item}?"),
    ]
    asks = [
        ("What is my name?", f"Your name is {name}."),
        ("What are we talking about?", f"We are talking about your {item}."),
        ("Say it in one word.", item),
        (f"I put it in the {place}.", f"So your {item} is in the {place}."),
        (f"{rng.choice(LEXICON.names)} likes it.", f"I am glad to hear that about your {item}."),
    ]
    for question, answer in rng.sample(asks, rng.choice((1, 2, 3))):
        turns += [("user", question), ("assistant", answer)]
    return turns


def saying(rng: Random, gist: str, item: str) -> str:
    """Return one of the sentences with that gist, said about the item."""
    text = rng.choice(LEXICON.meanings[gist]).replace(" a {x}", f" {article(item)}")
    opener = rng.choice(("", "", "", "hello, ", "hi, ", "good morning, ", "well, "))
    extra = rng.choice(
        ("", "", f" It is from {rng.choice(LEXICON.days)}.", " Thank you.", " Please help.")
    )
    return sentence(opener + text.format(x=item)) + rng.choice((".", "!", "?")) + extra


def gist(rng: Random) -> list[Turn]:
    """Return a chat that asks for the plain meaning of sentences about one thing."""
    item = english_item(rng)
    turns = [("user", about(rng, item)), ("assistant", f"What about the {item}?")]
    if rng.random() < 0.5:
        turns = [("system", "Say in plain words what is meant and about which thing.")]
    for _ in range(rng.choice((1, 2, 2, 3))):
        meant = rng.choice(list(LEXICON.meanings))
        said = saying(rng, meant, item)
        known = item in said or turns[0][0] == "user"
        turns += [("user", said), ("assistant", f"{meant} The {item}." if known else meant)]
        if turns[0][0] == "system":
            item = english_item(rng)
    return turns


def _same_meaning(rng: Random) -> Turn:
    meant = rng.choice(list(LEXICON.meanings))
    other, item = rng.choice((meant, rng.choice(list(LEXICON.meanings)))), english_item(rng)
    pair = f"{saying(rng, meant, item)} And: {saying(rng, other, item)}"
    return f"Is this about the same? {pair}", "Yes, the same." if other == meant else "No."


def _gist(rng: Random) -> Turn:
    meant, item = rng.choice(list(LEXICON.meanings)), english_item(rng)
    said = saying(rng, meant, item)
    return f"What is meant? {said}", f"{meant} The {item}." if item in said else meant


def _small_talk(rng: Random) -> Turn:
    return rng.choice(
        [
            (
                rng.choice(("Hello", "Hi", "Good morning", "Hey there", "Good evening")),
                "Hello! How can I help you today?",
            ),
            (rng.choice(("Thank you", "Thanks a lot", "Many thanks")), "You are welcome!"),
            (rng.choice(("Bye", "Goodbye", "See you later")), "Goodbye! Have a nice day."),
            (rng.choice(("How are you?", "How is it going?")), "I am fine, thank you. And you?"),
            (rng.choice(("Who are you?", "What are you?")), "I am a very small language model."),
        ]
    )


def _echo(rng: Random) -> Turn:
    words = " ".join(english_item(rng) for _ in range(rng.randint(1, 4)))
    ask = rng.choice(("Repeat after me", "Say this", "Copy these words", "Write", "Say again"))
    return f"{ask}: {words}", words


def _pick(rng: Random) -> Turn:
    words = [english_item(rng) for _ in range(rng.randint(2, 4))]
    place = rng.choice(("first", "last"))
    chosen = words[0] if place == "first" else words[-1]
    return f"What comes {place}: {', '.join(words)}?", chosen


def _list(rng: Random) -> Turn:
    words = [english_item(rng) for _ in range(rng.randint(2, 4))]
    said = f"{', '.join(words[:-1])} and {words[-1]}"
    return f"Make a list of {said}.", "\n".join(f"- {word}" for word in words)


def _name_the_thing(rng: Random) -> Turn:
    item = english_item(rng)
    ask = rng.choice(("Which thing is meant?", "Name the thing.", "What is it about?"))
    return f"{about(rng, item)} {ask}", rng.choice((f"The {item}.", f"The {item}."))


def _acknowledge(rng: Random) -> Turn:
    item = english_item(rng)
    return about(rng, item), f"I see. What would you like to know about the {item}?"


def _where(rng: Random) -> Turn:
    items = [english_item(rng) for _ in range(2)]
    places = rng.sample(LEXICON.places, 2)
    told = " ".join(f"The {i} is in the {p}." for i, p in zip(items, places, strict=True))
    chosen = rng.randrange(2)
    return (
        f"{told} Where is the {items[chosen]}?",
        f"The {items[chosen]} is in the {places[chosen]}.",
    )


def _who(rng: Random) -> Turn:
    names, items = rng.sample(LEXICON.names, 2), [english_item(rng) for _ in range(2)]
    told = " ".join(f"{n} has the {i}." for n, i in zip(names, items, strict=True))
    chosen = rng.randrange(2)
    if rng.random() < 0.5:
        return f"{told} Who has the {items[chosen]}?", f"{names[chosen]} has the {items[chosen]}."
    return f"{told} What does {names[chosen]} have?", f"{names[chosen]} has the {items[chosen]}."


def _same(rng: Random) -> Turn:
    word, other = rng.sample(rng.choice(LEXICON.same), 2)
    return rng.choice((f"Another word for {word}?", f"What means the same as {word}?")), other


def _opposite(rng: Random) -> Turn:
    pair = list(rng.choice(LEXICON.opposite))
    rng.shuffle(pair)
    return f"What is the opposite of {pair[0]}?", f"The opposite of {pair[0]} is {pair[1]}."


def _kind(rng: Random) -> Turn:
    kind, asked = rng.choice(list(LEXICON.kinds)), rng.choice(list(LEXICON.kinds))
    word = rng.choice(LEXICON.kinds[kind])
    if rng.random() < 0.5:
        asked = kind
    if word in LEXICON.kinds[asked]:
        return f"Is {word} {article(asked)}?", f"Yes, {word} is {article(asked)}."
    return f"Is {word} {article(asked)}?", f"No, {word} is not {article(asked)}."


def _topic(rng: Random) -> Turn:
    topic = rng.choice(list(LEXICON.topics))
    words = rng.sample(LEXICON.topics[topic], 2)
    text = rng.choice(
        (
            f"I read about the {words[0]} and the {words[1]}.",
            f"Tell me: {words[0]}, {words[1]}.",
            f"{rng.choice(LEXICON.names)} talked about {words[0]} and {words[1]} all day.",
        )
    )
    return f"Sort this by subject. {text}", topic


Exercise = Callable[[Random], Turn]
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
    _who,
    _same,
    _same,
    _opposite,
    _kind,
    _topic,
)
