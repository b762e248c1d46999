"""The foundation every other app stands on."""

from django.apps import AppConfig
from django.core import checks
from django.urls import register_converter
from django.utils.module_loading import import_string

from common.api.addresses import ID, IdConverter


class CommonConfig(AppConfig):
    name = "common"

    def ready(self) -> None:
        # Once, before any address is read: whoever writes `<id:pk>` needs to have imported nothing.
        register_converter(IdConverter, ID)
        # Imported late: Django's own middleware needs the models of the apps.
        checks.register(import_string("common.middleware.check_chain"))
