"""Operators' view of accounts: who signs in, who is staff, which group. No ledger, no class, no consent."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts import passwords, services, suspensions
from accounts.admin_site import operator_of
from accounts.models import BirthDateChange, Suspension, User
from common import hooks
from common.errors import BadInput, DomainError


class RevokingPasswordForm(AdminPasswordChangeForm):
    """An operator's new password, or none, signs the person out everywhere and is told them, as any other change."""

    def save(self, commit: bool = True) -> Any:
        user = super().save(commit=False)
        passwords.set_by_operator(user)
        return user


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    ordering = ("email",)
    change_password_form = RevokingPasswordForm
    list_display = ("email", "first_name", "last_name", "is_staff", "is_active")
    list_filter = ("is_staff", "is_active", "groups")
    search_fields = ("email",)
    readonly_fields = ("last_login", "created_at", "email_verified_at", "email_bounced_at", "suspended_at")
    fieldsets = (
        (None, {"fields": ("email", "password")}),
        (_("Person"), {"fields": ("first_name", "last_name", "language")}),
        (_("Rights"), {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
        (_("Dates"), {"fields": ("last_login", "created_at", "email_verified_at", "email_bounced_at", "suspended_at")}),
    )
    add_fieldsets = (
        (None, {"classes": ("wide",), "fields": ("email", "first_name", "last_name", "password1", "password2")}),
    )

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if change:
            services.save_by_operator(obj, former=User.objects.get(pk=obj.pk), changed=form.changed_data)
        else:
            services.add_by_operator(obj)


class BirthDateChangeForm(forms.ModelForm):
    """Whom, the right date, and why; a school's student is the school's to correct."""

    birth_date = forms.DateField()

    class Meta:
        model = BirthDateChange
        fields = ("person", "reason")

    def clean_person(self) -> User:
        person = self.cleaned_data["person"]
        if any(hooks.person_is_vouched_for(person=person)):
            raise forms.ValidationError(_("This is a student of a school. Ask the school to correct the birth date."))
        return person

    def clean_birth_date(self) -> Any:
        try:
            services.ensure_birth_date_possible(self.cleaned_data["birth_date"])
        except BadInput as error:
            raise forms.ValidationError(error.fields["birth_date"]) from error
        return self.cleaned_data["birth_date"]


@admin.register(BirthDateChange)
class BirthDateChangeAdmin(admin.ModelAdmin):
    """The region corrects the birth date of a person who is no school's student; the record says who did it and why."""

    form = BirthDateChangeForm
    list_display = ("created_at", "person", "changed_by", "reason")
    raw_id_fields = ("person",)

    def save_model(self, request: HttpRequest, obj: BirthDateChange, form: Any, change: bool) -> None:
        kept = services.change_birth_date(
            obj.person, form.cleaned_data["birth_date"], reason=obj.reason, actor=operator_of(request)
        )
        obj.pk = kept.pk

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Suspension)
class SuspensionAdmin(admin.ModelAdmin):
    """The region shuts a person out, and lets them in again by the action; the record says who did it and why."""

    list_display = ("created_at", "person", "suspended_by", "reason", "restored_at", "restored_by")
    list_filter = (("restored_at", admin.EmptyFieldListFilter),)
    fields = ("person", "reason")
    raw_id_fields = ("person",)
    actions = ("restore",)

    def save_model(self, request: HttpRequest, obj: Suspension, form: Any, change: bool) -> None:
        try:
            obj.pk = suspensions.suspend_person(obj.person_id, reason=obj.reason, actor=operator_of(request)).pk
        except DomainError as error:
            self.message_user(request, str(error.detail), messages.ERROR)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Django's own log would name the row that a refusal did not make."""
        return super().log_addition(request, obj, message) if Suspension.objects.filter(pk=obj.pk).exists() else None

    @admin.action(description=_("Let in again"), permissions=["add"])
    def restore(self, request: HttpRequest, rows: Any) -> None:
        """Restores each."""
        for row in rows:
            try:
                suspensions.restore_person(row, actor=operator_of(request))
            except DomainError as error:
                self.message_user(request, f"{row}: {error.detail}", messages.ERROR)

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False
