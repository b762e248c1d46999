"""Schools had their department as the Ministry writes it ("075"); everything else here has "75"."""

from typing import Any

from django.db import migrations
from django.db.models import Value
from django.db.models.functions import Concat, Length, Substr


def spell(apps: Any, schema_editor: Any) -> None:
    rows = apps.get_model("schools", "School").objects.using(schema_editor.connection.alias)
    schools = rows.alias(length=Length("department_code"))
    schools.filter(department_code__startswith="0", length=3).update(department_code=Substr("department_code", 2))


def spell_as_the_ministry(apps: Any, schema_editor: Any) -> None:
    rows = apps.get_model("schools", "School").objects.using(schema_editor.connection.alias)
    schools = rows.alias(length=Length("department_code"))
    schools.filter(length=2).update(department_code=Concat(Value("0"), "department_code"))


class Migration(migrations.Migration):
    dependencies = [("schools", "0007_names_and_uses_of_codes")]

    operations = [migrations.RunPython(spell, spell_as_the_ministry)]
