"""Every setting, read from the environment; `.env.example` lists each variable with its default."""

import os
import tomllib
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key
from django.utils.translation import gettext_lazy as _

from common import logs
from config import contract
from config.beat import BEAT_SCHEDULE
from config.enum_names import ENUM_NAMES, OPEN_ENUMS
from config.origins import read_origins

BASE_DIR = Path(__file__).resolve().parent.parent
VERSION = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["project"]["version"]

env = environ.Env()
env.read_env(BASE_DIR / ".env")

DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "var")))
DATA_DIR.mkdir(parents=True, exist_ok=True)

DEBUG = env.bool("DEBUG", default=False)
DEMO = env.bool("DEMO", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost"])
PUBLIC_URL = env.str("PUBLIC_URL", default="http://127.0.0.1:8000").rstrip("/")
# True behind a TLS-terminating proxy that sets X-Forwarded-Proto; False only on the loopback of a demo.
BEHIND_TLS = env.bool("BEHIND_TLS", default=not DEMO)

INSTALLED_APPS = [
    "demo",
    "engagement",
    "missions",
    "organizations",
    "consents",
    "schools",
    "accounts",
    "notifications",
    "common",
    "accounts.admin_app.RegionAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
    "corsheaders",
]

# One chain: each sees every request. Those that only pages need are wrapped: the API passes them by (elan.E001).
MIDDLEWARE = [
    "common.middleware.RequestMiddleware",
    "common.middleware.CompressionMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "common.middleware.PolicyMiddleware",
    "common.middleware.OriginMiddleware",
    "common.middleware.RefusalMiddleware",
    "common.middleware.SessionsOfPages",
    "django.middleware.csrf.CsrfViewMiddleware",
    "common.middleware.AuthenticationOfPages",
    "common.middleware.MessagesOfPages",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.LimitedBackend"]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- Database: SQLite without a server by default; PostgreSQL by DATABASE_URL alone. -------------------------
DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'elan.sqlite3'}")}
_database = DATABASES["default"]
_database["CONN_HEALTH_CHECKS"] = True
# Of the texts of common.sql: False behind a pooler that hands out connections by the transaction.
DATABASE_KEEPS_PLANS = env.bool("DATABASE_KEEPS_PLANS", default=True)
if _database["ENGINE"].endswith("sqlite3"):
    # WAL lets readers run beside the one writer; IMMEDIATE takes the write lock at BEGIN, so that a
    # transaction that reads before it writes waits its turn instead of failing with "database is locked".
    _database["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
    }
    _database["CONN_MAX_AGE"] = None
    # A file, so that the threads of a race share it (an in-memory database belongs to one connection).
    _database["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
else:
    _database["OPTIONS"] = {
        "pool": {
            "min_size": 1,
            "max_size": env.int("DATABASE_POOL_SIZE", default=20),
            # A request waits this long for a connection, then is 503: its thread must not be held by an outage.
            "timeout": 3,
            # After a longer outage the pool would try again only minutes later; this way the next request makes it.
            "reconnect_timeout": 3,
        },
        "connect_timeout": 3,
        # A server that vanished without a word is noticed in seconds, not in TCP's quarter of an hour.
        "keepalives_idle": 10,
        "keepalives_interval": 3,
        "keepalives_count": 3,
        "tcp_user_timeout": 10_000,
    }

# Not by env.str: django-environ takes a value that begins with "$" for the name of another variable.
SECRET_KEY = os.environ.get("SECRET_KEY", "")
if not SECRET_KEY:
    if not _database["ENGINE"].endswith("sqlite3"):
        raise ImproperlyConfigured("SECRET_KEY must be set (the same one for every replica).")
    # The embedded default keeps a key of its own beside its database.
    _key_file = DATA_DIR / "secret-key"
    # Empty is one whose maker was killed.
    if not _key_file.exists() or not _key_file.stat().st_size:
        _key_file.touch(mode=0o600)
        _key_file.write_text(get_random_secret_key())
    SECRET_KEY = _key_file.read_text()

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Metrics: each process of the API counts into files there, and whichever is asked sums them. --------------
METRICS_DIR = DATA_DIR / "metrics"
METRICS_DIR.mkdir(exist_ok=True)
# Read by prometheus_client when it is imported.
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(METRICS_DIR)
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

REDIS_URL = env.str("REDIS_URL", default="")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        # Without it common.api.throttling goes on, and asks again in some seconds.
        "OPTIONS": {"socket_timeout": 0.25, "socket_connect_timeout": 0.25},
    }
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 20_000}},
    # Where the throttles count while the shared cache is away: with room, or many addresses would wipe one another out.
    "of_this_process": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "of-this-process",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    },
}

