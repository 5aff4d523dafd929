from typing import Any


def propose(sample: Any) -> dict[str, Any]:
    return {}
