#!/bin/sh
# Reads INPUT {"name": "World", "count": 3}, pushes one item for each greeting and writes OUTPUT.
# Everything goes through the HTTP API that the environment names; an engine that restarts just now
# is asked again.
set -eu

api=$APIFY_API_BASE_URL/v2
store=$api/key-value-stores/$ACTOR_DEFAULT_KEY_VALUE_STORE_ID
dataset=$api/datasets/$ACTOR_DEFAULT_DATASET_ID

# wget answers 4 when nobody answers, and 8 to an HTTP error.
patiently() {
  until "$@"; do
    [ $? -eq 4 ] || return 1
    sleep 1
  done
}
get() { wget -q -T 10 -t 1 -O - --header "Authorization: Bearer $APIFY_TOKEN" "$1"; }
post() {
  wget -q -T 10 -t 1 -O /dev/null --header "Authorization: Bearer $APIFY_TOKEN" \
    --header "Content-Type: application/json" --post-data "$2" "$1"
}

# A run may have been started without any input.
input=$(patiently get "$store/records/$ACTOR_INPUT_KEY") || input='{}'
input=$(printf '%s' "$input" | tr -d '\n')
name=$(printf '%s' "$input" | sed -n 's/.*"name"[[:space:]]*:[[:space:]]*"\([^"]*\)".*/\1/p')
count=$(printf '%s' "$input" | sed -n 's/.*"count"[[:space:]]*:[[:space:]]*\([0-9]\{1,4\}\).*/\1/p')
name=${name:-World}
count=${count:-3}

i=1
while [ "$i" -le "$count" ]; do
  echo "Hello, $name ($i of $count)"
  patiently post "$dataset/items" "{\"greeting\": \"Hello, $name\", \"number\": $i}"
  i=$((i + 1))
done
patiently post "$store/records/OUTPUT" "{\"name\": \"$name\", \"greetings\": $count}"
echo "Wrote OUTPUT"