# --- Language and time: French first; instants are UTC, rules about days and nights are Paris'. --------------
LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", _("French")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "common.formats"
USE_I18N = True
TIME_ZONE = "UTC"
USE_TZ = True

# --- Passwords and tokens. -----------------------------------------------------------------------------------
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "accounts.password_validators.SimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "accounts.password_validators.GuessableValidator"},
]
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=10),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=30),
    "UPDATE_LAST_LOGIN": False,
}
# `kid:secret` pairs, comma-separated; the first signs, all verify (accounts/keys.py).
JWT_SIGNING_KEYS = [tuple(pair.split(":", 1)) for pair in env.list("JWT_SIGNING_KEYS", default=[f"own:{SECRET_KEY}"])]

# --- The API. ------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.api.authentication.SessionTokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["common.api.permissions.DenyAll"],
    "DEFAULT_PARSER_CLASSES": ["common.api.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "common.api.pagination.KeysetPagination",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "common.api.negotiation.LenientNegotiation",
    "DEFAULT_SCHEMA_CLASS": "common.api.schema.ContractSchema",
    "DEFAULT_THROTTLE_RATES": {
        # Per address, and a whole lycée is one address.
        "sign-in": env.str("SIGN_IN_RATE", default="300/min"),
        "check-in": env.str("CHECK_IN_RATE", default="30/min"),
        "tutor": env.str("TUTOR_RATE", default="60/min"),
        "verify": env.str("VERIFY_RATE", default="60/min"),
        # Per person, whatever the files hold and whether they are taken.
        "upload": env.str("UPLOAD_RATE", default="60/hour"),
        # Of all links from mails, and of one of them; calendars are read by programs that serve many people.
        "link": env.str("LINK_RATE", default="600/min"),
        "one-link": env.str("ONE_LINK_RATE", default="60/min"),
        "calendar": env.str("CALENDAR_RATE", default="1200/min"),
        "report": env.str("REPORT_RATE", default="10/hour"),
        # A whole region's missions are most of a minute's work; platforms read them some times a day.
        "feed": env.str("FEED_RATE", default="30/hour"),
    },
    # OPTIONS would describe serializers; the contract is api_schema.yml.
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "common.api.problems.exception_handler",
    "PAGE_SIZE": 20,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "UNICODE_JSON": True,
    "URL_FORMAT_OVERRIDE": None,
    "NUM_PROXIES": env.int("NUM_PROXIES", default=0),
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Élan",
    "DESCRIPTION": contract.OPENING,
    "VERSION": VERSION,
    "TAGS": [{"name": name, "description": said} for name, said in contract.TAGS.items()],
    "APPEND_COMPONENTS": contract.COMPONENTS,
    "OAS_VERSION": "3.0.3",
    "SERVERS": contract.SERVERS,
    "CONTACT": contract.CONTACT,
    "LICENSE": contract.LICENSE,
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "ENUM_SUFFIX": "",
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": ENUM_NAMES,
    "PATH_CONVERTER_OVERRIDES": {"id": {"type": "string", "format": "uuid"}},
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "common.api.schema.make_texts_plain",
        "common.api.schema.add_problem_responses",
        "common.api.schema.name_enums_of_filters",
        "common.api.schema.name_values",
        "common.api.schema.mark_open_enums",
        "common.api.schema.describe_values",
        "common.api.words.add_words",
        "common.api.explicit.say_what_is_left_unsaid",
        "common.api.explicit.say_null_as_a_form",
    ],
}
CONTRACT_OPEN_ENUMS = OPEN_ENUMS
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000

