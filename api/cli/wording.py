"""What is wrong with the words of a command line is said in Chinese too, and with the words that ask for help."""

import re
from typing import Any

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

_IS_CHINESE = re.compile("[\u4e00-\u9fff]")
_NAMED = re.compile(r"'([^']+)'|(--?[\w-]+)")
_BEGINNINGS = {
    "Missing argument": "缺少参数 {named}。",
    "Missing option": "缺少选项 {named}。",
    "Missing parameter": "缺少 {named}。",
    "No such command": "没有命令 {named}。",
    "No such option": "没有选项 {named}。",
    "Got unexpected extra": "命令后有多余的内容。",
    "Option ": "选项 {named} 需要一个值。",
    "Invalid value for": "{named} 的值不符合规定。",
}
_OTHERWISE = "命令的写法不符合规定。"


class WordsWrongError(typer.BadParameter):
    """What is wrong, in both languages, as it is shown."""

    def format_message(self) -> str:
        """Return the message as it is, since it names the parameter itself."""
        return self.message


class Verbs(TyperGroup):
    """All verbs; an error in the words of any of them is told in both languages."""

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        """Read what stands before the verb."""
        try:
            return super().make_context(*args, **kwargs)
        except TyperException as error:
            raise _told(error) from error

    def invoke(self, ctx: Any) -> Any:
        """Read what stands behind the verb, and run it."""
        try:
            return super().invoke(ctx)
        except TyperException as error:
            raise _told(error, ctx) from error


def _told(error: Any, verbs: Any = None) -> Exception:
    """Return the error in both languages; what is so already, and the help that is shown for no words, stay."""
    if getattr(type(error), "show", None) is not typer.BadParameter.show:
        return error  # type: ignore[no-any-return]  # whatever it is, it is not about words
    said = error.format_message()
    if _IS_CHINESE.search(said):
        return error  # type: ignore[no-any-return]  # likewise
    beginning = next((zh for en, zh in _BEGINNINGS.items() if said.startswith(en)), _OTHERWISE)
    named = _NAMED.search(said)
    zh = beginning.format(named=(named[1] or named[2]) if named else "").replace(" 。", "。")
    of = error.ctx or verbs
    help_asked = f"用法见 {of.command_path} --help。" if of is not None else ""
    return WordsWrongError(f"{zh}{help_asked} {said}", ctx=of)
