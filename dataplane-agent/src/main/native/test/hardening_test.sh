#!/usr/bin/env bash
# Every file the agent ships: position independent, its relocations read-only and bound at start, no executable stack, guarded
# frames and checked copies, no rights of its file's owner. A file that is not so is named, with what it lacks.
set -euo pipefail
folder=$1; shift
command -v readelf >/dev/null || { echo "skipped: no readelf"; exit 77; }
failed=0
lacks() { echo "$1: $2" >&2; failed=1; }
for name in "$@"; do
  file=$folder/$name
  [ -f "$file" ] || { lacks "$name" "not built"; continue; }
  headers=$(readelf -W -h -l -d "$file"); symbols=$(readelf -W -s --dyn-syms "$file")
  grep -Eq 'Type: +DYN' <<<"$headers" || lacks "$name" "not position independent"
  grep -q GNU_RELRO <<<"$headers" || lacks "$name" "no relro"
  grep -Eq 'BIND_NOW|FLAGS_1.*NOW' <<<"$headers" || lacks "$name" "relocations are bound late"
  grep -q TEXTREL <<<"$headers" && lacks "$name" "relocations in its code"
  grep -Eq 'GNU_STACK.* RWE ' <<<"$headers" && lacks "$name" "an executable stack"
  grep -Eq 'LOAD.* RWE ' <<<"$headers" && lacks "$name" "memory both writable and executable"
  grep -q '__stack_chk_fail' <<<"$symbols" || lacks "$name" "no stack protector"
  grep -Eq '__[a-z]+_chk' <<<"$(grep -v __stack_chk <<<"$symbols")" || lacks "$name" "no checked copies (fortify)"
  grep -Eq 'R(UN)?PATH' <<<"$headers" && lacks "$name" "looks for libraries at a path of its own"
  [ -z "$(find "$file" -perm /6000)" ] || lacks "$name" "setuid or setgid"
done
[ $failed = 0 ] && echo "$# files are hardened"
exit $failed
