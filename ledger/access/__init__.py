"""Who may say what, and who may see what: two tables of dated rows, each with the rule that it rests on.

Everything that asks reads these tables: decisions, routes and the policies of the database.
"""
