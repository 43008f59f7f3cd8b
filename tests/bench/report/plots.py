# SPDX-License-Identifier: BSD-3-Clause
"""Plots by gnuplot, as SVG."""
import re
import shutil
import subprocess

from nulldev import BURSTS, FAR, Failed, LAYOUTS, MORE_LAYOUTS, PLAIN_LAYOUTS, SIZE, THEIRS, \
    THEIR_MAX_SIZE
from parts import SIZES
from targets import ALGO_NAME

# Colours that differ for colour-blind eyes too; theirs is grey.
COLOURS = ['#0072b2', '#56b4e9', '#d55e00', '#e69f00', '#009e73', '#cc79a7', '#888888']
GREY = '#555555'
NAME = {THEIRS: "DPDK's crypto_virtio"}
# What is drawn: name and what a reader's program calls it.
NAMES = {
    'by-burst': 'Million ops per second by burst',
    'cycles-by-burst': 'TSC cycles per op by burst',
    'by-size': 'TSC cycles per op by size',
    'throughput': 'Million ops per second by size',
    'by-algorithm': 'TSC cycles per op of every algorithm',
    'by-layout': 'TSC cycles per op of every ring layout',
    'end-to-end': 'Gbit/s through vcryptod and of software drivers',
    'end-to-end-cycles': 'TSC cycles per op on the calling core',
}
PLACES = (('near', ''), ('far apart', FAR))
PLACE_NAME = {'near': 'cores near', 'far': 'cores far apart'}

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
            if fmt == 'svg':
                name_picture(out, NAMES[name])
        self.made.append(name)


def name_picture(path, title):
    """gnuplot calls each of its pictures Gnuplot."""
    with open(path) as f:
        text = f.read()
    text = re.sub(r'<title>Gnuplot</title>', f'<title>{title}</title>', text, count=1)
    text = re.sub(r'<title>gnuplot_plot_\w+</title>', '', text)
    with open(path, 'w') as f:
        f.write(re.sub(r'<desc>.*?</desc>\n?', '', text, count=1))


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


def style(device, i):
    if device == THEIRS:
        return f"lc rgb '{GREY}' dt 2 pt 4"
    return f"lc rgb '{COLOURS[i % len(COLOURS)]}' pt {5 + i % 4}"


def lines(tag, some, scale=1.0, names=NAME):
    """(data blocks, plot command) of lines with quartile bars."""
    blocks, parts = '', []
    for i, (device, points) in enumerate(some):
        name = f'{tag}{i}'
        blocks += block(name, points)
        # theirs comes first and takes no colour
        st = style(device, i - 1 if some[0][0] == THEIRS else i)
        parts.append(f"${name} u 1:($2/{scale}):($3/{scale}):($4/{scale}) w yerrorlines "
                     f"lw 1.8 ps 0.6 {st} t {quote(names.get(device, device))}")
    return blocks, 'plot ' + ', \\\n  '.join(parts) + '\n'


def panels(rows, plotter, name, devices, what, xlabel, xs, key, names=NAME):
    """Panels side by side: [(title, run, metric, y label, scale)] over the same x."""
    body, plots, most = '', [], 0
    for i, (title, run, metric, ylabel, scale) in enumerate(what):
        some = series(rows, devices, run, metric, xs, key)
        if not some:
            continue
        most = max(most, len(some))
        blocks, cmd = lines(f'p{i}_', some, scale, names)
        body += blocks
        # One key is enough: the panels show the same lines.
        plots.append(f'set title {quote(title)}\nset ylabel {quote(ylabel)}\n' + cmd +
                     'unset key\n')
    if not plots:
        return
    ticks = ', '.join(f"'{x}' {x}" for x in xs)
    # One name a line, below ticks and label: names are long.
    body += (f'set key maxcols 1\nset bmargin {6 + most}\n'
             f'set logscale x 2\nset xtics ({ticks}) rotate by -45\nset yrange [0:*]\n'
             f'set xrange [{xs[0] * 0.9}:{xs[-1] * 1.1}]\n'
             f'set xlabel {quote(xlabel)}\nset multiplot layout 1,{len(plots)}\n'
             + ''.join(plots) + 'unset multiplot\n')
    plotter.draw(name, (560 if len(plots) < 3 else 440) * len(plots), 380 + 16 * most, body)


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


