"""Every refusal of the domain: a stable code, a sentence for the reader, and the HTTP status it becomes."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from common.state_words import STATES, VERBS


class DomainError(Exception):
    """A rule said no. `code` is stable and machine-readable; `detail` is for the reader, in their language.

    `fields` maps input names to sentences when the refusal is about particular inputs, `field` names the one that
    `detail` is about; `extra` members are added to the problem document (RFC 9457 section 3.2), those that the
    `facts` of api/words.yml list.
    """

    status = 409
    code = "conflict"
    detail: Any = _("This is not possible now. Read it again, then try once more.")
    retry_after_seconds: int | None = None
    field = ""

    def __init__(
        self,
        detail: Any = None,
        *,
        code: str | None = None,
        field: str | None = None,
        fields: Mapping[str, Any] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        self.detail = detail if detail is not None else self.detail
        self.code = code or self.code
        self.field = self.field if field is None else field
        self.fields = dict(fields or ({self.field: self.detail} if self.field else {}))
        self.extra = dict(extra or {})
        super().__init__(self.code)

    @property
    def sentence(self) -> str:
        """For a person, where nothing can stand beside a field: the errors of the fields, or the detail."""
        return " ".join(map(str, self.fields.values())) or str(self.detail)

    @property
    def detail_of_problem(self) -> str:
        """The detail; where it would only say that something is wrong, what is wrong with the fields."""
        return self.sentence if self.detail is BadInput.detail else str(self.detail)


class BadInput(DomainError):
    """400: what was sent cannot be right, whatever the state."""

    status = 400
    code = "invalid"
    detail = _("Some of what was sent is not right. Correct it, then send it again.")


def ensure_reason(reason: str) -> None:
    """Raises BadInput (`reason_needed`) for a move that people must be told the reason of."""
    if not reason.strip():
        raise BadInput(code="reason_needed", fields={"reason": _("Say why.")})


class NotAllowed(DomainError):
    """403: this kind of person never does this."""

    status = 403
    code = "permission_denied"
    detail = _("Your role does not allow this. If it should, ask whoever runs your school or organisation.")


class NotVisible(DomainError):
    """404: it does not exist, or not for this person, and the two are not told apart."""

    status = 404
    code = "not_found"
    detail = _("This does not exist, or you have no access to it. Go back, and read the list again.")


class Gone(DomainError):
    """410: it existed and is over."""

    status = 410
    code = "gone"
    detail = _("This is no longer available. Go back, and read the list again.")


class Stale(DomainError):
    """412: the reader's copy is older than the row."""

    status = 412
    code = "stale"
    detail = _("This has changed since you read it. Read it again, then send your change.")


class VersionNeeded(DomainError):
    """428: an edit must say which version it edits."""

    status = 428
    code = "if_match_required"
    detail = _("Send the ETag you read in the If-Match header.")


class AppTooOld(DomainError):
    """426: this version of the app is no longer served."""

    status = 426
    code = "app_too_old"
    detail = _("This version of the app is too old. Update it to go on.")


class KeyReused(DomainError):
    """422: the Idempotency-Key was already used for something else."""

    status = 422
    code = "idempotency_key_reused"
    detail = _("This Idempotency-Key was already used for another request: send this one under a new key.")


class WrongState(DomainError):
    """409: the state machine has no such move from here."""

    code = "wrong_state"

    def __init__(self, verb: str, state: str) -> None:
        words = {"verb": VERBS[verb], "state": STATES[state]}
        super().__init__(
            _("You cannot %(verb)s now. State: %(state)s. Read it again to see what is possible.") % words,
            extra={"state": str(state)},
        )


Transitions = Mapping[str, tuple[Sequence[str] | set[str], str]]


def next_state(transitions: Transitions, verb: str, state: str) -> str:
    """The state that `verb` leads to from `state`; raises WrongState when the table has no such move."""
    sources, target = transitions[verb]
    if state not in sources:
        raise WrongState(verb, state)
    return target
