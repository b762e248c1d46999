"""The Celery application: its transport and its beat come from settings."""

import os

from celery import Celery

from config.alone import BeatAndBell

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("elan")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["worker"].add(BeatAndBell)
