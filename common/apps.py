"""The foundation every other app stands on."""

from django.apps import AppConfig


class CommonConfig(AppConfig):
    name = "common"
