# SPDX-License-Identifier: BSD-3-Clause
"""The rooms of the house, which of them may use which, and circles.

A room is a folder.  It uses itself and the rooms named for it, by #include and by calls
alike.  Files that need each other in a ring cannot be read one after the other: a circle
of more than CIRCLE_MAX files is a finding.
"""
import os
import re
import subprocess

LIB = ('lib/wire', 'lib/virtqueue', 'lib/request', 'lib/vhost_user', 'lib/vfio_user')
DRIVER = 'drivers/crypto/vcrypto'
DEVICE, TRANSPORT, SESSION, DATA, MULTIPROC = (
    f'{DRIVER}/{x}' for x in ('device', 'transport', 'session', 'data', 'multiproc'))
UNDER_ALL = LIB + (DEVICE,)

ROOMS = {
    'lib/wire': (),
    'lib/virtqueue': ('lib/wire',),
    'lib/request': ('lib/wire',),
    'lib/vhost_user': ('lib/wire',),
    'lib/vfio_user': ('lib/wire',),
    DEVICE: LIB,
    TRANSPORT: UNDER_ALL,
    f'{TRANSPORT}/pci': UNDER_ALL + (TRANSPORT,),
    f'{TRANSPORT}/vhost_user': UNDER_ALL + (TRANSPORT,),
    f'{TRANSPORT}/vhost_vdpa': UNDER_ALL + (TRANSPORT,),
    SESSION: UNDER_ALL + (TRANSPORT,),
    DATA: UNDER_ALL + (SESSION,),
    MULTIPROC: UNDER_ALL + (TRANSPORT, SESSION, DATA),
    DRIVER: UNDER_ALL + (TRANSPORT, f'{TRANSPORT}/pci', f'{TRANSPORT}/vhost_user',
                         f'{TRANSPORT}/vhost_vdpa', SESSION, DATA, MULTIPROC),
    'app/vcryptod/supervisor': (),
    'app/vcryptod/cage': (),
    'app/vcryptod/virtio_pci': ('lib/wire',),
    'app/vcryptod': LIB + ('app/vcryptod/supervisor', 'app/vcryptod/cage',
                           'app/vcryptod/virtio_pci'),
    'examples': (),
}
# Where circles are looked for: the driver as one, each other room by itself.
HOUSES = LIB + (DRIVER, 'app/vcryptod')
CIRCLE_MAX = 2


def room_of(path):
    """The innermost room that a file lies in; of others, the first folder."""
    found = [r for r in ROOMS if path.startswith(r + '/')]
    return max(found, key=len) if found else path.split('/')[0]


def may_use(room, to):
    return to == room or to in ROOMS.get(room, ())


def house_of(path):
    return next((h for h in HOUSES if path.startswith(h + '/')), None)


def circles(graph):
    """The strongly connected parts of {node: nodes} with more than one node (Tarjan)."""
    index, low, stack, out = {}, {}, [], []

    def visit(v):
        index[v] = low[v] = len(index)
        stack.append(v)
        for w in sorted(graph.get(v, ())):
            if w not in index:
                visit(w)
            if w in stack:
                low[v] = min(low[v], low[w])
        if low[v] == index[v]:
            part = []
            while not part or part[-1] != v:
                part.append(stack.pop())
            if len(part) > 1:
                out.append(sorted(part))
    for v in sorted(graph):
        if v not in index:
            visit(v)
    return out


def unit(path):
    """A .c file and its header are one unit."""
    return re.sub(r'\.[ch]$', '', path)


def check_circles(graph, what):
    """(unit, text) for each circle that is too large, within one house."""
    for part in circles(graph):
        if len(part) > CIRCLE_MAX:
            yield part[0], f'{len(part)} files {what} each other in a circle: ' + ', '.join(
                os.path.basename(p) for p in part)


# ---- objects: what nm says ---------------------------------------------------

def object_source(obj, files):
    """The source of an object: meson writes its path below the target's folder with _
    for /.  files: the tree's paths; None if there is no such source."""
    folder = obj.rsplit('/', 2)[0]          # FOLDER/TARGET.p/NAME.c.o
    name = os.path.basename(obj)[:-len('.o')]
    if f'{folder}/{name}' in files:
        return f'{folder}/{name}'
    below = [p for p in files if p.startswith(folder + '/') and p.endswith('.c')]
    return next((p for p in below if p[len(folder) + 1:].replace('/', '_') == name), None)


def parse_nm(text):
    """(defined, undefined) global symbols in the output of nm -P."""
    defined, undefined = set(), set()
    for line in text.split('\n'):
        f = line.split()
        if len(f) >= 2 and len(f[1]) == 1 and f[1].isupper():
            (undefined if f[1] == 'U' else defined).add(f[0])
    return defined, undefined


def symbol_graph(symbols):
    """{source: {used source: a symbol}} of {source: (defined, undefined)}."""
    home = {name: path for path, (defined, _) in symbols.items() for name in defined}
    return {path: {home[name]: name for name in sorted(undefined)
                   if home.get(name, path) != path}
            for path, (_, undefined) in symbols.items()}


def check_symbols(symbols):
    """Findings (path, text): calls into a room that may not be used, and circles."""
    graph = symbol_graph(symbols)
    for path, used in sorted(graph.items()):
        for to, name in sorted(used.items()):
            if not may_use(room_of(path), room_of(to)):
                yield path, f'{room_of(path)} uses {name} of {to}: that room is not below it'
    for house in HOUSES:
        own = {p: [t for t in used if house_of(t) == house]
               for p, used in graph.items() if house_of(p) == house}
        yield from check_circles(own, 'call')


def built_symbols(build, nm, files):
    """{source: (defined, undefined)} of the objects in a build folder."""
    out = {}
    for house in HOUSES:
        for d, _, names in os.walk(os.path.join(build, house)):
            for name in names:
                rel = os.path.relpath(os.path.join(d, name), build)
                source = object_source(rel, files) if name.endswith('.c.o') else None
                if source is None or source in out:
                    continue
                p = subprocess.run([nm, '-P', os.path.join(d, name)], text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                if p.returncode == 0:       # else: being written, or for another machine
                    out[source] = parse_nm(p.stdout)
    return out
