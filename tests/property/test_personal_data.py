"""Whatever sound identity number or telephone number is made up, and wherever it stands in an event, it is found."""

from datetime import date, timedelta
from unicodedata import normalize

from hypothesis import given
from hypothesis import strategies as st

from ledger.canonical import canonical
from ledger.privacy.scanner import kinds_in, scan

WEIGHTS = [2**power % 11 for power in range(17, 0, -1)]
PROVINCES = ["11", "13", "21", "32", "44", "50", "54", "65", "71", "82"]
DAYS = (date(2020, 12, 31) - date(1900, 1, 1)).days


@st.composite
def identity_numbers(draw: st.DrawFn) -> str:
    born = date(1900, 1, 1) + timedelta(days=draw(st.integers(0, DAYS)))
    head = draw(st.sampled_from(PROVINCES)) + f"{draw(st.integers(0, 9_999)):04}{born:%Y%m%d}"
    head += f"{draw(st.integers(0, 999)):03}"
    # ISO 7064 MOD 11-2: the weighted sum with the check character leaves 1.
    rest = (1 - sum(int(digit) * weight for digit, weight in zip(head, WEIGHTS, strict=True))) % 11
    return head + ("X" if rest == 10 else str(rest))


mobiles = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True).filter(str.isascii)
landlines = st.from_regex(r"0(10|2[0-9]|[3-9][0-9]{2})-[2-8][0-9]{6,7}", fullmatch=True).filter(str.isascii)
# The two ordinal signs are Latin letters in another form, and a number right behind a letter is a code.
around = st.text(st.characters(codec="utf-8", categories=["Lo", "Po", "Zs"], exclude_characters="ªº"), max_size=20)


def wide(number: str) -> str:
    return "".join(chr(ord(each) + 0xFEE0) if each.isdigit() else each for each in number)


@given(identity_numbers(), around, around, st.booleans())
def test_a_sound_identity_number_is_always_found(number: str, before: str, after: str, is_wide: bool) -> None:
    said = normalize("NFC", f"{before}{wide(number) if is_wide else number} {after}")
    event = {"data": {"list": ["x", {"note": said}]}}
    assert {(hit.pointer, hit.kind) for hit in scan(canonical(event), event)} >= {
        ("/data/list/1/note", "identity_number")
    }


@given(identity_numbers(), st.integers(0, 17))
def test_another_digit_in_it_makes_it_no_identity_number(number: str, at: int) -> None:
    digit = "1" if number[at] == "0" else "0"
    assert "identity_number" not in kinds_in(number[:at] + digit + number[at + 1 :])


@given(st.one_of(mobiles, landlines), st.sampled_from(["", "电话:", "(", "tel. "]), st.booleans())
def test_a_telephone_number_is_always_found(number: str, before: str, is_wide: bool) -> None:
    event = {"data": {"note": f"{before}{wide(number) if is_wide else number}。"}}
    assert [hit.kind for hit in scan(canonical(event), event)][-1:] == ["telephone_number"]


products = st.from_regex(r"2031[0-9]{12}", fullmatch=True).filter(str.isascii)
joined = st.sampled_from(["", "/", ":", " ", "-", ".", "变更"])


places = st.sampled_from(["note", "id", "subject"])


@given(products, st.one_of(identity_numbers(), mobiles, products), joined, places, st.booleans())
def test_whatever_a_look_at_every_text_would_find_is_found(
    product: str, number: str, apart: str, place: str, before: bool
) -> None:
    texts = {"note": "变更", "id": f"{product}/issued", "subject": f"certificate:CNCA-R-2031-101:{product}"}
    texts[place] = f"{product}{apart}{number}" if place == "id" else f"{texts[place]}{apart}{number}"
    if before and place == "id":
        texts[place] = f"{number}{apart}{product}"
    event = {"data": {"note": texts.pop("note")}, **texts, "source": "CNCA-R-2031-101"}
    expected = [("/data/note", kind) for kind in kinds_in(event["data"]["note"], "note")]
    expected += [(f"/{name}", kind) for name in ("id", "subject") for kind in kinds_in(event[name], name)]
    assert [(hit.pointer, hit.kind) for hit in scan(canonical(event), event)] == expected
