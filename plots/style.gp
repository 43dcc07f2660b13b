# SPDX-License-Identifier: GPL-3.0-or-later
# What all pictures share: their look and their axes, and the terminal that OUT's name asks for.
# A script sets PLOTS (this folder), SCRIPT (its own name), IN, OUT, USAGE and NEED (the columns it reads),
# then loads this file.

if (strlen(OUT) == 0) {
    print sprintf("usage: gnuplot -c %s %s", SCRIPT, USAGE)
    exit status 2
}

# Rows are picked from the CSV into datablocks (set table, plot … with table if …) and drawn from there.
FROM_CSV = "set datafile separator ','; set datafile columnheaders"
FROM_BLOCKS = "set datafile separator whitespace; set datafile nocolumnheaders"
num(c) = valid(c) ? column(c) : NaN
load PLOTS."csv.gp"
if (!has_rows) {
    print sprintf("%s: %s has a header and no rows: nothing to draw", SCRIPT, IN)
    exit status 2
}

# A set of words, in the order they came: words of the list already there are not added.
is_in(list, w) = strstrt(" ".list." ", " ".w." ") > 0
with_word(list, w) = is_in(list, w) ? list : list eq "" ? w : list." ".w

# The workload's keys that a study varies beside the thresholds; files without that column have none.
c_axes = col("axes")
axes_of(row) = c_axes == 0 ? "" : strcol(c_axes)

# --- what CPython does by itself -------------------------------------------------------------

# threshold0 of the interpreter: 700 up to 3.12, 2000 from 3.13; 0: not a CPython model.
digits(text) = strlen(text) == 0 || strstrt("0123456789", text[1:1]) == 0 ? "" : text[1:1].digits(text[2:strlen(text)])
minor(model) = digits(model[strlen("cpython-3.") + 1:strlen(model)]) + 0
default_threshold0(model) = \
    model[1:8] ne "cpython-" ? 0 : model[9:10] ne "3." || minor(model) <= 12 ? 700 : 2000

# --- numbers for people ----------------------------------------------------------------------

time_text(ns) = ns < 1e3 ? sprintf("%.3g ns", ns) : ns < 999.5e3 ? sprintf("%.3g µs", ns / 1e3) : \
                ns < 999.5e6 ? sprintf("%.3g ms", ns / 1e6) : sprintf("%.4g s", ns / 1e9)
count_text(n) = n < 1e3 ? sprintf("%g", n) : n < 999.5e3 ? sprintf("%.3gk", n / 1e3) : \
                n < 999.5e6 ? sprintf("%.3gM", n / 1e6) : sprintf("%.3gG", n / 1e9)
percent_text(p) = sprintf("%.3g%%%%", p)             # the label of a tick is a format
text_as(kind, v) = kind eq "time" ? time_text(v) : kind eq "percent" ? percent_text(v) : count_text(v)

# The unit in which a linear axis up to this value reads best.
time_unit(ns) = ns >= 2e9 ? 1e9 : ns >= 2e6 ? 1e6 : ns >= 2e3 ? 1e3 : 1.0
time_unit_name(ns) = ns >= 2e9 ? "s" : ns >= 2e6 ? "ms" : ns >= 2e3 ? "µs" : "ns"
bytes_unit(b) = b >= 10 * 2.0**30 ? 2.0**30 : b >= 2.0**20 ? 2.0**20 : b >= 2.0**10 ? 2.0**10 : 1.0
bytes_unit_name(b) = b >= 10 * 2.0**30 ? "GiB" : b >= 2.0**20 ? "MiB" : b >= 2.0**10 ? "KiB" : "bytes"

# Ticks of a log axis: 1, 2 and 5 of each decade carry a label, only 1 where many decades show.
# eval log_axis("y", "time", low, high) sets scale, range and ticks; high and low get some room.
ticks_from = 0                                       # below it the axis stays bare
tick(kind, v, shown) = \
    sprintf("\"%s\" %.9g %d", shown ? text_as(kind, v) : "", v < ticks_from ? 1e300 : v, shown ? 0 : 1)
decade(kind, d, dense) = \
    tick(kind, d, 1).", ".tick(kind, 2 * d, dense).", ".tick(kind, 3 * d, 0).", ".\
    tick(kind, 4 * d, 0).", ".tick(kind, 5 * d, dense).", ".tick(kind, 6 * d, 0).", ".\
    tick(kind, 7 * d, 0).", ".tick(kind, 8 * d, 0).", ".tick(kind, 9 * d, 0)
