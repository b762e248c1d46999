"""Fills an empty Élan with a small real world: a dozen lycées, one account per kind of person, a mission."""

import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from accounts.models import REGION_GROUP, User
from common import paris
from common.models import uuid7
from engagement.services import entries
from engagement.services.entry_facts import EntryFacts
from missions.models import Audience, Domain, Mission, Organization, OrganizationKind, SignUpMode
from missions.services import missions, organizations, shifts
from missions.states import OrganizationRole, OrganizationStatus
from schools.directory import read_directory
from schools.models import ClassGroup, School
from schools.services import classes, staff
from schools.services.directory import import_directory
from schools.states import StaffRole

PASSWORD = "cinq girafes sur un toit"  # noqa: S105 the demo's, printed for all to see
# RFC 2606 keeps .example for nobody.
HOST = "elan.example"
SAMPLE = Path("schools/sample/annuaire_demo.csv")
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
    help = "Demo data, by the same services as people use. A second run changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        default = os.environ.get("ELAN_SCHOOLS_FILE") or str(settings.BASE_DIR / SAMPLE)
        parser.add_argument("--schools", default=default, help="A directory of schools (CSV), or ELAN_SCHOOLS_FILE.")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("DEMO is off: known passwords have no place in a real deployment.")
        if User.objects.exclude(email__endswith=f"@{HOST}").exists():
            raise CommandError("This database holds other people's accounts: it is no demo's.")
        import_directory(read_directory(Path(options["schools"])))
        with transaction.atomic():
            self._people()
        self._say()

    def _person(self, name: str, first_name: str, last_name: str, **facts: Any) -> User:
        email = f"{name}@{HOST}"
        known = User.objects.filter(email=email).first()
        if known is not None:
            return known
        return User.objects.create_user(
            email, PASSWORD, first_name=first_name, last_name=last_name, email_verified_at=timezone.now(), **facts
        )

    def _people(self) -> None:
        today = paris.day_of(timezone.now())
        group, _created = Group.objects.get_or_create(name=REGION_GROUP)
        group.permissions.set(Permission.objects.filter(codename__in=REGION_PERMISSIONS))
        region = self._person("region", "Rachel", "Girard", is_staff=True)
        region.groups.add(group)
        school = School.objects.open().filter(latitude__isnull=False).order_by("uai")[0]
        manager = self._person("proviseure", "Paule", "Fontaine")
        teacher = self._person("professeur", "Thomas", "Leroy")
        staff.add_staff(school=school, person=manager, role=StaffRole.MANAGER)
        membership = staff.add_staff(school=school, person=teacher, role=StaffRole.TEACHER)
        self._person("citoyenne", "Chloé", "Moreau", birth_date=today.replace(year=today.year - 34, day=1))
        self._class(school, manager, membership)
        self._organizations(region, school)

    def _class(self, school: School, manager: User, membership: Any) -> None:
        if ClassGroup.objects.filter(school=school, name="2nde A").exists():
            return
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

    def _organization(self, name: str, kind: str, parent: Organization | None, region: User) -> Organization:
        known = Organization.objects.filter(name=name).first()
        return known or organizations.create_organization(name=name, kind=kind, parent=parent, actor=region)

    def _organizations(self, region: User, school: School) -> None:
        territory = self._organization(
            "Croix-Rouge française, délégation territoriale", OrganizationKind.CROIX_ROUGE, None, region
        )
        unit = self._organization(
            f"Croix-Rouge, unité locale : {school.commune_name}", OrganizationKind.CROIX_ROUGE, territory, region
        )
        association = self._organization("Les Jardins partagés", OrganizationKind.ASSOCIATION, None, region)
        head = self._person("delegation", "Denis", "Faure")
        coordinator = self._person("coordinatrice", "Karima", "Benali")
        gardener = self._person("jardins", "Jeanne", "Roux")
        organizations.add_member(organization=territory, person=head, role=OrganizationRole.MANAGER)
        organizations.add_member(organization=unit, person=coordinator, role=OrganizationRole.COORDINATOR)
        organizations.add_member(organization=association, person=gardener, role=OrganizationRole.MANAGER)
        for row in (territory, association):
            if row.status == OrganizationStatus.UNVERIFIED:
                organizations.decide_organization(row, "verify", actor=region)
        if not Mission.objects.filter(organization=association).exists():
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
        lines = [
            "",
            f"  API            {settings.PUBLIC_URL}/api/v1/",
            f"  Documentation  {settings.PUBLIC_URL}/api/v1/docs/",
            f"  Administration {settings.PUBLIC_URL}/admin/",
            f"  Courriers et notifications de la démonstration  {settings.FCM_URL}/",
            "",
            f"  Mot de passe de tous les comptes : {PASSWORD}",
            *(f"  {kind:<29} {name}@elan.example" for kind, name in accounts),
            "",
            "  Le parcours complet, dans un autre terminal : .venv/bin/python examples/journey.py",
            "  Ctrl-C arrête tout.",
            "",
        ]
        self.stdout.write("\n".join(lines))
