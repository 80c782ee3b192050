#!/bin/sh
# Checks a ledger with ssh-keygen, sha256sum, jq and the usual tools of a Unix:
# sh verify-ledger.sh [LEDGER]
# Exit 0: all holds. 1: something does not; every fault is named with its chain and entry.
# Rules: docs/ledger-format.md. About ten milliseconds an entry.
set -u
LC_ALL=C; export LC_ALL
ledger=${1:-ledger}
signers=$ledger/allowed_signers
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
there() { [ -e "$1" ] || [ -h "$1" ]; }
regular() { [ -f "$1" ] && [ ! -h "$1" ]; }
count() { case $1 in '' | 0* | *[!0-9]* | ?????????????????*) return 1 ;; esac; } # 1 to 16 digits
del=$(printf '\177')
undel() { sed "s/$del/?/g"; } # some versions of jq write DEL as it is, some escape it
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
    nul=
    if [ "$(tr -d '\000' <"$file" | sum)" != "$(sum <"$file")" ]; then
        nul=$(tr '\000' '\001' <"$file" | grep -n "$(printf '\001')" | sed 's/:.*//')
    fi
    if [ -z "$long$nul" ]; then echo "$chain" >>"$scratch/chains"; fi
    for number in $nul; do fault "$chain entry $((number - 1)) holds a NUL byte: the chain is not looked at"; done
    for number in $long; do fault "$chain entry $number is longer than $longest bytes: the chain is not looked at"; done
done
chains() { while read -r chain; do cat "$ledger/chains/$chain.jsonl"; done <"$scratch/chains"; }

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
        at=$(grep -n -m 1 -F ",\"h\":\"$hash\",\"sig\":" "$ledger/chains/$chain.jsonl"); at=${at%%:*}
        if [ -n "$at" ] && [ "$rejected" = no ]; then
            echo "$key $end $chain $((at - 1)) $content $since" >>"$scratch/revoked"
        fi
    done
