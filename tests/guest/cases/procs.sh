# SPDX-License-Identifier: BSD-3-Clause
# A primary and secondary processes on the same function (sourced in the guest, after
# common.sh).  QEMU's builtin back end has one data queue: a secondary has it for itself,
# and the primary uses it in between.  The caller sets function, group and eal.

# procs_cases [OPTION...]
procs_cases()
{
	# shellcheck disable=SC2086
	timeout $program_s procs -m 64 -d "$PLUGIN" -a "$function,ctrl_timeout_ms=60000" $eal \
		--no-telemetry --file-prefix p --lcores 0@0 -- --dev "$function" \
		--log /tmp/second --rounds 30 --qps 1 "$@" \
		>"$scratch/said" 2>&1
	cp "$scratch/said" /out/procs
	sed -n "s/^\(PASS\|FAIL\) secondary: /\1 $group: /p" "$scratch/said"
	grep -q '^PASS secondary: close' "$scratch/said" || verdict FAIL "every case was run"
}
