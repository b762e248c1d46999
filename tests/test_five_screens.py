"""Five screens of an app: how many requests each makes, how many compressed bytes. docs/api.md says the same."""

import gzip
import hashlib
from itertools import count
from pathlib import Path
from uuid import UUID

import pytest

from engagement.models import Attestation, Decision, HourEntry
from engagement.states import HourEntryStatus
from missions.models import Domain
from tests.support.factories import (
    AttendanceFactory,
    ClassReferentFactory,
    EngagementOptionFactory,
    EnrolmentFactory,
    EvidenceFactory,
    HourEntryFactory,
    MissionFactory,
    OrganizationFactory,
    RecordFactory,
    ShiftFactory,
    SignUpFactory,
    UserFactory,
    afternoon,
)
from tests.support.screens import MOST_KILOBYTES, SCREENS, rounded

pytestmark = pytest.mark.django_db
API = "/api/v1/"
# Twenty missions in words as organisers write them, no two alike: made-up sentences would pack too well.
DESCRIPTIONS = (Path(__file__).parent / "support" / "descriptions.txt").read_text().strip().split("\n\n")
TITLES = (
    "Collecte alimentaire au supermarché", "Visites et jeux à l'Ehpad des Tilleuls", "Nettoyage des berges du canal",
    "Coup de main numérique", "Aide aux devoirs en sixième", "Un samedi à la ferme", "Promener les chiens du refuge",
    "Accueil du festival de courts métrages", "Les gestes qui sauvent", "Tri au vestiaire solidaire",
    "Tournoi handisport", "Compter les hirondelles", "Soixante repas en un soir", "Mémoire de l'usine",
    "Réparer des vélos", "Lire aux tout-petits", "Don du sang", "Maraude du soir", "Jardin au pied des tours",
    "Parler français ensemble",
)  # fmt: skip
ORGANIZATIONS = (
    "Banque alimentaire de Seine-Saint-Denis", "Les Petits Frères du canal", "OSE Rivières", "Emmaüs Connect",
    "Maison de quartier Floréal", "Ferme de la Butte", "Refuge de Gennevilliers", "Ciné-Bref", "Croix-Rouge du 93",
    "Vestiaire Sainte-Anne", "Comité handisport 93", "LPO Île-de-France", "Cuisine commune", "Mémoires ouvrières",
    "La Roue libre", "Lire et grandir", "Amicale des donneurs", "Samu social", "Terre d'en bas", "Langues croisées",
)  # fmt: skip
STREETS = (
    "rue de la République", "avenue Jean-Jaurès", "quai de Seine", "place Victor-Hugo", "rue des Ursulines",
    "chemin du Moulin", "allée des Acacias", "boulevard Carnot", "cours du Chapitre", "impasse Thiers",
)  # fmt: skip
CITIES = (
    ("Saint-Denis", "93200", "93066"), ("Pantin", "93500", "93055"), ("Melun", "77000", "77288"),
    ("Versailles", "78000", "78646"), ("Évry-Courcouronnes", "91000", "91228"), ("Créteil", "94000", "94028"),
    ("Cergy", "95000", "95127"),
)  # fmt: skip
FIRST_NAMES = (
    "Inès", "Noé", "Léa", "Tom", "Aminata", "Yanis", "Chloé", "Mehdi", "Jade", "Hugo", "Fatou", "Liam", "Sarah",
    "Enzo", "Maëlys", "Ibrahim", "Zoé", "Rayan", "Camille", "Nathan", "Anaïs", "Adam", "Lina", "Gabriel", "Nour",
    "Lucas", "Manon", "Ismaël", "Eva", "Jules", "Khadija", "Théo", "Salomé", "Malik", "Rose",
)  # fmt: skip
LAST_NAMES = (
    "Bâ", "Petit", "Roux", "Noir", "Diallo", "Benali", "Lefèvre", "Haddad", "Moreau", "Girard", "Traoré", "Dubois",
    "Cohen", "Rossi", "Le Goff", "Camara", "Nguyen", "Mansouri", "Faure", "Mercier", "Da Silva", "Belkacem", "Ferrand",
    "Lambert", "Sassi", "Perrot", "Garnier", "Touré", "Chevalier", "Blanchard", "Sylla", "Marchand", "Vidal", "Kone",
    "Aubert",
)  # fmt: skip


def ids():
    """Ids of rows that were made an hour from one another, the same in each run: those of one moment pack better."""
    for number in count():
        chance = hashlib.sha256(str(number).encode()).digest()
        made_at = 1_790_000_000_000 + number * 3_600_000
        yield UUID(
            bytes=made_at.to_bytes(6) + bytes([0x70 | chance[0] & 15, chance[1], 0x80 | chance[2] & 63, *chance[3:10]])
        )


@pytest.fixture
def new_id():
    """Gives the next of such ids."""
    return ids().__next__


