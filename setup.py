"""Find the packages; all other metadata is in setup.cfg.

The form templates live in ``templates/``, where people look for them, and are installed as the
package ``dxreport._templates`` (see ``dxreport.workspace.bundled``).
"""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["dxreport", "dxreport.*"]), "dxreport._templates"],
    package_dir={"dxreport._templates": "templates"},
)