# --- Jobs: Redis or RabbitMQ by CELERY_BROKER_URL; without a broker, one worker by itself (ADR 0018). ----
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="")
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, float] = {}
CELERY_BEAT_SCHEDULER = "config.scheduler.SteadyScheduler"
HAS_BROKER = bool(CELERY_BROKER_URL)
# What wakes a worker that has none.
BELL_FILE = DATA_DIR / "bell"
if not HAS_BROKER:
    CELERY_BROKER_URL = "memory://localhost/"
    CELERY_BROKER_TRANSPORT_OPTIONS = {"polling_interval": 0.1}
    CELERY_BEAT_SCHEDULER = "config.scheduler.IdleScheduler"
elif CELERY_BROKER_URL.startswith("filesystem:"):
    raise ImproperlyConfigured("A folder carries no jobs any more: without a broker, leave CELERY_BROKER_URL empty.")
elif CELERY_BROKER_URL.startswith("redis"):
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "socket_timeout": 2,
        "socket_connect_timeout": 2,
        "visibility_timeout": 600,
    }
elif CELERY_BROKER_URL.startswith("amqp"):
    # A broker behind a wire that is cut without a word takes every job and runs none, unless each is confirmed.
    CELERY_BROKER_TRANSPORT_OPTIONS = {"confirm_publish": True, "read_timeout": 5, "write_timeout": 5}
CELERY_BROKER_CONNECTION_TIMEOUT = 2
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# Longer than a relay claims and then waits for the last mail server (MAIL_CONFIRM_SECONDS), and no longer than Redis
# hides a job from other workers.
CELERY_TASK_TIME_LIMIT = 590
# Not Paris: a crontab there sleeps through the hour that comes twice.
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "celerybeat-schedule")
CELERY_BEAT_SCHEDULE = BEAT_SCHEDULE

# Apps that send an older App-Version are told to update (426).
MINIMUM_APP_VERSION = env.str("MINIMUM_APP_VERSION", default="1.0.0")
CHANGE_DAYS = env.int("CHANGE_DAYS", default=90)
IDEMPOTENCY_KEY_DAYS = env.int("IDEMPOTENCY_KEY_DAYS", default=30)

# --- Notifications. ------------------------------------------------------------------------------------------
# False turns the nudge to the broker off: the sweep alone delivers (the test suite does so).
OUTBOX_NUDGE = env.bool("OUTBOX_NUDGE", default=True)
# How many pushes one worker has on their way at once, and how many mails: neither waits for the other.
RELAY_CONCURRENCY = env.int("RELAY_CONCURRENCY", default=16)
MAIL_CONCURRENCY = env.int("MAIL_CONCURRENCY", default=4)
# Where its people live: quiet hours and digests go by its clocks.
LOCAL_TIME_ZONE = env.str("LOCAL_TIME_ZONE", default="Europe/Paris")
FCM_CREDENTIALS_FILE = env.str("FCM_CREDENTIALS_FILE", default="")
FCM_URL = env.str("FCM_URL", default="https://fcm.googleapis.com")
FCM_TIMEOUT_SECONDS = env.int("FCM_TIMEOUT_SECONDS", default=8)
_mail = env.email_url("EMAIL_URL", default="consolemail://")
EMAIL_BACKEND = _mail["EMAIL_BACKEND"]
if EMAIL_BACKEND == "django.core.mail.backends.smtp.EmailBackend":
    EMAIL_BACKEND = "notifications.smtp.PatientBackend"
EMAIL_HOST = _mail["EMAIL_HOST"] or "localhost"
EMAIL_PORT = _mail["EMAIL_PORT"] or 25
EMAIL_HOST_USER = _mail["EMAIL_HOST_USER"] or ""
EMAIL_HOST_PASSWORD = _mail["EMAIL_HOST_PASSWORD"] or ""
EMAIL_USE_TLS = _mail.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = _mail.get("EMAIL_USE_SSL", False)
# For a connection and each answer; once it has the text, a server has MAIL_CONFIRM_SECONDS to say that it took it.
EMAIL_TIMEOUT = 10
MAIL_CONFIRM_SECONDS = env.int("MAIL_CONFIRM_SECONDS", default=300)
# `user:password` that a mail provider shows when it tells of mails that came back; without it nothing is taken.
MAIL_WEBHOOK_SECRET = env.str("MAIL_WEBHOOK_SECRET", default="")
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Élan <ne-pas-repondre@elan.example>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
# An address or a telephone number for readers of mails who have a question; without it they are sent to their school.
MAIL_CONTACT = env.str("MAIL_CONTACT", default="")

