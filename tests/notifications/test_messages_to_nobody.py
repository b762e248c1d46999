"""A request that anybody may make without an account leaves no row behind for ever."""

import pytest

from notifications import tasks
from notifications.models import OutboxMessage
from tests.support.factories import UserFactory
from tests.support.world import API

pytestmark = pytest.mark.django_db


def test_asking_for_mails_to_nobody_leaves_nothing_in_the_database(api):
    known = UserFactory()
    for path in ("auth/password/reset/", "auth/sign-in-link/"):
        for email in ("nobody@example.org", known.email):
            assert api.post(f"{API}{path}", {"email": email}).status_code == 202
    tasks.forget_nothings()
    tasks.forget_nothings()
    left = OutboxMessage.objects.order_by("kind").values_list("recipient", "kind")
    assert list(left) == [(known.pk, "account_reset"), (known.pk, "account_sign_in_link")]
