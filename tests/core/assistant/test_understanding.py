"""What people say is understood in English and Chinese, slips and all; and what must not match."""

from __future__ import annotations

import re

import pytest

from core.assistant.replies import REPLIES
from core.assistant.understanding import Known, is_approval, is_refusal, understand

KNOWN = Known(models=("starter", "Qwen/Qwen3-0.6B"), runs=("Night Shift", "tea shop"))

SAID = {
    "demo_data": """
        use the example data
        Use the Example Data!
        try the demo
        can I try it with sample data?
        demo
        let's use the built-in dataset
        do you have an example dataset?
        用示例数据
        用一下自带的数据
        先用样例数据试试吧
        演示
        使用示範數據""",
    "need": """
        do I need to train at all?
        do we really need to fine-tune?
        do I have to train it?
        do I need to train, on 10 questions
        should I train at all
        is training worth it?
        is it worth training?
        is fine-tuning really needed?
        how good is it without training?
        what does the base model reach without training
        try it without training first
        is the base model already good enough?
        先不训练行不行
        需要训练吗
        需要訓練嗎
        有必要微调吗？
        值得训练吗
        要不要训练？
        训练有没有必要
        不训练的话效果怎么样
        基础模型够用吗
        需要训练吗，用 10 个问题""",
    "more_data": """
        would more data help?
        does more data help
        will adding more rows improve it?
        would it help to add more data
        do I need more data?
        do I have enough data?
        is this enough data
        are 40 rows enough?
        how much data do I need?
        show the learning curve
        更多数据有用吗
        再加数据会更好吗
        增加数据有没有用
        数据够吗
        數據夠嗎
        需要更多数据吗
        要不要加更多数据
        学习曲线""",
    "describe_data": """
        is my data good enough?
        一共多少条
        what is in my data?
        What's in the file
        whats in it
        describe the dataset
        are there any problems in my file?
        how many rows are usable?
        check my data for duplicates
        summarize the data set
        show me the errors in my data
        数据里有什么
        数据里有什么？
        看看我的数据
        有多少条数据
        文件有什么问题
        检查一下数据
        數據裡有什麼""",
    "repair": """
        delete the duplicates
        delete private data
        删除重复的数据
        fix it
        fix everything please
        repair everything
        mend it
        can you fix it?
        clean up the data
        mask the private data
        redact the e-mails
        take out the refusals
        remove the html tags
        {{name}} is Fennel
        修复
        全部修复
        帮我清理一下数据
        把隐私打码
        脱敏
        删除拒绝回答的行
        [公司名称] 是 星海""",
    "unmask": """
        unmask
        unmask the data please
        can you un-mask it?
        put the private data back
        put back the original e-mails
        bring the masked values back
        restore the private values
        reveal the masked values
        remove the masks
        undo the masking
        还原隐私
        把隐私还原回来
        取消打码
        恢复被打码的内容
        把掩码换回原来的值
        撤销脱敏
        還原隱私""",
    "undo_data": """
        undo
        undo that
        undo the repair
        revert it
        撤销
        撤回刚才的修复
        还原""",
    "changes": """
        what changed?
        what did you change
        show me the changes
        改了什么
        看看改动""",
    "leaks": """
        does test leak into train?
        any leaks?
        is there overlap between train and test
        how is it split?
        有没有泄漏
        训练集和测试集有重叠吗""",
    "show_row": """
        show row 12
        row 7
        show me example 3
        给我看第 12 条
        第12行""",
    "tokens": """
        what will be learned of row 12?
        what does the model learn from row 3
        show the tokens of row 4
        第 12 条会学到什么
        会学到什么""",
    "train": """
        run it
        kick it off
        可以开始训练了
        这个数据能训练吗
        train
        Train it
        please train a model on this
        fine-tune
        FINE TUNE NOW
        finetune it please
        I want to fine tune on my dialogues
        lets trian
        start traning
        teach it to answer politely
        make me a plan
        start
        开始训练
        微调
        帮我微调一个模型
        开始
        訓練吧
        给我一个训练计划
        教它回答客服问题""",
    "change": """
        set epochs to five
        use a smaller learning rate
        the learning rate is too high
        don't use 3 epochs, use 2 epochs
        多训练几轮
        用starter模型
        改成5轮
        I want to use starter
        3 epochs
        use 3 epochs
        Use three epochs, please.
        3 epocs
        lr 1e-4
        LR = 5e-5
        set the learning rate to 0.0002
        learning rate of 2E-4
        leanring rate 1e-4
        can you use rank 8?
        how about 3 epochs?
        what about a batch size of 4?
        what if we use 100 steps
        double the learning rate
        train longer
        lower the learning rate
        no, use 2 epochs
        yes but with rank 32
        stop after 100 steps
        call it night shift
        name it "Report Bot"
        use the starter model
        use Qwen/Qwen3-0.6B
        change the seed to 11
        start with 1 epoch
        set dropout to 0.1
        学习率改成1e-4
        学习率 0.0002
        训练3轮
        訓練三輪
        跑两轮就行
        能改成3轮吗
        学习率调低一点
        批大小改为4
        秩改成8
        最多100步
        叫它小助手
        模型换成 starter
        换成 Qwen/Qwen3-0.6B 模型
        种子用42
        最大长度512
        再训练两轮""",
    "progress": """
        where are we
        how many steps are left
        how is it going
        How's it going?
        hows the training going
        progress
        PROGRES
        status?
        what's the loss
        is it done yet?
        is the training finished
        how long will it take
        how much longer?
        still running?
        what happened
        did the run fail
        any news?
        show the log
        进度
        进度怎么样了
        训练得怎么样了
        好了吗
        训练完了吗
        还要多久
        损失是多少
        到哪一步了
        現在進度如何""",
    "stop_run": """
        kill the job
        停掉吧
        stop
        STOP!!!
        stop it
        stop the training now
        please abort the run
        can you pause training
        cancel the run
        halt
        停
        停止训练
        停下来
        暂停训练
        把训练停了吧
        取消这个任务
        停止訓練""",
    "resume": """
        resume
        resume the run
        continue
        continue training
        carry on
        pick up where it left off
        contine
        retry
        继续
        继续训练
        恢复训练
        接着练
        繼續訓練
        再试一次""",
    "compare": """
        show both models
        看看两个模型的区别
        compare them
        compare
        comapre base and tuned
        Side by side please
        let me talk to it
        I want to chat with the tuned model
        can I try it?
        try it out
        talk to both
        what's the difference between base and tuned?
        对比
        对比一下
        比较两个模型
        和它聊聊
        试试
        我想试一下微调后的模型
        並排对比
        跟它说话""",
    "evaluate": """
        测一下
        score both models
        evaluate
        Evaluate it
        evalute the model
        please evaluate on 20 samples
        benchmark it
        test the tuned model
        run the evaluation
        score it
        grade both
        评估
        评估一下
        开始评估
        帮我评测
        打分
        進行評估
        再评估一次""",
    "report": """
        how good is it
        哪个更好
        report
        show me the report
        reprot
        what's the verdict
        is it better?
        did it help?
        has it improved
        how much better is it
        results please
        is the tuned model any better than the base
        报告
        看报告
        结果怎么样
        效果如何
        有没有变好
        给我看評估報告
        得分多少""",
    "list_runs": """
        list runs
        show my runs
        which runs are there?
        all runs
        training history
        有哪些训练
        训练记录
        查看训练历史
        列出所有任务""",
    "list_datasets": """
        list datasets
        show my data sets
        what data do I have
        which files are there?
        有哪些数据集
        我的数据集
        列出数据集""",
    "list_models": """
        use a different model
        list models
        which models are there?
        what models can I use
        show available base models
        which base model will you use?
        有哪些模型
        可以用什么模型
        模型列表""",
    "diagnose": """
        why did it fail?
        what went wrong?
        why has the training stopped
        diagnose the run
        why is it stuck?
        為什麼失敗了
        为什么训练中断了
        出了什么问题
        失败原因是什么""",
    "remedy": """
        apply the fix
        try again with the fix
        fix the run
        按建议重试
        修好这次训练""",
    "sweep": """
        try several learning rates
        try learning rates 1e-4, 2e-4 and 5e-4
        test ranks 8 and 32
        sweep the learning rate
        run a hyperparameter search
        try LoRA and DoRA
        试几个学习率
        学习率试 1e-4、2e-4 和 5e-4
        网格搜索
        试试不同的秩""",
    "sweep_result": """
        how did the sweep go?
        which learning rate was best?
        看看对比试验
        哪个学习率最好""",
    "extend": """
        extend it by 2 epochs
        continue for 2 more epochs
        keep training for 3 epochs
        延长两轮
        继续训练 2 轮""",
    "clone": """
        clone the run with rank 8
        train it again with 5 epochs
        the same plan but with lr 1e-4
        same as before but with DoRA
        克隆上次的训练
        和上次一样，但用 DoRA
        再训练一次，改用秩 8""",
    "compare_runs": """
        compare the two runs
        compare Night Shift and tea shop
        which run is better?
        what's the difference between Night Shift and tea shop?
        对比这两次训练
        哪次训练更好""",
    "fits": """
        does it fit?
        will it fit in memory
        how much memory does it need?
        what does it cost?
        放得下吗
        显存够吗
        要多少内存""",
    "measure": """
        measure it first
        do a pre-flight
        run a preflight
        do a dry run
        先预跑
        实测一下内存""",
    "stop_preflight": """
        stop the measurement
        cancel the pre-flight
        停止预跑""",
    "queue": """
        what is running?
        show the queue
        which run is next
        what is queued
        队列
        现在在跑什么
        排队情况""",
    "move_run": """
        put Night Shift first
        move tea shop to the front
        把 Night Shift 排到最前面""",
    "keep_run": """
        keep it
        keep the model
        save it to the library
        add this run to my library as Desk
        存到模型库
        保留这个模型""",
    "rename_run": """
        rename the run to Day Shift
        rename Night Shift to Day Shift
        把训练改名为 夜班
        call the run Desk Two""",
    "delete_run": """
        delete the run
        delete Night Shift
        remove this training
        删除这次训练
        删掉 tea shop""",
    "delete_data": """
        delete this data
        delete the dataset
        please delete my data for ever
        erase all my data from here
        remove the uploaded file
        delete the training data
        get rid of this dataset
        wipe all the data
        delete all versions of this data
        can you delete the file I uploaded?
        delete the example data
        删除这份数据
        把数据删掉
        请删除我的数据集
        帮我把这些数据都删除吧
        删除这份数据的所有版本
        删除訓練數據""",
    "stop_engine": """
        shut the server down
        stop the engine
        shut down the server
        free the gpu memory
        turn off vllm
        关闭引擎
        释放显存
        停掉服务器""",
    "explain_plan": """
        why these settings?
        explain the plan
        why rank 16?
        what's the learning rate?
        show me the plan
        how many epochs?
        is 3 epochs enough?
        为什么这样设置
        解释一下参数
        学习率是多少
        训练几轮
        3轮够吗""",
    "help": """
        what is training?
        why do I need to train?
        what do I need to train?
        do I need to train longer?
        how do I train
        什么是微调
        help
        HELP ME
        what can you do?
        what can I say
        what now
        how does this work
        how do I start?
        who are you
        帮助
        怎么用
        你能做什么
        下一步
        如何上传""",
    "new_chat": """
        new conversation
        start a new chat
        start over
        clear the chat
        新对话
        开个新的对话
        清空聊天
        重新开始""",
    "thanks": """
        ok thanks
        sounds good, thanks
        thanks
        thank you so much!
        thx
        great
        well done
        谢谢
        谢谢你
        太棒了
        辛苦了""",
    "greeting": """
        hi
        Hello!
        hey there
        good morning
        你好
        您好！
        早上好""",
    "leave": """
        do not use 3 epochs
        don't change the learning rate
        don't stop
        do not stop the training
        never train on this
        please don't evaluate anything
        don't delete the run
        do not delete my data
        不要删除数据
        do not extend it
        don't keep it
        不要删除这次训练
        别停
        不要停止训练
        不用评估
        先不要对比""",
    "unknown": """
        what is LoRA?
        need more rows
        I need more data
        generate more rows
        do you need anything?
        do you need more from me?
        我需要更多数据
        hmm
        the weather is nice today
        my brain hurts
        I have 3 dogs
        tell me a joke
        what is the capital of France?
        smart shoes
        42
        asdf
        ???
        今天天气不错
        我喜欢喝茶
        法国的首都在哪里""",
}


