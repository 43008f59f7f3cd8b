# SPDX-License-Identifier: BSD-3-Clause
"""README's paragraph about speed, made of the stored figures."""
import textwrap

import ratios
from nulldev import LAYOUTS, SIZE, THEIRS
from ratios import ALGO
from targets import ALGO_NAME

TPUT, TPUT_FAR = ratios.MEASURES[0], ratios.MEASURES[1]
WIDTH = 100


def best(rows, measure, burst):
    """(layout, ours, theirs) of the fastest layout, or None."""
    found = [(x, ratios.stat(rows, measure, x, burst)) for x in LAYOUTS]
    found = [(x, s.med / measure.unit) for x, s in found if s is not None]
    theirs = ratios.stat(rows, measure, THEIRS, burst)
    if not found or theirs is None:
        return None
    layout, ours = (max if measure.more else min)(found, key=lambda f: f[1])
    return layout, ours, theirs.med / measure.unit


def closed_loop(rows, measure, where):
    found = [(words, best(rows, measure, burst))
             for words, burst in (('bursts of 32', 32), ('bursts of one', 1))]
    found = [(words, x) for words, x in found if x]
    if not found:
        return f'With the cores {where} there are no figures.'
    lost = ratios.losing(rows, [measure])
    some = ', '.join(f'{c.layout} at bursts of {c.burst} ({c.ratio:.2f})' for c in lost[:4])
    more = f' and {len(lost) - 4} more' if len(lost) > 4 else ''
    return f'With the cores {where} the best ring completes {rates(found)}, where ' \
        f"DPDK's driver completes {' and '.join(number(x[2]) for _, x in found)}; " + (
            f"slower than DPDK's driver: {some}{more}." if lost else
            "no ring layout is slower than DPDK's driver at any burst.")


def rates(found):
    first, *more = [f'{number(x[1])} # in {words} ({x[0]})' for words, x in found]
    return ' and '.join([first.replace('#', 'million ops per second')] +
                        [m.replace('# ', '') for m in more])


def number(v):
    return f'{v:.0f}' if v >= 20 else f'{v:.1f}'


def end_to_end(stored):
    for e2e in stored.end_to_end:
        shares = [e2e.ratio('gbps', 'AES-128-CBC', s, 'crypto_aesni_mb') for s in (1024, 16384)]
        if None not in shares:
            engine = e2e.engines.get('AES-128-CBC', '?')
            return f'With real crypto, `vcryptod` ({engine}) on a second core reaches ' \
                f'{shares[0]:.2f} (1 KiB) to {shares[1]:.2f} (16 KiB) of the throughput of ' \
                f"DPDK's crypto_aesni_mb in the program itself (AES-128-CBC, cores {e2e.place})."
    return ''


def block(stored):
    rows = stored.rows
    inline = best(rows, ratios.MEASURES[4], 32)
    text = [f'{ALGO_NAME[ALGO]}, {SIZE} bytes, a device on a second core that does no crypto.',
            closed_loop(rows, TPUT, 'near each other'),
            closed_loop(rows, TPUT_FAR, 'far apart')]
    if inline:
        text.append(f'An op costs the calling core {inline[1]:.1f} TSC cycles in bursts of 32, '
                    f"with DPDK's driver {inline[2]:.1f}.")
    text += [end_to_end(stored), '[doc/bench](doc/bench/README.md) says how this is measured and '
             'which targets are missed; all figures are in [results.md](doc/bench/results.md). '
             'The plot has the rings without EVENT_IDX alone.']
    return '\n'.join(textwrap.wrap(' '.join(t for t in text if t), WIDTH,
                                   break_long_words=False, break_on_hyphens=False)) + \
        "\n\n![Million ops per second by burst size, this driver and DPDK's]" \
        '(doc/bench/by-burst.svg)\n'
