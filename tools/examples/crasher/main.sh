#!/bin/sh
# Reads INPUT {"exitCode": 1} and ends with that code.
set -eu

record=$APIFY_API_BASE_URL/v2/key-value-stores/$ACTOR_DEFAULT_KEY_VALUE_STORE_ID/records/$ACTOR_INPUT_KEY
input=$(wget -q -O - --header "Authorization: Bearer $APIFY_TOKEN" "$record") || input='{}'
code=$(printf '%s' "$input" | tr -d '\n' |
  sed -n 's/.*"exitCode"[[:space:]]*:[[:space:]]*\([0-9]\{1,3\}\).*/\1/p')
code=${code:-1}

echo "Crashing with exit code $code" >&2
exit "$code"
