# SPDX-License-Identifier: BSD-3-Clause
# What the case scripts share (sourced; runs in busybox's sh as well as in bash).
# Every case prints one line, "PASS name" or "FAIL name", which run counts; what a failed
# case said follows, indented.

scratch=${scratch:-/tmp}
# No program of a case takes so long, emulated on a busy machine: one that does hangs.
program_s=600
group=${group:-case}
key=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1ff0f1f2f3f4f5f6f7f8f9fafbfcfdfe0f
iv=f7f8f9fafbfcfdfefffffffffffffffe	# its counter overflows into the upper half

# comes_true COMMAND...: until it does, or false if it never does.
comes_true()
{
	local turns=0
	until "$@"; do
		turns=$((turns + 1))
		[ $turns -lt $((program_s * 10)) ] || return 1
		sleep 0.1
	done
}

verdict()
{
	echo "$1 $group: $2"
	if [ "$1" = FAIL ] && [ -s "$scratch/said" ]; then
		tail -n 12 "$scratch/said" | sed 's/^/    /'
	fi
}

# check NAME COMMAND...: passes if the command does.
check()
{
	local name=$1
	shift
	if "$@" >"$scratch/said" 2>&1; then
		verdict PASS "$name"
	else
		verdict FAIL "$name"
	fi
}

# refused NAME TEXT PROGRAM...: the program has to fail by itself (not by a signal, and
# not because it hangs), and to say TEXT (an extended regular expression).
refused()
{
	local name=$1 text=$2
	shift 2
	fails "$name" "$text" timeout $program_s "$@"
}

# fails NAME TEXT COMMAND...: the same for a function, which bounds itself.
fails()
{
	local name=$1 text=$2 code
	shift 2
	"$@" >"$scratch/said" 2>&1
	code=$?
	if [ $code -gt 0 ] && [ $code -lt 124 ] && grep -Eq -- "$text" "$scratch/said"; then
		verdict PASS "$name"
	else
		echo "exit code $code; expected text: $text" >>"$scratch/said"
		verdict FAIL "$name"
	fi
}
