# SPDX-License-Identifier: BSD-3-Clause
"""What the figures were measured on: machine, versions, source.  No names of hosts."""
import json
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


def introspect(build, what):
    """What meson knows of a build folder: options or dependencies."""
    return json.loads(output('meson', 'introspect', '--' + what, build) or '[]')


def options(build):
    return {o['name']: o['value'] for o in introspect(build, 'buildoptions')}


def build_options(build):
    """The options of a build folder that decide about speed."""
    found = options(build)
    return ', '.join(f'{k} {str(found[k]).lower()}' for k in (
        'b_lto', 'b_sanitize', 'buildtype', 'optimization') if k in found)


def facts(top, build, packages=()):
    """[(what, text)] for the head of a report.  packages: patterns of more that matter."""
    cpu = lscpu()
    rows = [
        ('date', time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime())),
        ('source', source(top)),
        ('processor', cpu.get('Model name', '?') + ', family ' + cpu.get('CPU family', '?') +
         ' model ' + cpu.get('Model', '?') + ', ' + str(os.cpu_count()) + ' cores'),
        ('caches', ', '.join(f'{k[:3].strip()} {v}' for k, v in cpu.items()
                             if k in ('L1d cache', 'L2 cache', 'L3 cache'))),
        ('virtual machine', cpu.get('Hypervisor vendor', 'no')),
        ('kernel', re.match(r'[\d.]*\d', platform.release()).group()),
        ('page size', f'{os.sysconf("SC_PAGE_SIZE") // 1024} KiB, no huge pages (--no-huge)'),
        ('compiler', output('gcc', '--version').split('\n')[0]),
        ('build', build_options(build)),
        ('DPDK', package('libdpdk-dev') or 'version ' +
         output('pkg-config', '--modversion', 'libdpdk')),
        ("DPDK's driver", package('librte-crypto-virtio*') or 'as found in the plugin folder'),
        ('libraries', ', '.join(p for p in map(package, packages) if p)),
        ('load before the run', ' '.join(output('cat', '/proc/loadavg').split()[:3])),
    ]
    return [(k, v) for k, v in rows if v]


def measured_facts(meta):
    """The same of what fakepci said: {key: [values]} of one part."""
    out = []
    for key, what in (('round_trip', 'cores near'), ('round_trip_far', 'cores far')):
        if key in meta:
            v = [list(map(float, x.split(','))) for x in meta[key]]
            out.append((what, 'a cache line goes there and back in '
                        f'{min(x[1] for x in v):.0f} to {max(x[2] for x in v):.0f} TSC cycles, '
                        f'median {sorted(x[0] for x in v)[len(v) // 2]:.0f}'))
    if 'tsc_mhz' in meta:
        out.append(('TSC', meta['tsc_mhz'][0] + ' MHz, core clock / TSC ' +
                    meta['core_clock_per_tsc'][0]))
    return out
