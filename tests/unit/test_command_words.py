"""Whoever errs in the words of a command is told so in both languages, with where its usage stands."""

import pytest
from typer.testing import CliRunner

from api.cli import app


@pytest.mark.parametrize(
    ("words", "zh", "en"),
    [
        (("case",), "缺少参数 stream。", "Missing argument 'stream'"),
        (("inbox",), "缺少选项 --as。", "Missing option '--as'"),
        (("case", "a", "b"), "命令后有多余的内容。", "unexpected extra argument"),
        (("show", "--nothing"), "没有选项 --nothing。", "No such option"),
        (("--nothing",), "没有选项 --nothing。", "No such option"),
        (("rumours",), "没有命令 rumours。", "No such command 'rumours'"),
        (("draw", "rumours"), "没有命令 rumours。", "No such command 'rumours'"),
        (("trace", "body:a", "--depth", "99"), "--depth 的值不符合规定。", "Invalid value for '--depth'"),
        (("trace", "body:a", "--depth"), "选项 --depth 需要一个值。", "requires an argument"),
    ],
)
def test_wrong_words_are_told_in_both_languages_with_where_the_usage_stands(
    words: tuple[str, ...], zh: str, en: str
) -> None:
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == 2
    assert zh in done.stderr
    assert en in done.stderr
    assert "--help。" in done.stderr


def test_no_words_at_all_show_the_verbs() -> None:
    done = CliRunner().invoke(app, [])
    assert "check-production" in done.output
    assert "Error" not in done.output


def test_what_a_verb_says_in_both_languages_by_itself_is_said_once() -> None:
    done = CliRunner().invoke(app, ["ledger", "rumours"])
    assert done.stderr.count("没有台账 rumours") == 1
    assert "命令的写法" not in done.stderr
