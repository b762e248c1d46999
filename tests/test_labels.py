"""Every value that an answer can hold has words for people, in both languages, from the enum itself."""

import re

import pytest

from tests.support.api import components, schema

# What a program reads and no person is shown. Names of qualifications hold a former one: QualificationKind has words.
NOT_FOR_PEOPLE = {"BatchOperation", "DevicePlatform", "FileFormat", "QualificationName", "SyncKind"}
# The same word in both languages.
SAME = {"Photo"}


def labels_in(client, language):
    return client.get("/api/v1/app-config/", headers={"Accept-Language": language}).json()["labels"]


def enums_of_answers():
    """The named enums that the answers of the contract lead to, with their values."""
    schemas, found = components()["schemas"], set()

    def walk(node):
        if isinstance(node, list):
            for part in node:
                walk(part)
        if not isinstance(node, dict):
            return
        name = str(node.get("$ref", "")).rpartition("/")[2]
        if name and name not in found:
            found.add(name)
            walk(schemas[name])
        for part in node.values():
            walk(part)

    walk([operation["responses"] for methods in schema()["paths"].values() for operation in methods.values()])
    return {name: schemas[name]["enum"] for name in found if "enum" in schemas[name]}


def snake(name):
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_value_of_an_answer_has_a_label_and_no_other_has(client, language):
    wanted = {snake(name): set(values) for name, values in enums_of_answers().items() if name not in NOT_FOR_PEOPLE}
    assert {name: set(said) for name, said in labels_in(client, language).items()} == wanted


def test_what_is_not_for_people_is_still_in_an_answer():
    assert NOT_FOR_PEOPLE - set(enums_of_answers()) == set()


def test_labels_read_well_without_what_stands_around_them(client):
    """They begin like a sentence and end like a title; none is the value that a program reads."""
    french, english = labels_in(client, "fr"), labels_in(client, "en")
    for name, said in english.items():
        for value, text in said.items():
            for label in (text, french[name][value]):
                assert re.fullmatch(r"[A-ZÀÉ][^_]{1,58}[^_.\s]", label), (name, value, label)
            assert french[name][value] != value, (name, value)
            assert text == french[name][value] in SAME or text != french[name][value], (name, value)


def test_a_label_agrees_with_what_it_is_said_of(client):
    said = labels_in(client, "fr")
    assert said["sign_up_status"]["accepted"] == "Acceptée"
    assert said["consent_status"]["requested"] == "En attente de l’accord d’un responsable légal"
    assert said["shift_status"]["cancelled"] == "Annulé"
    assert said["mission_status"]["cancelled"] == "Annulée"
    assert said["hour_entry_status"]["approved"] == "Validées"


def test_the_labels_come_in_few_bytes_and_once(client):
    """An app asks at each start: with the ETag it has, it is a 304; each language has its own."""
    tags = {}
    for language in ("fr", "en"):
        asked = {"Accept-Language": language}
        answer = client.get("/api/v1/app-config/", headers=asked)
        assert "Accept-Language" in answer["Vary"]
        tags[language] = answer["ETag"]
        again = client.get("/api/v1/app-config/", headers={**asked, "If-None-Match": answer["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
    assert tags["fr"] != tags["en"]
    other = client.get("/api/v1/app-config/", headers={"Accept-Language": "en", "If-None-Match": tags["fr"]})
    assert other.status_code == 200
