"""Sends a request to the service. Its account system knows one user."""

import sys
from types import ModuleType

accounts = ModuleType("accounts")
accounts.current_user = lambda: "anna"
sys.modules["accounts"] = accounts

from fastapi.testclient import TestClient  # noqa: E402 needs the account system
from service import app  # noqa: E402

with TestClient(app) as client:
    assert client.get("/tidings-token").json()["token"].count(".") == 2
    assert client.post("/orders/42/payment").json() == {"paid": 42}