def lines_of(text: str) -> list[str]:
    return [line.strip() for line in text.strip().split("\n")]


def test_the_table_is_large() -> None:
    assert sum(len(lines_of(lines)) for lines in SAID.values()) >= 250


@pytest.mark.parametrize("intent", SAID)
def test_phrases_are_understood(intent: str) -> None:
    understood = {text: understand(text, known=KNOWN).intent for text in lines_of(SAID[intent])}
    assert understood == dict.fromkeys(understood, intent)


@pytest.mark.parametrize(
    "text",
    """
    yes
    Yes!
    yes please
    YEP
    ok
    OK, start
    okay go ahead
    start
    start training
    start it now
    go
    do it
    let's go
    looks good
    sounds good to me
    I agree
    approved
    sure, run it
    go for it
    continue
    好
    好的
    好的，开始吧
    可以
    可以开始训练了
    好，就按这个来
    you can start
    没问题
    同意
    开始
    开始训练
    確認
    就这样，开始训练吧
    行
    """.strip().split("\n"),
)
def test_a_yes_approves(text: str) -> None:
    assert is_approval(text)
    assert understand(text, pending=True, known=KNOWN).intent == "approve"


@pytest.mark.parametrize(
    "text",
    """
    start?
    yes, but use 3 epochs
    yes and what is in my data
    don't start
    do not start training
    ok what is the learning rate
    not yet
    good
    great
    ok thanks
    no problem
    thanks
    start over
    can we start?
    no
    if it is cheap, start
    run the evaluation
    I am not sure
    开始吗
    可以吗？
    不可以
    不同意
    先别开始
    不要开始训练
    开始评估
    好像不行
    可以改成3轮吗
    我不确定
    """.strip().split("\n"),
)
def test_nothing_else_approves(text: str) -> None:
    assert not is_approval(text)
    assert understand(text, pending=True, known=KNOWN).intent != "approve"


