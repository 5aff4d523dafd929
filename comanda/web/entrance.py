"""Who comes in: people whom somebody invited, by e-mail and password, a second step or a passkey."""

import logging
from smtplib import SMTPException
from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import ChangePasswordForm, ResetPasswordKeyForm
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy

from comanda.accounts.models import User
from comanda.integrations.vault import seal, unseal

log = logging.getLogger("comanda.entrance")

WAYS = {
    "reauthenticate": gettext_lazy("Con tu contraseña"),
    "mfa_reauthenticate": gettext_lazy("Con un código"),
    "mfa_reauthenticate:webauthn": gettext_lazy("Con una llave de acceso"),
}


class Entrance(DefaultAccountAdapter):  # type: ignore[misc]
    """Nobody signs up by themselves: an account is made by the operator, its people are invited."""

    error_messages: ClassVar[dict[str, Any]] = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": gettext_lazy(
            "El correo o la contraseña no son correctos. Revísalos y prueba otra vez."
        ),
        "too_many_login_attempts": gettext_lazy("Hubo demasiados intentos. Espera cinco minutos y prueba otra vez."),
        "rate_limited": gettext_lazy("Hubo demasiados intentos. Espera un minuto y prueba otra vez."),
        "enter_current_password": gettext_lazy("Esta no es tu contraseña de ahora."),
        "incorrect_password": gettext_lazy("Esta no es tu contraseña."),
        "incorrect_code": gettext_lazy("El código no es correcto. Usa el que tu aplicación muestra ahora."),
        "invalid_password_reset": gettext_lazy("Este enlace ya no sirve. Pide otro."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("personal")

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Under the base URL, whatever host was asked for: it goes out by mail."""
        uid, _, rest = key.partition("-")
        return settings.BASE_URL + reverse("account_reset_password_from_key", args=[uid, rest])

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """A mail server that is away is the operator's matter: nobody's page breaks, nor tells who has an account."""
        try:
            super().send_mail(template_prefix, email, context | {"base_url": settings.BASE_URL})
        except (SMTPException, OSError) as error:
            log.error("mail not sent (%s): %s", template_prefix, error)

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        return [each | {"description": WAYS[each["id"]]} for each in super().get_reauthentication_methods(user)]


class SecondStep(DefaultMFAAdapter):  # type: ignore[misc]
    """Codes and keys: what they are called, and their secrets sealed like those of the stores."""

    error_messages: ClassVar[dict[str, Any]] = DefaultMFAAdapter.error_messages | {
        "incorrect_code": Entrance.error_messages["incorrect_code"],
    }

    def encrypt(self, text: str) -> str:
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(encrypted_text)

    def generate_authenticator_name(self, user: User, type: Any) -> str:
        count = Authenticator.objects.filter(user=user, type=type).count()
        return gettext("Llave {number}").format(number=count + 1)

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return super().get_public_key_credential_rp_entity() | {"name": "Comanda"}  # type: ignore[no-any-return]


class ChangePassword(ChangePasswordForm):  # type: ignore[misc]
    """Typed once: what was typed can be shown."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["password2"]


class NewPassword(ResetPasswordKeyForm):  # type: ignore[misc]
    """Typed once: what was typed can be shown."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["password2"]
