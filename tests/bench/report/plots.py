# SPDX-License-Identifier: BSD-3-Clause
"""Plots by gnuplot, as SVG."""
import shutil
import subprocess

from nulldev import Failed, LAYOUTS, MORE_LAYOUTS, THEIRS
from targets import ALGO_NAME, SIZE

# Colours that differ for colour-blind eyes too; theirs is grey.
COLOURS = ['#0072b2', '#56b4e9', '#d55e00', '#e69f00', '#009e73', '#cc79a7', '#888888']
GREY = '#555555'
NAME = {THEIRS: "DPDK's crypto_virtio"}

HEAD = """set terminal svg noenhanced size {width},{height} dynamic font 'sans-serif,12' \\
  background '#ffffff'
set output '{out}'
set border 3 lc rgb '#444444'
set tics nomirror
set grid ytics lc rgb '#dddddd'
set key below center horizontal maxcols 2 samplen 2
set bmargin 7
"""


class Plotter:
    def __init__(self, folder, formats=('svg',)):
        self.folder = folder
        self.made = []
        self.formats = formats

    @staticmethod
    def available():
        return shutil.which('gnuplot') is not None

    def draw(self, name, width, height, body):
        for fmt in self.formats:
            out = f'{self.folder}/{name}.{fmt}'
            script = HEAD.format(width=width, height=height, out=out) + body
            if fmt == 'png':
                script = script.replace('terminal svg', 'terminal pngcairo', 1) \
                               .replace(' dynamic', '', 1)
            p = subprocess.run(['gnuplot', '-'], input=script, text=True,
                               stderr=subprocess.PIPE)
            if p.returncode != 0:
                raise Failed(f'gnuplot, {name}: {p.stderr.strip()}')
        self.made.append(name)


def quote(s):
    return "'" + s.replace("'", "''") + "'"


def block(name, points):
    """A gnuplot data block of (x, Stat)."""
    return f'${name} << END\n' + ''.join(
        f'{x} {s.med} {s.q1} {s.q3}\n' for x, s in points) + 'END\n'


def series(rows, devices, run, metric, xs, key):
    """[(device, [(x, Stat)])] of the devices that have figures; key makes a row's key of x."""
    out = []
    for d in devices:
        points = [(x, rows.get(run, d, *key(x), metric)) for x in xs]
        points = [(x, s) for x, s in points if s is not None]
        if points:
            out.append((d, points))
    return out


def series_near(rows, devices, run, metric, xs, key):
    """(series, False), or (the one with the cores far apart, True) if it has more points."""
    near, far = (series(rows, devices, run + x, metric, xs, key) for x in ('', '-far'))
    more = sum(len(p) for _, p in far) > sum(len(p) for _, p in near)
    return (far, True) if more else (near, False)


def style(device, i):
    if device == THEIRS:
        return f"lc rgb '{GREY}' dt 2 pt 4"
    return f"lc rgb '{COLOURS[i % len(COLOURS)]}' pt {5 + i % 4}"


def lines(tag, some, scale=1.0):
    """(data blocks, plot command) of lines with quartile bars."""
    blocks, parts = '', []
    for i, (device, points) in enumerate(some):
        name = f'{tag}{i}'
        blocks += block(name, points)
        # theirs comes first and takes no colour
        st = style(device, i - 1 if some[0][0] == THEIRS else i)
        parts.append(f"${name} u 1:($2/{scale}):($3/{scale}):($4/{scale}) w yerrorlines "
                     f"lw 1.8 ps 0.6 {st} t {quote(NAME.get(device, device))}")
    return blocks, 'plot ' + ', \\\n  '.join(parts) + '\n'


def panels(rows, plotter, name, devices, what, xlabel, xs, key):
    """Panels side by side: [(title, run, metric, y label, scale)] over the same x."""
    body, plots, most = '', '', 0
    for i, (title, run, metric, ylabel, scale) in enumerate(what):
        some, far = series_near(rows, devices, run, metric, xs, key)
        if not some:
            continue
        most = max(most, len(some))
        title += ', cores far apart' if far else ''
        blocks, cmd = lines(f'p{i}_', some, scale)
        body += blocks
        plots += f'set title {quote(title)}\nset ylabel {quote(ylabel)}\n' + cmd
    if not plots:
        return
    ticks = ', '.join(f"'{x}' {x}" for x in xs)
    # One name a line, below ticks and label: names are long.
    body += (f'set key maxcols 1\nset bmargin {5 + most}\n'
             f'set logscale x 2\nset xtics ({ticks})\nset yrange [0:*]\n'
             f'set xrange [{xs[0] * 0.9}:{xs[-1] * 1.1}]\n'
             f'set xlabel {quote(xlabel)}\nset multiplot layout 1,{len(what)}\n'
             + plots + 'unset multiplot\n')
    plotter.draw(name, 560 * len(what), 360 + 16 * most, body)