@pytest.mark.parametrize(
    "text",
    ["no", "No thanks", "cancel", "cancel it", "never mind", "forget it", "reject", "取消", "算了",
     "不要", "不用了，谢谢", "不训练了", "拒绝", "不行，太慢了", "no, that is too slow"],
)  # fmt: skip
def test_a_no_declines(text: str) -> None:
    assert is_refusal(text)
    assert understand(text, pending=True).intent == "decline"


@pytest.mark.parametrize("text", ["wait", "not yet", "hold on a second", "等一下", "先别开始"])
def test_a_person_may_let_it_wait(text: str) -> None:
    assert understand(text, pending=True).intent == "hold"


def test_other_wishes_are_understood_while_something_waits() -> None:
    assert understand("what is in my data?", pending=True).intent == "describe_data"
    assert understand("no, use 2 epochs", pending=True).intent == "change"
    assert understand("为什么学习率是这个", pending=True).intent == "explain_plan"
    assert understand("先不训练行不行", pending=True).intent == "need"


def test_a_lone_yes_or_no_is_no_request() -> None:
    assert understand("yes!").intent == "approve"
    assert understand("no thanks").intent == "decline"


def test_what_is_not_wanted_is_no_setting() -> None:
    assert understand("don't use 3 epochs, use 2 epochs").settings.values == {"epochs": 2}
    assert understand("不要改学习率，训练3轮").settings.values == {"epochs": 3}


