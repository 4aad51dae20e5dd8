"""The few pages that the interface itself gives to people: they load nothing, and hold no text that is not escaped."""

from html import escape
from string import Formatter

from api.http.limits.headers import page_policy
from ledger.refusals import LANGUAGES, Message

_STYLE = """body{font:16px/1.6 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
code{background:#f2f2f2;padding:.1em .3em}dt{margin-top:1rem}dd{margin:0;white-space:pre-line}"""
PAGE_HEADERS = {"Content-Security-Policy": page_policy(_STYLE)}
_FRAME = """<!doctype html>
<html lang="zh"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>{style}</style>
{body}</html>
"""


def framed(title: str, body: str) -> str:
    """Return a whole page; ``title`` is text, ``body`` is HTML."""
    return _FRAME.format(title=escape(title), style=_STYLE, body=body)


def refusal_page(row: Message) -> str:
    """Return the page that says what a code means, in both languages; what depends on the case is an ellipsis."""
    told = "".join(
        f'<section lang="{language}"><h2>{escape(_general(row.title[language]))}</h2>'
        f"<p>{escape(_general(row.action[language]))}</section>"
        for language in LANGUAGES
    )
    return framed(
        f"{row.code} · {_general(row.title['zh'])}",
        f"<h1><code>{escape(row.code)}</code></h1><p>HTTP {row.status} · {escape(row.source)}</p>{told}"
        '<p><a href="/v1/refusals">全部代码 · <span lang="en">all codes</span></a>',
    )


def _general(text: str) -> str:
    return "".join(literal + ("…" if name is not None else "") for literal, name, _, _ in Formatter().parse(text))
