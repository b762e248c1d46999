"""The admin's doors: devices are known, a mailed link lets one in, and a password changes as it does over the API."""

from typing import Any

from django import forms
from django.contrib.admin import AdminSite
from django.contrib.admin.forms import AdminPasswordChangeForm
from django.contrib.auth.views import PasswordChangeView
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from accounts import attempts, passwords, sign_in_links
from accounts.allowances import TooOften
from accounts.device_cookie import device_key_of, remember_device
from accounts.models import User
from common.api.throttling import CeilingThrottle
from common.errors import BadInput, DomainError


def operator_of(request: HttpRequest) -> User:
    """The person at the desk; the admin lets nobody else in."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


class LinkForm(forms.Form):
    """To whom the link is mailed."""

    email = forms.CharField(label=_("E-mail address"), max_length=254)
    email.widget.attrs.update({"autocomplete": "username", "type": "email", "autofocus": True})


class OwnPasswordForm(AdminPasswordChangeForm):
    """A new password of one's own, by the rules and with the effects of the API's (accounts.passwords)."""

    def clean_old_password(self) -> str:
        """Counted, as every try of a password is."""
        password: str = self.cleaned_data["old_password"]
        try:
            passwords.ensure_own(self.user, password, place=f"admin:{self.user.pk}")
        except DomainError as error:
            raise forms.ValidationError(list(error.fields.values()) or [error.detail]) from error
        return password

    def save(self, commit: bool = True) -> Any:
        passwords.change_password_in_admin(self.user, new_password=self.cleaned_data["new_password1"])
        self.user.refresh_from_db(fields=["password"])
        return self.user


class OwnPasswordView(PasswordChangeView):
    """Says what went wrong between the check and the change beside the form."""

    form_class = OwnPasswordForm
    success_url = reverse_lazy("admin:password_change_done")

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            return super().form_valid(form)
        except BadInput as error:
            form.add_error(None, [str(text) for text in error.fields.values()])
            return self.form_invalid(form)


class RegionAdminSite(AdminSite):
    """Django's site; whoever signs in has a device, and no stranger can shut it out."""

    login_template = "accounts/admin_login.html"
    throttle_scope = "sign-in"

    def get_urls(self) -> list[Any]:
        return [path("sign-in-link/", self.ask_for_link, name="sign_in_link"), *super().get_urls()]

    @method_decorator(never_cache)
    @method_decorator(sensitive_post_parameters())
    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if self._is_too_busy(request):
            return self._too_busy(request)
        response = super().login(request, extra_context)
        if request.method == "POST" and request.user.is_authenticated and isinstance(request.user, User):
            remember_device(response, attempts.device_key(request.user))
        return response

    @method_decorator(never_cache)
    def ask_for_link(self, request: HttpRequest) -> HttpResponse:
        """Has a link mailed that lets the device in which opens it; says the same whoever has the address."""
        if self._is_too_busy(request):
            return self._too_busy(request)
        form, is_asked, status = LinkForm(request.POST or None), False, 200
        if request.method == "POST" and form.is_valid():
            address = f"admin:{CeilingThrottle().get_ident(request)}"
            key = device_key_of(request)
            try:
                sign_in_links.ask_for_link(form.cleaned_data["email"], address=address, key=key)
                is_asked = True
            except TooOften as error:
                form.add_error(None, str(error.detail))
                status = error.status
        context = {
            **self.each_context(request),
            "title": _("Let this device in"),
            "form": form,
            "is_asked": is_asked,
            "said": sign_in_links.SAID,
        }
        return TemplateResponse(request, "accounts/admin_sign_in_link.html", context, status=status)

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> Any:
        context = {**self.each_context(request), **(extra_context or {})}
        return OwnPasswordView.as_view(
            template_name=self.password_change_template or "registration/password_change_form.html",
            extra_context=context,
        )(request)

    def _is_too_busy(self, request: HttpRequest) -> bool:
        """Whether its address sends more forms than a lycée does."""
        return request.method == "POST" and not CeilingThrottle().allow_request(request, self)

    def _too_busy(self, request: HttpRequest) -> HttpResponse:
        context = {**self.each_context(request), "title": _("Too many requests")}
        return TemplateResponse(
            request, "accounts/admin_too_busy.html", context, status=429, headers={"Retry-After": "60"}
        )
