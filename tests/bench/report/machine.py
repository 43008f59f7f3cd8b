# SPDX-License-Identifier: BSD-3-Clause
"""What the figures were measured on: machine, versions, source.  No names of hosts."""
import os
import platform
import re
import subprocess
import time


def output(*cmd, cwd=None):
    """Standard output of a command, stripped; '' if it cannot be had."""
    try:
        p = subprocess.run(cmd, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                           cwd=cwd, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ''
    return p.stdout.strip()


def lscpu():
    fields = {}
    for line in output('lscpu').split('\n'):
        key, _, value = line.partition(':')
        fields[key.strip()] = value.strip()
    return fields


def tsc_mhz():
    """The TSC's rate: twice as many BogoMIPS on x86."""
    return float(lscpu().get('BogoMIPS', 0)) / 2


def package(pattern):
    """'name version' of the installed Debian package that matches, or ''."""
    out = output('dpkg-query', '-W', '-f', '${db:Status-Status} ${Package} ${Version}\n', pattern)
    for line in out.split('\n'):
        m = re.match(r'installed (\S+ \S+)', line)
        if m:
            return m.group(1)
    return ''


def source(top):
    rev = output('git', 'rev-parse', '--short=12', 'HEAD', cwd=top)
    changed = output('git', 'status', '--porcelain', '--untracked-files=no', '--', 'lib',
                     'drivers', 'app', cwd=top)
    if not rev:
        return 'not from a repository'
    return rev + (' with local changes' if changed else '')


def build_options(build):
    """The options of a build folder that decide about speed."""
    out = output('meson', 'introspect', '--buildoptions', build)
    found = dict(re.findall(r'"name": "(buildtype|optimization|b_lto|b_sanitize)".*?'
                            r'"value": "?([^",}]*)', out))
    return ', '.join(f'{k} {v}' for k, v in sorted(found.items()))


def facts(top, build):
    """[(what, text)] for the head of a report."""
    cpu = lscpu()
    huge = output('sh', '-c', "awk '/^HugePages_Total/ { print $2 }' /proc/meminfo")
    rows = [
        ('date', time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime())),
        ('source', source(top)),
        ('processor', cpu.get('Model name', '?') + ', family ' + cpu.get('CPU family', '?') +
         ' model ' + cpu.get('Model', '?') + ', ' + str(os.cpu_count()) + ' cores'),
        ('caches', ', '.join(f'{k[:3]} {v}' for k, v in cpu.items()
                             if k in ('L1d cache', 'L2 cache', 'L3 cache'))),
        ('virtual machine', cpu.get('Hypervisor vendor', 'no')),
        ('kernel', platform.release()),
        ('huge pages', huge if huge not in ('', '0') else 'none: 4 KiB pages (--no-huge)'),
        ('compiler', output('gcc', '--version').split('\n')[0]),
        ('build', build_options(build)),
        ('DPDK', package('libdpdk-dev') or 'version ' +
         output('pkg-config', '--modversion', 'libdpdk')),
        ("DPDK's driver", package('librte-crypto-virtio*') or 'as found in the plugin folder'),
        ('load before the run', ' '.join(output('cat', '/proc/loadavg').split()[:3])),
    ]
    return [(k, v) for k, v in rows if v]
