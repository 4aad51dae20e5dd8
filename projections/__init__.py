"""Views: each folder folds recorded events into tables that answer one kind of question."""
