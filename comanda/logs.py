"""Log lines as text: each with the ids that it is about, which as JSON are fields. Never a secret, never a body."""

import logging

KNOWN = ("account", "integration", "delivery", "cause", "reason")


class Text(logging.Formatter):
    """`… not registered: phone_invalid account=3 integration=7 delivery=0192…`"""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (logging's own name)
        ids = [f"{name}={value}" for name in KNOWN if (value := getattr(record, name, None)) is not None]
        return " ".join([super().formatMessage(record), *ids])
