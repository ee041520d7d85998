"""Look up known vulnerabilities of all locked packages: ``audit.py PIP_AUDIT LOCK``.

Exits 1 where there are any. Where nothing can be looked up, says so in one line and exits 0: a machine without a network
is no fault of the lock.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

SECONDS = 300


def main(program: str, lock: str) -> int:
    """Print what was found; return the exit code."""
    try:
        packages = audited(program, lock)
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        return skipped(f"pip-audit does not run or its index cannot be reached ({type(error).__name__})")
    unknown = [package["name"] for package in packages if "skip_reason" in package]
    if len(unknown) == len(packages):
        return skipped(f"the index answers for none of the {len(packages)} packages")
    faults = [(package, fault) for package in packages for fault in package.get("vulns", ())]
    for package, fault in faults:
        fixed = ", ".join(fault["fix_versions"]) or "no release"
        print(f"{package['name']} {package['version']}: {fault['id']}, fixed in {fixed}")
    said = f"AUDIT: {len(faults)} known vulnerabilities in {len(packages) - len(unknown)} packages of {lock}"
    print(f"{said}; not looked up: {', '.join(unknown)}" if unknown else said)
    return 1 if faults else 0


def audited(program: str, lock: str) -> list[dict[str, Any]]:
    """Return what pip-audit says of each package; raise ValueError where it says nothing."""
    options = ["--disable-pip", "--require-hashes", "--progress-spinner", "off", "--format", "json"]
    command = [program, *options, "--requirement", lock]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
    packages: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    if not packages:
        raise ValueError(lock)
    return packages


def skipped(why: str) -> int:
    """Say in one line that nothing was audited."""
    print(f"AUDIT SKIPPED: {why}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
