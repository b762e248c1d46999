"""The foundation every other app stands on."""

from django.apps import AppConfig
from django.urls import register_converter

from common.api.addresses import ID, IdConverter


class CommonConfig(AppConfig):
    name = "common"

    def ready(self) -> None:
        # Once, before any address is read: whoever writes `<id:pk>` needs to have imported nothing.
        register_converter(IdConverter, ID)
