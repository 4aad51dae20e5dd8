"""Writes api/client/models.py: one typed model for each form of answer that the interface describes.

``--check`` only says whether the file is what would be written, and exits 1 where it is not.
"""

import keyword
import re
import sys
from pathlib import Path
from typing import Any

from api.http.schemas import COMPONENTS as OF_ALL
from api.http.schemas_authorities import COMPONENTS as OF_AUTHORITIES
from api.http.schemas_keys import COMPONENTS as OF_KEYS

COMPONENTS = {**OF_ALL, **OF_KEYS, **OF_AUTHORITIES}
MODELS = Path(__file__).parents[2] / "api" / "client" / "models.py"
_HEAD = '''\
"""What the interface answers with, as typed models; tests.tools.client_models wrote them from its description.

Members and values that a later release adds are kept and never an error.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Answer(BaseModel):
    """A part of an answer; :meth:`as_dict` gives it back as it was received."""

    model_config = ConfigDict(frozen=True, extra="allow", populate_by_name=True)

    def as_dict(self) -> dict[str, Any]:
        """Return the plain JSON, with nothing added."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)
'''
_PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}
# What an attribute may not be called, since every model has it as a method.
_TAKEN = frozenset({"schema", "json", "copy", "dict", "validate"})


class Writer:
    """Collects the classes in the order in which they need each other."""

    def __init__(self) -> None:
        self.written: dict[str, str] = {}

    def model(self, name: str, schema: dict[str, Any]) -> str:
        """Write the class of an object and those inside it; return its name."""
        if name in self.written:
            return name
        required = set(schema["required"])
        lines = []
        for member, form in schema["properties"].items():
            kind = self.kind(f"{name}{_camel(member)}", form)
            optional = "" if member in required else " = None"
            if optional and not kind.endswith("| None") and kind != "Any":
                kind += " | None"
            if member in _TAKEN or keyword.iskeyword(member) or member != member.lower():
                default = f'Field(alias="{member}")' if not optional else f'Field(default=None, alias="{member}")'
                lines.append(f"    {_attribute(member)}: {kind} = {default}")
            else:
                lines.append(f"    {member}: {kind}{optional}")
        described = schema.get("description") or "见接口说明 / See the description of the interface"
        self.written[name] = f'class {name}(Answer):\n    """{described}."""\n\n' + "\n".join(lines)
        return name

    def kind(self, name: str, form: dict[str, Any]) -> str:
        """Return the annotation of a form."""
        if "$ref" in form:
            wanted = form["$ref"].rpartition("/")[2]
            return self.model(wanted, COMPONENTS[wanted])
        if "anyOf" in form:
            kinds = [self.kind(name, each) for each in form["anyOf"] if each != {"type": "null"}]
            return " | ".join([*dict.fromkeys(kinds), "None"])
        values = form.get("enum") or ([form["const"]] if "const" in form else None)
        if values:
            return " | ".join(sorted({type(value).__name__ for value in values}))
        kind = form.get("type")
        if kind == "array":
            return f"list[{self.kind(_singular(name), form['items'])}]"
        if kind == "object":
            return self.model(name, form) if "properties" in form else "dict[str, Any]"
        return _PLAIN.get(str(kind), "Any")


def _attribute(member: str) -> str:
    lowered = re.sub("(?<=[a-z])(?=[A-Z])", "_", member).lower()
    return lowered if lowered != member else f"{member}_"


def _camel(member: str) -> str:
    return "".join(part.capitalize() for part in member.split("_"))


def _singular(name: str) -> str:
    return f"{name[:-3]}y" if name.endswith("ies") else name.removesuffix("s")


def source() -> str:
    """Return the text of the module."""
    writer = Writer()
    for name, schema in COMPONENTS.items():
        if "properties" in schema and not any("allOf" in str(each) for each in schema["properties"].values()):
            writer.model(name, schema)
    text = "\n\n\n".join([_HEAD.rstrip(), *writer.written.values()]) + "\n"
    return text if "= Field(" in text else text.replace(", Field\n", "\n")


def main() -> int:
    """Write the module, or with ``--check`` compare it; return the exit code."""
    is_current = MODELS.exists() and MODELS.read_text("utf-8") == source()
    if "--check" in sys.argv[1:]:
        return 0 if is_current else 1
    MODELS.write_text(source(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
