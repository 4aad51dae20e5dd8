"""Which bearer token speaks for a party: the one of the run folder."""

import typer

from infra.settings import Settings


def token_of(party: str) -> str:
    """Return the token of the settings, else the party's; or end the command and name the parties that have one."""
    if given := Settings().token:
        return given
    file = Settings().run_dir / "tokens.txt"
    rows = dict(line.split(" ", 1) for line in file.read_text("utf-8").splitlines()) if file.exists() else {}
    if party not in rows:
        raise typer.BadParameter(
            f"{file} 中没有 {party} 的令牌。 There is no token of {party}; there are: {', '.join(rows) or '—'}"
        )
    return rows[party].strip()
