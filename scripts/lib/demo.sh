# What scripts/demo is made of; sourced by it, in the folder that holds the demo's files.

declare -A processes
surprises=0
forged_headers=(
  -H 'X-Client-Cert-SHA256: forged' -H 'x_client_cert_sha256: forged' -H 'X-Forwarded-Client-Cert: Hash=forged'
  -H 'Client-Cert: :forged:' -H 'X-SSL-Client-Verify: forged' -H 'Connection: keep-alive, X-Client-Cert-SHA256'
)
bold='' good='' bad='' plain=''
if [ -t 1 ]; then bold=$'\e[1m' good=$'\e[32m' bad=$'\e[31m' plain=$'\e[0m'; fi

# start NAME COMMAND...: in the background, output in NAME.out and NAME.err
start() {
  local name=$1
  shift
  "$@" > "$name.out" 2> "$name.err" &
  processes[$name]=$!
}

stop_all() {
  local status=$?
  trap - EXIT
  [ ${#processes[@]} -eq 0 ] || kill "${processes[@]}" 2> /dev/null || true
  wait
  [ "$status" -ne 0 ] && [ "$status" -ne 130 ] && [ -d "$dir" ] && echo "The logs are in $dir." >&2 && exit "$status"
  rm -rf "$dir"
  exit "$status"
}

# wait_for NAME COMMAND...: until the command succeeds; gives up when the process of that name ends, or after 30 s
wait_for() {
  local name=$1 process=${processes[$1]} deadline=$((SECONDS + 30))
  shift
  until "$@" 2> /dev/null; do
    kill -0 "$process" 2> /dev/null || { cat "$name.err" >&2; die "$name ended before it was ready"; }
    [ "$SECONDS" -lt "$deadline" ] || { tail -n 20 "$name.err" >&2; die "$name is not ready after 30 s"; }
    sleep 0.05
  done
}

free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 12000))
    (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null || { echo "$port"; return; }
  done
}

# member NAME: a string of the one-line JSON on standard input
member() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }

thumbprint() { awk -v name="$1" '$1 == name { print $2 }' pki.txt; }

# mint JSON: a token of the issuer's lab, which makes what no issuer should
mint() { curl -fsS -d "$1" "$lab/lab/token" | member access_token; }

# as_client_a CURL-ARGUMENT...: asks the authorization server, over mutual TLS
as_client_a() { curl -fsS --cacert ca.pem --cert client-a.pem --key client-a.key -d client_id=client-a "$@"; }

# grant CURL-ARGUMENT...: a token for client-a, bound to its certificate
grant() { as_client_a -d grant_type=client_credentials "$@" "$token_endpoint" | member access_token; }

revoke() { as_client_a --data-urlencode "token=$1" "$revocation_endpoint" || die "the token could not be revoked"; }

seen_upstream() { curl -fsS "$upstream/_lab/count" | sed -n 's/.*"requests":\([0-9]*\).*/\1/p'; }

# ask CERTIFICATE TOKEN CURL-ARGUMENT...: sets status (or TLS) and reason; the answer is in answer.json
ask() {
  local certificate=$1 token=$2 arguments=()
  shift 2
  [ "$certificate" = none ] || arguments+=(--cert "$certificate.pem" --key "$certificate.key")
  [ -z "$token" ] || arguments+=(-H "Authorization: Bearer $token")
  : > answer.json
  status=$(curl -sS --max-time 10 --cacert ca.pem -o answer.json -w '%{http_code}' "${arguments[@]}" "$@" \
    "https://$address/payments/1" 2> curl.err) || true
  reason=$(member reason < answer.json)
  if [ "$status" = 000 ]; then
    status=TLS
    reason=$(sed -n 's/.*alert \([a-z ]*[a-z]\).*/\1/p' curl.err | head -n 1)
  fi
}

table_head() {
  printf '\n%s%-40s %-6s %-22s %s%s\n' "$bold" 'what the client shows' status reason 'what reached the API' "$plain"
  printf '%s\n' "--------------------------------------------------------------------------------------------------------"
}

table_foot() { printf '\n'; }

# row TITLE STATUS REASON CERTIFICATE TOKEN CURL-ARGUMENT...: asks, and holds the answer against what is expected
row() {
  local title=$1 expected_status=$2 expected_reason=$3 before reached colour=$good mark='' attempt
  shift 3
  before=$(seen_upstream)
  # With TLS 1.3 a client may have sent its request before the alert arrives, and lose the alert to the reset.
  for attempt in 1 2 3 4 5; do
    ask "$@"
    [ "$status" = TLS ] && [ -z "$reason" ] || break
  done
  reached=nothing
  if [ "$(seen_upstream)" != "$before" ]; then
    reached="the request, with $(shown_identity)"
  fi
  if [ "$status" != "$expected_status" ] || [ "${reason:--}" != "$expected_reason" ] ||
    { [ "$expected_status" = 200 ] && [ "$reached" != "the request, with client-a's thumbprint" ]; } ||
    { [ "$expected_status" != 200 ] && [ "$reached" != nothing ]; }; then
    surprises=$((surprises + 1)) colour=$bad mark="  <- expected $expected_status $expected_reason"
  fi
  printf '%-40s %s%-6s%s %-22s %s%s\n' "$title" "$colour" "$status" "$plain" "${reason:--}" "$reached" "$mark"
}

# Whose identity the API saw, by the report it answered with: exactly one thumbprint, and no forged value, or it says so.
shown_identity() {
  local shown
  if grep -qi forged answer.json; then
    echo "FORGED headers"
    return
  fi
  shown=$(grep -oi '\["x-client-cert-sha256","[^"]*"\]' answer.json) || true
  if [ "$shown" = "[\"X-Client-Cert-SHA256\",\"$own\"]" ]; then echo "client-a's thumbprint"; else echo "ANOTHER identity"; fi
}

play_commands() {
  cat <<TEXT
Running until Ctrl-C; everything is in $dir.

  cd $dir
  token=\$(curl -s --cacert ca.pem --cert client-a.pem --key client-a.key \\
    -d grant_type=client_credentials -d client_id=client-a \\
    $token_endpoint | sed 's/.*"access_token":"\([^"]*\)".*/\1/')

  curl -i --cacert ca.pem --cert client-a.pem --key client-a.key \\
    -H "Authorization: Bearer \$token" https://$address/anything
  curl -i --cacert ca.pem --cert client-b.pem --key client-b.key \\
    -H "Authorization: Bearer \$token" https://$address/anything
  curl -s http://$admin/metrics | grep refusals
  curl -d '{"bind": "none"}' $lab/lab/token     # any token you like, also opaque; see holdfast-lab issuer --help
  tail -f holdfast.out                          # the access log, with the reason of each refusal

TEXT
}
