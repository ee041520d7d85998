"""A spool gives back what it took in, from memory or from a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from dxreport.domain.errors import DxreportError
from dxreport.workspace import spool


@pytest.mark.parametrize("room", [1 << 20, 5])
def test_contents_are_given_back_in_any_order(room: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "_IN_MEMORY", room)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    kept, contents = spool.Spool(), [b"first", b"", b"the third\n" * 100]
    found = [kept.keep(data) for data in contents]
    assert [bytes(content) for content in reversed(found)] == contents[::-1]
    assert [len(content) for content in found] == [5, 0, 1000]
    later = kept.keep(b"later")
    assert (bytes(found[0]), bytes(later)) == (b"first", b"later")
    del kept, found, later
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "_IN_MEMORY", 5)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    with pytest.raises(DxreportError, match="gone"):
        spool.Spool().keep(b"more than five")
