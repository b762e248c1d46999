"""Shapes of oneself: the profile, and what one is and where."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.api.serializers import ProfileOutput
from accounts.models import User
from engagement.models import EngagementOption
from organizations.models import OrganizationKind
from organizations.states import OrganizationRole, OrganizationStatus
from schools.states import EnrolmentStatus, StaffRole


class NamedOutput(serializers.Serializer):
    """A thing by its id and its name."""

    id = serializers.UUIDField()
    name = serializers.CharField()


class RoleInClassOutput(NamedOutput):
    """A class that one is named for; until a day, when one stands in for somebody."""

    id = serializers.UUIDField(source="class_group.pk")
    name = serializers.CharField(source="class_group.name")
    school = NamedOutput(source="class_group.school")
    school_year_label = serializers.CharField(source="class_group.school_year.label")
    until_on = serializers.DateField(allow_null=True)


class RoleInSchoolOutput(NamedOutput):
    """A school that one works at."""

    id = serializers.UUIDField(source="school.pk")
    name = serializers.CharField(source="school.name")
    role = serializers.ChoiceField(choices=StaffRole.choices)


class RoleInOrganizationOutput(NamedOutput):
    """An organisation that one acts for; of a manager also all under it."""

    id = serializers.UUIDField(source="organization.pk")
    name = serializers.CharField(source="organization.name")
    kind = serializers.ChoiceField(source="organization.kind", choices=OrganizationKind.choices)
    status = serializers.ChoiceField(source="organization.status", choices=OrganizationStatus.choices)
    role = serializers.ChoiceField(choices=OrganizationRole.choices)


class RolesOutput(serializers.Serializer):
    """What one is to classes, schools and organisations today, the newest first."""

    classes = RoleInClassOutput(many=True)
    schools = RoleInSchoolOutput(many=True)
    organizations = RoleInOrganizationOutput(many=True)
    is_region_staff = serializers.BooleanField()


class OptionRulesOutput(serializers.Serializer):
    """What a school asks for in a year; the region's rules, without an id, until it has chosen its own."""

    id = serializers.SerializerMethodField()
    target_minutes = serializers.IntegerField()
    deadline_on = serializers.SerializerMethodField()
    is_attestation_required = serializers.BooleanField()

    @extend_schema_field(serializers.UUIDField(allow_null=True))
    def get_id(self, option: EngagementOption) -> str | None:
        return None if option.is_unsaved else str(option.pk)

    @extend_schema_field(serializers.DateField())
    def get_deadline_on(self, option: EngagementOption) -> str:
        return str(option.deadline_on or option.school_year.ends_on)


class StudiesOutput(serializers.Serializer):
    """A class that one is in, or has asked for, in a school year that is not over."""

    id = serializers.UUIDField(source="enrolment.pk")
    status = serializers.ChoiceField(source="enrolment.status", choices=EnrolmentStatus.choices)
    school = NamedOutput(source="enrolment.class_group.school")
    class_group = NamedOutput(source="enrolment.class_group")
    school_year_label = serializers.CharField(source="enrolment.class_group.school_year.label")
    option = OptionRulesOutput()


class MeOutput(ProfileOutput):
    """The profile, and what one is and where."""

    # The context says `roles` (engagement.roles) and `unread_count`.
    roles = serializers.SerializerMethodField()
    enrolments = serializers.SerializerMethodField()
    unread_count = serializers.SerializerMethodField()

    class Meta(ProfileOutput.Meta):
        fields = [*ProfileOutput.Meta.fields, "roles", "enrolments", "unread_count"]

    @extend_schema_field(RolesOutput())
    def get_roles(self, _person: User) -> Any:
        return RolesOutput(self.context["roles"]).data

    @extend_schema_field(StudiesOutput(many=True))
    def get_enrolments(self, _person: User) -> Any:
        return StudiesOutput(self.context["roles"].enrolments, many=True).data

    @extend_schema_field(serializers.IntegerField())
    def get_unread_count(self, _person: User) -> int:
        count: int = self.context["unread_count"]
        return count
