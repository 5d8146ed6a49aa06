#!/bin/bash
# How fast does `samehost relay` pass bytes on, beside socat? Give it the tool, best a native one (build/native.proj); needs cc and socat.
#   bench/relay-vs-socat.sh artifacts/native/samehost [rounds]
# Alternates, prints each round and the medians: MB/s for 1 GiB in writes of 64 KiB and for 64-byte messages one way, µs for their round
# trip. "direct" is without a relay.
set -euo pipefail
tool=$(readlink -f "$1")
rounds=${2:-5}
here=$(dirname "$(readlink -f "$0")")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
cc -O2 -o load "$here/reference/relay_load.c"

# relayed NAME KIND TOTAL MESSAGE WAY COMMAND...: one figure through one relay.
relayed() {
    local name=$1 kind=$2 total=$3 message=$4 way=$5 relay figure
    shift 5
    rm -f from to
    "$@" > /dev/null 2>&1 &
    relay=$!
    until [[ -S from ]]; do sleep 0.02; done
    figure=$(./load "$PWD/from" "$PWD/to" "$total" "$message" "$way")
    kill "$relay" 2> /dev/null || true
    wait "$relay" 2> /dev/null || true
    echo "$kind $name $figure" | tee -a figures
}

for ((round = 0; round < rounds; round++)); do
    for row in "1-GiB,MB/s $((1 << 30)) 65536 one-way" "64-B-one-way,MB/s $((64 << 20)) 64 one-way" "64-B-round-trip,us $((64 * 40000)) 64 round-trips"; do
        read -r -a what <<< "$row"
        echo "${what[0]} direct $(./load "$PWD/to" "$PWD/to" "${what[@]:1}")" | tee -a figures
        relayed samehost "${what[@]}" "$tool" relay --quiet "$PWD/from" "$PWD/to"
        relayed samehost--no-descriptors "${what[@]}" "$tool" relay --quiet --no-descriptors "$PWD/from" "$PWD/to"
        relayed socat "${what[@]}" socat UNIX-LISTEN:from UNIX-CONNECT:to
        relayed socat-b-65536 "${what[@]}" socat -b 65536 UNIX-LISTEN:from UNIX-CONNECT:to
    done
done
echo
sort -k1,2 -k3,3n figures | awk '
    { key = $1 " " $2; if (key != last && n) print last, f[int((n + 1) / 2)]; if (key != last) n = 0; last = key; f[++n] = $3 }
    END { print last, f[int((n + 1) / 2)] }' | column -t
