"""Asks the view for a token as a signed-in user."""

import json

import django
from django.conf import settings

settings.configure(INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes"], SECRET_KEY="for the docs")
django.setup()

from django.contrib.auth.models import User  # noqa: E402 needs the settings
from django.test import RequestFactory  # noqa: E402
from token_view import tidings_token  # noqa: E402

request = RequestFactory().get("/tidings-token")
request.user = User(username="anna")
print(json.loads(tidings_token(request).content)["token"])
