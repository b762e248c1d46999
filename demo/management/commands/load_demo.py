"""Fills an empty Élan with a small real world: a dozen lycées, one account per kind of person, a mission.

The data loaded is in use from then on: whatever became of it, a second run adds nothing and only says where to go.
"""

import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.contrib.auth.models import Group, Permission
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from accounts import memberships
from accounts.models import REGION_GROUP, User
from common import paris
from common.models import uuid7
from engagement.services import entries
from engagement.services.entry_facts import EntryFacts
from missions.models import Audience, Domain
from missions.services import missions, shifts
from organizations.models import Organization, OrganizationKind, OrganizationMembership, SignUpMode
from organizations.services import organizations
from organizations.states import OrganizationRole
from schools.directory import read_directory
from schools.models import School, StaffMembership
from schools.services import classes
from schools.services.directory import import_directory
from schools.states import StaffRole

PASSWORD = "cinq girafes sur un toit"  # noqa: S105 the demo's, printed for all to see
# RFC 2606 keeps .example for nobody.
HOST = "elan.example"
# Of the API and of the world outside, where nothing else was chosen: examples/journey.py takes them, too.
USUAL_ADDRESSES = ("http://127.0.0.1:8000", "http://127.0.0.1:8025")
SAMPLE = Path("demo/sample/annuaire_demo.csv")
HIGHEST_AGE_OF_A_STUDENT = 16

# What region staff may do in the admin: look at schools, organisations and missions, and move the last two.
REGION_PERMISSIONS = [
    "view_school",
    "view_organization",
    "change_organization",
    "view_mission",
    "change_mission",
    "view_missionrevision",
    "change_missionrevision",
    "view_shift",
    "view_report",
    "change_report",
    "view_suspension",
    "add_suspension",
]


