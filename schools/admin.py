"""The directory of schools, to look up; it is written by `import_schools`."""

from django.contrib import admin
from django.http import HttpRequest

from schools.models import School


@admin.register(School)
class SchoolAdmin(admin.ModelAdmin):
    list_display = ("uai", "name", "commune_name", "department_code", "sector", "is_closing", "closed_on")
    list_filter = ("department_code", "sector", "is_closing")
    search_fields = ("uai", "name", "commune_name")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False
