"""The journey, with the product's real processes: API, worker and beat, the SDK against a fake FCM, real mail."""

import subprocess
import sys

import httpx
import pytest
from django.conf import settings

from demo.outside import OutsideWorld, write_service_account
from examples import journey
from tests.support.gate import once_on
from tests.support.processes import ROOT, environment, running, running_api


def a_second_teacher_joins_the_school(api: str, outside: str) -> None:
    stage = journey.Stage(api, outside, [].append)
    manager = stage.person("la proviseure").sign_in("proviseure@elan.example")
    school = manager.get("staff-memberships/")["results"][0]["school"]
    manager.post(f"schools/{school}/invitations/", {"email": "nadia@elan.example", "role": "teacher"})
    link = stage.link_in_mail("nadia@elan.example", "/invitations/")
    names = {"first_name": "Nadia", "last_name": "Sy", "password": journey.NEW_PASSWORD}
    assert httpx.post(link, json=names).is_success
    manager.http.close()


@once_on("sqlite")
@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_student_goes_from_joining_a_class_to_hours_that_count_and_a_citizen_to_a_passport(tmp_path):
    with OutsideWorld() as outside:
        account = tmp_path / "service-account.json"
        write_service_account(account, outside.url)
        env = environment(
            tmp_path,
            EMAIL_URL=f"smtp://127.0.0.1:{outside.smtp_port}",
            FCM_URL=outside.url,
            FCM_CREDENTIALS_FILE=str(account),
        )
        load = [sys.executable, "-m", "demo.daytime", "manage", "load_demo"]
        subprocess.run(load, cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL)
        # Without a broker the worker is its own beat.
        beat = ("--beat", "--concurrency", "1") if settings.HAS_BROKER else ("--pool", "solo")
        worker = ("--app", "config", "worker", *beat, "--loglevel", "error")
        told: list[str] = []
        with running_api(env) as (api, _pid), running("celery", *worker, env=env):
            assert journey.main(api, outside.url, told.append) == (65, 65)
            a_second_teacher_joins_the_school(api, outside.url)
            # A second time on the same data: nothing of the first, nor of whoever used it since, is in the way.
            assert journey.main(api, outside.url, told.append) == (65, 65)
    assert len(told) > 30
