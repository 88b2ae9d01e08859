"""Everyday sentences grouped by what they mean, with the gist of each group in plain words.

Groups teach that different words can say the same. None of them is a row, a label or an answer of
the bundled example data.
"""

from __future__ import annotations

MEANINGS_EN: dict[str, str] = {
    "It is about the price.": """how much is the {x}|what does the {x} cost|what is the price of the {x}
        is the {x} expensive|I want to know the price of the {x}|can I afford the {x}""",
    "It is about money that was paid.": """they took the money for the {x}, can it come back
        pay me back what I gave for the {x}|return the money for the {x}|I paid for the {x}, refund it
        I want my cash back for the {x}|a refund of the {x} would be fair|give the money back""",
    "It is on the road.": """the {x} did not come|I wait for the {x}|the {x} is late
        the parcel with the {x} is not here|where is the parcel|nothing arrived today
        the {x} has not been delivered|did they ship the {x}|the post lost the {x}
        no {x} came with the delivery|how many days until the {x} arrives""",
    "It is out of order.": """the {x} is broken|the {x} broke|the {x} has a crack|the {x} fell to pieces
        the {x} does not start|the {x} is damaged|this {x} is faulty|it does not work
        the {x} no longer works|somebody must repair the {x}|a screw of the {x} is loose""",
    "It is about papers.": """I need the invoice of the {x}|the receipt of the {x} is lost
        the bill is not right|write me a bill for the {x}|I want a receipt|email me the invoice
        the invoice has an error|where are the papers of the {x}|my company wants a bill""",
    "It should be another one.": """the {x} has the wrong size|I want the {x} in another colour
        a bigger {x} is better|a smaller {x} is better|swap the {x}|exchange it for a green one
        the {x} is too small|the {x} is too large|change the {x} for a different model""",
    "It is not wanted.": """I do not want the {x}|no {x} for me, please stop|cancel the {x}
        I changed my mind about it|it was a mistake to order the {x}|stop the order
        do not send me a {x}|forget the {x}, cancel everything|I do not need it any more""",
    "They are happy.": """I love the {x}|the {x} is wonderful|what a beautiful {x}|I enjoy the {x}
        the {x} is great|we are very happy|the {x} is perfect|it is excellent|I like it
        many thanks for the lovely {x}|everybody loves the {x}""",
    "They are sad.": """I miss the {x}|it is a pity about the {x}|I cried about the {x}
        losing the {x} makes me sad|I am unhappy without the {x}""",
    "They look for something.": """I cannot find the {x}|did you see the {x}|I lost the {x} somewhere
        who knows where I put the {x}|we search for the {x}""",
    "It is about the weather.": """it rains on the {x}|the {x} stands in the snow|will it be sunny
        the wind blew the {x} away|what a storm""",
    "They want to learn.": """how does a {x} work|teach me about the {x}|explain the {x} to me
        what is a {x} for|I want to understand the {x}""",
    "It is dirty.": """the {x} needs a wash|wash the {x}|there is mud on the {x}|clean the {x}
        how do I get the stain out of the {x}""",
    "It is a present.": """the {x} is for her birthday|I give the {x} to my friend|wrap the {x}
        grandmother gets the {x}|it is a gift""",
    "They want to borrow.": """may I borrow the {x}|lend me the {x}|can I use your {x} for a day
        I bring the {x} back tomorrow|I need the {x} just for today""",
    "They make something.": """I build a {x}|she makes the {x} from wood|we made the {x} ourselves
        how do I build a {x}|he draws a {x}""",
    "It is heavy work.": """help me carry the {x}|the {x} weighs a lot|the {x} is too heavy for me
        lift the {x} with me|I cannot move the {x}""",
    "They are late for work.": """the bus was late|I slept too long|the train did not stop
        my boss waits for me|the meeting began without me""",
}

MEANINGS_ZH: dict[str, str] = {
    "说的是价钱。": "{x}多少钱|{x}贵吗|我想知道{x}的价格|{x}怎么卖|这个{x}便宜吗",
    "说的是付过的钱。": "把{x}的钱还给我|我想要回{x}的货款|{x}的钱能退吗|我要退钱|我付了{x}的钱，想拿回来|退款",
    "东西还在路上。": "{x}没有到|我在等{x}|{x}的快递还没来|包裹在哪里|{x}寄出了吗|哪天能收到{x}|{x}怎么还不来",
    "东西坏了。": "{x}坏了|{x}不动了|{x}破了|{x}有裂缝|不能用|{x}出毛病了|{x}要修一修|{x}裂了",
    "说的是票据。": "我要{x}的发票|{x}的收据不见了|发票不对|给公司开一张{x}的发票|收据上有错|没有发票",
    "想要另外一个。": "换一个{x}|{x}的颜色不喜欢，想换|尺寸不合适，换大的|换小的{x}|{x}太大了|{x}太小|换成绿色的{x}",
    "不想要了。": "我不要{x}|取消{x}|别给我寄{x}|不需要{x}了|改主意了|订单不要了|是不小心订的",
    "很高兴。": "我爱{x}|{x}真好|{x}真漂亮|喜欢这个{x}|{x}很棒，谢谢|非常满意|{x}好用极了",
    "很难过。": "我想念{x}|没有{x}我很伤心|真可惜|丢了{x}很难过",
    "在找东西。": "我找不到{x}|你看见{x}了吗|{x}放哪儿了|我们在找{x}",
    "想学习。": "{x}怎么用|教我用{x}|{x}是做什么的|给我讲讲{x}",
    "东西脏了。": "{x}要洗|{x}上有泥|洗一洗{x}|{x}很脏",
    "是礼物。": "{x}是生日礼物|我把{x}送给朋友|{x}送给奶奶|包一下{x}",
    "想借东西。": "可以借{x}吗|借我{x}用一天|明天还你{x}|借一下{x}",
    "说的是天气。": "外面下雨了|{x}上都是雪|今天风很大|明天晴天吗",
}


def sayings(group: str) -> list[str]:
    """Return the sentences of one group, each with `{x}` where the item stands."""
    return [part.strip() for line in group.splitlines() for part in line.split("|")]