class Command(BaseCommand):
    help = "Demo data, by the same services as people use. Where there are people already, nothing is loaded."

    def add_arguments(self, parser: CommandParser) -> None:
        default = os.environ.get("ELAN_SCHOOLS_FILE") or str(settings.BASE_DIR / SAMPLE)
        parser.add_argument("--schools", default=default, help="A directory of schools (CSV), or ELAN_SCHOOLS_FILE.")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("DEMO is off: known passwords have no place in a real deployment.")
        if not User.objects.exists():
            import_directory(read_directory(Path(options["schools"])))
            with transaction.atomic():
                self._people()
        self._say()

    def _person(self, name: str, first_name: str, last_name: str, **facts: Any) -> User:
        facts |= {"first_name": first_name, "last_name": last_name, "email_verified_at": timezone.now()}
        return User.objects.create_user(f"{name}@{HOST}", PASSWORD, **facts)

    def _people(self) -> None:
        today = paris.day_of(timezone.now())
        group, _created = Group.objects.get_or_create(name=REGION_GROUP)
        group.permissions.set(Permission.objects.filter(codename__in=REGION_PERMISSIONS))
        region = self._person("region", "Rachel", "Girard", is_staff=True)
        region.groups.add(group)
        school = School.objects.open().filter(latitude__isnull=False).order_by("uai")[0]
        manager = self._person("proviseure", "Paule", "Fontaine")
        teacher = self._person("professeur", "Thomas", "Leroy")
        memberships.add_member(StaffMembership, school.pk, person=manager, role=StaffRole.MANAGER)
        membership = memberships.add_member(StaffMembership, school.pk, person=teacher, role=StaffRole.TEACHER)
        self._person("citoyenne", "Chloé", "Moreau", birth_date=today.replace(year=today.year - 34, day=1))
        self._class(school, manager, membership)
        self._organizations(region, school)

    def _class(self, school: School, manager: User, membership: Any) -> None:
        today = paris.day_of(timezone.now())
        birth_date = today.replace(year=today.year - HIGHEST_AGE_OF_A_STUDENT, day=1)
        class_group = classes.open_class(
            school=school, name="2nde A", capacity=36, referent_ids=[membership.pk], day=today, actor=manager
        )
        line: classes.RosterLineFacts = {
            "first_name": "Élise",
            "last_name": "Petit",
            "birth_date": birth_date,
            "guardian_email": "parent-elise@elan.example",
        }
        classes.add_to_roster(class_group, [line], actor=manager)
        classes.join_class(
            join_code=class_group.join_code,
            email="eleve@elan.example",
            password=PASSWORD,
            first_name="Élise",
            last_name="Petit",
            birth_date=birth_date,
            language="fr",
            address="127.0.0.1",
        )
        self._hours(User.objects.get(email=f"eleve@{HOST}"))

    def _hours(self, student: User) -> None:
        """Hours outside the catalogue, of yesterday, that wait for their tutor: the mail can be read and answered."""
        day = paris.day_of(timezone.now() - timedelta(days=1))
        starts_at = paris.instant(day, datetime.min.time().replace(hour=14))
        facts = EntryFacts(
            started_at=starts_at,
            ended_at=starts_at + timedelta(minutes=90),
            title="Préparer et servir les repas",
            domain=Domain.SOLIDARITE_INSERTION,
            organization_name="Les Voisins solidaires",
            tutor_name="Jo Martin",
            tutor_email=f"tutrice@{HOST}",
            reflection="J'ai appris à préparer cinquante repas et à écouter.",
        )
        entry, _is_made = entries.put_entry(uuid7(), facts, match=None, actor=student)
        entries.submit_entry(entry, actor=student)

    def _organizations(self, region: User, school: School) -> None:
        create = organizations.create_organization
        red_cross, local = "Croix-Rouge française, délégation territoriale", "Croix-Rouge, unité locale : "
        territory = create(name=red_cross, kind=OrganizationKind.CROIX_ROUGE, parent=None, actor=region)
        unit = create(
            name=local + school.commune_name, kind=OrganizationKind.CROIX_ROUGE, parent=territory, actor=region
        )
        association = create(
            name="Les Jardins partagés", kind=OrganizationKind.ASSOCIATION, parent=None, actor=region
        )
        head = self._person("delegation", "Denis", "Faure")
        coordinator = self._person("coordinatrice", "Karima", "Benali")
        gardener = self._person("jardins", "Jeanne", "Roux")
        memberships.add_member(OrganizationMembership, territory.pk, person=head, role=OrganizationRole.MANAGER)
        memberships.add_member(OrganizationMembership, unit.pk, person=coordinator, role=OrganizationRole.COORDINATOR)
        memberships.add_member(OrganizationMembership, association.pk, person=gardener, role=OrganizationRole.MANAGER)
        for row in (territory, association):
            organizations.decide_organization(row, "verify", actor=region)
        self._mission(association, gardener, region, school)

    def _mission(self, organization: Organization, coordinator: User, region: User, school: School) -> None:
        mission = missions.create_mission(
            organization=organization,
            actor=coordinator,
            title="Planter et entretenir le jardin du quartier",
            description="Préparer la terre, planter, arroser, accueillir les voisins. Outils fournis.",
            domain=Domain.ENVIRONNEMENT,
            address="Jardin partagé",
            postal_code=school.postal_code,
            city=school.commune_name,
            latitude=school.latitude,
            longitude=school.longitude,
            is_remote=False,
            min_age=14,
            audience=Audience.BOTH,
            sign_up_mode=SignUpMode.INSTANT,
            contact="Jeanne, 01 23 45 67 89",
        )
        for week in range(1, 5):
            day = paris.day_of(timezone.now() + timedelta(weeks=week))
            starts_at = paris.instant(day, datetime.min.time().replace(hour=14))
            shifts.add_shifts(
                mission, starts_at=starts_at, ends_at=starts_at + timedelta(hours=2), capacity=12, actor=coordinator
            )
        mission = missions.submit_mission(mission, actor=coordinator)
        missions.review_mission(mission, "approve", actor=region)

    def _say(self) -> None:
        accounts = [
            ("Région", "region"),
            ("Proviseure", "proviseure"),
            ("Professeur référent", "professeur"),
            ("Élève (16 ans)", "eleve"),
            ("Citoyenne", "citoyenne"),
            ("Coordinatrice (Croix-Rouge)", "coordinatrice"),
            ("Délégation territoriale", "delegation"),
            ("Association (gestionnaire)", "jardins"),
        ]
        passwords = dict(User.objects.filter(is_active=True, suspended_at=None).values_list("email", "password"))
        usable = [
            f"  {kind:<29} {name}@{HOST}"
            for kind, name in accounts
            if check_password(PASSWORD, passwords.get(f"{name}@{HOST}", ""))
        ]
        api, outside = settings.PUBLIC_URL, settings.FCM_URL
        where = "" if (api, outside) == USUAL_ADDRESSES else f" --api {api} --outside {outside}"
        lines = [
            "",
            f"  API            {api}/api/v1/",
            f"  Documentation  {api}/api/v1/docs/",
            f"  Administration {api}/admin/",
            f"  Courriers et notifications de la démonstration  {outside}/",
            "",
            f"  Mot de passe de tous ces comptes : {PASSWORD}",
            *usable,
            "",
            f"  Le parcours complet, dans un autre terminal : .venv/bin/python examples/journey.py{where}",
            "  Ctrl-C arrête tout.",
            "",
        ]
        self.stdout.write("\n".join(lines))
