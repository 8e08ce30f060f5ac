"""Examples in the help of each command. A test runs those that only ask.

What belongs here: command lines that work over any build. What does not: descriptions of options.
"""

from __future__ import annotations

EXAMPLES: dict[str, tuple[str, ...]] = {
    "build": ("ledger build", "ledger --home /srv/ledger build --force"),
    "fetch": ("ledger fetch", "ledger fetch epoch_models mlperf_training@v5.1", "ledger fetch --accept epoch_models"),
    "record": ("ledger record -- python train.py",),
    "ingest": ("ledger ingest", "ledger ingest power.csv nightly/"),
    "report": ("ledger report",),
    "status": ("ledger status", "ledger status --json"),
    "doctor": ("ledger doctor", "ledger doctor --fix"),
    "search": ("ledger search llama", "ledger search 'energy per token' --kind table"),
    "sql": (
        'ledger sql "select model_name, training_flop from mart.training_summary order by 2 desc nulls last limit 5"',
        'ledger sql "from mart.accelerators" --format csv',
        "ledger sql \"from meta.columns where table_name = 'mart.figures'\" --json",
    ),
    "explain": ('ledger explain "Llama 3.1 70B" facility_energy_kwh', "ledger explain gpt-3-175b training_flop --json"),
    "estimate": (
        "ledger estimate --params 70b --tokens 15T --accelerator h100-sxm --count 1024",
        "ledger estimate --params 7b --tokens 2T --device a100-sxm-80gb --mfu 30%:38%:45% --country Germany",
        'ledger estimate --inference --model "Llama 3.1 8B" --max-usd 300 --max-watts 30',
    ),
    "audit": ("ledger audit", "ledger audit --format csv"),
    "export": (
        "ledger export open-data",
        "ledger export own-reports --format boamps",
        'ledger export --figure "Llama 3.1 70B" facility_energy_kwh energy.zip',
        "ledger export --figure llama-3.1-70b/h100-sxm/bf16/64 joule_per_token serving.zip",
    ),
    "verify": ("ledger verify energy.zip",),
    "serve": ("ledger serve", "ledger serve --stdio", "LEDGER_SERVE_TOKEN=… ledger serve --host 0.0.0.0"),
    "ui": ("ledger ui", "ledger ui --port 3001"),
}


def epilog(command: str) -> str:
    """What the help of a command ends with: the examples, one a line (the mark keeps the lines apart)."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in EXAMPLES[command])
