"""Compare what a wheel and a source distribution hold with what git tracks. Usage: check_wheel.py WHEEL SDIST."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile

PACKAGE = "edge_valgus/"
SHIPPED = ("manifest.toml", "edge_valgus_lifter_int8.tflite")
NEEDED_IN_SDIST = (
    "LICENSE",
    "README.md",
    "pyproject.toml",
    *(f"models/{name}" for name in SHIPPED),
    "tests/conftest.py",
)


def main(wheel: str, sdist: str) -> int:
    """Print what is missing or too much; 1 if anything is."""
    listed = subprocess.run(["git", "ls-files", "src"], check=True, capture_output=True, text=True)  # noqa: S607
    tracked = {path.removeprefix("src/") for path in listed.stdout.splitlines()}
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if name.startswith(PACKAGE)}
    with tarfile.open(sdist) as archive:
        source = {name.partition("/")[2] for name in archive.getnames()}
    expected = tracked | {f"{PACKAGE}models/shipped/{name}" for name in SHIPPED}
    problems = [f"{wheel} lacks {name}" for name in sorted(expected - packed)]
    problems += [f"{wheel} has {name}, which git does not track" for name in sorted(packed - expected)]
    problems += [f"{sdist} lacks {name}" for name in NEEDED_IN_SDIST if name not in source]
    print("\n".join(problems) or f"{len(packed)} files in the wheel, {len(source)} in the source distribution")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
