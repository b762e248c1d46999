"""What was asked of the database, as text."""

from django.test.utils import CaptureQueriesContext


def sql_of(asked: CaptureQueriesContext) -> list[str]:
    """The statements; "" for one whose plan the server keeps (docs/adr/0061): psycopg does not repeat its text."""
    return [query["sql"] or "" for query in asked.captured_queries]
