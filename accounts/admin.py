"""Operators' view of accounts: who signs in, who is staff, which group. No ledger, no class, no consent."""


from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm
from django.utils.translation import gettext_lazy as _

from accounts import sessions
from accounts.models import User


class RevokingPasswordForm(AdminPasswordChangeForm):
    """An operator's new password signs the person out everywhere, as every other change of it does."""

    def save(self, commit: bool = True) -> Any:
        user = super().save(commit)
        sessions.revoke_all(user)
        return user


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    ordering = ("email",)
    change_password_form = RevokingPasswordForm
    list_display = ("email", "first_name", "last_name", "is_staff", "is_active")
    list_filter = ("is_staff", "is_active", "groups")
    search_fields = ("email",)
    readonly_fields = ("last_login", "created_at", "email_verified_at", "suspended_at")
    fieldsets = (
        (None, {"fields": ("email", "password")}),
        (_("Person"), {"fields": ("first_name", "last_name", "language")}),
        (_("Rights"), {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
        (_("Dates"), {"fields": ("last_login", "created_at", "email_verified_at", "suspended_at")}),
    )
    add_fieldsets = (
        (None, {"classes": ("wide",), "fields": ("email", "first_name", "last_name", "password1", "password2")}),
    )
