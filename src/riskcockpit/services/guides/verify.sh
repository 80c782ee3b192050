#!/bin/sh
# Checks this export with ssh-keygen, sha256sum, jq and the usual tools of a Unix; nothing of ours.
# Exit 0: all holds. 1: something does not; every fault is named. See README.md for what it proves.
set -u
set --
case $0 in */*) cd "${0%/*}" || exit 2 ;; esac
faults=0
plain() { LC_ALL=C sed 's/[^ -~]/?/g'; } # names that others gave may hold what moves the cursor of a terminal
fault() { printf 'FAULT  %s\n' "$(printf '%s' "$*" | plain)"; faults=$((faults + 1)); }
sum() { set -- $(sha256sum); printf '%s' "$1"; }
signed() { # principal namespace signature [time], content on stdin
    ssh-keygen -Y verify -f ledger/allowed_signers -I "$1" -n "$2" -s "$3" ${4:+-Overify-time="$4"} >/dev/null 2>&1
}

# 0. only regular files are read: a pipe would hold the reader for ever
only_regular() { # directory, with a slash at its end or empty for here
    for path in "$1"* "$1".[!.]* "$1"..?*; do
        if [ -L "$path" ]; then fault "$path is a link"; continue; fi
        if [ -d "$path" ]; then only_regular "$path/"; continue; fi
        if [ -e "$path" ] && [ ! -f "$path" ]; then fault "$path is no regular file"; fi
    done
}
only_regular ''
if [ "$faults" -gt 0 ]; then echo "$faults faults: nothing was looked at"; exit 1; fi

# 1. every file is the one that was written, and who exported them signed the list
if sha256sum --quiet --check --strict MANIFEST.sha256; then echo 'ok     files'; else fault 'a file is not what it was'; fi
line='
'
listed=$(while read -r digest path; do printf '%s\n' "/$path/"; done <MANIFEST.sha256)
only_listed() { # directory, with a slash at its end or empty for here
    for path in "$1"* "$1".[!.]* "$1"..?*; do
        if [ -d "$path" ]; then only_listed "$path/"; continue; fi
        if [ ! -e "$path" ]; then continue; fi
        case $path in MANIFEST.sha256 | MANIFEST.sha256.sig) continue ;; esac
        case $line$listed$line in *"$line/$path/$line"*) ;; *) fault "$path is not in the list of files" ;; esac
    done
}
only_listed ''
exporter=$(jq -r .signed_by evidence.json)
if [ -z "$exporter" ]; then
    echo 'note   nobody signed the list of files'
elif signed "$exporter" riskcockpit-evidence MANIFEST.sha256.sig <MANIFEST.sha256; then
    echo "ok     list of files, signed by $exporter"
else
    fault "the list of files is not signed by $exporter"
fi

# 2. the ledger: entries, checkpoints, witnesses, keys, objects
if ! (. ./verify-ledger.sh); then faults=$((faults + 1)); fi

# 3. the results are those that the evaluation signed, by the policy it names
results=$(sum <results/results.txt)
controls=$(sum <policy/controls.txt)
policy=$(printf '%s %s' "$controls" "$(head -c 64 policy/kpis.txt)" | sum)
entry=$(jq -r .evaluation evidence.json)
if [ -z "$entry" ]; then
    echo 'note   the evaluation was not signed'
else
    signed_results=$(jq -r --arg h "$entry" 'select(.h == $h) | .body.data.results_digest' ledger/chains/*.jsonl)
    signed_policy=$(jq -r --arg h "$entry" 'select(.h == $h) | .body.data.policy_digest' ledger/chains/*.jsonl)
    if [ "$results" = "$signed_results" ]; then echo 'ok     results'; else fault 'the results are not those that were signed'; fi
    if [ "$policy" = "$signed_policy" ]; then echo 'ok     policy'; else fault 'the policy is not the one that was signed'; fi
fi
while read -r digest yaml statement; do
    if [ "$({ head -c 1000000000 "$yaml"; printf '\0'; head -c 1000000000 "$statement"; } | sum)" != "$digest" ]; then
        fault "$yaml or $statement was changed"
    fi
done <policy/files.txt

# 6. statements about deployments: in-toto in DSSE envelopes, signed by who exported them
statements=0
for file in attestations/*.dsse.json; do
    [ -e "$file" ] || continue
    name=${file##*/}; name=${name%.dsse.json}
    if ! jq -j '"DSSEv1 \(.payloadType | utf8bytelength) \(.payloadType) \(.payload | @base64d | utf8bytelength) \(.payload | @base64d)"' "$file" |
        signed "$exporter" riskcockpit-evidence /dev/fd/3 3<<EOF
$(jq -r '.signatures[0].sig | @base64d' "$file")
EOF
    then fault "the statement about deployment $name is not signed by $exporter"; fi
    if ! jq -e --arg id "$name" '.payload | @base64d | fromjson | .predicate.deployment |
        .id == $id and .traceable == (.gaps == [])' "$file" >/dev/null; then
        fault "the statement about deployment $name contradicts itself"
    fi
    statements=$((statements + 1))
done
if [ "$statements" -gt 0 ]; then echo "ok     $statements statements about deployments looked at"; fi

if [ "$faults" -gt 0 ]; then echo "$faults faults"; exit 1; fi
echo 'everything holds'
