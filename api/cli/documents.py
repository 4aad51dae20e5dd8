"""The verbs that print a description for other programs to read."""

import orjson
import typer


def asyncapi() -> None:
    """打印 Kafka 主题的 AsyncAPI 3 描述。 Print the AsyncAPI 3 description of the topics."""
    from api.asyncapi import document  # noqa: PLC0415 - only this verb needs the schemas of all events

    typer.echo(orjson.dumps(document(), option=orjson.OPT_INDENT_2).decode())
