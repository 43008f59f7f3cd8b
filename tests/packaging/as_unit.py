#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Runs vcryptod as its unit has systemd run it, where systemd is not the first process:

    UNIT=FILE PROGRAM=VCRYPTOD as_unit.py [ARGUMENT...]

Takes from the unit file what the daemon meets there: limits, a user without capabilities in a
user namespace, namespaces of the network, of IPC and of mounts, a read-only machine, the small
/proc, and the filters of system calls, address families, namespaces and executable memory.  One
thing is harder than in the unit: a call that the unit's list lacks ends the process.

The folder of the first --socket is given to the user.  Needs root.
"""
import ctypes
import errno
import os
import re
import resource
import subprocess
import sys

USER = 61184            # the first of systemd's dynamic users
NEWNS, NEWIPC, NEWUSER, NEWNET = 0x20000, 0x8000000, 0x10000000, 0x40000000
NAMESPACE = {'mnt': NEWNS, 'cgroup': 0x2000000, 'uts': 0x4000000, 'ipc': NEWIPC,
             'user': NEWUSER, 'pid': 0x20000000, 'net': NEWNET}
RDONLY, NOSUID, NODEV, NOEXEC, REMOUNT, BIND, MOVE, PRIVATE, REC = \
    1, 2, 4, 8, 32, 4096, 8192, 1 << 18, 16384
SET_DUMPABLE, CAPBSET_READ, CAPBSET_DROP, SET_NO_NEW_PRIVS = 4, 23, 24, 38
LIMIT = {'LimitNOFILE': resource.RLIMIT_NOFILE, 'LimitMEMLOCK': resource.RLIMIT_MEMLOCK,
         'LimitCORE': resource.RLIMIT_CORE}
PROT_WRITE_EXEC, PROT_EXEC, AF_UNIX = 6, 4, 1

libc = ctypes.CDLL(None, use_errno=True)


def check(rc, what):
    if rc < 0:
        raise OSError(ctypes.get_errno() or -rc, what)


def settings(path):
    """{name: [value, ...]} of the unit file."""
    out = {}
    with open(path, encoding='utf-8') as f:
        for name, value in re.findall(r'^(\w+)=(.*)$', f.read(), re.M):
            out.setdefault(name, []).append(value.strip())
    return out


# ---- who and where -----------------------------------------------------------

def set_limits(unit):
    for name, number in LIMIT.items():
        value = unit[name][-1]
        n = int(value.rstrip('M')) << (20 if value.endswith('M') else 0)
        hard = resource.getrlimit(number)[1]
        if hard != resource.RLIM_INFINITY:
            n = min(n, hard)        # a container may not raise it
        resource.setrlimit(number, (n, n))


def mount(source, target, kind, flags, data=None):
    return libc.mount(source, target, kind, ctypes.c_ulong(flags), data)


def enter_machine(folder):
    """Namespaces; what lies on the machine's root file system is read-only, but for folder.  The
    root is moved as systemd moves it: a changed root alone would forbid user namespaces."""
    root = b'/run'      # seen as such by nobody else
    check(libc.unshare(NEWNS | NEWNET | NEWIPC), 'unshare')
    check(mount(None, b'/', None, PRIVATE | REC), 'mount private')
    check(mount(folder, folder, None, BIND), 'mount the folder')
    check(mount(b'/', root, None, BIND | REC), 'mount the root')
    check(mount(None, root, None, BIND | REMOUNT | RDONLY), 'mount the root read-only')
    os.chdir(root)
    check(mount(b'.', b'/', None, MOVE), 'move the root')
    os.chroot('.')
    if mount(b'proc', b'/proc', b'proc', NOSUID | NODEV | NOEXEC,
             b'hidepid=invisible,subset=pid') != 0:
        print('as_unit: this kernel knows no small /proc', file=sys.stderr)


def drop_bounds():
    cap = 0
    while libc.prctl(CAPBSET_READ, cap, 0, 0, 0) >= 0:
        check(libc.prctl(CAPBSET_DROP, cap, 0, 0, 0), 'the bounding set')
        cap += 1


def become_user():
    drop_bounds()
    os.setgroups([])
    os.setresgid(USER, USER, USER)
    os.setresuid(USER, USER, USER)
    check(libc.prctl(SET_DUMPABLE, 1, 0, 0, 0), 'dumpable')     # to write these files
    check(libc.unshare(NEWUSER), 'unshare user')
    for name, text in ('setgroups', 'deny'), ('uid_map', f'{USER} {USER} 1'), \
                      ('gid_map', f'{USER} {USER} 1'):
        with open(f'/proc/self/{name}', 'w', encoding='utf-8') as f:
            f.write(text)
    # The new user namespace came with all capabilities.
    drop_bounds()
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    check(libc.capset(header, (ctypes.c_uint32 * 6)()), 'capset')
    check(libc.prctl(SET_NO_NEW_PRIVS, 1, 0, 0, 0), 'no new privileges')


# ---- filters -----------------------------------------------------------------

class Compare(ctypes.Structure):
    """struct scmp_arg_cmp"""
    _fields_ = [('arg', ctypes.c_uint), ('op', ctypes.c_int), ('a', ctypes.c_uint64),
                ('b', ctypes.c_uint64)]


NE, MASKED_EQ = 1, 7
ALLOW, KILL = 0x7fff0000, 0x80000000


def refuse(number):
    return 0x00050000 | number


class Filter:
    def __init__(self, default):
        self.lib = ctypes.CDLL('libseccomp.so.2')
        self.lib.seccomp_init.restype = ctypes.c_void_p
        self.ctx = ctypes.c_void_p(self.lib.seccomp_init(ctypes.c_uint32(default)))

    def add(self, action, name, *compare):
        nr = self.lib.seccomp_syscall_resolve_name(name.encode())
        if nr >= 0:         # a call of this architecture
            check(self.lib.seccomp_rule_add_array(self.ctx, ctypes.c_uint32(action), nr,
                                                  len(compare), (Compare * len(compare))(*compare)),
                  name)

    def load(self):
        check(self.lib.seccomp_load(self.ctx), 'seccomp')


def calls_of(word):
    """The names of a group, or the one."""
    if not word.startswith('@'):
        return {word}
    text = subprocess.run(['systemd-analyze', 'syscall-filter', '--no-pager', word], check=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    words = re.findall(r'^ +(@?\w[\w-]*)$', text, re.M)
    return set().union(*(calls_of(w) for w in words))


def allowed_calls(unit):
    """As systemd reads these lines: each adds, or takes away."""
    calls = calls_of('@default')
    for line in unit['SystemCallFilter']:
        named = set().union(*(calls_of(w) for w in line.lstrip('~').split()))
        calls = calls - named if line.startswith('~') else calls | named
    return calls


def load_filters(unit, calls):
    f = Filter(ALLOW)
    allowed = unit['RestrictNamespaces'][-1].split()
    for name, flag in NAMESPACE.items():
        if name not in allowed:
            f.add(refuse(errno.EPERM), 'unshare', Compare(0, MASKED_EQ, flag, flag))
            f.add(refuse(errno.EPERM), 'clone', Compare(0, MASKED_EQ, flag, flag))
    f.add(refuse(errno.ENOSYS), 'clone3')
    assert unit['RestrictAddressFamilies'] == ['AF_UNIX']
    f.add(refuse(errno.EAFNOSUPPORT), 'socket', Compare(0, NE, AF_UNIX, 0))
    assert unit['MemoryDenyWriteExecute'] == ['yes']
    f.add(refuse(errno.EPERM), 'mmap', Compare(2, MASKED_EQ, PROT_WRITE_EXEC, PROT_WRITE_EXEC))
    f.add(refuse(errno.EPERM), 'mprotect', Compare(2, MASKED_EQ, PROT_EXEC, PROT_EXEC))
    f.load()
    f = Filter(KILL)
    for name in sorted(calls):
        f.add(ALLOW, name)
    f.load()


def main(args):
    unit = settings(os.environ['UNIT'])
    folder = os.path.dirname(args[args.index('--socket') + 1])
    os.chown(folder, USER, USER)
    calls = allowed_calls(unit)
    set_limits(unit)
    program = os.open(os.environ['PROGRAM'], os.O_PATH)     # perhaps in a folder of root's alone
    enter_machine(folder.encode())
    become_user()
    load_filters(unit, calls)
    os.execve(program, ['vcryptod', *args], {'PATH': os.environ['PATH'], 'LANG': 'C.UTF-8'})


if __name__ == '__main__':
    main(sys.argv[1:])
