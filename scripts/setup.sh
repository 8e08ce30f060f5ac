#!/bin/sh
# Makes .venv from requirements.lock (every package pinned by hash), with uv where it is installed, else venv and pip.
set -eu
python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 15))' || {
    echo "Compute Ledger needs Python 3.11 to 3.14; $python is $("$python" --version 2>&1). Try: make PYTHON=python3.12" >&2
    exit 1
}
echo "setting up .venv (first time: about a minute)" >&2
rm -rf .venv
if command -v uv >/dev/null 2>&1; then
    uv venv --quiet --python "$python" .venv
    uv pip install --quiet --compile-bytecode --python .venv/bin/python --require-hashes -r requirements.lock
else
    "$python" -m venv .venv
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
fi
# The project itself: its folder on the path and its command, without a build step.
# Its place is written relative to .venv: the folder may be moved.
.venv/bin/python -c '
import os, pathlib, sysconfig
site = pathlib.Path(sysconfig.get_paths()["purelib"])
(site / "compute_ledger.pth").write_text(os.path.relpath(os.getcwd(), site) + "\n")'
cat > .venv/bin/ledger <<'SCRIPT'
#!/bin/sh
exec "$(dirname "$0")/python" -m pipelines "$@"
SCRIPT
chmod +x .venv/bin/ledger
