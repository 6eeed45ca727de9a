#!/usr/bin/env bash
# symbols_test.sh LIBRARY: libtsnsocket.so must load in images older than the build host.
set -euo pipefail
command -v objdump >/dev/null || { echo "no objdump: apt-get install binutils"; exit 77; }
library=$1
symbols=$(objdump -T "$library")
failed=0
newest=$(grep -oE 'GLIBC_[0-9.]+' <<<"$symbols" | sed 's/GLIBC_//' | sort -V | tail -1)
if [ "$(printf '%s\n2.28\n' "$newest" | sort -V | tail -1)" != 2.28 ]; then
  echo "needs GLIBC_$newest, newer than 2.28:"; grep "GLIBC_$newest" <<<"$symbols"; failed=1
fi
others=$(objdump -p "$library" | awk '/NEEDED/{print $2}' | grep -vxE 'libc\.so\.6|libdl\.so\.2|ld-linux-.*' || true)
if [ -n "$others" ]; then echo "depends on $others"; failed=1; fi
# Whatever is visible stands in front of the program's own functions: nothing but libc's names.
strangers=$(awk '/ g /{print $NF}' <<<"$symbols" | grep -E '^(tsn|timed|client|frame|route|preload|next|executable)_' || true)
if [ -n "$strangers" ]; then echo "exports $strangers"; failed=1; fi
for name in socket setsockopt sendmsg recvmsg poll epoll_wait close; do
  grep -qE " g .* $name\$" <<<"$symbols" || { echo "does not export $name"; failed=1; }
done
exit $failed
