#!/bin/sh
# Reads INPUT {"seconds": 30, "exitCode": 0}, prints a line each second and ends with that code.
# Signals keep their default: SIGTERM ends it.
set -eu

store=$APIFY_API_BASE_URL/v2/key-value-stores/$ACTOR_DEFAULT_KEY_VALUE_STORE_ID
record=$store/records/$ACTOR_INPUT_KEY
# No input is fine (wget answers 8 to a 404); an engine that restarts just now (4) is asked again,
# and one that died while it answered is not waited for.
get() { wget -q -T 10 -t 1 -O - --header "Authorization: Bearer $APIFY_TOKEN" "$1"; }
until input=$(get "$record"); do
  [ $? -eq 4 ] || { input='{}'; break; }
  sleep 1
done
number() {
  printf '%s' "$input" | tr -d '\n' |
    sed -n "s/.*\"$1\"[[:space:]]*:[[:space:]]*\([0-9]\{1,6\}\).*/\1/p"
}
seconds=$(number seconds)
seconds=${seconds:-30}
code=$(number exitCode)
code=${code:-0}

i=1
while [ "$i" -le "$seconds" ]; do
  echo "second $i of $seconds"
  sleep 1
  i=$((i + 1))
done
echo "done, exit code $code"
exit "$code"
