"""The demo, for its command `load_demo`; it has no rows of its own."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "demo"
