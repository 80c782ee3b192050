#!/bin/sh
# Checks a ledger with ssh-keygen, sha256sum, jq and the usual tools of a Unix:
# sh verify-ledger.sh [LEDGER]
# Exit 0: all holds. 1: something does not; every fault is named with its chain and entry.
# Rules: docs/ledger-format.md. About ten milliseconds an entry.
set -u
LC_ALL=C; export LC_ALL
ledger=${1:-ledger}
signers=$ledger/allowed_signers
nothing=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  # the SHA-256 of no bytes
zeros=0000000000000000000000000000000000000000000000000000000000000000
faults=0
longest=2000000  # bytes of a line
types='genesis waiver.requested waiver.granted waiver.rejected waiver.revoked waiver.expired waiver.suspended
 approval.granted approval.rejected rollback.requested rollback.approved rollback.executed deployment.requested
 action.sent action.confirmed action.refused action.unknown identity.merged identity.split closure.released note undo
 sync.completed controls.evaluated report.issued policy.changed key.added key.revoked'
types=" $(echo $types) "
# names that others gave may hold what moves the cursor of a terminal: only what can be seen is printed
plain() { sed ':all
$!{
N
b all
}
s/[^ -~]/?/g'; }
fault() { printf 'FAULT  %s\n' "$(printf '%s' "$*" | plain)"; faults=$((faults + 1)); }
# the part of a chain from its first line on that is no good entry counts for nothing: it is a fault of its writer
# until somebody else set it aside or ended their key, and a note then
damaged() { # chain entry why
    if [ ! -e "$scratch/first.$1" ]; then echo "$2" >"$scratch/first.$1"; fi
    printf '%s\n' "$1 entry $2 $3" >>"$scratch/damage.$1"
}
behind() { [ -e "$scratch/first.$1" ] && [ "$2" -ge "$(cat "$scratch/first.$1")" ]; } # chain entry
there() { [ -e "$1" ] || [ -h "$1" ]; }
regular() { [ -f "$1" ] && [ ! -h "$1" ]; }
count() { case $1 in '' | 0* | *[!0-9]* | ?????????????????*) return 1 ;; esac; } # 1 to 16 digits
sum() { set -- $(sha256sum); printf '%s' "$1"; }
signed() { # principal namespace signature [time], content on stdin
    ssh-keygen -Y verify -f "$signers" -I "$1" -n "$2" -s "$3" ${4:+-Overify-time="$4"} >/dev/null 2>&1
}
named() { case $1 in *[!A-Za-z0-9._+@-]* | [!A-Za-z0-9]* | '') return 1 ;; *?@?*) return 0 ;; *) return 1 ;; esac; }
scratch=$(mktemp -d) || exit 2
trap 'rm -rf "$scratch"' EXIT
limit=$(jq -n -r 'now + 300 | strftime("%Y%m%d%H%M%S")')
# 0. what lies there: only regular files are read, for a pipe would hold the reader for ever
for file in "$signers" "$ledger/policy/roles.yaml"; do
    if there "$file" && ! regular "$file"; then fault "$file is no regular file"; fi
done
if ! regular "$signers"; then signers=/dev/null; fi
: >"$scratch/chains"
for file in "$ledger"/chains/* "$ledger"/chains/.[!.]* "$ledger"/chains/..?*; do
    there "$file" || continue
    chain=${file##*/}; chain=${chain%.jsonl}
    if [ "$file" = "${file%.jsonl}" ] || ! named "$chain"; then fault "$file is no chain of any writer"; continue; fi
    if ! regular "$file"; then fault "$chain is no regular file"; continue; fi
    long=$(jq -n -R -r --argjson most "$longest" '[inputs | utf8bytelength] | to_entries[] | select(.value >= $most) | .key' "$file")
    echo "$chain" >>"$scratch/chains"
    for number in $long; do damaged "$chain" "$number" "is longer than $longest bytes: what follows is not looked at"; done
done
lines() { # of a chain, up to one that is too long
    if [ -e "$scratch/first.$1" ]; then head -n "$(cat "$scratch/first.$1")" "$ledger/chains/$1.jsonl"; else cat "$ledger/chains/$1.jsonl"; fi
}
chains() { while read -r chain; do lines "$chain"; done <"$scratch/chains"; }

