"""What schemathesis cannot read in a contract: which refusals are rules, beyond the shape of what was sent."""

from typing import Any

import schemathesis
from schemathesis.openapi.checks import RejectedPositiveData

from common.mailboxes import REFUSED_IN_LOCAL

# A 400 with one of these says that the shape is wrong. Any other code is a rule of its own (common.errors): a weak
# password, two times in the wrong order, a name that no row has.
SHAPES = {
    "invalid",
    "parse_error",
    "app_version_invalid",
    "idempotency_key_invalid",
    "idempotency_key_required",
    "idempotency_key_unexpected",
}


@schemathesis.hook
def filter_failure(context: Any, failure: Any, case: Any, response: Any) -> bool:
    """Keeps every failure but a well-formed body that a rule refuses."""
    is_rule = isinstance(failure, RejectedPositiveData) and response.status_code == 400
    return not (is_rule and (response.json()["code"] not in SHAPES or _is_about_routes(case, response)))


def _is_about_routes(case: Any, response: Any) -> bool:
    """Whether all that is wrong are mail addresses that lead through another one (`a%b@c`): the format allows them."""
    wrong = [error["pointer"].removeprefix("/") for error in response.json()["errors"]]
    sent = [case.body.get(name) if isinstance(case.body, dict) else None for name in wrong]
    return bool(sent) and all(isinstance(text, str) and "@" in text and REFUSED_IN_LOCAL & set(text) for text in sent)
