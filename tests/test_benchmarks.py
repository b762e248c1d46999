"""The region that benchmarks measure is one that the product could have written."""

import pytest
from django.db import connection

from benchmarks import region
from missions.models import Shift, SignUp
from missions.states import SignUpStatus
from schools.models import ClassReferent

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="generate_series is PostgreSQL's"),
    pytest.mark.django_db,
]


def test_a_thousandth_of_the_region_holds_every_constraint():
    sizes = region.write_region("default", 0.001)
    connection.check_constraints()
    assert SignUp.objects.count() == sizes.sign_ups == 1500
    taken = sum(Shift.objects.values_list("taken_count", flat=True))
    assert taken == SignUp.objects.filter(status=SignUpStatus.ACCEPTED).count() == 1200
    for referent in ClassReferent.objects.select_related("class_group", "membership"):
        assert referent.class_group.school_id == referent.membership.school_id


def test_the_whole_region_has_the_sizes_it_is_said_to_have():
    sizes = region.Sizes.at(1)
    assert (sizes.schools, sizes.students, sizes.teachers, sizes.organizations) == (634, 60_000, 8_000, 1_500)
    assert (sizes.missions, sizes.shifts, sizes.sign_ups, sizes.entries) == (50_000, 150_000, 1_500_000, 3_000_000)
