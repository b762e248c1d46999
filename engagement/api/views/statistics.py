"""Statistics over HTTP."""

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from common.api.permissions import IsRegionStaff
from common.api.requests import ApiRequest
from common.api.views import ApiViewSet
from engagement import statistics
from engagement.api import serializers
from engagement.models import TerritoryTotal


class TerritoryStatisticsViewSet(ApiViewSet):
    """The hours given in each territory, for the region's staff."""

    queryset = TerritoryTotal.objects.none()
    serializer_class = serializers.TerritoryStatisticsOutput
    permission_classes = [IsRegionStaff]
    extra_query_parameters = {"show": ("school_year",)}

    @extend_schema(
        operation_id="statistics_territories",
        parameters=[serializers.StatisticsQuery],
        responses={200: serializers.TerritoryStatisticsOutput},
    )
    def show(self, request: ApiRequest) -> Response:
        """Urban, rural, priority and unknown: people, minutes, share, beside what rural communes were promised."""
        query = serializers.StatisticsQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        return Response(self.output(statistics.territories(request.user, **query.validated_data)))
