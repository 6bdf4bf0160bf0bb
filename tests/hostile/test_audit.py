"""Known faults of packages are looked up: of all of them, by a workflow that may only read."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
WORKFLOW = ".github/workflows/audit.yml"


def test_the_workflow_is_one_by_githubs_schema():
    check = Path(sys.executable).parent / "check-jsonschema"
    for schema in ("vendor.github-workflows", "custom.github-workflows-require-timeout"):
        done = subprocess.run([check, "--builtin-schema", schema, WORKFLOW], cwd=ROOT, capture_output=True, check=False)
        assert done.returncode == 0, done.stdout


def test_the_workflow_looks_up_all_packages_and_may_only_read():
    workflow = YAML(typ="safe", pure=True).load(ROOT / WORKFLOW)
    assert workflow["permissions"] == {"contents": "read"}
    assert {"push", "pull_request", "schedule"} <= set(workflow["on"])
    job = workflow["jobs"]["audit"]
    assert "permissions" not in job
    assert job["steps"][-1]["run"] == "make audit"
    told = subprocess.run(
        ["make", "--dry-run", "--always-make", "audit"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "pip-audit" in told.stdout
    for lock in ROOT.glob("*/package-lock.json"):
        assert f"cd {lock.parent.name} && npm audit" in told.stdout
