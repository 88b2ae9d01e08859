"""What people say for each thing the assistant can do: patterns over plain text (see `plain`).

English patterns stand before Chinese ones. The first intent of MEANINGS with a pattern that is
found wins, so what is more particular stands first.
"""

from __future__ import annotations

from typing import Literal

Intent = Literal[
    "demo_data",
    "describe_data",
    "train",
    "change",
    "approve",
    "decline",
    "hold",
    "leave",
    "progress",
    "stop_run",
    "resume",
    "compare",
    "evaluate",
    "report",
    "list_runs",
    "list_datasets",
    "list_models",
    "stop_engine",
    "explain_plan",
    "help",
    "new_chat",
    "thanks",
    "greeting",
    "unknown",
]

APPROVE_WORDS = frozenset(
    "yes yep yeah yup y ok okay sure start begin go approve approved accept accepted agree agreed "
    "proceed continue confirm confirmed launch run do lgtm".split()
)
"""At least one of these, and beside them only FILLERS, is a yes to what is pending."""
FILLERS = frozenset(
    "please now then it that this the a training train run plan job lets just and ahead so on for "
    "i we you to me go all right alright right with away carry looks sounds good great fine perfect "
    "thanks thank finetuning finetune absolutely definitely of course".split()
)
APPROVE_EN = r"(looks|sounds|all) (good|great|fine|perfect)( to me)?|make it so|go for it|ship it|carry on"
APPROVE_ZH = (
    r"好|好的|好吧|好啊|行|行的|可以|可以的|没问题|没有问题|同意|批准|确认|确定|是|是的|对|嗯|嗯嗯"
    r"|开始|启动|执行|运行|跑|继续|就这样|就这么办|走起|来吧|动手"
)
FILLERS_ZH = (
    r"吧|了|啊|呀|的|训练|微调|它|请|那|就|现在|马上|一下|这个|计划|方案|按(这个|此)?(计划|方案)|谢谢"
)

DECLINE_EN = (
    r"(no|nope|nah|cancel|decline|declined|reject|rejected|forget it|never ?mind|drop it|discard"
    r"|do not( do (it|that))?|no thanks?( you)?|not this( one)?|abort)"
)
DECLINE_ZH = (
    r"(不|不要|不用|不用了|不行|不可以|不同意|不了|取消|算了|拒绝|放弃|不训练了?|不要训练|不开始|别|否)"
)
HOLD = (
    r"\b(wait|not yet|hold on|later|one moment|let me think|do not start( yet)?|hang on|not now)\b"
    r"|等等|等一下|等会|稍等|稍后|先别|先不|别急|以后再|待会|再想想"
)
VERBS = (
    r"\b(stop|train|finetune|start|evaluate|compare|resume|continue)\b|停|训练|微调|开始|评估|对比|继续"
)
"""What a negated sentence may leave as it is."""
NEGATED = (
    r"\b(do not|never|no need to|stop asking me to|should not|will not|rather not)\b"
    r"|(?<!分)别(?!的|人|名)|不要|不想|不用|无需|不需要"
)