# 1. signers: plain names only
if grep -nE '^[^# ]*[*?!]|cert-authority|namespaces="[^"]*[*?!]' "$signers" >"$scratch/lines"; then
    while IFS=: read -r number _; do fault "allowed_signers line $number could let any name sign"; done <"$scratch/lines"
fi

ends=no
if grep -q 'valid-before' "$signers"; then ends=yes; fi

# keys that were revoked: fingerprint, end, chain and entry; not those whose end another person rejected
# (who may revoke and reject is in the roles, which this script does not read)
chains | jq -R -r 'fromjson? | . as $e | .body | select(.type | test("^(policy.changed|approval.granted|waiver.rejected|approval.rejected|key.revoked)$"))
    | [.type, (.actor + "@" + .key_fp), ((.data.valid_before // .ts) | gsub("[-:TZ]|\\..*"; "")), (.ts | gsub("[-:TZ]|\\..*"; "")), $e.h, (.data.request // "-"),
       (.data.after // .data.signers // "-"), (.data.key_fp // "-"), (.data.principal // "-")]
    | map(tostring) | if any(test("[ \\n*?]|^$")) then empty else join(" ") end' >"$scratch/changes" 2>/dev/null
: >"$scratch/revoked"
while read -r type by end at hash _ content key principal; do
    if [ "$type" != key.revoked ]; then continue; fi
    case $end$at in *[!0-9]*) continue ;; esac
    if [ "$at" -lt "$end" ]; then end=$at; fi
    rejected=no; since=$at  # an earlier end counts once another person approved it
    while read -r kind _ _ _ asked _ after _ _; do
        if [ "$kind" != policy.changed ] || [ "$after" != "$content" ]; then continue; fi
        while read -r answer who _ _ _ request _ _ _; do
            if [ "$request" != "$asked" ] || [ "${who##*@}" = "$key" ] || [ "${who%@*}" = "$principal" ]; then continue; fi
            if [ "${who%@*}" = "${by%@*}" ]; then continue; fi
            case $answer in *.rejected) rejected=yes ;; approval.granted) since=$end ;; esac
        done <"$scratch/changes"
    done <"$scratch/changes"
    for chain in $(cat "$scratch/chains"); do
        at=$(grep -a -n -m 1 -F ",\"h\":\"$hash\",\"sig\":" "$ledger/chains/$chain.jsonl"); at=${at%%:*}
        if [ -n "$at" ] && [ "$rejected" = no ]; then
            echo "$key $end $chain $((at - 1)) $content $since" >>"$scratch/revoked"
        fi
    done
done <"$scratch/changes"
: >"$scratch/doubts"

# 2. every entry: its spelling, hash, place, time and signature
for chain in $(cat "$scratch/chains"); do
    file=$scratch/lines
    lines "$chain" | sed 's/\x00/?/g' >"$file"
    # outside of its strings a line has nothing but brackets, colons, commas, words and integers that all read alike
    odd=" $(echo $(sed -E 's/"([^"\\]|\\.)*"//g; s/true|false|null//g' "$file" |
        grep -a -n -E '[^][{}:,0-9-]|-0|(^|[^0-9])0[0-9]|[0-9]{17}|-([^0-9]|$)' | sed 's/:.*//')) "
    jq -R -r '(fromjson? | .body | [.actor, .prev, .seq, (.ts | gsub("[-:T]|\\..*|Z"; "")), .type, (.data.chain // "-"), .v, .key_fp, (.data.after // .data.signers // "-"),
            any(.. | numbers; (. > 9007199254740991) or (. < -9007199254740991))]
        | map(tostring) | if any(test("[ \\n*?]|^$")) then "-" else join(" ") end) // "-"' "$file" >"$scratch/facts" 2>/dev/null
    previous=$zeros; before=0; number=0; covered=0
    while IFS= read -r line || [ -n "$line" ]; do
        body=${line#'{"body":'}; body=${body%',"h":"'*}
        hash=${line##*',"h":"'}; hash=${hash%%'"'*}
        armour=${line##*'"sig":"'}; armour=${armour%'"}'}
        if [ "{\"body\":$body,\"h\":\"$hash\",\"sig\":\"$armour\"}" != "$line" ]; then damaged "$chain" "$number" "is no entry"; fi
        if [ "$(printf '%s' "$body" | sum)" != "$hash" ]; then damaged "$chain" "$number" "was changed"; fi
        read -r facts <&3 || facts=-
        set -- $facts
        case ${3-x}${4-x} in *[!0-9]*) set -- ;; esac
        if [ $# -ne 10 ]; then damaged "$chain" "$number" "cannot be read"; number=$((number + 1)); previous=$hash; continue; fi
        if [ "$2" != "$previous" ] || [ "$3" != "$number" ]; then damaged "$chain" "$number" "is out of place"; fi
        if [ "$1" != "${chain%@*}" ]; then damaged "$chain" "$number" "is of another writer"; fi
        if [ "$4" -lt "$before" ]; then damaged "$chain" "$number" "is earlier than the entry before it"; fi
        if [ "$4" -gt "$limit" ]; then
            if behind "$chain" "$number"; then damaged "$chain" "$number" "lies in the future"; else fault "$chain entry $number lies in the future"; fi
        fi
        case $odd in *" $((number + 1)) "*) damaged "$chain" "$number" "is not in canonical form: a blank, or a number that is no plain integer" ;; esac
        if [ "${10}" = true ]; then damaged "$chain" "$number" "holds a number beyond 2^53 - 1, which not everybody reads alike"; fi
        case $types in *" $5 "*) ;; *) damaged "$chain" "$number" "is of a type that is not known" ;; esac
        for object in $(printf '%s' "$body" | jq -r '.data.objects // [] | if type == "array" then .[] else . end | tostring' 2>/dev/null); do
            case $object in *[!0-9a-f]*) damaged "$chain" "$number" "names evidence that is none" ;; esac
            if ! regular "$ledger/objects/sha256/$(printf '%.2s' "$object")/$object"; then damaged "$chain" "$number" "rests on the evidence $object, which is missing"; fi
        done
        if [ "$7" != 1 ]; then damaged "$chain" "$number" "is of a version that is not known"; fi
        if [ "$number" -eq 0 ]; then
            if [ "$5" != genesis ] || [ "$6" != "$chain" ]; then damaged "$chain" 0 "begins another chain"; fi
        elif [ "$5" = genesis ]; then damaged "$chain" "$number" "begins the chain again"; fi
        printf '%s' "$body" >"$scratch/body"
        printf '%b' "$armour" >"$scratch/sig"
        if ! signed "$1" riskcockpit-evidence "$scratch/sig" "${4}Z" <"$scratch/body"; then
            end=$(grep -F -m 1 "$8 " "$scratch/revoked"); end=${end#* }; end=${end%% *}
            if [ -n "$end" ] && [ "$4" -gt "$end" ] && signed "$1" riskcockpit-evidence "$scratch/sig" "${end}Z" <"$scratch/body"; then
                if ! behind "$chain" "$number"; then echo "$chain $number" >>"$scratch/doubts"; fi
            else
                damaged "$chain" "$number" "is not signed by $1, or with a key that did not count then"
            fi
        elif [ $ends = no ] || signed "$1" riskcockpit-evidence "$scratch/sig" <"$scratch/body"; then
            covered=$((number + 1))
        fi
        if ! [ -e "$scratch/first.$chain" ]; then echo "$8" >"$scratch/key.$chain"; fi
        if [ -s "$scratch/revoked" ] && ! behind "$chain" "$number"; then echo "$number $4 $5 $8 $9" >>"$scratch/keys.$chain"; fi
        previous=$hash; before=$4; number=$((number + 1))
    done <"$file" 3<"$scratch/facts"
    if [ -n "$(tail -c 1 "$file")" ]; then damaged "$chain" $((number - 1)) "is torn"; fi
    if [ -e "$scratch/first.$chain" ]; then
        good=$(cat "$scratch/first.$chain")
        if [ "$covered" -gt "$good" ]; then covered=$good; fi
        echo "$good" >"$scratch/length.$chain"
    else
        echo "$number" >"$scratch/length.$chain"
    fi
    echo "$covered" >"$scratch/covered.$chain"
    echo "ok     $chain, $number entries looked at"
done

goods() { # chain: what is good of it
    if [ -e "$scratch/first.$1" ]; then head -n "$(cat "$scratch/first.$1")" "$ledger/chains/$1.jsonl"; else cat "$ledger/chains/$1.jsonl"; fi
}
chains() { while read -r chain; do goods "$chain"; done <"$scratch/chains"; }

# 3. checkpoints: nothing before them was changed, moved or cut
for cp in "$ledger"/checkpoints/*/*.cp "$ledger"/checkpoints/*/.*.cp; do
    there "$cp" || continue
    chain=${cp%/*}; chain=${chain##*/}
    file=$ledger/chains/$chain.jsonl
    if [ ! -e "$scratch/length.$chain" ]; then
        there "$file" || fault "$chain is missing, its checkpoints are there"
        continue
    fi
    number=${cp##*/}
    if ! count "${number%.cp}"; then fault "$cp is named by no number of entries"; continue; fi
    if ! regular "$cp" || ! regular "$cp.sig"; then fault "$cp or its signature is no regular file"; continue; fi
    head -c 1000 "$cp" >"$scratch/cp"
    { read -r origin && read -r entries && read -r bytes && read -r digest; } <"$scratch/cp" || { fault "$cp is cut"; continue; }
    if ! count "$bytes"; then fault "$cp says no number of bytes"; continue; fi
    if [ "$origin" != "riskcockpit.ledger/1 $chain" ] || [ "$entries.cp" != "${cp##*/}" ]; then fault "$cp is about another chain"; fi
    if [ "$(head -c "$bytes" "$file" | sum)" != "$digest" ]; then fault "$chain entry $entries: cut or changed before it, a checkpoint says"; fi
    at=$(grep -a -o '"ts":"[^"]*"' "$file" | sed -n "${entries}p" | sed -E 's/[^0-9.]//g; s/\..*//')
    if signed "${chain%@*}" riskcockpit-checkpoint "$cp.sig" <"$cp"; then
        if [ "$entries" -gt "$(cat "$scratch/covered.$chain")" ]; then echo "$entries" >"$scratch/covered.$chain"; fi
    elif [ -z "$at" ] || ! signed "${chain%@*}" riskcockpit-checkpoint "$cp.sig" "${at}Z" <"$cp"; then
        good=no
        while read -r _ end _; do
            if signed "${chain%@*}" riskcockpit-checkpoint "$cp.sig" "${end}Z" <"$cp"; then good=yes; break; fi
        done <"$scratch/revoked"
        if [ $good = no ]; then fault "$cp is not signed by ${chain%@*}"; fi
    fi
done

# 4. witnesses: what a writer has seen of other chains is still there
: >"$scratch/seen"
for chain in $(cat "$scratch/chains"); do
    goods "$chain" | jq -r --arg chain "$chain" '.body as $b | $b.seen // {} | to_entries[] | "\($chain) \($b.seq) \(.key) \(.value)"' >>"$scratch/seen" 2>/dev/null
done
# who saw what is not there may lie: it is a fault until somebody who is neither of both ended their key
believed() { # witness entry chain
    [ -e "$scratch/keys.$1" ] || return 0
    by=$(grep "^$2 " "$scratch/keys.$1"); by=${by% *}; by=${by##* }
    while read -r key _ revoker place _; do
        if [ "$key" = "$by" ] && ! behind "$revoker" "$place" && [ "${revoker%@*}" != "${3%@*}" ] && [ "${revoker%@*}" != "${1%@*}" ]; then
            echo "note   $1 entry $2 says that it saw what is not there of $3: $revoker entry $place ended its key"
            return 1
        fi
    done <"$scratch/revoked"
}
while read -r witness seq chain head; do
    if ! named "$chain" || [ ! -e "$scratch/length.$chain" ]; then
        if { ! named "$chain" || ! there "$ledger/chains/$chain.jsonl"; } && believed "$witness" "$seq" "$(printf '%s' "$chain" | plain)"; then fault "$chain is missing, which $witness saw in its entry $seq"; fi
        continue
    fi
    at=$(grep -a -n -m 1 -F ",\"h\":\"$head\",\"sig\":" "$ledger/chains/$chain.jsonl"); at=${at%%:*}
    if [ -z "$at" ]; then
        if believed "$witness" "$seq" "$chain"; then fault "$chain entry $(cat "$scratch/length.$chain") is gone or replaced, which $witness saw in its entry $seq"; fi
    elif behind "$chain" $((at - 1)); then
        if [ "${witness%@*}" != "${chain%@*}" ]; then
            fault "$chain entry $(cat "$scratch/first.$chain"): good entries were replaced, $witness saw one behind it in its entry $seq"
        fi
    else
        echo "$witness $seq $chain $at" >>"$scratch/vouched"
    fi
done <"$scratch/seen"

# 5. entries of keys that have ended since: something signed later must cover them
grows=$ends
while [ "$grows" = yes ] && [ -e "$scratch/vouched" ]; do
    grows=no
    while read -r witness seq chain at; do
        if [ "$seq" -lt "$(cat "$scratch/covered.$witness")" ] && [ "$at" -gt "$(cat "$scratch/covered.$chain")" ]; then
            echo "$at" >"$scratch/covered.$chain"; grows=yes
        fi
    done <"$scratch/vouched"
done
# entries of a key that was revoked are void, unless they say a time before its end and the revocation knew them
: >"$scratch/void"; : >"$scratch/kept"
while read -r key _ revoker place content since; do
    if behind "$revoker" "$place"; then continue; fi
    rm -f "$scratch"/known.*
    echo $((place + 1)) >"$scratch/known.$revoker"
    grows=yes
    while [ "$grows" = yes ] && [ -e "$scratch/vouched" ]; do
        grows=no
        while read -r witness seq chain at; do
            if [ ! -e "$scratch/known.$witness" ] || [ "$seq" -ge "$(cat "$scratch/known.$witness")" ]; then continue; fi
            if [ ! -e "$scratch/known.$chain" ] || [ "$at" -gt "$(cat "$scratch/known.$chain")" ]; then
                echo "$at" >"$scratch/known.$chain"; grows=yes
            fi
        done <"$scratch/vouched"
    done
    for file in "$scratch"/keys.*; do
        [ -e "$file" ] || continue
        chain=${file##*/keys.}; known=0
        if [ -e "$scratch/known.$chain" ]; then known=$(cat "$scratch/known.$chain"); fi
        while read -r number at _ by after; do
            if [ "$by" != "$key" ]; then continue; fi
            if [ "$chain" = "$revoker" ] && [ "$after" = "$content" ] && grep -q -x "$place .* $key $content" "$file"; then
                echo "$chain $number" >>"$scratch/kept"
            elif [ "$at" -le "$since" ] && [ "$number" -lt "$known" ]; then
                echo "$chain $number" >>"$scratch/kept"
            else
                echo "$chain $number" >>"$scratch/void"
                echo "note   $chain entry $number is void: its key was revoked by $revoker entry $place"
            fi
        done <"$file"
    done
done <"$scratch/revoked"
while read -r chain number; do
    if ! grep -q -x "$chain $number" "$scratch/void" && ! grep -q -x "$chain $number" "$scratch/kept"; then
        fault "$chain entry $number is not signed with a key that counted then"
    fi
done <"$scratch/doubts"
for file in "$scratch"/length.*; do
    [ -e "$file" ] || continue
    chain=${file##*/length.}
    number=$(cat "$scratch/covered.$chain")
    while [ "$number" -lt "$(cat "$file")" ]; do
        if ! grep -q -x "$chain $number" "$scratch/void" && ! grep -q -x "$chain $number" "$scratch/kept"; then
            fault "$chain entry $number: its key has ended since, and nothing signed later covers it"; break
        fi
        number=$((number + 1))
    done
done

# 5b. damage: it stays a fault until somebody else than its writer set the rest of the chain aside, byte for byte, or
# ended the writer's key (who may, is in the roles, which this script does not read)
: >"$scratch/aside"
for chain in $(cat "$scratch/chains"); do
    goods "$chain" | jq -r --arg chain "$chain" '.body | select(.type == "note") | . as $b | .data.set_aside? // empty
        | [$chain, $b.seq, .chain, .entries, .last, .size, .digest] | map(tostring)
        | if any(test("[ \\n*?]|^$")) then empty else join(" ") end' >>"$scratch/aside" 2>/dev/null
done
before() { # chain entries: the hash of the last of its first entries
    if [ "$2" -eq 0 ]; then printf '%s' $zeros; else goods "$1" | sed -n "${2}p" | sed -E 's/^.*,"h":"([0-9a-f]*)","sig":".*$/\1/'; fi
}
rest() { tail -n "+$(($(cat "$scratch/first.$1") + 1))" "$ledger/chains/$1.jsonl"; }
while read -r by seq chain entries last size digest; do
    if [ "${by%@*}" = "${chain%@*}" ] || ! named "$chain" || grep -q -x "$by $seq" "$scratch/void"; then continue; fi
    case $entries$size in *[!0-9]*) continue ;; esac
    if [ -e "$scratch/first.$chain" ] && [ "$entries" = "$(cat "$scratch/first.$chain")" ] &&
        [ "$(before "$chain" "$entries")" = "$last" ] && [ "$(rest "$chain" | head -c "$size" | sum)" = "$digest" ]; then
        if [ "$(rest "$chain" | tail -c "+$((size + 1))" | sum)" = "$nothing" ]; then
            echo "$by entry $seq set it aside" >"$scratch/settled.$chain"
        fi
    else
        fault "$chain entry $entries: what $by set aside in its entry $seq is gone, or was changed"
    fi
done <"$scratch/aside"
for file in "$scratch"/damage.*; do
    [ -e "$file" ] || continue
    chain=${file##*/damage.}
    if [ -e "$scratch/key.$chain" ]; then
        while read -r key _ revoker place _; do
            if [ "$key" = "$(cat "$scratch/key.$chain")" ] && [ "${revoker%@*}" != "${chain%@*}" ] && ! behind "$revoker" "$place"; then
                echo "$revoker entry $place ended the key of its writer" >"$scratch/settled.$chain"
            fi
        done <"$scratch/revoked"
    fi
    if [ -e "$scratch/settled.$chain" ]; then
        echo "note   $chain counts for nothing from entry $(cat "$scratch/first.$chain") on: $(cat "$scratch/settled.$chain")"
    else
        while read -r words; do fault "$words"; done <"$file"
    fi
done

# 6. objects are named by their content; no entry stands in two chains
for object in "$ledger"/objects/sha256/*/* "$ledger"/objects/sha256/*/.[!.]*; do
    there "$object" || continue
    case $object in *.part) continue ;; esac
    if ! regular "$object"; then fault "$object is no regular file"; continue; fi
    if [ "$(sum <"$object")" != "${object##*/}" ]; then fault "$object was changed"; fi
done
for double in $(chains | grep -a -o '"h":"[0-9a-f]*","sig":' | sort | uniq -d); do
    fault "one entry stands in two places: $double"
done

# 7. the policy files are versions that somebody signed
for policy in policy/roles.yaml allowed_signers; do
    changes=$(chains | jq -r --arg f "$policy" 'select(.body.type == "policy.changed" and .body.data.file == $f) | .body.data.after' 2>/dev/null)
    if [ -z "$changes" ]; then
        echo "note   no version of $policy was signed yet"
    elif ! regular "$ledger/$policy"; then
        fault "$policy is missing, or no regular file"
    elif ! printf '%s\n' "$changes" | grep -q -x "$(sum <"$ledger/$policy")"; then
        fault "$policy is not a version that was signed: it was edited by hand"
    fi
done

if [ "$faults" -gt 0 ]; then echo "$faults faults in the ledger"; exit 1; fi
echo 'the ledger holds'