def bars(plotter, name, title, groups, columns, ylabel, value):
    """Clustered bars: one cluster per group, one bar per column."""
    body = '$d << END\n'
    for g in groups:
        stats = [value(g, c) for c in columns]
        body += f'"{NAME.get(g, ALGO_NAME.get(g, g))}" ' + ' '.join(
            f'{s.med} {s.q1} {s.q3}' if s else '? ? ?' for s in stats) + '\n'
    body += 'END\n'
    parts = [f"$d u {2 + 3 * i}:{3 + 3 * i}:{4 + 3 * i}:xtic(1) t {quote(NAME.get(c, c))} "
             f"lc rgb '{GREY if c == THEIRS else COLOURS[(i - (columns[0] == THEIRS)) % 7]}'"
             for i, c in enumerate(columns)]
    body += (f'set title {quote(title)}\nset ylabel {quote(ylabel)}\nset yrange [0:*]\n'
             "set datafile missing '?'\nset style data histogram\n"
             'set style histogram errorbars gap 1.5 lw 1\nset style fill solid 0.85\n'
             'set xtics rotate by -20\nset boxwidth 0.9\n'
             'set key below center horizontal maxcols 5 samplen 2\nset bmargin 9\n'
             'set rmargin 8\n'
             'plot ' + ', \\\n  '.join(parts) + '\n')
    plotter.draw(name, 1000, 480, body)


def null_device(rows, plotter, bursts, sizes):
    """The plots of everything measured against the null device."""
    devices = [THEIRS] + list(LAYOUTS)
    cost = [('inline: the driver alone', 'inline', 'enq+deq/op', 'TSC cycles per op', 1),
            ('thread: device on the other core', 'thread', 'enq+deq/op', 'TSC cycles per op', 1)]
    panels(rows, plotter, 'by-burst', devices, cost,
           f'burst ({ALGO_NAME["aes-cbc"]}, {SIZE} B)', bursts,
           lambda x: ('aes-cbc', SIZE, x))
    panels(rows, plotter, 'by-size', devices, cost,
           f'bytes ({ALGO_NAME["aes-cbc"]}, burst 32)', sizes, lambda x: ('aes-cbc', x, 32))
    panels(rows, plotter, 'throughput', devices,
           [('closed loop, null device', 'tput', 'kops/s', 'million ops per second', 1000),
            ('instructions', 'icount', 'enq+deq/op', 'instructions per op', 1)],
           f'bytes ({ALGO_NAME["aes-cbc"]}, burst 32)', sizes, lambda x: ('aes-cbc', x, 32))
    bars(plotter, 'by-algorithm', f'inline, {SIZE} B, burst 32', list(ALGO_NAME), devices,
         'TSC cycles per op', lambda g, c: rows.get('inline', c, g, SIZE, 32, 'enq+deq/op'))
    layouts = [THEIRS] + list(LAYOUTS) + list(MORE_LAYOUTS)
    layouts = [x for x in layouts if rows.get('inline', x, 'aes-cbc', SIZE, 32, 'enq+deq/op')]
    bars(plotter, 'by-layout', f'{ALGO_NAME["aes-cbc"]}, {SIZE} B, burst 32', layouts,
         ['inline', 'thread'], 'TSC cycles per op',
         lambda g, c: rows.get(c, g, 'aes-cbc', SIZE, 32, 'enq+deq/op'))


def end_to_end(e2e, plotter):
    """Throughput and the guest core's cycles by size, one panel per algorithm."""
    for name, value, ylabel, log in (
            ('end-to-end', 'gbps', 'Gbit/s', ''),
            ('end-to-end-cycles', 'cycles', 'cycles per op on the calling core',
             'set logscale y 2\nset yrange [*:*]\n')):
        body, plots, n = '', '', 0
        for algo in e2e.algos():
            parts = []
            for i, device in enumerate(e2e.devices()):
                points = e2e.points(value, device, algo)
                if not points:
                    continue
                tag = f'e{n}_{i}'
                body += block(tag, points)
                parts.append(f"${tag} u 1:2:3:4 w yerrorlines lw 1.8 ps 0.6 "
                             f"lc rgb '{COLOURS[i % 7]}' pt {5 + i} t {quote(device)}")
            if parts:
                plots += f'set title {quote(algo)}\nplot ' + ', \\\n  '.join(parts) + '\n'
                n += 1
        if n == 0:
            continue
        ticks = ', '.join(f"'{x}' {x}" for x in e2e.sizes())
        body += (f'set logscale x 2\nset xtics ({ticks}) rotate by -45\nset yrange [0:*]\n{log}'
                 f'set xrange [{e2e.sizes()[0] * 0.9}:{e2e.sizes()[-1] * 1.1}]\n'
                 f"set xlabel 'bytes'\nset ylabel {quote(ylabel)}\n"
                 f'set multiplot layout {(n + 1) // 2},2\n' + plots + 'unset multiplot\n')
        plotter.draw(name, 1120, 420 * ((n + 1) // 2), body)
