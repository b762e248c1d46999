"""Runs a reader on a file as the product does, and says what the kernel counted of it.

A program of its own, because a child's peak of memory begins with that of the process that started it.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from common.readers import limits

if __name__ == "__main__":
    reader, sent = sys.argv[1:]
    command = ["/bin/sh", "-c", limits.START, sys.executable, reader]
    with Path(sent).open("rb") as given:
        process = subprocess.Popen(command, stdin=given, stdout=subprocess.DEVNULL, env=limits.ENVIRONMENT)
        _pid, status, used = os.wait4(process.pid, 0)
    process.returncode = code = os.waitstatus_to_exitcode(status)
    facts = {"code": code, "memory": used.ru_maxrss * 1024, "seconds": used.ru_utime + used.ru_stime}
    sys.stdout.write(json.dumps(facts))