done <"$scratch/changes"
: >"$scratch/doubts"; : >"$scratch/ahead"
# what only takes away: it rejects, revokes, suspends or undoes what allows something, or undoes a key that was added to that
: >"$scratch/takes"
if [ -s "$scratch/revoked" ]; then
    chains | jq -n -R -r '[inputs | fromjson? | objects | select((.body | type) == "object") | select((.body.data | type) == "object")
        | {h: (.h | tostring), t: (.body.type | tostring), k: .body.data.kind, d: .body.data}
        | .n = (if .t == "undo" then .d.decision elif (.t | test("^waiver[.](revoked|suspended)$")) then .d.waiver else .d.request end | tostring)] as $all
        | ([$all[] | select((.t | test("^(waiver[.](requested|granted)|(rollback|deployment)[.]requested)$")) and .k != "deployment.reject") | {(.h): (if (.d.record | type) == "object" and (.d.record.renews // "" | . != "") then "renews" else "first" end)}] | add // {}) as $asks
        | ([$all[] | select((.t == "approval.granted" or .t == "rollback.approved") and $asks[.n] == "first") | {(.h): true}] | add // {}) as $keys
        | $all[] | select((.t | test("^(waiver[.](rejected|revoked|suspended)|approval[.]rejected|undo)$")) and ($asks[.n] or $keys[.n])) | .h' >"$scratch/takes" 2>/dev/null
fi

# 2. every entry: its spelling, hash, place, time and signature
for chain in $(cat "$scratch/chains"); do
    file=$ledger/chains/$chain.jsonl
    # outside of its strings a line has nothing but brackets, colons, commas, words and integers that all read alike;
    # inside, an escape stands only for what cannot stand for itself
    odd=" $(echo $({
        sed -E 's/"([^"\\]|\\.)*"//g; s/true|false|null//g' "$file" | grep -n -E '[^][{}:,0-9-]|-0|(^|[^0-9])0[0-9]|[0-9]{17}|-([^0-9]|$)'
        sed 's/\\\\//g' "$file" | grep -n -E '\\([^"bfnrtu]|u([^0]|0[^0]|00[^01]|000[^0-7bef]|001[^0-9a-f]))'
    } | sed 's/:.*//')) "
    # written again with sorted keys it is the same bytes; all at once, or line by line where they are not
    same=no
    if [ "$(undel <"$file" | jq -cS . 2>/dev/null | sum)" = "$(undel <"$file" | sum)" ]; then same=yes; fi
    jq -R -r 'def of(pattern): type == "string" and test(pattern);
        def time: of("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{6})?Z$") and (endswith(".000000Z") | not)
            and .[0:4] != "0000" and (.[0:19] + "Z" | . == (try (fromdateiso8601 | todate) catch ""));
        (fromjson? | . as $e | .body | [.actor, .prev, .seq, (.ts | gsub("[-:T]|\\..*|Z"; "")), .type, (.data.chain // "-"), .v, .key_fp, (.data.after // .data.signers // "-"),
            any(.. | numbers; (. > 9007199254740991) or (. < -9007199254740991)),
            (.ts | "1" + (if test("[.]") then gsub("^.*[.]|Z"; "") else "000000" end)),
            (($e | keys == ["body", "h", "sig"]) and keys == ["actor", "data", "key_fp", "prev", "seen", "seq", "ts", "type", "v"]
                and ($e.sig | type == "string") and (.actor | type == "string") and (.data | type == "object") and (.seq | type == "number") and .v == 1
                and (.key_fp | of("^SHA256:[A-Za-z0-9+/]{43}$")) and (.prev | of("^[0-9a-f]{64}$")) and (.ts | time)
                and (.seen | type == "object" and all(.[]; of("^[0-9a-f]{64}$"))) and all($e | .. | objects | keys[] | explode[]; . < 128))]
        | map(tostring) | if any(test("[ \\n*?]|^$")) then "-" else join(" ") end) // "-"' "$file" >"$scratch/facts" 2>/dev/null
    previous=$zeros; before=0; fraction=0; number=0; covered=0
    while IFS= read -r line || [ -n "$line" ]; do
        body=${line#'{"body":'}; body=${body%',"h":"'*}
        hash=${line##*',"h":"'}; hash=${hash%%'"'*}
        armour=${line##*'"sig":"'}; armour=${armour%'"}'}
        if [ "{\"body\":$body,\"h\":\"$hash\",\"sig\":\"$armour\"}" != "$line" ]; then fault "$chain entry $number is no entry"; fi
        if [ "$(printf '%s' "$body" | sum)" != "$hash" ]; then fault "$chain entry $number was changed"; fi
        read -r facts <&3 || facts=-
        set -- $facts
        case ${3-x}${4-x}${11-x} in *[!0-9]*) set -- ;; esac
        if [ $# -ne 12 ]; then fault "$chain entry $number cannot be read"; number=$((number + 1)); previous=$hash; continue; fi
        if [ "$2" != "$previous" ] || [ "$3" != "$number" ]; then fault "$chain entry $number is out of place"; fi
        if [ "$1" != "${chain%@*}" ]; then fault "$chain entry $number is of another writer"; fi
        if [ "$4" -lt "$before" ] || { [ "$4" -eq "$before" ] && [ "${11}" -lt "$fraction" ]; }; then fault "$chain entry $number is earlier than the entry before it"; fi
        if [ "$4" -gt "$limit" ]; then echo "$chain $number" >>"$scratch/ahead"; fi
        spelled=$same
        if [ $same = no ] && [ "$(printf '%s\n' "$line" | undel | jq -cS . 2>/dev/null)" = "$(printf '%s\n' "$line" | undel)" ]; then spelled=yes; fi
        case $odd in *" $((number + 1)) "*) spelled=no ;; esac
        if [ $spelled = no ]; then
            fault "$chain entry $number is not in canonical form: a blank, an escape, a number that is no plain integer, bytes that are no UTF-8, or keys out of order"
        fi
        if [ "${12}" != true ]; then fault "$chain entry $number has other keys than an entry, or values of another form"; fi
        if [ "${10}" = true ]; then fault "$chain entry $number holds a number beyond 2^53 - 1, which not everybody reads alike"; fi
        case $types in *" $5 "*) ;; *) fault "$chain entry $number is of a type that is not known" ;; esac
        if [ "$7" != 1 ]; then fault "$chain entry $number is of a version that is not known"; fi
        if [ "$number" -eq 0 ]; then
            if [ "$5" != genesis ] || [ "$6" != "$chain" ]; then fault "$chain entry 0 begins another chain"; fi
        elif [ "$5" = genesis ]; then fault "$chain entry $number begins the chain again"; fi
        printf '%s' "$body" >"$scratch/body"
        printf '%b' "$armour" >"$scratch/sig"
        if ! signed "$1" riskcockpit-evidence "$scratch/sig" "${4}Z" <"$scratch/body"; then
            end=$(grep -F -m 1 "$8 " "$scratch/revoked"); end=${end#* }; end=${end%% *}
            if [ -n "$end" ] && [ "$4" -gt "$end" ] && signed "$1" riskcockpit-evidence "$scratch/sig" "${end}Z" <"$scratch/body"; then
                echo "$chain $number" >>"$scratch/doubts"
            else
                fault "$chain entry $number is not signed by $1, or with a key that did not count then"
            fi
        elif [ $ends = no ] || signed "$1" riskcockpit-evidence "$scratch/sig" <"$scratch/body"; then
            covered=$((number + 1))
        fi
        if [ -s "$scratch/revoked" ]; then echo "$number $hash $4 $8 $9" >>"$scratch/keys.$chain"; fi
        previous=$hash; before=$4; fraction=${11}; number=$((number + 1))
    done <"$file" 3<"$scratch/facts"
    if [ -n "$(tail -c 1 "$file")" ]; then fault "$chain entry $((number - 1)) is torn"; fi
    echo "$number" >"$scratch/length.$chain"
    echo "$covered" >"$scratch/covered.$chain"
    echo "ok     $chain, $number entries looked at"
done

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
    at=$(grep -o '"ts":"[^"]*"' "$file" | sed -n "${entries}p" | sed -E 's/[^0-9.]//g; s/\..*//')
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
    file=$ledger/chains/$chain.jsonl
    jq -r --arg chain "$chain" '.body as $b | $b.seen // {} | to_entries[] | "\($chain) \($b.seq) \(.key) \(.value)"' "$file" >>"$scratch/seen" 2>/dev/null
done
while read -r witness seq chain head; do
    if ! named "$chain" || [ ! -e "$scratch/length.$chain" ]; then
        if ! named "$chain" || ! there "$ledger/chains/$chain.jsonl"; then fault "$chain is missing, which $witness saw in its entry $seq"; fi
        continue
    fi
    at=$(grep -n -m 1 -F ",\"h\":\"$head\",\"sig\":" "$ledger/chains/$chain.jsonl"); at=${at%%:*}
    if [ -z "$at" ]; then
        fault "$chain entry $(cat "$scratch/length.$chain") is gone or replaced, which $witness saw in its entry $seq"
    else
        echo "$witness $seq $chain $at" >>"$scratch/vouched"
        latest=$scratch/latest.$witness,$chain  # no name of a chain has a comma
        if [ -e "$latest" ] && [ "$at" -lt "$(cat "$latest")" ]; then
            fault "$witness entry $seq saw an older $chain than before"
        else
            echo "$at" >"$latest"
        fi
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
        while read -r number hash at by after; do
            if [ "$by" != "$key" ]; then continue; fi
            if [ "$chain" = "$revoker" ] && [ "$after" = "$content" ] && grep -q -x "$place .* $key $content" "$file"; then
                echo "$chain $number" >>"$scratch/kept"
            elif [ "$at" -le "$since" ] && [ "$number" -lt "$known" ]; then
                echo "$chain $number" >>"$scratch/kept"
            else
                echo "$chain $number" >>"$scratch/void"
                word='is void'
                if grep -q -x -F -e "$hash" "$scratch/takes"; then word='only takes away, so it counts'; fi
                echo "note   $chain entry $number $word: its key was revoked by $revoker entry $place"
            fi
        done <"$file"
    done
done <"$scratch/revoked"
while read -r chain number; do
    if ! grep -q -x "$chain $number" "$scratch/void" && ! grep -q -x "$chain $number" "$scratch/kept"; then
        fault "$chain entry $number is not signed with a key that counted then"
    fi
done <"$scratch/doubts"
while read -r chain number; do
    if ! grep -q -x "$chain $number" "$scratch/void"; then fault "$chain entry $number lies in the future"; fi
done <"$scratch/ahead"
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

# 6. objects are named by their content; no entry stands in two chains
for object in "$ledger"/objects/sha256/*/* "$ledger"/objects/sha256/*/.[!.]*; do
    there "$object" || continue
    case $object in *.part) continue ;; esac
    if ! regular "$object"; then fault "$object is no regular file"; continue; fi
    if [ "$(sum <"$object")" != "${object##*/}" ]; then fault "$object was changed"; fi
done
for object in $(chains | jq -r '.body.data.objects // [] | if type == "array" then .[] else . end' 2>/dev/null | sort -u); do
    case $object in *[!0-9a-f]*) fault "an entry names evidence that is none"; continue ;; esac
    if ! regular "$ledger/objects/sha256/$(printf '%.2s' "$object")/$object"; then fault "the evidence $object is missing"; fi
done
for double in $(chains | grep -o '"h":"[0-9a-f]*","sig":' | sort | uniq -d); do
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
