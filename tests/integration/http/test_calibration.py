"""A test may say what its measurements rest on, and that is no edge of any trace (S3-54)."""

from typing import Any

import pytest

from ledger.envelope import Submission
from tests.integration.http.conftest import Running
from tests.integration.http.test_archives_and_traces import street, told
from tests.support.access import LAB
from tests.support.inspecting import performed, said

CALIBRATION = {
    "certificate_number": "校准字第2031-7号",
    "institute": "示例计量科学研究院",
    "calibrated": "2031-01-10",
    "due": "2032-01-09",
    "reference": "电压副基准",
    "document": {"uri": "urn:example:calibration-7", "media_type": "application/pdf", "size": 9, "sha256": "7" * 64},
}
REPORT = {"uri": "urn:example:report-7", "media_type": "application/pdf", "size": 9, "sha256": "6" * 64}


def examined(stream: str, **more: Any) -> Submission:
    data = {"sample": "S1", "laboratory": LAB, "report": REPORT, **more}
    return said("sample_tested", "2031-02-20", stream, LAB, **data)


@pytest.mark.requirement("S3-54")
def test_a_test_may_carry_a_calibration_which_is_shown_with_it_and_leads_into_no_trace(whole: Running) -> None:
    product = {"name": "微型计算机", "models": "A1"}
    streams = ("inspection:i-7", "inspection:i-8")
    at = whole.accept(
        *street(),
        *(performed(stream, mode="product_quality_spot_check") for stream in streams),
        *(said("sampled", "2031-02-11", stream, sample="S1", product=product, stage="sale") for stream in streams),
        examined(streams[0], calibration=CALIBRATION),
        examined(streams[1]),
    )
    shown = [told(whole, f"/v1/inspections/{stream[11:]}", at)["samples"] for stream in streams]
    assert [each["calibration"] for (each,) in shown] == [CALIBRATION, None]
    trees = [told(whole, f"/v1/trace/sample:{stream[11:]}:S1", at) for stream in streams]
    ends = [
        [edge["end"].replace(stream[11:], "…") for edge in tree["edges"]]
        for tree, stream in zip(trees, streams, strict=True)
    ]
    assert sorted(ends[0]) == sorted(ends[1])
    assert f"report:{REPORT['sha256']}" in ends[0]
    assert not any("7" * 64 in end or "计量" in end for end in ends[0])
