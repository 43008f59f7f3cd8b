# SPDX-License-Identifier: BSD-3-Clause
# Puts files with the libraries they need into a folder that becomes an initramfs
# (sourced by image and boot, after tools/lib.sh).

guest_dir=$top/build/guest

# The part of the initramfs that is the same in each boot of the kernel in $kernel_dir.
guest_base()
{
	echo "$guest_dir/base-${kernel_dir##*/}"
}

PATH=$PATH:/usr/sbin:/sbin

# The folder that Debian's DPDK loads plugins from.
plugin_folder()
{
	local folder
	folder=$(echo "$(pkg-config --variable=libdir libdpdk)"/dpdk/pmds-*)
	[ -d "$folder" ] || die "no folder of DPDK plugins at $folder"
	echo "$folder"
}

# A root with the distribution's links from /lib to /usr/lib.
new_root()
{
	mkdir -p "$1"/usr/{bin,sbin,lib,lib64}
	ln -s usr/lib "$1/lib"
	ln -s usr/lib64 "$1/lib64"
}

# add_file ROOT FILE: FILE at its own path below ROOT, links and all.
add_file()
{
	local real name
	real=$(readlink -f "$2")
	name=$(readlink -f "$(dirname "$2")")/$(basename "$2")
	[ -e "$1$real" ] || install -D -m 755 "$real" "$1$real"
	if [ "$name" != "$real" ] && [ ! -L "$1$name" ]; then
		mkdir -p "$(dirname "$1$name")"
		ln -s "$real" "$1$name"
	fi
}

# add_libraries ROOT FILE [BASE]: each shared library that FILE needs, unless the
# folder BASE has it.
add_libraries()
{
	local lib
	for lib in $(ldd "$2" 2>/dev/null | grep -o '/[^ )]*'); do
		[ -n "${3:-}" ] && [ -e "$3$(readlink -f "$lib")" ] || add_file "$1" "$lib"
	done
}

add_program()
{
	add_file "$1" "$2"
	add_libraries "$@"
}

# write_cpio ROOT FILE
write_cpio()
{
	(cd "$1" && find . -print0 | cpio -0 -o -H newc --quiet -R 0:0) >"$2"
}

# last_words OUT: what the guest's kernel complained of first, and its script wrote last.
last_words()
{
	[ ! -s "$1/console" ] || head -n 6 "$1/console" | sed 's/^/    console: /'
	[ ! -s "$1/log" ] || tail -n 3 "$1/log" | sed 's/^/    log: /'
}

# bring_back OUT CODE SECONDS: ends the script as the guest's did: QEMU has ended with CODE, and
# the guest's files are in OUT/files then.  124: it was ended after SECONDS; 125: no result.
bring_back()
{
	local out=$1 code=$2
	if [ "$code" = 124 ] || [ "$code" = 137 ]; then
		echo "boot: the guest did not end within $3 s (output: $out)" >&2
		last_words "$out" >&2
		exit 124
	fi
	mkdir -p "$out/files"
	if ! tar -x -f "$out/files.tar" -C "$out/files" 2>/dev/null ||
		[ ! -s "$out/files/exit-code" ]; then
		echo "boot: the guest sent no result, QEMU ended with $code (see $out)" >&2
		last_words "$out" >&2
		exit 125
	fi
	rm -f "$out/files.tar"
	exit "$(cat "$out/files/exit-code")"
}
