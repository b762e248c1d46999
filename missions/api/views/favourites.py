"""The missions a person keeps, over HTTP."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.mixins import ListModelMixin
from rest_framework.response import Response

from accounts.models import Reader
from common.api.permissions import IsSignedIn
from common.api.requests import ApiRequest
from common.api.serializers import Empty
from common.api.views import ApiViewSet
from missions.api.serializers import FavouriteOutput
from missions.models import Favourite, Mission
from missions.services import favourites


class FavouriteViewSet(ListModelMixin, ApiViewSet):
    """One's own favourites; a favourite is addressed by its mission."""

    queryset = Favourite.objects.all()
    serializer_class = FavouriteOutput
    permission_classes = [IsSignedIn]
    inputs = {"keep": Empty}
    lookup_field = "mission_id"

    def queryset_for(self, person: Reader) -> QuerySet[Any]:
        return Favourite.objects.visible_to(person).with_listed_mission(timezone.now())

    @extend_schema(operation_id="me_favourites_keep", responses={200: FavouriteOutput, 201: FavouriteOutput})
    def keep(self, request: ApiRequest, pk: UUID) -> Response:
        """Keeps a mission of the feed; 201 when it was not kept before."""
        self.valid_input()
        mission = get_object_or_404(Mission.objects.published(), pk=pk)
        _favourite, is_new = favourites.keep_mission(mission, actor=request.user)
        return Response(self.output(self.get_object()), status=201 if is_new else 200)

    @extend_schema(operation_id="me_favourites_let_go", responses={204: OpenApiResponse(description="Let go.")})
    def let_go(self, request: ApiRequest, pk: UUID) -> Response:
        """Keeps it no longer."""
        favourites.let_mission_go(self.get_object(), actor=request.user)
        return Response(status=204)