def test_a_run_is_found_by_id_or_name() -> None:
    by_id = understand("compare run-20261121-103005-9f2c please", known=KNOWN)
    assert (by_id.intent, by_id.run) == ("compare", "run-20261121-103005-9f2c")
    assert understand("evaluate NIGHT SHIFT", known=KNOWN).run == "Night Shift"
    assert understand("evaluate nightshift", known=KNOWN).run is None


@pytest.mark.parametrize("key", ["help_all", "help_runs"])
def test_what_the_help_proposes_is_understood(key: str) -> None:
    proposed = [re.findall("“(.+?)”", text) for text in REPLIES[key]]
    assert min(map(len, proposed)) > 10
    unknown = [one for each in proposed for one in each if understand(one).intent == "unknown"]
    assert unknown == []


@pytest.mark.parametrize(
    ("text", "varied"),
    [
        ("try learning rates 1e-4, 2e-4 and 5e-4", {"learning_rate": (1e-4, 2e-4, 5e-4)}),
        ("sweep rank 8/16/32 with lr 1e-4 and 2e-4",
         {"learning_rate": (1e-4, 2e-4), "rank": (8, 16, 32)}),
        ("try several learning rates", {"learning_rate": ()}),
        ("try LoRA and DoRA", {"method": ("lora", "dora")}),
        ("try 2, 3 or 4 epochs in a sweep", {"epochs": (2, 3, 4)}),
        ("学习率试 1e-4、2e-4 和 5e-4", {"learning_rate": (1e-4, 2e-4, 5e-4)}),
        ("试几个学习率", {"learning_rate": ()}),
        ("run a sweep", {}),
    ],
)  # fmt: skip
def test_what_a_sweep_is_about(text: str, varied: dict[str, tuple[float | str, ...]]) -> None:
    found = understand(text, known=KNOWN)
    assert (found.intent, found.varied) == ("sweep", varied)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("rename the run to Day Shift", "Day Shift"),
        ("keep it in the library as Desk", "Desk"),
        ("keep it", None),
        ("save it to the library", None),
        ("把训练改名为 夜班", "夜班"),
        ("存到模型库，名为 客服", "客服"),
    ],
)
def test_what_a_run_shall_be_called(text: str, name: str | None) -> None:
    assert understand(text, known=KNOWN).new_name == name


