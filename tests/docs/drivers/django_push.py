"""Pays an order in a transaction of a real database."""

from types import SimpleNamespace

import django
from django.conf import settings

database = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
settings.configure(DATABASES={"default": database}, SECRET_KEY="for the docs")
django.setup()

from orders import mark_as_paid  # noqa: E402 needs the settings

mark_as_paid(SimpleNamespace(pk=42, total=99.5, paid=False, save=lambda: None))
