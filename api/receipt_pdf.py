"""A status receipt as one A4 page for a tender file: PDF/A-3u (ISO 19005-3), the JSON receipt attached in it.

The page is only the readable form; nothing on it counts before the attached file was checked, and it says so.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from threading import Lock

import segno
from fontTools.ttLib import TTFont
from fpdf import FPDF
from fpdf.enums import DocumentCompliance, XPos, YPos
from pylopdf_fonts_zh_cn import sans_path

from api.receipt_text import said, status_words, validity_words
from ledger.days import parse_instant
from ledger.evidence.notes import parse_checkpoint, parse_note
from ledger.evidence.receipt import MEDIA_TYPE, StatusReceipt
from ledger.evidence.strict import encode_base64

_FONT = "Noto Sans SC"
_MARGIN = 20.0
_WIDTH = 210 - 2 * _MARGIN
_LABEL = 58.0
_QR = 38.0
_LONGEST = 300
# What stays together on a line: a Chinese character with the marks that must not begin a line, or a word; and the space
# behind it.
_PIECES = re.compile(r"(?:[\u2e80-\uffff]|[^\s\u2e80-\uffff]+)[，。、；：！？）》」』】…]*\s*|\s+")
_FULL = 190.0
_INK, _PALE, _LINE = (24, 28, 34), (104, 110, 120), (205, 209, 214)
_COLOURS = {"valid": (18, 104, 62), "invalid": (160, 32, 32), None: (84, 90, 98)}
_MAKING = Lock()
_HOW_ZH = (
    "本页仅供阅读;以附件核验为准。附件 receipt.json 载有该证书的全部公开事件、其为最新的证明和日志签署的检查点,"
    "可离线核验:certledger verify-receipt receipt.json --policy 信任策略"
)
_HOW_EN = (
    "This page is for reading; what counts is the check of the file attached to it. receipt.json holds the whole "
    "public history of the certificate, the proof that nothing came after it, and the checkpoint that the log signed. "
    "Check it offline: certledger verify-receipt receipt.json --policy POLICY"
)
_SCOPE_ZH = "状态由登记事件推导,不含发证机构自身的资格状况。"
_SCOPE_EN = "The status follows from the recorded events; the issuing body's own approval is not part of it."
_MORE = "其余内容见附件 What does not fit here is in the attached file"


def pdf_of(receipt: StatusReceipt, address: str) -> bytes:
    """Return the page; ``address`` is where the receipt of the present is got, and what the QR code holds."""
    content = receipt.to_json()
    # One page at a time: cutting the font down takes a processor for a while, and others are to be answered meanwhile.
    with _MAKING:
        return _made(receipt, content, address)


def _made(receipt: StatusReceipt, content: bytes, address: str) -> bytes:
    pdf = _Page(receipt)
    pdf.heading()
    pdf.verdict(receipt)
    for label, value in said(receipt)[_in_the_box(receipt) :]:
        if pdf.is_full:
            pdf.text_in(_MORE, 9, _PALE)
            break
        pdf.row(label, value)
    pdf.foot(address, receipt, sha256(content).hexdigest())
    moment = parse_instant(receipt.recorded)
    pdf.embed_file(
        bytes=content,
        basename="receipt.json",
        mime_type=MEDIA_TYPE,
        modification_date=moment,
        creation_date=moment,
        desc="状态凭据 Status receipt",
        associated_file_relationship="Source",
    )
    return bytes(pdf.output())


def _in_the_box(receipt: StatusReceipt) -> int:
    """Return how many lines are told in the box already: body, number, status and, of a registered one, validity."""
    return 4 if receipt.statement.get("registered") is True else 3


@lru_cache(maxsize=1)
def _drawable() -> frozenset[int]:
    with TTFont(sans_path(), lazy=True) as font:
        return frozenset(font.getBestCmap())


def _shown(text: str) -> str:
    """Return text of which every character has a glyph; one that has none is shown by its number, never left out."""
    parts = []
    for each in text[:_LONGEST]:
        is_drawn = ord(each) in _drawable() and each.isprintable()
        parts.append(each if is_drawn else f"〓(U+{ord(each):04X})")
    return "".join(parts) + ("…" if len(text) > _LONGEST else "")


class _Page(FPDF):
    """The page under work; texts are measured by the font that is embedded, of which only what is used remains."""

    def __init__(self, receipt: StatusReceipt) -> None:
        super().__init__(enforce_compliance=DocumentCompliance.PDFA_3U)
        moment: datetime = parse_instant(receipt.recorded)
        self.set_creation_date(moment)
        self.set_title(_shown(f"证书状态凭据 Certificate status receipt {receipt.body} {receipt.number}"))
        self.set_author("认证状态账本 Certification Status Ledger")
        self.set_producer("certledger")
        self.set_lang("zh-CN")
        self.set_margins(_MARGIN, 16, _MARGIN)
        self.set_auto_page_break(auto=False)
        self.c_margin = 0.0
        self.add_font(_FONT, fname=sans_path())
        self.add_page()

    @property
    def is_full(self) -> bool:
        """Whether another line, of the greatest length, might run into the foot."""
        return self.get_y() > _FULL

    def text_in(self, words: str, size: float, colour: tuple[int, int, int] = _INK, width: float = _WIDTH) -> None:
        """Write text that wraps within a width, and go to the next line."""
        self.set_font(_FONT, size=size)
        self.set_text_color(*colour)
        for line in self._lines(_shown(words), width):
            self.cell(width, size * 0.5, line, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def _lines(self, words: str, width: float) -> Iterator[str]:
        """Yield lines that fit: Chinese breaks between characters, anything else between words or, too long, within."""
        line = ""
        for piece in _PIECES.findall(words):
            if self.get_string_width(line + piece.rstrip()) <= width:
                line += piece
                continue
            if line.strip():
                yield line.rstrip()
            line = piece.lstrip()
            while self.get_string_width(line.rstrip()) > width:
                fits = next(
                    n for n in range(len(line) - 1, 0, -1) if n == 1 or self.get_string_width(line[:n]) <= width
                )
                yield line[:fits]
                line = line[fits:]
        yield line.rstrip()

    def heading(self) -> None:
        """Write what the page is."""
        self.text_in("证书状态凭据  Certificate status receipt", 17)
        self.text_in("认证状态账本  Certification Status Ledger", 9.5, _PALE)
        self.ln(3)

    def verdict(self, receipt: StatusReceipt) -> None:
        """Write status and validity in a frame; the words alone tell all, the colour only repeats them."""
        stated = receipt.statement
        is_registered = stated.get("registered") is True
        validity = stated.get("validity") if is_registered else None
        colour = _COLOURS.get(validity if isinstance(validity, str) else None, _COLOURS[None])
        top = self.get_y()
        self.set_xy(_MARGIN + 6, top + 4)
        self.set_left_margin(_MARGIN + 6)
        inner = _WIDTH - 12
        self.text_in(f"{receipt.body}   {receipt.number}", 11, _INK, inner)
        self.ln(1)
        if is_registered:
            self.text_in(status_words(stated), 21, colour, inner)
            self.text_in(f"有效性 Validity: {validity_words(stated)}", 13, colour, inner)
        else:
            self.text_in("从未登记 Never registered", 21, colour, inner)
        bottom = self.get_y() + 4
        self.set_left_margin(_MARGIN)
        self.set_draw_color(*colour)
        self.set_line_width(0.7)
        self.rect(_MARGIN, top, _WIDTH, bottom - top)
        self.set_xy(_MARGIN, bottom + 4)

    def row(self, label: str, value: str) -> None:
        """Write one line of the table: a label, and a value that wraps."""
        top = self.get_y()
        self.text_in(label, 9, _PALE, _LABEL)
        below = self.get_y()
        self.set_xy(_MARGIN + _LABEL, top)
        self.set_left_margin(_MARGIN + _LABEL)
        self.text_in(value, 10, _INK, _WIDTH - _LABEL)
        self.set_left_margin(_MARGIN)
        bottom = max(below, self.get_y()) + 1.6
        self.set_draw_color(*_LINE)
        self.set_line_width(0.2)
        self.line(_MARGIN, bottom, _MARGIN + _WIDTH, bottom)
        self.set_xy(_MARGIN, bottom + 1.6)

    def foot(self, address: str, receipt: StatusReceipt, digest: str) -> None:
        """Write how to check the receipt, beside the QR code."""
        top = 297 - 16 - _QR - 12
        self._code(address, _MARGIN, top)
        left = _MARGIN + _QR + 6
        self.set_xy(left, top)
        self.set_left_margin(left)
        checkpoint = parse_checkpoint(parse_note(receipt.checkpoint).text)
        for words, size, colour in (
            (_HOW_ZH, 8, _INK),
            (_HOW_EN, 7.5, _INK),
            (_SCOPE_ZH, 7, _PALE),
            (_SCOPE_EN, 7, _PALE),
            (f"日志 Log: {checkpoint.origin} · {checkpoint.size} · {encode_base64(checkpoint.root)}", 6.5, _PALE),
            (f"SHA-256 (receipt.json): {digest}", 6.5, _PALE),
            (f"现状 The present: {address}", 6.5, _PALE),
        ):
            self.text_in(words, size, colour, _WIDTH - _QR - 6)
            self.ln(0.8)
        self.set_left_margin(_MARGIN)

    def _code(self, address: str, left: float, top: float) -> None:
        rows = [list(row) for row in segno.make(address, error="m", micro=False).matrix]
        side = _QR / len(rows)
        self.set_fill_color(0, 0, 0)
        for line, row in enumerate(rows):
            at = 0
            while at < len(row):
                end = at
                while end < len(row) and row[end]:
                    end += 1
                if end > at:
                    # A hair taller, so that no viewer shows seams between the lines.
                    self.rect(left + at * side, top + line * side, (end - at) * side, side * 1.02, style="F")
                at = end + 1
