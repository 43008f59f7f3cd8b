# SPDX-License-Identifier: BSD-3-Clause
# What the runners of several suites, tests/NAME/run, share (sourced, bash): arguments,
# verdicts and their sum, groups of cases that are a script each, and boots of a guest.  The
# runner defines usage, and in $names what can be chosen.

. "$(dirname "${BASH_SOURCE[0]}")/../tools/lib.sh"
here=$(cd "$(dirname "$0")" && pwd)
suite=${here##*/}
build=$top/build/gcc
chosen=""
passed=0 failed=0 skipped=0
at_end :

# What QEMU's builtin back end says when a session is asked of a service that it advertises and
# does not have (HASH, and chains), and of signatures that must not verify: true, and no
# complaint about the driver.
not_about_driver="Unsupported optype|virtio-crypto unsupported ctrl opcode"
not_about_driver="$not_about_driver|Failed to (verify signature|decrypt)|RSA with raw padding"

# runner_arguments ARGUMENT...: --build, and those of $names that are to run, else all: in
# build and chosen.
runner_arguments()
{
	while [ $# -gt 0 ]; do
		case $1 in
		--build) build=${2:?--build needs a folder}; shift ;;
		-h | --help) usage; exit 0 ;;
		*) choose "$1" ;;
		esac
		shift
	done
	chosen=${chosen:-$names}
	build=$(build_folder "$build")
}

choose()
{
	[[ " $names " == *" $1 "* ]] || { usage >&2; exit 2; }
	chosen="$chosen $1"
}

# ---- verdicts ----

# judge LINE: a verdict, or a line that belongs to one.
judge()
{
	echo "$1"
	case $1 in
	PASS\ *) passed=$((passed + 1)) ;;
	FAIL\ *) failed=$((failed + 1)) ;;
	SKIP\ *) skipped=$((skipped + 1)) ;;
	esac
}

# count FILE: its verdicts, and what belongs to them.
count()
{
	local line
	while IFS= read -r line; do
		judge "$line"
	done < <(grep -aE '^(PASS|FAIL|SKIP|NOTE|    )' "$1")
}

# judge_fails NAME LOG: FAIL, where its output is, and the end of it.
judge_fails()
{
	judge "FAIL $1 (see ${2#"$top/"})"
	tail -n 8 "$2" | sed 's/^/    /'
}

# verdict NAME LOG COMMAND...: PASS if the command, whose output goes to LOG, succeeds; false
# if it does not.
verdict()
{
	local name=$1 log=$2
	shift 2
	if "$@" >"$log" 2>&1 </dev/null; then
		judge "PASS $name"
	else
		judge_fails "$name" "$log"
		return 1
	fi
}

# says NAME LOG PATTERN COMMAND...: as verdict, for a command that must print a line which the
# extended regular expression PATTERN describes, too: the last one is shown.
says()
{
	local name=$1 log=$2 pattern=$3 line
	shift 3
	if "$@" >"$log" 2>&1 </dev/null && line=$(grep -aE "$pattern" "$log" | tail -n 1); then
		judge "PASS $name (${line#\# })"
	else
		judge_fails "$name" "$log"
		return 1
	fi
}

# The sum; false if a case failed or none was there.
end_suite()
{
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" = 0 ] && [ $((passed + skipped)) -gt 0 ]
}

skip_all()
{
	judge "SKIP $suite: $1"
	end_suite
	exit
}

# build_has FILE...: the suite is skipped without one of these in the build folder.
build_has()
{
	local file
	for file in "$@"; do
		[ -f "$build/$file" ] ||
			skip_all "$build has no $file (the build left it out: see its meson log)"
	done
}

# ---- groups: a script each ----

# run_groups FOLDER: what is chosen, with the output of each in FOLDER/GROUP.
run_groups()
{
	local name
	for name in $chosen; do
		run_group "$name" "$1/$name"
	done
}

run_group()
{
	local name=$1 out=$2 see=${2#"$top/"} code=0 began=$SECONDS
	rm -rf "$out"
	mkdir -p "$out"
	PEERS_BUILD=$build PEERS_OUT=$out held "$here/cases/$name.sh" \
		>"$out/log" 2>"$out/err" </dev/null || code=$?
	count "$out/log"
	if [ $code != 0 ]; then
		tail -n 5 "$out/err" | sed 's/^/    /'
		judge "FAIL $name: the script ended with $code (see $see)"
	elif ! grep -qE '^(PASS|FAIL|SKIP)' "$out/log"; then
		judge "FAIL $name: no case ran (see $see)"
	fi
	judge "NOTE $name: $((SECONDS - began)) s"
}

# ---- boots of a guest ----

# judge_boot NAME OUT CODE [MORE]: what the boot with output in OUT and that exit code of
# tests/guest/boot is worth.  MORE, part of a regular expression, is what it makes QEMU say on
# purpose.
judge_boot()
{
	local name=$1 out=$2 see=${2#"$top/"} code=$3 more=${4:-}
	[ ! -f "$out/log" ] || count "$out/log"
	if [ "$code" -ge 124 ]; then
		judge "FAIL boot $name: the guest did not end as it should (see $see)"
	elif ! grep -qE '^(PASS|FAIL|SKIP)' "$out/log"; then
		judge "FAIL boot $name: no case ran (see $see/log)"
	elif [ "$code" != 0 ]; then
		judge "FAIL boot $name: the guest's script ended early, with $code (see $see/log)"
	fi
	if grep -vE "$not_about_driver$more" "$out/qemu.err" >"$out/complaints"; then
		sort "$out/complaints" | uniq -c | sed 's/^/    /'
		judge "FAIL boot $name: QEMU complained"
	elif [ -f "$out/qemu.err" ]; then
		judge "PASS boot $name: QEMU has no complaint"
	fi
}
