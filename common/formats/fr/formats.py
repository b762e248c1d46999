"""Dates in figures, for the admin: Django has no way to write the first of a month as `1er`."""

DATE_FORMAT = "d/m/Y"
TIME_FORMAT = "G\xa0\\h\xa0i"
DATETIME_FORMAT = "d/m/Y G\xa0\\h\xa0i"
SHORT_DATETIME_FORMAT = DATETIME_FORMAT
MONTH_DAY_FORMAT = "d/m"
