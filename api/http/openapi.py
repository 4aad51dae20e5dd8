"""The OpenAPI 3.1 description: made from the routes, with our components, and without the framework's own errors."""

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.http.schemas import COMPONENTS
from api.http.schemas_archives import COMPONENTS as OF_ARCHIVES
from api.http.schemas_authorities import COMPONENTS as OF_AUTHORITIES
from api.http.schemas_keys import COMPONENTS as OF_KEYS
from api.http.schemas_notices import COMPONENTS as OF_NOTICES
from api.http.schemas_organised import COMPONENTS as OF_ORGANISED
from api.http.schemas_tip_offs import COMPONENTS as OF_TIP_OFFS
from api.http.versions import Deprecation, mark
from api.version import __version__

SCHEMAS = {**COMPONENTS, **OF_KEYS, **OF_AUTHORITIES, **OF_ARCHIVES, **OF_NOTICES, **OF_ORGANISED, **OF_TIP_OFFS}
_ABOUT = (
    "认证状态账本:谁在何时说了什么、何时生效、何时为账本所知。读取公开;提交须持令牌。"
    "所有错误均为 RFC 9457 问题文档,中英双语。"
    "\n\nThe certification status ledger: who said what, when it holds, and since when it is known. Reading is open, "
    "submitting needs a token. Every error is an RFC 9457 problem in Chinese and English. `Ledger-Position` tells how "
    "far an answer has seen the ledger; send a receipt's position as `Min-Position` to read your own writes."
)
_TAGS = (
    ("certificates", "证书 / Certificates"),
    ("subjects", "组织、机构与轨迹 / Organisations, bodies and trails"),
    ("authorities", "监管部门与台账 / Authorities and enforcement ledgers"),
    ("events", "事件 / Events"),
    ("supervision", "监管:案件、追溯、通报与期限 / Supervision: cases, traces, notices and deadlines"),
    ("signatures", "密钥与签名 / Keys and signatures"),
    ("inspections", "监督检查与双随机 / Inspections and draws"),
    ("log", "日志与证明 / The log and its proofs"),
    ("catalogue", "目录 / Catalogues"),
    ("operation", "运行 / Operation"),
)


def describe(app: FastAPI, deprecations: Sequence[Deprecation]) -> None:
    """Make the application describe itself, once and on demand."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
            mark(app.openapi_schema, deprecations)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # the framework's documented way to change the description


def _document(app: FastAPI) -> dict[str, Any]:
    document: dict[str, Any] = get_openapi(
        title="认证状态账本 · Certification Status Ledger",
        version=__version__,
        description=_ABOUT,
        routes=app.routes,
        tags=[{"name": name, "description": text} for name, text in _TAGS],
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    document["servers"] = [{"url": "/"}]
    document["components"] = {
        "schemas": SCHEMAS,
        "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
    }
    return document