@pytest.mark.parametrize(
    ("text", "intent", "dataset"),
    [
        ("delete tea.jsonl", "delete_data", "tea.jsonl"),
        ("delete the dataset Night Shift", "delete_data", "Night Shift"),
        ("delete Night Shift", "delete_run", "Night Shift"),
        ("删除数据集 tea.jsonl", "delete_data", "tea.jsonl"),
        ("delete the run of tea.jsonl", "delete_run", "tea.jsonl"),
        ("delete the duplicates in tea.jsonl", "repair", "tea.jsonl"),
        ("delete row 3 of tea.jsonl", "show_row", "tea.jsonl"),
        ("delete the leaks in tea.jsonl", "leaks", "tea.jsonl"),
        ("how do I delete tea.jsonl?", "help", "tea.jsonl"),
    ],
)
def test_a_dataset_that_is_named_is_meant(text: str, intent: str, dataset: str) -> None:
    known = KNOWN.model_copy(update={"datasets": ("tea.jsonl", "Night Shift")})
    found = understand(text, known=known)
    assert (found.intent, found.dataset) == (intent, dataset)


@pytest.mark.parametrize(
    ("text", "whole"),
    [("delete this data", False), ("delete all versions of this data", True),
     ("erase this data with every version of it", True), ("删除这份数据的所有版本", True)],
)  # fmt: skip
def test_all_versions_are_meant_when_that_is_said(text: str, whole: bool) -> None:
    found = understand(text)
    assert (found.intent, found.data.is_whole) == ("delete_data", whole)


def test_how_many_samples_and_what_for() -> None:
    assert understand("evaluate on 20 samples").limit == 20
    assert understand("评估 30 条").limit == 30
    assert understand("evaluate").limit is None
    assert understand("do I need to train, on 10 questions").limit == 10
    assert understand("需要训练吗，用 10 个问题").limit == 10
    assert understand("I want it to answer like our desk").purpose
    assert not understand("train").purpose
