"""Who comes in: people whom somebody invited, by e-mail and password, a second factor or a passkey."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class Entrance(DefaultAccountAdapter):  # type: ignore[misc]
    """Nobody signs up by themselves: an account is made by the operator, its people are invited."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
