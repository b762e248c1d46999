"""Who looked at emergency numbers."""

from django.conf import settings
from django.db import models

from common.models import Row
from missions.models.sign_ups import SignUp
from missions.querysets import EmergencyNumberViewQuerySet


class EmergencyNumberView(Row):
    """An organiser read the numbers of a minor on a shift; `created_at` says when. The numbers are not kept here."""

    sign_up = models.ForeignKey(SignUp, on_delete=models.CASCADE, related_name="emergency_number_views")
    viewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="emergency_number_views"
    )
    viewer_name = models.CharField(max_length=161)

    objects = EmergencyNumberViewQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.id)
