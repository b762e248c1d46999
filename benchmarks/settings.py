"""The product's settings on the benchmarks' databases: the whole region, and a hundredth of it as "small"."""

import os
from pathlib import Path

os.environ.setdefault("SECRET_KEY", "only-for-the-benchmarks-0123456789-0123456789")
os.environ.setdefault("DATABASE_URL", "postgres://postgres@127.0.0.1:5432/elan")

from config.settings import *  # noqa: F403
from config.settings import DATABASES, LOGGING

SCALE = float(os.environ.get("SCALE", "1"))
_server = DATABASES["default"]
DATABASES = {
    alias: {**_server, "NAME": f"{_server['NAME']}_bench_{scale:g}".replace(".", "_")}
    for alias, scale in {"default": SCALE, "small": SCALE / 100}.items()
}
# How often each call is measured; 0 leaves it to the benchmark. Few rounds judge no ratio.
ROUNDS = int(os.environ.get("ROUNDS", "0"))
ROOT_URLCONF = "benchmarks.urls"
# Each request's log line is made and costs what it costs; nobody reads it.
LOGGING["handlers"]["console"]["stream"] = Path(os.devnull).open("w")  # noqa: SIM115
