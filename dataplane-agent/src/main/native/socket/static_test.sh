#!/usr/bin/env bash
# static_test.sh LIBRARY STATIC_PROGRAM DYNAMIC_PROGRAM: programs that the library will not be in are told of, others not.
set -u
library=$1 static=$2 dynamic=$3 failed=0
expect() { # expect NAME yes|no OUTPUT
  local said=no
  grep -q "libtsnsocket: .*is a static program" <<<"$3" && said=yes
  if [ "$said" != "$2" ]; then echo "$1: expected $2, got: $3"; failed=1; fi
}
expect "by a shell" yes "$(LD_PRELOAD=$library sh -c "\"$static\"" 2>&1)"
expect "by exec" yes "$(LD_PRELOAD=$library sh -c "exec \"$static\"" 2>&1)"
expect "found in PATH" yes "$(LD_PRELOAD=$library PATH=$(dirname "$static"):$PATH env "$(basename "$static")" 2>&1)"
expect "a dynamic program" no "$(LD_PRELOAD=$library sh -c "\"$dynamic\"; true" 2>&1)"
script=$(mktemp); printf '#!/bin/sh\ntrue\n' >"$script"; chmod +x "$script"
expect "a script" no "$(LD_PRELOAD=$library sh -c "\"$script\"" 2>&1)"
rm -f "$script"
LD_PRELOAD=$library "$(command -v sh)" -c "\"$static\"" 2>/dev/null || { echo "the static program did not run"; failed=1; }
exit $failed
