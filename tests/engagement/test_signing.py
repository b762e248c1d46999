"""The files that sign: one first key whoever makes it, and one that was cut is away, not an error of ours."""

import pytest

from engagement import signing
from tests.support.factories import CertificateFactory


@pytest.fixture(autouse=True)
def keys(settings, tmp_path):
    settings.SIGNING_KEYS_DIR = tmp_path / "keys"
    return tmp_path / "keys"


def test_a_key_that_somebody_made_while_one_waited_for_the_lock_is_the_one_key(keys, monkeypatch):
    theirs = []

    def wait(*_facts):
        monkeypatch.undo()
        theirs.append(signing._make())

    monkeypatch.setattr("engagement.signing.fcntl.flock", wait)
    found, _key = signing.signing_key()
    assert [path.stem for path in keys.glob("*.pem")] == [found]
    assert len(theirs) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("left", [b"", b"-----BEGIN PRIVATE KEY-----\nMC4CAQ"])
def test_a_key_file_that_was_cut_is_a_503_until_it_is_back(api, keys, left):
    signing.signing_key()
    number = CertificateFactory().number
    (path,) = keys.glob("*.pem")
    whole = path.read_bytes()
    path.write_bytes(left)
    for address in ("/api/v1/certificates/keys/", f"/api/v1/verify/{number}/"):
        answer = api.get(address)
        assert (answer.status_code, answer.json()["code"]) == (503, "storage_away"), address
        assert answer["Retry-After"]
    path.write_bytes(whole)
    assert api.get("/api/v1/certificates/keys/").status_code == 200
