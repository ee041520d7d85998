"""The secret of a workspace, which seals the stamps of its workbooks and is never written into one."""

from __future__ import annotations

from hashlib import sha256
from secrets import token_hex

from .files import atomic_write, locked
from .paths import Workspace


def new_secret() -> bytes:
    """Return a new random secret as it is stored: one line of text."""
    return f"{token_hex(32)}\n".encode("ascii")


def secret_of(workspace: Workspace) -> bytes:
    """Return the secret as a key of 32 bytes, or b"" if there is none."""
    kept = workspace.secret.read_bytes() if workspace.secret.is_file() else b""
    return sha256(kept.strip()).digest() if kept.strip() else b""


def make_secret(workspace: Workspace) -> bytes:
    """Return the secret; create it in a workspace of an earlier release. Raise LockedError if that is locked."""
    if not secret_of(workspace):
        with locked(workspace.lock):
            if not secret_of(workspace):
                atomic_write(workspace.secret, new_secret())
    return secret_of(workspace)


def secret_name(secret: bytes) -> str:
    """Return a fingerprint of a secret; "" for none."""
    return sha256(b"dxreport " + secret).hexdigest()[:12] if secret else ""
