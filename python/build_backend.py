"""How pip builds the package (PEP 517): CMake makes the folder of the package, and this packs it as a wheel.

Nothing but the standard library is needed, so that building works without a network. The C++ libraries and pybind11 come
from the system, as for the rest of the tree (./dev setup). The build stays in build/wheel: a second one is quick.
CMAKE_ARGS and SEGUE_BUILD_DIR may be set in the environment.
"""

import base64
import hashlib
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SDIST_FOLDERS = ("cmake", "include", "src", "python")
SDIST_FILES = ("CMakeLists.txt", "pyproject.toml", "README.md", "LICENSE", "NOTICE")


def _project() -> dict:
    """The [project] table, whose values are strings and lists of strings. (tomllib is in Python 3.11 and later only.)"""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    table = re.search(r"^\[project\]\n(.*?)^\[", text, re.MULTILINE | re.DOTALL)[1]
    project = dict(re.findall(r'^([\w-]+) = "(.*)"$', table, re.MULTILINE))
    for name, items in re.findall(r"^([\w-]+) = \[(.*?)\]$", table, re.MULTILINE | re.DOTALL):
        project[name] = re.findall(r'"(.*?)"', items)
    return project


def _metadata() -> str:
    project = _project()
    lines = [
        "Metadata-Version: 2.1", f"Name: {project['name']}", f"Version: {project['version']}",
        f"Summary: {project['description']}", "License: Apache-2.0", f"Requires-Python: {project['requires-python']}",
        f"Keywords: {','.join(project['keywords'])}", "Description-Content-Type: text/markdown",
        *(f"Requires-Dist: {each}" for each in project["dependencies"]),
        *(f"Classifier: {each}" for each in project["classifiers"]),
    ]  # fmt: skip
    return "\n".join(lines) + "\n\n" + (ROOT / "README.md").read_text(encoding="utf-8")


def _built_package() -> Path:
    """The folder of the package, built for the Python that runs this."""
    build = Path(os.environ.get("SEGUE_BUILD_DIR", ROOT / "build" / "wheel"))
    generator = ["-G", "Ninja"] if not (build / "CMakeCache.txt").exists() else []
    subprocess.run(
        ["cmake", "-S", str(ROOT), "-B", str(build), *generator, f"-DPython_EXECUTABLE={sys.executable}",
         "-DCMAKE_BUILD_TYPE=Release", "-DSEGUE_BUILD_PYTHON=ON", "-DSEGUE_BUILD_TESTS=OFF", "-DSEGUE_BUILD_APPS=OFF",
         "-DBUILD_SHARED_LIBS=OFF",
         *os.environ.get("CMAKE_ARGS", "").split()],
        check=True,
    )  # fmt: skip
    subprocess.run(["cmake", "--build", str(build), "--target", "segue_python_package"], check=True)
    return build / "python" / "segue"


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    project = _project()
    package = _built_package()
    python = f"cp{sys.version_info.major}{sys.version_info.minor}"
    platform = re.sub(r"[-.]", "_", sysconfig.get_platform())
    tag = f"{python}-{python}-{platform}"
    stem = f"{project['name']}-{project['version']}"
    files = {
        f"segue/{path.relative_to(package).as_posix()}": path.read_bytes()
        for path in sorted(package.rglob("*")) if path.is_file() and "__pycache__" not in path.parts
    }  # fmt: skip
    information = f"{stem}.dist-info"
    files[f"{information}/METADATA"] = _metadata().encode()
    files[f"{information}/WHEEL"] = f"Wheel-Version: 1.0\nGenerator: segue\nRoot-Is-Purelib: false\nTag: {tag}\n".encode()
    for name in ("LICENSE", "NOTICE"):
        files[f"{information}/{name}"] = (ROOT / name).read_bytes()
    record = [
        f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b'=').decode()},{len(data)}"
        for name, data in files.items()
    ]
    files[f"{information}/RECORD"] = ("\n".join(record) + f"\n{information}/RECORD,,\n").encode()
    name = f"{stem}-{tag}.whl"
    with zipfile.ZipFile(Path(wheel_directory) / name, "w", zipfile.ZIP_DEFLATED) as wheel:
        for path, data in files.items():
            entry = zipfile.ZipInfo(path)  # of no date, so that the same files make the same wheel
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o755 if path.endswith(".so") else 0o644) << 16
            wheel.writestr(entry, data)
    return name


def build_sdist(sdist_directory, config_settings=None):
    project = _project()
    stem = f"{project['name']}-{project['version']}"
    with tarfile.open(Path(sdist_directory) / f"{stem}.tar.gz", "w:gz") as archive:
        for name in (*SDIST_FILES, *SDIST_FOLDERS):
            archive.add(ROOT / name, f"{stem}/{name}",
                        filter=lambda entry: None if "__pycache__" in entry.name else entry)  # fmt: skip
        path = Path(sdist_directory) / "PKG-INFO"
        path.write_text(_metadata(), encoding="utf-8")
        archive.add(path, f"{stem}/PKG-INFO")
        path.unlink()
    return f"{stem}.tar.gz"
