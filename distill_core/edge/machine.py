"""The machine a figure was measured on."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

FLAGS = {"avx2": ("avx2",), "avx512f": ("avx512f",), "vnni": ("avx512_vnni", "avx_vnni", "avx512vnni")}
CPUINFO = Path("/proc/cpuinfo")


def machine_facts(cpuinfo: Path = CPUINFO) -> dict[str, Any]:
    """CPU model, flags (None where the system does not tell), cores, load average and versions."""
    from distill_core import __version__

    model, flags = _cpu(cpuinfo)
    return {
        "cpu": model,
        "flags": {
            name: None if flags is None else any(each in flags for each in any_of) for name, any_of in FLAGS.items()
        },
        "cores": os.cpu_count(),
        "cores_available": len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count(),
        "load_average": [round(each, 2) for each in os.getloadavg()] if hasattr(os, "getloadavg") else None,
        "system": f"{platform.system()} {platform.machine()}",
        "versions": {
            "distill_core": __version__,
            "python": platform.python_version(),
            "onnxruntime": version("onnxruntime"),
            "numpy": version("numpy"),
        },
    }


def _cpu(cpuinfo: Path) -> tuple[str, set[str] | None]:
    try:
        lines = cpuinfo.read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine() or "unknown", None
    fields: dict[str, str] = {}
    for line in lines:
        key, _, value = line.partition(":")
        fields.setdefault(key.strip().lower(), value.strip())
    flags = fields.get("flags") or fields.get("features")
    return fields.get("model name") or platform.machine() or "unknown", set(flags.split()) if flags else None


def receipt(result: dict[str, Any]) -> str:
    """One line that says how a result of `latency.measure` was obtained, to stand under its figures."""
    machine, protocol = result["machine"], result["protocol"]
    shares = [each["preempted_share"] for each in result["models"].values() if each["preempted_share"] is not None]
    preempted = f", {max(shares):.0%} preempted" if shares else ""
    instructions = ", ".join(name for name, has in machine["flags"].items() if has) or "no AVX2"
    return (
        f"{machine['cpu']} ({machine['cores']} cores, {instructions}), "
        f"ONNX Runtime {machine['versions']['onnxruntime']}, "
        f"{protocol['threads']} thread{'s' if protocol['threads'] != 1 else ''}, batch 1, "
        f"{protocol['rounds']} rounds x {protocol['repeats']} repeats{preempted}, on {result['inputs']}"
    )
