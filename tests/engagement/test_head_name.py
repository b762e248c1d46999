"""The head's name, which stands on signed papers, is a name: it leads nowhere and is one line."""

import pytest

from tests.support.factories import EngagementOptionFactory, StaffMembershipFactory
from tests.support.refused import HOSTILE_NAMES
from tests.support.world import API

pytestmark = pytest.mark.django_db


def test_no_heads_name_that_leads_elsewhere_is_printed_on_certificates(api):
    option = EngagementOptionFactory()
    manager = api.as_(StaffMembershipFactory(school=option.school, manager=True).person)
    path = f"{API}engagement-options/{option.pk}/"
    for text in HOSTILE_NAMES:
        answer = manager.patch(path, {"head_name": f"a{text}a"}, HTTP_IF_MATCH="*")
        assert answer.status_code == 400, ascii(text)
    answer = manager.patch(path, {"head_name": "Mme  Zoé D’Arc-Bâ"}, HTTP_IF_MATCH="*")
    assert (answer.status_code, answer.json()["head_name"]) == (200, "Mme Zoé D’Arc-Bâ")
    assert manager.patch(path, {"head_name": ""}, HTTP_IF_MATCH="*").json()["head_name"] == ""
