"""Django's own formats of dates, where its French ones are not ours."""
