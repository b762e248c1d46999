"""The product, and the product without any middleware, for a real server."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.settings")
django.setup()

from benchmarks.harness import application as made  # noqa: E402

application, bare = made(), made(MIDDLEWARE=[])
