"""Grants and row policies of every table follow from the table of visibility, and are made anew where it changed.

The role ``certledger_public`` reads what everybody may; ``certledger_reader`` reads what the party, role and area of
the running transaction may (settings ``certledger.*``). The owner's statements pass by: projectors and the log write.
"""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from importlib.resources import files
from typing import get_args

import psycopg
from psycopg import sql

from ledger.access.visibility import Reader, TableRule, classes, open_classes, rule_of

PUBLIC_ROLE = "certledger_public"
READER_ROLE = "certledger_reader"
MAY_READ = "certledger_may_read"
_TABLES = """
    SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = %s AND c.relkind IN ('r', 'p') ORDER BY 1
"""
_COLUMNS = """
    SELECT attname::text FROM pg_attribute
    WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""
_POLICIES = "SELECT polname::text FROM pg_policy WHERE polrelid = %s::regclass"
_MARK = "SELECT obj_description(%s::regnamespace, 'pg_namespace')"
_FUNCTION_MARK = f"SELECT obj_description(to_regproc('public.{MAY_READ}'), 'pg_proc')"
_FUNCTION_MISSING = f"SELECT to_regproc('public.{MAY_READ}') IS NULL"
_ROLE = "coalesce(current_setting('certledger.role', true), '')"
_PARTY = "nullif(current_setting('certledger.party', true), '')"


def raise_fence(connection: psycopg.Connection[tuple[object, ...]], schema: str, view: str | None = None) -> bool:
    """Put up the grants and policies of all tables of a schema; return whether anything was to be done.

    ``view`` is the name by which the schema's tables have their rules where it differs, as while a view is rebuilt.
    Raises ``LookupError`` for a table without a rule: it does not start. The caller's transaction makes it one step.
    """
    tables = [str(row[0]) for row in connection.execute(_TABLES, (schema,)).fetchall()]
    rules = [(table, rule_of(view or schema, table)) for table in tables]
    mark = f"visibility {sha256(repr((rules, open_classes(), _function())).encode()).hexdigest()[:32]}"
    is_shared = schema == "public"
    row = connection.execute(_FUNCTION_MARK if is_shared else _MARK, None if is_shared else (schema,)).fetchone()
    if row is not None and row[0] == mark:
        return False
    if is_shared or connection.execute(_FUNCTION_MISSING).fetchone() == (True,):
        connection.execute(_function().encode())
    if not is_shared:
        for statement in _schema_grants(schema):
            connection.execute(statement)
    for table, rule in rules:
        name = f'"{schema}"."{table}"'
        columns = [str(each[0]) for each in connection.execute(_COLUMNS, (name,)).fetchall()]
        older = [str(each[0]) for each in connection.execute(_POLICIES, (name,)).fetchall()]
        for statement in _table_fence(schema, table, rule, columns, older):
            connection.execute(statement)
    # The schema ``public`` need not be ours to comment on; the function always is.
    marked = sql.SQL("FUNCTION public.{}").format(sql.Identifier(MAY_READ)) if is_shared else None
    marked = marked or sql.SQL("SCHEMA {}").format(sql.Identifier(schema))
    connection.execute(sql.SQL("COMMENT ON {} IS {}").format(marked, sql.Literal(mark)))
    return True


def _schema_grants(schema: str) -> Iterator[sql.Composed]:
    for role in (PUBLIC_ROLE, READER_ROLE):
        yield sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(sql.Identifier(schema), sql.Identifier(role))


def _table_fence(
    schema: str, table: str, rule: TableRule, columns: Sequence[str], older: Sequence[str]
) -> Iterator[sql.Composed]:
    name = sql.Identifier(schema, table)
    both = sql.SQL(", ").join((sql.Identifier(PUBLIC_ROLE), sql.Identifier(READER_ROLE)))
    yield sql.SQL("REVOKE ALL ON {} FROM PUBLIC, {}").format(name, both)
    for policy in older:
        if not policy.endswith((PUBLIC_ROLE, READER_ROLE)):
            continue
        yield sql.SQL("DROP POLICY {} ON {}").format(sql.Identifier(policy), name)
    if rule.rows == "internal":
        return
    shown = sql.SQL(", ").join(sql.Identifier(each) for each in columns if each not in rule.hidden_from_public)
    if rule.rows != "roles":
        yield sql.SQL("GRANT SELECT ({}) ON {} TO {}").format(shown, name, sql.Identifier(PUBLIC_ROLE))
    yield sql.SQL("GRANT SELECT ON {} TO {}").format(name, sql.Identifier(READER_ROLE))
    if rule.rows == "public":
        yield sql.SQL("ALTER TABLE {} DISABLE ROW LEVEL SECURITY").format(name)
        return
    yield sql.SQL("ALTER TABLE {} ENABLE ROW LEVEL SECURITY").format(name)
    for role, condition in (
        (PUBLIC_ROLE, _for_public(schema, table, rule)),
        (READER_ROLE, _entitled(schema, table, rule)),
    ):
        if condition is not None:
            yield sql.SQL("CREATE POLICY {} ON {} FOR SELECT TO {} USING ({})").format(
                sql.Identifier(f"{rule.id} {role}"), name, sql.Identifier(role), condition
            )


def _for_public(schema: str, table: str, rule: TableRule) -> sql.Composable | None:
    """Return what the public reads of a restricted table, ``None`` for nothing."""
    if rule.rows == "roles":
        return None
    if rule.access is None:
        return _through(schema, table, rule)
    return None if _is_literal(rule.access) else _is_open(sql.Identifier(table, rule.access))


def _entitled(schema: str, table: str, rule: TableRule) -> sql.Composable:
    """Return what an entitled party reads of a restricted table."""
    said_by = sql.SQL("NULL") if rule.said_by is None else sql.Identifier(rule.said_by)
    if rule.rows == "roles":
        conditions = [sql.SQL("{} = ANY({})").format(sql.SQL(_ROLE), sql.Literal(list(rule.roles)))]
        conditions.append(sql.SQL("{} = {}").format(said_by, sql.SQL(_PARTY)))
        if rule.told is not None:
            asked = (sql.Identifier(rule.told["access"]), sql.Identifier(rule.told["about"]))
            told = sql.SQL("({} = ANY({}) AND public.{}({}, {}, NULL))")
            roles = sql.Literal(list(rule.told["roles"]))
            conditions.append(told.format(sql.SQL(_ROLE), roles, sql.Identifier(MAY_READ), *asked))
        return sql.SQL(" OR ").join(conditions)
    if rule.through is not None:
        through = _through(schema, table, rule)
        if rule.access is None:
            return through
        return sql.SQL("{} OR {}").format(_is_open(sql.Identifier(rule.access)), through)
    if rule.access is None or rule.about is None:
        raise LookupError(f"{rule.id}: a restricted table names its class and its stream")
    access = sql.Literal(rule.access.strip("'")) if _is_literal(rule.access) else sql.Identifier(rule.access)
    judged = sql.SQL("public.{}({}, {}, {})").format(
        sql.Identifier(MAY_READ), access, sql.Identifier(rule.about), said_by
    )
    return judged if _is_literal(rule.access) else sql.SQL("{} OR {}").format(_is_open(access), judged)


def _is_open(access: sql.Composable) -> sql.Composed:
    return sql.SQL("{} = ANY({})").format(access, sql.Literal(list(open_classes())))


def _through(schema: str, table: str, rule: TableRule) -> sql.Composed:
    if rule.through is None:
        raise LookupError(f"{rule.id}: a restricted table names its class or the table that it is read through")
    column = sql.Identifier(rule.through["column"])
    other = sql.Identifier(schema, rule.through["table"])
    # Without its table's name the row's own column would be the other's of that name, and every row would do.
    mine = sql.Identifier(table, rule.through.get("own", rule.through["column"]))
    return sql.SQL("EXISTS (SELECT FROM {} AS other WHERE other.{} = {})").format(other, column, mine)


def _is_literal(access: str) -> bool:
    return access.startswith("'")


def _function() -> str:
    """Return the statements of ``may_read.sql`` with the classes that each reader may read."""
    text = files("projections").joinpath("may_read.sql").read_text("utf-8")
    for reader in get_args(Reader):
        named = ", ".join(f"'{name}'" for name, each in sorted(classes().items()) if reader in each.readers)
        text = text.replace(f"{{{reader}}}", f"ARRAY[{named}]::text[]")
    return text