def two_cores(title, run, metric, ylabel, scale):
    """Panels of a run with near and with far cores."""
    return [(f'{title}, cores {place}', run + suffix, metric, ylabel, scale)
            for place, suffix in PLACES]


def measured(rows, run):
    """(run, words for its title) with near cores, or with far ones if no sample was near."""
    if any(k.run == run for k in rows.rows):
        return run, PLACE_NAME['near']
    return run + FAR, PLACE_NAME['far']


def null_device(rows, plotter):
    """The plots of everything measured against the null device."""
    devices = [THEIRS] + list(PLAIN_LAYOUTS)
    cycles = ('enq+deq/op', 'TSC cycles per op', 1)
    loop = two_cores('closed loop', 'tput', 'kops/s', 'million ops per second', 1000)
    cost = [('inline: the driver alone', 'inline', *cycles)] + \
        two_cores('thread', 'thread', *cycles)
    by_burst = (f'burst ({ALGO_NAME["aes-cbc"]}, {SIZE} B)', BURSTS,
                lambda x: ('aes-cbc', SIZE, x))
    by_size = (f'bytes ({ALGO_NAME["aes-cbc"]}, burst 32)', SIZES,
               lambda x: ('aes-cbc', x, 32))
    # Its line ends early, and says why.
    ends = {THEIRS: f"{NAME[THEIRS]} (takes no more than {THEIR_MAX_SIZE} bytes)"}
    panels(rows, plotter, 'by-burst', devices, loop, *by_burst)
    panels(rows, plotter, 'cycles-by-burst', devices, cost, *by_burst)
    panels(rows, plotter, 'by-size', devices, cost, *by_size, ends)
    panels(rows, plotter, 'throughput', devices, loop, *by_size, ends)
    if not any(k.run == 'inline' for k in rows.rows):
        return
    bars(plotter, 'by-algorithm', f"inline, {SIZE} B, burst 32 (DPDK's driver has neither "
         'AES-GCM nor HMAC alone)', list(ALGO_NAME), [THEIRS] + list(PLAIN_LAYOUTS),
         'TSC cycles per op', lambda g, c: rows.get('inline', c, g, SIZE, 32, 'enq+deq/op'))
    layouts = [THEIRS] + list(LAYOUTS) + list(MORE_LAYOUTS)
    layouts = [x for x in layouts if rows.get('inline', x, 'aes-cbc', SIZE, 32, 'enq+deq/op')]
    thread, place = measured(rows, 'thread')
    bars(plotter, 'by-layout', f'{ALGO_NAME["aes-cbc"]}, {SIZE} B, burst 32, {place}', layouts,
         ['inline', thread], 'TSC cycles per op',
         lambda g, c: rows.get(c, g, 'aes-cbc', SIZE, 32, 'enq+deq/op'))


def end_to_end(reports, plotter):
    """Throughput and the calling core's cycles by size, one panel per algorithm."""
    measured_ones = [e for e in reports if e.run.rows]
    if not measured_ones:
        return
    e2e = measured_ones[0]
    place = PLACE_NAME[e2e.place]
    for name, value, ylabel, log in (
            ('end-to-end', 'gbps', 'Gbit/s', ''),
            ('end-to-end-cycles', 'cycles', 'TSC cycles per op on the calling core',
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
                parts.append(f"${tag} u 1:2:3:4 w yerrorlines lw 1.8 ps 0.6 lc rgb "
                             f"'{COLOURS[2 * i % 7]}' pt {5 + i} "
                             f't {quote(e2e.title(device, algo))}')
            if parts:
                none = ''.join(f', no {d}' for d, a, _ in e2e.missing if a == algo)
                plots += f'set title {quote(f"{algo}, {place}{none}")}\nplot ' + \
                    ', \\\n  '.join(parts) + '\n'
                n += 1
        if n == 0:
            continue
        ticks = ', '.join(f"'{x}' {x}" for x in e2e.sizes())
        body += ('set key maxcols 1\nset bmargin 9\n'
                 f'set logscale x 2\nset xtics ({ticks}) rotate by -45\nset yrange [0:*]\n{log}'
                 f'set xrange [{e2e.sizes()[0] * 0.9}:{e2e.sizes()[-1] * 1.1}]\n'
                 f"set xlabel 'bytes'\nset ylabel {quote(ylabel)}\n"
                 f'set multiplot layout {(n + 1) // 2},2\n' + plots + 'unset multiplot\n')
        plotter.draw(name, 1120, 440 * ((n + 1) // 2), body)
