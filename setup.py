"""Find the packages; all other metadata is in setup.cfg.

The form templates live in ``templates/``, where people look for them, and further ones in ``gallery/``; they are
installed as the packages ``dxreport._templates`` and ``dxreport._gallery`` (see ``dxreport.workspace.bundled``).
"""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["dxreport", "dxreport.*"]), "dxreport._templates", "dxreport._gallery"],
    package_dir={"dxreport._templates": "templates", "dxreport._gallery": "gallery"},
)