MEANINGS: tuple[tuple[Intent, tuple[str, ...]], ...] = (
    (
        "new_chat",
        (
            r"\b(new|fresh|another) (chat|conversation)\b",
            r"^(please )?start (all )?over( again)?$|\b(clear|reset|delete|wipe) (the |this |our )?(chat|conversation|history)\b",
            r"新(的|建|开)?(一个|个)?(对话|会话|聊天)|(清空|清除|重置)(聊天|对话|会话|记录)|^(从头来|重新来过?|重新开始)$|换个话题",
        ),
    ),
    (
        "stop_engine",
        (
            r"\b(stop|shut ?down|kill|close|unload|turn off|quit)\b.*\b(engine|server|vllm|models?|serving|gpu)\b",
            r"\b(free|release|give back)\b.*\b(memory|gpu|vram|ram)\b",
            r"(停|关|退出|卸载).*(引擎|服务器?|模型|vllm)|(释放|清|归还|腾).*(显存|内存|gpu)",
        ),
    ),
    (
        "stop_run",
        (
            r"^(please )?(can you |could you )?(stop|abort|halt|pause|cancel|interrupt|end|kill)"
            r"( (it|this|that|now|please|the|training|run|job|my|everything|current|right))*$",
            r"\b(stop|abort|halt|cancel|kill|interrupt|pause|terminate)\b.{0,20}\b(training|run|job|finetuning)\b",
            r"^(请)?(停|停下|停下来|停止|停一下|暂停|中止|终止|中断|结束)(吧|了|它)?$",
            r"(停|暂停|停止|中止|终止|中断|取消|结束).{0,4}(训练|微调|运行|任务)|(训练|微调|任务).{0,2}(停下|停掉|停止|停了吧|暂停|取消)",
        ),
    ),
    (
        "resume",
        (
            r"\b(resume|continue|carry on|pick up|keep going|keep training|go on)\b",
            r"\brestart\b|^(try again|retry)( please)?$",
            r"继续|恢复|接着|断点|续训|^(重试|再试一次|再来一次)(吧)?$",
        ),
    ),
    (
        "list_runs",
        (
            r"\b(list|show|see|which|what|all|my|previous|past|older)\b.*\b(runs|jobs|trainings)\b",
            r"^runs$|\b(run|training) history\b",
            r"(有|列|看|显示|查看|全部|所有|历史).{0,6}(哪些|几次|所有|全部|历史|列表)?.{0,3}(训练任务|训练记录|任务列表|运行记录|任务)"
            r"|(训练|任务|运行)(历史|列表|记录)|(训练|跑)(过|了)(哪些|几次|什么)|有哪些训练",
        ),
    ),
    (
        "list_datasets",
        (
            r"\b(list|show|see|which|what|all|my)\b.*\b(datasets|files)\b|^datasets$",
            r"\bwhat data (do i|do we|is there|have i|have we)\b",
            r"(有|列|看|显示|查看|全部|所有).{0,4}(哪些|所有|全部|列表)?.{0,3}(数据集|文件)|数据集(列表|有哪些)|有哪些数据|我的数据集|哪些数据集",
        ),
    ),
    (
        "list_models",
        (
            r"\b(list|show|see|what|all|available|other|supported)\b.*\b(base )?models\b(?!.*\bbetter\b)|^models$",
            r"\b(which|what) (base )?models? (can|could|are|is|do|does|should|would|to|will)\b(?!.*\bbetter\b)",
            r"(有|列|看|显示|支持|可用|能用|可以用).{0,6}模型|模型(列表|有哪些)|(哪些|什么|哪个)(基础|基座)?模型|换(个|一个)模型",
        ),
    ),
    (
        "demo_data",
        (
            r"\b(example|sample|demo|toy|bundled|built[- ]?in)\b.{0,10}\b(data|dataset|file|dialogues|conversations)\b",
            r"\b(try|use|run|show|with|take|load)\b.{0,14}\b(examples?|demo|samples?)\b|^(demo|examples?|samples?)( please)?$",
            r"(示例|样例|例子|演示|自带|内置|示范).{0,4}(数据|文件|对话|集)|^(用|试试|来个|看)?(一下)?(示例|样例|例子|演示)(吧)?$",
        ),
    ),
    (
        "compare",
        (
            r"\b(compare|comparison|comparing|side by side|versus|vs|difference between)\b",
            r"\b(talk|chat|speak|play)\b.{0,8}\b(to|with)\b.{0,10}\b(it|them|both|him|her|model|models|tuned|bot)\b",
            r"\b(try|ask)\b.{0,8}\b(it|both|them|the tuned|the new|my model|my bot|the model|the result)\b",
            r"对比|比较|并排|比一比|(和|跟|与).{0,6}(聊|说话|对话)|聊聊|试(一)?试|试一下|试用|体验|问问(它|他们|两)",
        ),
    ),
    (
        "evaluate",
        (
            r"\b(evaluate|re-?evaluate|benchmark|grade|assess)\b(?! report)",
            r"^(please |now |lets )*(eval|score|judge|measure|test|rate)\b",
            r"\b(run|start|do|make|launch|begin)\b.{0,10}\b(evaluation|eval|test|tests|benchmark|scoring)\b",
            r"(开始|进行|做|跑|来|启动|运行|帮我|请|再).{0,4}(评估|评测|测评|评价|打分|测试)|^(评估|评测|测评|评价|打分|测试)(一下|一遍|吧|它|模型|它们|效果|结果|前|用|条|个|样本| |\d+)*$",
        ),
    ),
    (
        "report",
        (
            r"\b(report|verdict|conclusion|findings|score|scores)\b",
            r"\bresults?\b",
            r"\b(is|was|did|does|has|are|how much|any)\b.{0,24}\b(better|worse|improve[ds]?|improvement|help(ed)?|worth|worked|learn(ed|t)?)\b|\bdoes it work\b",
            r"报告|结论|评估结果|评测结果|结果|成绩|得分|分数|(效果|表现).{0,4}(如何|怎么样|怎样|好|吗)|(有没有|有|是否|是不是).{0,6}(变好|更好|提升|提高|进步|改善|效果|用)",
        ),
    ),
    (
        "progress",
        (
            r"\b(progress|status|eta|loss|losses|curve|log|logs|state)\b",
            r"\bhow (is|are|does|far|long|much longer|did)\b.{0,24}\b(it|going|run|training|things|doing|left|take|remaining|along|evaluation|go)\b|^how (far|long|much longer)$",
            r"\b(is|are|has|did|when)\b.{0,22}\b(done|finished|ready|finish|over|complete|completed|fail(ed)?|running|stuck)\b",
            r"\b(done|finished|ready) yet\b|^(done|finished|ready|update|news)$|\bstill (training|running|going|evaluating)\b|\bany (news|update)|\bupdate me\b|\bhow much longer\b|\btime left\b",
            r"\b(what happened|what is happening|what went wrong|why did (it|the run|training|my run) (fail|stop|crash|die|end))\b",
            r"进度|进展|状态|怎么样了|如何了|怎样了|到哪|到第几|(好|完|完成|结束|成功|失败|跑完|训练完|练完|搞定|停)了(没|吗|么|没有)|还(要|需|剩|有)?.{0,4}(多久|多长|多少时间)|要多久|多久|什么时候|损失|还在(训练|跑|运行)|出(了)?什么(问题|错)|为什么.{0,6}(失败|停|中断|出错)|日志",
        ),
    ),
    (
        "explain_plan",
        (
            r"\b(explain|why|reasons?|justify)\b.{0,30}\b(plan|settings?|values?|these|those|rank|rate|epochs?|batch|length|parameters|model|much|many|alpha|seed)\b|^why( not)?$",
            r"\b(show|see|what (is|are|was)|repeat|tell me)\b.{0,14}\b(the plan|plan|settings|hyper ?parameters|parameters|learning rate|epochs?|rank|batch size|alpha|seed|max length)\b",
            r"\bhow many (epochs|steps)\b|\bis (that|this|\d+ epochs?) (enough|too)\b",
            r"(为什么|为啥|理由|解释|说明).{0,12}(计划|设置|参数|学习率|轮|秩|批|这样|这么|数)?|(计划|方案|参数|设置)(是什么|有哪些|是怎样|呢)|(看|显示)(一下|看)?(计划|方案)|(学习率|轮数|秩|批大小|长度|种子).{0,3}(是)?多少|多少轮|几轮|够吗|够不够",
        ),
    ),
    (
        "describe_data",
        (
            r"\b(what|describe|summari[sz]e|summary|look|inspect|check|analy[sz]e|explain|show|tell|any|how many|how much|how big|statistics|stats|overview|read)\b"
            r".{0,30}\b(data|dataset|file|rows?|dialogues?|conversations?|problems?|errors?|mistakes?|duplicates?|upload(ed)?|examples)\b",
            r"^what is (in|inside) (it|there|here|this|that|them)$|^(describe|summari[sz]e|check|inspect) (it|this|that)$",
            r"(数据|文件|数据集|对话).{0,6}(里|中|内)?.{0,4}(有什么|是什么|有哪些|内容|情况|概况|统计|多少|几条|几行|怎么样|问题|错误|重复|看看|呢)"
            r"|(看|检查|分析|查看|读|总结|描述|介绍|说说|概括|统计).{0,6}(数据|文件|对话)|(有|多少|几)(条|行|个)?(数据|对话|样本|记录)|有什么(问题|错误)|里面有什么",
        ),
    ),
    (
        "train",
        (
            r"\b(train|retrain|training|finetune|finetuning|tune|sft|teach|lora)\b",
            r"^(please |ok |okay |yes )*(lets |let us )?(start|begin|go|go ahead|do it)( it| now| please)*$",
            r"\b(make|suggest|propose|give|create|prepare|show)\b.{0,10}\b(plan|proposal|recommendation)\b",
            r"训练|微调|调优|精调|训炼|开始(吧|了)?$|教(它|模型|他)|学习这|(给|做|出|来|制定|提).{0,3}(计划|方案|建议)|练一下",
        ),
    ),
    (
        "help",
        (
            r"\bhelp\b|\bwhat (can|could|should|do|will) (you|i|we)\b|\bwhat (now|next)\b|\bnext steps?\b|^commands?$|\bgetting started\b|\bi am lost\b",
            r"\bhow (do|does|can|should|would|to)\b.{0,20}\b(i|this|it|we|you|duotune|work|start|begin|use|upload)\b|\b(who|what) are you\b|\bwhat is (this|duotune)\b",
            r"帮助|帮忙|怎么用|怎么(做|办|开始|操作|上传)|如何(使用|开始|上传)|能做(什么|啥)|会(做)?(什么|啥)|可以做什么|下一步|接下来|你是谁|这是什么|说明书|教程|指令",
        ),
    ),
    (
        "thanks",
        (
            r"^(many |ok |okay |great |cool )*(thanks|thank you|thx|ty|cheers)\b.{0,20}$",
            r"^(very |that is |how |so |great |oh )*(good|great|nice|cool|awesome|perfect|excellent|wonderful|amazing|wow|well done|good job|great job|nice work|fine|bye|goodbye)( job| work| one)?$",
            r"^(太|非常|多|真|很)?(谢谢|感谢|多谢|谢了|辛苦了|辛苦|棒|太棒了|厉害|真棒|很好|不错|再见|拜拜)(你|您|了|啊|啦|呀|的)*$",
        ),
    ),
    (
        "greeting",
        (
            r"^(hi|hello|hey|hiya|howdy|yo|greetings|good (morning|afternoon|evening|day))( there| duotune| all| again| everyone)*$",
            r"^(你|您)?(好|们好|好啊|好呀)(啊|呀)?$|^(哈喽|嗨|hello|早|早上好|早安|下午好|晚上好|大家好|在吗|在不在)(呀|啊)?$",
        ),
    ),
)
