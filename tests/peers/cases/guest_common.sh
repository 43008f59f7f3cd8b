# SPDX-License-Identifier: BSD-3-Clause
# What the scripts of this suite that run in a guest share (sourced, after driver.sh).

# clean_run FLOOR COMMAND...: its last sum has no failure, and enough passes.
clean_run()
{
	local floor=$1 sum
	shift
	timeout $program_s "$@" >/out/last 2>/out/last.err ||
		{ cat /out/last.err /out/last | tail -n 30; return 1; }
	sum=$(grep -E '^[0-9]+ passed' /out/last | tail -n 1)
	echo "NOTE $group: ${1##*/}: $sum" >>/out/notes
	echo "$sum"
	case $sum in *" 0 failed"*) [ "${sum%% *}" -ge "$floor" ] ;; *) false ;; esac
}

# Pairs that the last run named and passed some of.
passed_some()
{
	grep -E "^$1 .* [1-9][0-9]* passed.* 0 failed" /out/last
}
