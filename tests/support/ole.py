"""Write OLE containers ([MS-CFB]), the base of old Office formats and saved Outlook mails."""

from __future__ import annotations

import struct
from collections.abc import Mapping

Files = Mapping[str, bytes]
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def container(streams: Files) -> bytes:
    """Return an OLE container of these streams; ``folder/stream`` makes a storage."""
    entries: list[dict] = [{"name": "Root Entry", "type": 5, "children": []}]
    folders = {"": 0}
    mini = b""
    mini_fat: list[int] = []
    big: list[tuple[int, bytes]] = []
    for path, data in streams.items():
        folder, _, name = path.rpartition("/")
        if folder not in folders:
            folders[folder] = len(entries)
            entries[0]["children"].append(len(entries))
            entries.append({"name": folder, "type": 1, "children": []})
        entries[folders[folder]]["children"].append(len(entries))
        entry = {"name": name, "type": 2, "size": len(data), "start": _END}
        if len(data) >= 4096:
            big.append((len(entries), data))
        elif data:
            count = -(-len(data) // 64)
            entry["start"] = len(mini_fat)
            mini_fat += [*range(len(mini_fat) + 1, len(mini_fat) + count), _END]
            mini += data.ljust(count * 64, b"\0")
        entries.append(entry)
    return _container(entries, mini, mini_fat, big)


def _container(entries: list[dict], mini: bytes, mini_fat: list[int], big: list[tuple[int, bytes]]) -> bytes:
    sectors: list[bytes] = []
    fat: list[int] = []

    def put(data: bytes) -> int:
        start, count = len(fat), -(-len(data) // 512)
        if not count:
            return _END
        fat.extend([*range(start + 1, start + count), _END])
        sectors.extend(data[i : i + 512].ljust(512, b"\0") for i in range(0, count * 512, 512))
        return start

    for index, data in big:
        entries[index]["start"] = put(data)
    entries[0] |= {"start": put(mini), "size": len(mini)}
    mini_fat_start = put(struct.pack(f"<{len(mini_fat)}I", *mini_fat).ljust(512, b"\xff")) if mini_fat else _END
    right = {a: b for e in entries if e["type"] != 2 for a, b in zip(e["children"], e["children"][1:], strict=False)}
    directory = b""
    for index, entry in enumerate(entries):
        name = entry["name"].encode("utf-16-le")
        child = (entry.get("children") or [_FREE])[0]
        directory += name.ljust(64, b"\0") + struct.pack("<HBB", len(name) + 2, entry["type"], 1)
        directory += struct.pack("<III", _FREE, right.get(index, _FREE), child) + bytes(36)
        directory += struct.pack("<IQ", entry.get("start", 0), entry.get("size", 0))
    directory_start = put(directory)
    fat_sectors = next(n for n in range(1, 100) if n * 128 >= len(fat) + n)
    fat_start = len(fat)
    fat += [_FAT] * fat_sectors
    fat += [_FREE] * (fat_sectors * 128 - len(fat))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack(
        "<IIIIIIIII", 0, fat_sectors, directory_start, 0, 4096, mini_fat_start, 1 if mini_fat else 0, _END, 0
    )
    header += struct.pack("<109I", *range(fat_start, fat_start + fat_sectors), *[_FREE] * (109 - fat_sectors))
    return header + b"".join(sectors) + struct.pack(f"<{len(fat)}I", *fat)