# --- Numbers a deployment may choose (marked ⚙ in the product's pages). --------------------------------------
CONSENT_NEEDED_BELOW_AGE = env.int("CONSENT_NEEDED_BELOW_AGE", default=16)
CONSENT_LINK_DAYS = env.int("CONSENT_LINK_DAYS", default=14)
CONSENT_LAPSES_OVER_MINUTES = env.int("CONSENT_LAPSES_OVER_MINUTES", default=120)
# Around a shift that lacks people, whoever asked for it is called that far.
CALL_RADIUS_KM = env.int("CALL_RADIUS_KM", default=15)
CONSENT_LAPSES_OVER_KM = env.int("CONSENT_LAPSES_OVER_KM", default=5)
MAX_MISSION_CONSENTS_ASKED = env.int("MAX_MISSION_CONSENTS_ASKED", default=5)
INVITATION_DAYS = env.int("INVITATION_DAYS", default=7)
MAX_INVITATIONS_TO_MAILBOX_PER_DAY = env.int("MAX_INVITATIONS_TO_MAILBOX_PER_DAY", default=5)
MAX_INVITATIONS_OF_TARGET_PER_DAY = env.int("MAX_INVITATIONS_OF_TARGET_PER_DAY", default=100)
MAX_INVITATIONS_BY_PERSON_PER_DAY = env.int("MAX_INVITATIONS_BY_PERSON_PER_DAY", default=1000)
GUARDIAN_TRIES_PER_DAY = env.int("GUARDIAN_TRIES_PER_DAY", default=5)
TUTOR_TRIES_PER_DAY = env.int("TUTOR_TRIES_PER_DAY", default=20)
JOIN_CODE_DAYS = env.int("JOIN_CODE_DAYS", default=14)
JOIN_WAITING_DAYS = env.int("JOIN_WAITING_DAYS", default=30)
MAX_PENDING_SIGN_UPS = env.int("MAX_PENDING_SIGN_UPS", default=15)
MISSION_ARCHIVE_DAYS = env.int("MISSION_ARCHIVE_DAYS", default=30)
MESSAGES_A_DAY = env.int("MESSAGES_A_DAY", default=5)
MESSAGE_KEPT_DAYS = env.int("MESSAGE_KEPT_DAYS", default=365)
REPORT_KEPT_DAYS = env.int("REPORT_KEPT_DAYS", default=365)
SIGN_UP_EXPIRES_DAYS = env.int("SIGN_UP_EXPIRES_DAYS", default=14)
QUIET_HOURS_START = env.str("QUIET_HOURS_START", default="21:00")
QUIET_HOURS_END = env.str("QUIET_HOURS_END", default="07:00")
# What stands at the head of certificates and in the footer of mails.
REGION_NAME = env.str("REGION_NAME", default="Région Île-de-France")
OPTION_TARGET_MINUTES = env.int("OPTION_TARGET_MINUTES", default=36 * 60)
OPTION_ATTESTATION_REQUIRED = env.bool("OPTION_ATTESTATION_REQUIRED", default=False)
OPTION_COUNTS_BEFORE_ENROLMENT = env.bool("OPTION_COUNTS_BEFORE_ENROLMENT", default=True)
# Month and day; the school year's last day without.
OPTION_DEADLINE = env.str("OPTION_DEADLINE", default="")
OPTION_AUTOMATIC_APPROVAL = env.str("OPTION_AUTOMATIC_APPROVAL", default="never")
HOUR_ENTRY_SUBMIT_DAYS = env.int("HOUR_ENTRY_SUBMIT_DAYS", default=60)
ATTENDANCE_CLIP_MINUTES = env.int("ATTENDANCE_CLIP_MINUTES", default=30)
# The part of all hours given that rural communes were promised, between 0 and 1: a fraction or a decimal.
RURAL_SHARE_PROMISED = Fraction(env.str("RURAL_SHARE_PROMISED", default="1/6"))
if not 0 <= RURAL_SHARE_PROMISED <= 1:
    raise ImproperlyConfigured("RURAL_SHARE_PROMISED is a share: between 0 and 1.")
