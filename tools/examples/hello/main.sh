#!/bin/sh
# Reads INPUT {"name": "World", "count": 3}, pushes one item for each greeting and writes OUTPUT.
# Everything goes through the HTTP API that the environment names; any wget will do.
set -eu

api=$APIFY_API_BASE_URL/v2
store=$api/key-value-stores/$ACTOR_DEFAULT_KEY_VALUE_STORE_ID
dataset=$api/datasets/$ACTOR_DEFAULT_DATASET_ID

get() { wget -q -O - --header "Authorization: Bearer $APIFY_TOKEN" "$1"; }
post() {
  wget -q -O /dev/null --header "Authorization: Bearer $APIFY_TOKEN" \
    --header "Content-Type: application/json" --post-data "$2" "$1"
}

# A run may have been started without any input.
input=$(get "$store/records/$ACTOR_INPUT_KEY") || input='{}'
input=$(printf '%s' "$input" | tr -d '\n')
name=$(printf '%s' "$input" | sed -n 's/.*"name"[[:space:]]*:[[:space:]]*"\([^"]*\)".*/\1/p')
count=$(printf '%s' "$input" | sed -n 's/.*"count"[[:space:]]*:[[:space:]]*\([0-9]\{1,4\}\).*/\1/p')
name=${name:-World}
count=${count:-3}

i=1
while [ "$i" -le "$count" ]; do
  echo "Hello, $name ($i of $count)"
  post "$dataset/items" "{\"greeting\": \"Hello, $name\", \"number\": $i}"
  i=$((i + 1))
done
post "$store/records/OUTPUT" "{\"name\": \"$name\", \"greetings\": $count}"
echo "Wrote OUTPUT"