@pytest.fixture
def missions(new_id):
    """Twenty missions of twenty organisations, each with two shifts to come."""
    made = []
    for number, title in enumerate(TITLES):
        city, postal_code, commune_code = CITIES[number % len(CITIES)]
        mission = MissionFactory(
            id=new_id(),
            organization=OrganizationFactory(id=new_id(), name=ORGANIZATIONS[number]),
            title=title,
            description=DESCRIPTIONS[number][:600],
            domain=Domain.values[number % len(Domain.values)],
            activities=[title.split()[0]],
            address=f"{3 + 7 * number} {STREETS[number % len(STREETS)]}",
            city=city,
            postal_code=postal_code,
            commune_code=commune_code,
            department_code=postal_code[:2],
            latitude=round(48.6 + number * 0.01739, 5),
            longitude=round(2.1 + number * 0.02371, 5),
            min_age=(0, 15, 16)[number % 3],
            image=f"missions/{new_id().hex}-1600x{900 + number}.jpg",
        )
        for day in (3 + number, 10 + number):
            ShiftFactory(id=new_id(), mission=mission, starts_at=afternoon(day, 8 + number % 9), capacity=4 + number)
        made.append(mission)
    return made


@pytest.fixture
def entry(missions, new_id):
    """Writes an hour entry on a mission, attested, with some words of the student."""

    def write(record, number, **facts):
        mission = missions[number % 20]
        words = DESCRIPTIONS[(number + 7) % 20].split(". ")[number % 3]
        row = HourEntryFactory(
            id=new_id(), record=record, mission=mission, title=mission.title, domain=mission.domain,
            reflection=f"{words}.", **facts,
        )  # fmt: skip
        Attestation.objects.create(id=new_id(), entry=row, minutes=90)
        return row

    return write


@pytest.fixture
def teacher(entry, new_id):
    """Of a class of 35: each student with hours approved, and hours that wait for the teacher."""
    referent = ClassReferentFactory()
    class_group = referent.class_group
    option = EngagementOptionFactory(school=class_group.school, school_year=class_group.school_year)
    for number, (first_name, last_name) in enumerate(zip(FIRST_NAMES, LAST_NAMES, strict=True)):
        person = UserFactory(id=new_id(), aged_17=True, first_name=first_name, last_name=last_name)
        EnrolmentFactory(class_group=class_group, student=person)
        record = RecordFactory(id=new_id(), person=person, option=option)
        for nth in range(2):
            entry(record, number + nth, approved=True, approved_minutes=75 + 5 * number)
        entry(record, number + 5, submitted=True)
    return referent


@pytest.fixture
def student(teacher, entry, missions, new_id):
    """One of the class, who has three places to come and twenty entries in all states, some with a picture."""
    record = HourEntry.objects.order_by("created_at").first().record
    for mission in missions[:3]:
        place = SignUpFactory(id=new_id(), person=record.person, accepted=True, shift=mission.shifts.first())
        AttendanceFactory(sign_up=place)
    states = ({"approved": True}, {"submitted": True}, {"status": HourEntryStatus.DRAFT})
    for number in range(record.entries.count(), 20):
        row = entry(record, number, **states[number % 3])
        if number % 3 == 0:
            by = teacher.membership.person
            Decision.objects.create(id=new_id(), entry=row, verb="approve", minutes=90, decided_by=by)
            EvidenceFactory(id=new_id(), entry=row)
    return record.person


@pytest.fixture
def measured(api, teacher, student, missions):
    """Of each screen the answers, and their bytes as the middleware packs them (gzip, level 6), random ones aside."""

    def of(screen):
        is_class = screen.paths[0].startswith("classes/")
        client = api.as_(teacher.membership.person if is_class else student)
        shown = teacher.class_group_id if is_class else missions[0].pk
        answers = [client.get(API + path.format(id=shown)) for path in screen.paths]
        assert [answer.status_code for answer in answers] == [200] * len(answers)
        return answers, sum(len(gzip.compress(answer.content, 6)) for answer in answers)

    return of


def test_a_screen_takes_three_requests_at_most():
    assert all(len(screen.paths) <= 3 for screen in SCREENS)


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name.split(":")[0])
def test_a_screen_takes_ten_kilobytes_at_most(screen):
    assert screen.kilobytes <= MOST_KILOBYTES


def test_the_guide_says_what_a_full_screen_takes(measured):
    answers = {}
    for screen in SCREENS:
        answers[screen], size = measured(screen)
        assert screen.holds(size), f"{screen.name}, {size} bytes: say {rounded(size)} kB in tests.support.screens"
    home, find, one, hours, class_ = ([answer.json() for answer in answers[screen]] for screen in SCREENS)
    assert len(home[2]["results"]) == 3
    assert len({mission["excerpt"] for mission in find[0]["results"]}) == 20
    assert all(len(m["excerpt"]) > 250 and m["image"] and len(m["next_shifts"]) == 2 for m in find[0]["results"])
    assert len(one[0]["description"]) == 600
    assert one[0]["mine"]["shifts"]
    assert len(hours[1]["results"]) == 20
    assert (len(class_[0]["students"]), len(class_[1]["results"])) == (35, 20)