CONTEST_DAYS = env.int("CONTEST_DAYS", default=30)
TUTOR_LINK_DAYS = env.int("TUTOR_LINK_DAYS", default=21)
MAX_STUDENTS_PER_TUTOR = env.int("MAX_STUDENTS_PER_TUTOR", default=3)
MAX_TUTOR_MAILS_PER_DAY = env.int("MAX_TUTOR_MAILS_PER_DAY", default=10)
CHECK_IN_FAR_METRES = env.int("CHECK_IN_FAR_METRES", default=150)
WRONG_CODES_PER_PERSON = env.int("WRONG_CODES_PER_PERSON", default=5)
WRONG_CODES_PER_SHIFT = env.int("WRONG_CODES_PER_SHIFT", default=100)

# --- The State's mission exchange. ---------------------------------------------------------------------------
# Where somebody applies for one of our missions; `{id}` is the mission's.
MISSION_PAGE_URL = env.str("MISSION_PAGE_URL", default=f"{PUBLIC_URL}/api/v1/missions/{{id}}/")
# `publisher=https://…` pairs, comma-separated: the partners' feeds that are read every night.
EXCHANGE_FEEDS = dict(pair.split("=", 1) for pair in env.list("EXCHANGE_FEEDS", default=[]))
# `publisher=key` pairs: what is read page by page from the State's hub with that key, and not as a feed.
EXCHANGE_KEYS = dict(pair.split("=", 1) for pair in env.list("EXCHANGE_KEYS", default=[]))
# A feed that would withdraw more of the missions shown, in percent, withdraws none.
EXCHANGE_MAX_WITHDRAWN_PERCENT = env.float("EXCHANGE_MAX_WITHDRAWN_PERCENT", default=20)
# --- What is kept outside the database. ----------------------------------------------------------------------
# Ed25519 keys, one `KEY_ID.pem` each (engagement/signing.py); made on the first use when there is none.
SIGNING_KEYS_DIR = Path(env.str("SIGNING_KEYS_DIR", default=str(DATA_DIR / "signing-keys")))
# Which of them signs; empty when there is only one.
SIGNING_KEY_ID = env.str("SIGNING_KEY_ID", default="")
# The nightly signed heads of the ledger, one file of JSON lines a month.
LEDGER_HEADS_DIR = Path(env.str("LEDGER_HEADS_DIR", default=str(DATA_DIR / "ledger-heads")))

# --- Pages, headers, files. ----------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
# What people upload. Never served by its address: views ask who may see it (missions/{id}/image/).
MEDIA_ROOT = Path(env.str("MEDIA_DIR", default=str(DATA_DIR / "media")))
STORAGES = {
    "default": {
        "BACKEND": env.str("MEDIA_STORAGE", default="django.core.files.storage.FileSystemStorage"),
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
SECURE_SSL_REDIRECT = BEHIND_TLS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_TLS else None
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEHIND_TLS
if BEHIND_TLS:
    # The prefix makes a browser refuse one that another host of the domain, or plain HTTP, has set.
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
SECURE_HSTS_SECONDS = 31_536_000 if BEHIND_TLS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = BEHIND_TLS
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
# Asked by machines inside, which speak plain HTTP and may take a redirect for an answer.
SECURE_REDIRECT_EXEMPT = ["^livez$", "^readyz$", "^metrics$"]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "style-src": [SELF, "'unsafe-inline'"],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}

# Apps in browsers: whose pages may call the API (common.middleware.OriginMiddleware). Tokens travel, cookies never do.
CORS_ALLOWED_ORIGINS = read_origins(env.list("CORS_ORIGINS", default=[]))
CORS_ALLOW_HEADERS = [
    "accept",
    "accept-language",
    "app-version",
    "authorization",
    "content-type",
    "idempotency-key",
    "if-match",
    "if-none-match",
]
CORS_EXPOSE_HEADERS = [
    "Allow",
    "Content-Disposition",
    "ETag",
    "Idempotency-Replayed",
    "Retry-After",
    "X-Request-ID",
]
# Chromium keeps a preflight's answer no longer.
CORS_PREFLIGHT_MAX_AGE = 7200

LOGGING = logs.logging_settings(env.str("LOG_LEVEL", default="INFO"), as_json=env.bool("LOG_JSON", default=not DEMO))
logs.configure()