decades(kind, e, last, dense) = decade(kind, 10.0**e, dense).\
    (e >= last ? "" : ", ".decades(kind, e + 1, last, dense))
log_axis(axis, kind, low, high) = sprintf("set logscale %s; set %srange [%.9g:%.9g]; set %stics (%s)", \
    axis, axis, low, high, axis, \
    decades(kind, int(floor(log10(low))), int(ceil(log10(high))), log10(high / low) < 2.6))

# --- the look --------------------------------------------------------------------------------

# Okabe and Ito's palette, told apart with every common colour vision.
BLACK = "#000000"; ORANGE = "#E69F00"; SKY = "#56B4E9"; GREEN = "#009E73"
YELLOW = "#F0E442"; BLUE = "#0072B2"; RED = "#D55E00"; PURPLE = "#CC79A7"
GREY = "#8C8C8C"; PALE = "#DDDDDD"; INK = "#333333"; NOTE = "#6A6A6A"
SERIES = BLUE." ".ORANGE." ".GREEN." ".PURPLE." ".RED." ".SKY." ".BLACK." ".YELLOW
series_colour(i) = word(SERIES, (i - 1) % 8 + 1)
generation_colour(g) = g == 0 ? SKY : g == 1 ? ORANGE : RED

WIDTH = 1000
set encoding utf8
is_png = strlen(OUT) > 4 && OUT[strlen(OUT) - 3:strlen(OUT)] eq ".png"
FACE = is_png ? "DejaVu Sans" : "sans-serif"
open_terminal(height) = \
    sprintf("HEIGHT = %d; set terminal %s size %d, %d%s font '%s,%d' background '#ffffff' enhanced", height, \
            is_png ? "pngcairo" : "svg", WIDTH, height, is_png ? "" : " dynamic", FACE, is_png ? 12 : 15)
eval open_terminal(620)
points(n) = is_png ? n : n * 1.28                    # the two terminals measure type differently
face(n) = sprintf("%s,%g", FACE, points(n))

DOT = is_png ? 1.1 : 0.75
set border 3 linecolor rgb GREY linewidth 1
SMALL = face(11)                                     # set tics and set key take a variable, no call
set tics noenhanced nomirror out scale 0.6, 0.3 font SMALL textcolor rgb INK
set xlabel noenhanced textcolor rgb INK font face(11.5)
set ylabel noenhanced offset character is_png ? 0.7 : 1.5, 0 textcolor rgb INK font face(11.5)
set grid xtics ytics linetype 1 linecolor rgb PALE linewidth 1
set key noautotitle noenhanced at screen 0.093, screen 0.880 left top horizontal Left reverse width 1
set key textcolor rgb INK font SMALL samplen 2 spacing 1.3
set style fill solid 1.0 noborder
set lmargin at screen 0.100
set rmargin at screen 0.965
set tmargin at screen 0.800
set bmargin at screen 0.125

# The title says what is seen, the second line how it came about. Both at the left edge.
# Bold is markup: in a title, what would be markup itself is shown as it is.
plain(text) = strlen(text) == 0 ? "" : \
    (strstrt("_^{}@&~\\", text[1:1]) ? "\\\\" : "").text[1:1].plain(text[2:strlen(text)])
heading(id, text, y, kind, size, colour) = \
    sprintf("set label %d \"%s\" at screen 0.022, screen %g left %s font \"%s\" textcolor rgb \"%s\"", \
            id, text, 1 - y / HEIGHT, kind, face(size), colour)
title(text) = heading(1001, "{/:Bold ".plain(text)."}", 30.0, "enhanced", 15.5, BLACK)
subtitle(text) = heading(1002, text, 60.0, "noenhanced", 11, NOTE)
plural(n, noun) = sprintf("%d %s%s", n, noun, n == 1 ? "" : "s")
base_from(path, at) = at == 0 ? path : path[at:at] eq "/" ? path[at + 1:strlen(path)] : base_from(path, at - 1)
base_name(path) = base_from(path, strlen(path))
without_yaml(name) = strlen(name) > 5 && name[strlen(name) - 4:strlen(name)] eq ".yaml" ? name[1:strlen(name) - 5] : name
input_name(path) = without_yaml(base_name(path))
