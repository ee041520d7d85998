"""The packages of the locks with their licences: docs/licences.md.

A licence is what the package installed here says of itself. Packages of other systems and Pythons are not installed
here; theirs stay as the document has them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import PackageMetadata, PackageNotFoundError, metadata
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs/licences.md"
ALL, RUN = "requirements.lock", "requirements-run.lock"
PROGRAM = "dxreport (setup.cfg)"  # as uv calls it
USES = {
    "click": "コマンドの指定と説明", "filelock": "二人が同時に書かないための錠", "jinja2": "様式とメールの {{ … }}",
    "lxml": "Excel ファイルの中身（XML）を読み書きする", "msoffcrypto-tool": "パスワードのかかった返送を開く",
    "olefile": ".xls と .msg の入れ物を読む", "openpyxl": "最初のマスターを作る", "pandas": "報告書で項目を集計する",
    "python-oxmsg": "Outlook のメール（.msg）を読む", "typst": "報告書の PDF を作る", "xlsxwriter": "報告書の Excel を作る",
    "distributed": "何台ものコンピューターに分けて読む（--scheduler）", "hypothesis": "テスト: 式を満たすかを多くの例で調べる",
    "import-linter": "検査: 部品どうしの依存の向き", "mypy": "検査: 型", "pytest": "テストを動かす",
    "pytest-xdist": "テストを何本も同時に動かす", "python-calamine": "テスト: 別の読み手としてくらべる",
    "ruff": "検査: 書き方", "setuptools": "パッケージを作る", "xlrd": "テスト: 別の読み手としてくらべる（.xls）",
    "xltpl": "速さをくらべる相手",
}  # fmt: skip
_PACKAGE = re.compile(r"^([a-z0-9-]+)==(\S+).*?\n((?:    --hash.*\n)+)((?:    #.*\n)+)", re.MULTILINE)
_SHORT = 80  # a licence longer than this is the licence's own text
_COMMON = {"BSD License": "BSD", "MIT License": "MIT", "Apache Software License": "Apache-2.0",
           "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Locked:
    """A package of a lock, in each version that some system or Python takes, and the packages that need it."""

    name: str
    versions: tuple[str, ...]
    via: frozenset[str]


def locked(lock: str) -> dict[str, Locked]:
    """Return the packages of a lock by name."""
    out: dict[str, Locked] = {}
    for name, version, _, remark in _PACKAGE.findall((ROOT / lock).read_text(encoding="ascii")):
        words = re.sub(r"#( +via)?", "", remark).replace("\n", ",").split(",")
        via = frozenset(word.strip() for word in words) - {"", f"-c {ALL}"}
        before = out.get(name, Locked(name, (), frozenset()))
        out[name] = Locked(name, (*before.versions, version), before.via | via)
    return out


def document(how: str) -> str:
    """Return docs/licences.md."""
    run, every = locked(RUN), locked(ALL)
    known = _written()
    parts = [
        "# 使っているパッケージとライセンス",
        how,
        f"`{RUN}` と `{ALL}` に版とハッシュを固定しているパッケージの一覧です。dxreport そのもののライセンスは [MIT](../LICENSE) です。",
        "## 動かすときに要るもの",
        "担当者の PC に入るのは、これだけです（`make bundle` の中身も同じです）。",
        _table(run.values(), known),
        "## 開発とテストだけに使うもの",
        "担当者の PC には入りません（`distributed` と、それに要るものは、何台ものコンピューターで読むときだけ入れます）。",
        _table((package for name, package in every.items() if name not in run), known),
    ]
    return "\n\n".join(parts) + "\n"


def _table(packages: Iterable[Locked], known: dict[str, str]) -> str:
    rows = (f"| {p.name} | {'、'.join(p.versions)} | {_licence(p, known)} | {_use(p)} |" for p in packages)
    return "\n".join(["| 名前 | 版 | ライセンス | 使いみち |", "|---|---|---|---|", *rows])


def _use(package: Locked) -> str:
    return USES[package.name] if PROGRAM in package.via else f"{'、'.join(sorted(package.via))} が使う"


def _licence(package: Locked, known: dict[str, str]) -> str:
    try:
        said = metadata(package.name)
    except PackageNotFoundError:
        return known.get(package.name, "")
    return _named(said) if said["Version"] == package.versions[0] else known.get(package.name, "")


def _named(said: PackageMetadata) -> str:
    """Return the licence as an SPDX expression, else as the package words it."""
    fields = said.get_all("License-Expression") or said.get_all("License") or []
    words = [c.rpartition(" :: ")[2] for c in said.get_all("Classifier") or [] if c.startswith("License ::")]
    short = [field for field in fields if field and len(field) <= _SHORT and "\n" not in field]
    return short[0] if short else "、".join(_COMMON.get(word, word) for word in words)


def _written() -> dict[str, str]:
    """Return the licences that the document has now, by package."""
    text = DOCUMENT.read_text(encoding="utf-8") if DOCUMENT.exists() else ""
    return dict(re.findall(r"^\| ([a-z0-9-]+) \| [^|]+ \| ([^|]*) \|", text, re.MULTILINE))
