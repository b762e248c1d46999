"""Idempotency-Key: a write sent twice happens once, and the second sender gets the first answer."""

import functools
import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.problems import MEDIA_TYPE
from common.api.requests import ApiRequest
from common.errors import BadInput, KeyReused, NotVisible
from common.models import IdempotencyKey

MAX_KEY_LENGTH = 255
KEY_PATTERN = r"^[!-~]+$"
# Answers that say nothing about the write itself: the same request may well succeed next time.
NOT_KEPT = {401, 403, 429}


def key_of(request: Request) -> str | None:
    """The request's key, checked: 1 to 255 visible ASCII characters."""
    key = request.META.get("HTTP_IDEMPOTENCY_KEY")
    if key is not None and not (len(key) <= MAX_KEY_LENGTH and re.fullmatch(KEY_PATTERN, key, re.ASCII)):
        raise BadInput(_("An Idempotency-Key is 1 to 255 visible ASCII characters."), code="idempotency_key_invalid")
    return key


def _fingerprint(data: Any) -> str:
    """Keyed: a plain hash of a body that is known but for a position could be searched for that position."""
    text = json.dumps(data, sort_keys=True, default=_as_text)
    return salted_hmac("elan.idempotency", text, algorithm="sha256").hexdigest()


def _as_text(value: Any) -> str:
    """An upload is its content: two files of one name are two bodies."""
    if not isinstance(value, UploadedFile):
        return str(value)
    digest = hashlib.sha256()
    for chunk in value.chunks():
        digest.update(chunk)
    value.seek(0)
    return digest.hexdigest()


def idempotent(handler: Callable[..., Response]) -> Callable[..., Response]:
    """Declares that an action creates or notifies: it needs an Idempotency-Key, and answers a repeat by replay.

    Key, effect and answer commit together: a process killed in the middle leaves neither. The unique row makes
    a second sender wait for the first (on both databases) and then replay. A refusal is kept too, its effects
    rolled back to before the handler; 401, 403, 429 and 5xx are not kept.
    """

    @functools.wraps(handler)
    def answer_once(view: Any, request: ApiRequest, *args: Any, **kwargs: Any) -> Response:
        key = key_of(request)
        if key is None:
            said = _("This request needs an Idempotency-Key header: a new UUID, and the same one for each repeat.")
            raise BadInput(said, code="idempotency_key_required")
        body_sha256 = _fingerprint(request.data)
        try:
            with transaction.atomic():
                row = IdempotencyKey.objects.create(
                    person=request.user, key=key, path=request.path[:255], body_sha256=body_sha256
                )
                response = _run(view, handler, request, args, kwargs)
                if response.status_code in NOT_KEPT or response.status_code >= 500:
                    row.delete()
                else:
                    row.status_code = response.status_code
                    row.answer = json.loads(JSONRenderer().render(response.data)) if response.data is not None else None
                    row.etag = response.headers.get("ETag", "")
                    row.save(update_fields=["status_code", "answer", "etag"])
                return response
        except IntegrityError:
            known = IdempotencyKey.objects.filter(person=request.user, key=key).first()
            if known is None:
                raise
        return _replay(view, known, request, kwargs, body_sha256)

    answer_once.is_idempotent = True  # type: ignore[attr-defined]
    return answer_once


def _run(view: Any, handler: Callable[..., Response], request: Request, args: Any, kwargs: Any) -> Response:
    try:
        with transaction.atomic():
            return handler(view, request, *args, **kwargs)
    except (IntegrityError, OperationalError, InterfaceError):
        raise  # the database's own failures undo the key, too
    except Exception as error:
        # The handler's own savepoint is rolled back above; its refusal is the answer that the key keeps.
        response = view.get_exception_handler()(error, view.get_exception_handler_context())
        if response is None:
            raise
        response.exception = True
        return response


def _replay(view: Any, known: IdempotencyKey, request: Request, kwargs: Any, body_sha256: str) -> Response:
    if known.path != request.path[:255] or known.body_sha256 != body_sha256:
        raise KeyReused
    if view.lookup_field in kwargs and known.status_code != NotVisible.status:
        view.get_object()  # rights are checked again: a row no longer visible is a 404
    response = Response(known.answer, status=known.status_code, headers={"Idempotency-Replayed": "true"})
    if known.etag:
        response["ETag"] = known.etag  # the version that the first sender may edit; 412 when it has moved on since
    if known.status_code and known.status_code >= 400:
        response.content_type = MEDIA_TYPE
    return response
