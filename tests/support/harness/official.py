"""The official Standard Webhooks library (npm: standardwebhooks) as a judge."""
import base64
import json
import pathlib
import shutil
import subprocess

from harness.places import TOP

MODULES = TOP / "build" / "npm"
SCRIPT = pathlib.Path(__file__).resolve().parent.parent / "npm" / "verify.js"


def official_verdicts(cases):
    """For each (secret, headers, body): does the library accept it? It judges v1 only."""
    if not (MODULES / "node_modules/standardwebhooks").is_dir():
        raise RuntimeError(f"{MODULES} lacks standardwebhooks: tests/run installs it")
    told = [{"secret": secret, "headers": headers, "body": base64.b64encode(body).decode()}
            for secret, headers, body in cases]
    run = subprocess.run([shutil.which("node") or "nodejs", str(SCRIPT), str(MODULES)],
                         input=json.dumps(told), capture_output=True, text=True, timeout=60)
    if run.returncode != 0:
        raise RuntimeError(f"verify.js: {run.stderr}")
    return json.loads(run.stdout)
