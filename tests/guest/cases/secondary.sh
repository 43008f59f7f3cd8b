# SPDX-License-Identifier: BSD-3-Clause
# A primary and secondary processes on the same function.  QEMU's builtin back end has one
# data queue: a secondary has it for itself, and the primary uses it in between.

. /in/common.sh
group="secondary process"
function=$FUNCTIONS

timeout 240 procs -m 64 -d "$PLUGIN" -a "$function" --iova-mode=${iova:-va} --no-telemetry \
	--file-prefix p --lcores 0@0 -- --dev "$function" --log /tmp/second --rounds 30 --qps 1 \
	>"$scratch/said" 2>&1
sed -n "s/^\(PASS\|FAIL\) secondary: /\1 $group: /p" "$scratch/said"
grep -q '^PASS secondary: close' "$scratch/said" || verdict FAIL "all cases were run"
cp "$scratch/said" /out/procs
