# SPDX-License-Identifier: BSD-3-Clause
# Shell helpers of tools/ and tests/ (sourced, bash with pipefail).  Owns the names of the
# folders below build/ and the way that these scripts speak; changes nothing by
# being read.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
setup_dir=$top/build/setup	# what tools/setup fetches
sdk_dir=$setup_dir/dpdk-sdk	# DPDK's driver headers
kernel_dir=$setup_dir/kernel	# Debian's kernel, unpacked
vdpa_kernel_dir=$setup_dir/kernel-vdpa	# a later one, with vp_vdpa
dpdk_source_dir=$setup_dir/dpdk-source
checkpatch_dir=$setup_dir/checkpatch	# Linux's checkpatch.pl
peer_qemu_dir=$setup_dir/qemu-sid	# a newer QEMU, unpacked
deb_root_tar=$setup_dir/deb-root.tar	# a small Debian to install packages in
dpdk_releases_dir=$setup_dir/dpdk-releases	# later ones, a folder per Debian suite
cross_dir=$setup_dir/cross	# libraries for other processors, a folder each
cross_guest_dir=$setup_dir/cross-guest	# an arm64 guest's kernel and busybox
program=$(basename "$0")

# One line of progress.
say()
{
	printf '%s: %s\n' "$program" "$*"
}

# One line that says what is wrong and what to do, and the end.
die()
{
	printf '%s: error: %s\n' "$program" "$*" >&2
	exit 1
}

# build_folder DIR: its whole path.
build_folder()
{
	(cd "$1" 2>/dev/null && pwd) || die "no build folder $1"
}

# has_said TEXT LOG PID SECONDS: waits until that process has written TEXT to LOG; false if it
# ends before, or takes longer.
has_said()
{
	local text=$1 log=$2 pid=$3 turns=$(($4 * 10))
	until grep -qs -- "$text" "$log"; do
		turns=$((turns - 1))
		[ $turns -gt 0 ] && kill -0 "$pid" 2>/dev/null || return 1
		sleep 0.1
	done
}

end_s=20	# the longest that a process may take to end once it is told to

# descendants PID: adds what that process has started, and what these have, to family.
descendants()
{
	local task pids one
	for task in "/proc/$1"/task/*/children; do
		pids=()
		read -r -a pids 2>/dev/null <"$task" || true	# the line has no end
		for one in "${pids[@]}"; do
			family+=("$one")
			descendants "$one"
		done
	done
}

# end_children: tells all that this script has started, and that it has not waited for, to
# end; kills what takes longer.
end_children()
{
	local family=() turns=0
	descendants $BASHPID
	[ ${#family[@]} -gt 0 ] || return 0
	kill "${family[@]}" 2>/dev/null || true
	while [ $turns -lt $((end_s * 10)) ]; do
		sleep 0.1
		turns=$((turns + 1)) family=()
		descendants $BASHPID
		[ ${#family[@]} -gt 0 ] || return 0
	done
	say "killed, as they did not end within $end_s s: ${family[*]}" >&2
	kill -KILL "${family[@]}" 2>/dev/null || true
}

# at_end COMMAND: what is done when this script ends, by a signal too, after end_children.
at_end()
{
	# shellcheck disable=SC2064
	trap "end_children; $1" EXIT
	trap 'exit 130' INT
}

# held COMMAND...: runs it where a signal ends this script at once: bash would first wait for
# what runs in the foreground, and a program under timeout never gets a terminal's signals.
held()
{
	"$@" <&0 &
	wait $!
}

# deb_installed NAME...: true if all of these Debian packages are installed.
deb_installed()
{
	local states
	states=$(dpkg-query -W -f '${db:Status-Status}\n' "$@" 2>/dev/null) || return 1
	! grep -qvx installed <<<"$states"
}

# run_logged LOG COMMAND...: all output to LOG; its end is shown if the command fails.
run_logged()
{
	local log=$1
	shift
	if ! "$@" >"$log" 2>&1 </dev/null; then
		tail -n 25 "$log" >&2
		return 1
	fi
}

# relocate_pc ROOT FOLDER: the .pc files of DPDK's packages that are unpacked in ROOT, made to
# say so.  They name libbsd, whose linker script has absolute paths.
relocate_pc()
{
	local root=$1 to=$2 name
	mkdir -p "$to"
	for name in libdpdk libdpdk-libs; do
		sed "s#^prefix=.*#prefix=$root/usr#; s#=/usr/#=$root/usr/#; s/, libbsd//" \
			"$root"/usr/lib/*/pkgconfig/$name.pc >"$to/$name.pc"
	done
}

follow_seconds=30	# between two lines where no terminal is

# follow SCRIPT: shows what the script of sed makes of a program's output: how far it is.  On
# a terminal in one line that changes, else a line now and then.
follow()
{
	local line="" shown=$SECONDS
	sed -un "$1" | while IFS= read -r line; do
		if [ -t 1 ]; then
			printf '\r\033[K%s: %s' "$program" "$line"
		elif [ $((SECONDS - shown)) -ge $follow_seconds ]; then
			say "$line"
			shown=$SECONDS
		fi
	done
	[ ! -t 1 ] || printf '\r\033[K'
}

# meson_configure DIR [ARGUMENT...]: once; a folder that was set up without the tests gets
# them, but where the caller needs none (-Dtests=false).  The logs of this and of ninja_build
# stay beside the build folder.  False after a line that says what failed.
meson_configure()
{
	local dir=$1
	if [ ! -f "$dir/build.ninja" ]; then
		mkdir -p "$(dirname "$dir")"
		say "configuring ${dir#"$top/"}"
		set -- setup "$dir" "$top" "${@:2}"
	elif [[ " ${*:2} " != *" -Dtests=false "* ]] && grep -qs '"tests", "value": false' \
			"$dir/meson-info/intro-buildoptions.json"; then
		set -- configure "$dir" -Dtests=true
	else
		return 0
	fi
	run_logged "$dir.setup.log" meson "$@" || {
		say "meson $1 failed: see $dir.setup.log"
		return 1
	}
}

# ninja_build DIR [TARGET...]: these, or all.
ninja_build()
{
	local dir=$1 code=0
	NINJA_STATUS='[%f/%t] ' ninja -C "$@" </dev/null 2>&1 | tee "$dir.build.log" |
		follow 's#^\[\([0-9]*\)/\([0-9]*\)\].*#built \1 of \2#p' || code=$?
	[ $code != 0 ] || return 0
	tail -n 25 "$dir.build.log" >&2
	say "the build failed: see $dir.build.log"
	return 1
}

meson_build()
{
	meson_configure "$@" && ninja_build "$1"
}
