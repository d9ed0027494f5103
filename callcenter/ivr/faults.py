"""What is wrong with a flow, in words for both languages. Pure.

In: a code with the values of its case. Out: a `Fault`: flow, node, key, rule and mend in Chinese and English. Must not decide what is wrong:
`ivr.source` and `ivr.checks` do. Invariant: every code has a rule and a mend in both languages.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Words:
    """One sentence, twice."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Fault:
    """A rule that a flow breaks. `node` and `key` are empty where the flow itself is meant."""

    flow: str
    node: str
    key: str
    code: str
    rule: Words
    mend: Words

    def as_json(self) -> dict[str, Any]:
        """As the designer reads it."""
        both = {"rule": {"zh": self.rule.zh, "en": self.rule.en}, "mend": {"zh": self.mend.zh, "en": self.mend.en}}
        return {"flow": self.flow, "node": self.node, "key": self.key, "code": self.code, **both}


class Refusal(Exception):
    """The first fault of a flow; the loader adds file and line."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.rule.en)
        self.fault = fault


_TEXTS: Mapping[str, tuple[str, str, str, str]] = {
    # code: rule zh, rule en, mend zh, mend en
    "not_toml": ("不是有效的 TOML：{why}", "is not TOML: {why}", "请更正所指的那一行", "correct the line that is named"),
    "not_table": ("{what} 必须是一个表", "{what} must be a table", "请按 docs/flows.md 的格式书写", "write it as in docs/flows.md"),
    "too_many_nodes": (
        "节点太多：{count} 个，最多 {most} 个", "too many nodes: {count}, at most {most} are allowed",
        "请拆分为几个子流程", "split it into flows that call each other",
    ),
    "too_long": ("{what} 太长，最多 {most}", "{what} is too long, at most {most} are allowed", "请缩短", "shorten it"),
    "bad_id": (
        "{what} {id} 只能用小写字母、数字和下划线，以字母开头，最多 {most} 个字符",
        "{what} {id} may hold small letters, digits and _, begins with a letter, and has at most {most} characters",
        "请改名", "give it another name",
    ),
    "reserved": ("{name} 是保留名", "{name} is a reserved word", "请改用其他名称", "give the node another name"),
    "flow_name": ("flow 必须与名称一致：{name}", "flow must be the file's name, {name}", '请写 flow = "{name}"', 'write flow = "{name}"'),
    "title": (
        "title 必须有中文和英文，各不超过 {most} 个字符", "title must hold zh and en, each of at most {most} characters",
        "请填写中英文标题", 'write title = {{ zh = "...", en = "..." }}',
    ),
    "version": ("version 必须是从 1 开始的整数", "version must be a whole number from 1", "请写 version = 1", "write version = 1"),
    "head_text": (
        "start 和 queue_return 必须是节点名", "start and queue_return must name nodes",
        "请选择起始节点", 'write start = "<a node of this flow>"',
    ),
    "no_nodes": ("流程里没有节点", "the flow has no node", "请至少放一个节点", "put at least one node there"),
    "unknown_key": ("{what} 在这里不适用", "key {what} is not known here", "可用：{known}", "{mend}"),
    "unknown_verb": ("没有类型 {verb}", "verb {verb} is not known", "可用：{known}", "use one of {known}"),
    "missing": ("{verb} 缺少 {what}", "{verb} needs {what}", "请填写 {what}", "add {what} = ..."),
    "own_rule": ("{zh}", "{en}", "请更正这个节点", "correct the node"),
    "not_text": ("{what} 必须是非空文字", "{what} must be a text", "请填写文字", 'write {what} = "..."'),
    "not_yes_no": ("{what} 必须是 true 或 false", "{what} must be true or false", "请选择是或否", "write {what} = true, or leave it out"),
    "not_choice": ("{what} 必须是 {known} 之一", "{what} must be one of {known}", "请选择一个", "choose one of them"),
    "not_phrase": (
        "{what} 必须是语音提示的列表", "{what} must be a list of prompt ids",
        "请选择语音提示", 'write {what} = ["<id of sounds/prompts.toml>"]',
    ),
    "bad_word": ("提示语写法有误：{why}", "{why}", "请更正这一项", "correct this word"),
    "not_number": (
        "{what} 必须是 {least} 到 {most} 之间的{sort_zh}", "{what} must be a {sort_en} from {least} to {most}", "请更正数字", "correct the number",
    ),
    "not_name": (
        "{what} 必须是名称：小写字母、数字和下划线，以字母开头", "{what} must be a name of small letters, digits and _, beginning with a letter",
        "请改名", "give it such a name",
    ),
    "not_words": ("{what} 的每个按键要有一个词语列表", "{what} must hold a list of words for each key", "请填写词语", "write a list of words"),
    "no_such_node": (
        "{what} 指向 {target}，本流程没有这个节点", "{what} names {target}, which is no node of this flow",
        "请选择本流程的节点", "use one of {known}",
    ),
    "not_a_queue": ("{target} 不是排队节点", "{target} is not a queue", "请选择排队节点", "name a node of verb queue"),
    "prompt_needed": (
        "流程需要语音提示 {prompt}，但它不存在或缺少一种语言", "this needs the prompt {prompt}, which is unknown or lacks a language",
        "请在语音提示中补上", "add it with zh and en to the prompts",
    ),
    "unknown_prompt": (
        "语音提示 {prompt} 不存在，或缺少一种语言", "prompt {prompt} is unknown, or lacks a language",
        "请新建该提示，并填写中英文", "add it with zh and en to the prompts",
    ),
    "unknown_thing": ("{what_zh} {name} 不存在", "{what_en} {name} does not exist", "可用：{known}", "use one of {known}"),
    "arguments": (
        "{name} 需要参数 {needed}，而不是 {given}", "{name} takes {needed}, not {given}", "请更正参数", "correct the arguments",
    ),
    "unwired": ("出口 {exit} 没有连接", "exit {exit} is not wired", "请把它连到一个节点", 'add {exit} = "<node>" to on'),
    "no_such_exit": ("{verb} 没有出口 {exit}", "{verb} has no exit {exit}", "出口有：{known}", "its exits are {known}"),
    "not_again": ("出口 {exit} 不能是 again", "{exit} cannot lead to again", "请连到一个节点", "name a node"),
    "exit_nowhere": (
        "出口 {exit} 指向 {target}，本流程没有这个节点", "{exit} leads to {target}, which is no node of this flow",
        "请连到本流程的节点", "use one of {known}",
    ),
    "unreachable": ("没有出口通向这个节点", "no exit leads to this node", "请连接一个出口，或删除它", "wire an exit to it, or remove it"),
    "silent_circle": (
        "来电者在循环 {circle} 中听不到任何声音", "the caller would hear nothing in the circle {circle}",
        "请让其中一个节点说话", "let one of these nodes say something",
    ),
    "endless_talk": (
        "循环 {circle} 一直说话，从不等待来电者", "the circle {circle} talks for ever and never waits for the caller",
        "请在其中加入菜单或结束通话", "put a menu into it, or end the call",
    ),
    "long_silence": (
        "从这里起会连续经过 {count} 个无声节点，最多 {most} 个",
        "from here the caller may pass {count} silent nodes in a row; at most {most} are allowed",
        "请减少无声节点", "use fewer silent nodes",
    ),
    "calls_itself": (
        "流程 {itself} 会通过 {through} 调用自己", "flow {itself} would call itself through {through}",
        "请用出口返回，不要回头调用", "use exits instead of a call back",
    ),
    "no_entry": (
        "号码 {number} 指向的流程不存在", "the number {number} leads to this flow, which does not exist",
        "请发布这个流程", "publish this flow",
    ),
    "entry_returns": (
        "号码 {number} 指向的流程含有“返回”节点，只能被其他流程调用",
        "the number {number} leads to this flow, which is made to be called by another one",
        "请去掉返回节点", "remove its return nodes",
    ),
    "deep_calls": ("子流程嵌套超过 {most} 层", "flows call each other more than {most} deep", "请减少嵌套", "call fewer flows from one another"),
}  # fmt: skip


def fault(code: str, node: str = "", key: str = "", flow: str = "", **values: Any) -> Fault:
    """The fault `code` with its values put in."""
    texts = [text.format_map(_Said({"what": key, **values})) for text in _TEXTS[code]]
    return Fault(flow, node, key, code, Words(texts[0], texts[1]), Words(texts[2], texts[3]))


class _Said(dict[str, Any]):
    """Values as they stand in a sentence: lists with commas, never longer than a line."""

    def __getitem__(self, name: str) -> str:
        value = super().__getitem__(name)
        text = ", ".join(map(str, value)) if isinstance(value, list | tuple | set | frozenset) else str(value)
        return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


LONGEST = 300



def codes() -> Iterable[str]:
    """Every code there is."""
    return _TEXTS
