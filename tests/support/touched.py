"""`python -m tests.support.touched [BASE]`: the tests of what is changed, by folder, for `make test-fast`.

A change is what is not committed and what came since BASE (HEAD when none is named).
"""

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ALWAYS = ["tests/test_locale.py", "tests/test_settings.py"]
# What has no folder of tests by its own name.
ELSEWHERE = {
    "config": ["tests/test_settings.py", "tests/test_errors.py", "tests/test_app_config.py"],
    "benchmarks": ["tests/test_benchmarks.py"],
    "demo": ["tests/test_demo_database.py", "tests/test_load_demo.py", "tests/test_make_run.py"],
    "docs": ["tests/test_api_guide.py", "tests/test_asvs.py"],
    "api_schema.yml": ["tests/test_api_schema.py"],
    "Makefile": ["tests/test_make_run.py"],
}


def changed_files(base: str) -> list[str]:
    """Paths below the root that differ from the base, new ones among them."""

    def git(*words: str) -> list[str]:
        return subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()

    return [*git("diff", "--name-only", base), *git("ls-files", "--others", "--exclude-standard")]


def tests_of(changed: Iterable[str]) -> list[str]:
    """Folders and files of tests, each once."""
    found = set(ALWAYS)
    for name in changed:
        path = Path(name)
        if path.parts[0] == "tests":
            found |= {name} if path.name.startswith("test_") and (ROOT / path).exists() else set()
        elif (ROOT / "tests" / path.parts[0]).is_dir():
            found.add(f"tests/{path.parts[0]}")
        else:
            found.update(ELSEWHERE.get(path.parts[0], []))
    # A file of a folder that is there already is not named again.
    return sorted(one for one in found if str(Path(one).parent) not in found)


if __name__ == "__main__":
    sys.stdout.write(" ".join(tests_of(changed_files(*sys.argv[1:2] or ["HEAD"]))))
