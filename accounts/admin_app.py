"""Has Django's admin use our site; named in INSTALLED_APPS in place of `django.contrib.admin`."""

from django.contrib.admin.apps import AdminConfig


class RegionAdminConfig(AdminConfig):
    default_site = "accounts.admin_site.RegionAdminSite"
