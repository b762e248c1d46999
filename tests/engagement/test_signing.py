"""The files that sign: one first key whoever makes it, and one that was cut is away, not an error of ours."""

import time

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from engagement import signing
from tests.support.factories import CertificateFactory
from tests.support.races import at_once


@pytest.fixture(autouse=True)
def keys(settings, tmp_path):
    settings.SIGNING_KEYS_DIR = tmp_path / "keys"
    return tmp_path / "keys"


def test_several_who_sign_for_the_first_time_at_once_make_one_key(keys, monkeypatch):
    make = Ed25519PrivateKey.generate
    # Slow enough that all have looked before the first has written.
    monkeypatch.setattr("engagement.signing.Ed25519PrivateKey.generate", lambda: time.sleep(0.3) or make())
    found = []
    at_once([lambda: found.append(signing.signing_key()[0])] * 4)
    assert [path.stem for path in keys.glob("*.pem")] == [*set(found)]
    assert len(found) == 4


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
