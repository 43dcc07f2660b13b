# SPDX-License-Identifier: GPL-3.0-or-later
# One figure over threshold0 and threshold1 as a heat map: the darker, the more. One strategy and one model
# of a study; a cell is the mean over the seeds. The frame marks the interpreter's default.
# Reads summary.csv.

SCRIPT = ARG0; IN = ARG1; OUT = ARG2; figure = ARG3; strategy = ARG4; model = ARG5
USAGE = "summary.csv OUT.svg|OUT.png [gc_share|pause_ns_p99|another column [STRATEGY [MODEL]]]"
if (figure eq "") { figure = "gc_share" }
NEED = "input model strategy threshold0 threshold1 threshold2 seed ".figure
PLOTS = system("dirname '".ARG0."'")."/"
load PLOTS."style.gp"
c_figure = col(figure)

strategies = ""
stats IN using (strategies = with_word(strategies, strcol(c_strategy)), 0) nooutput
if (strategy eq "") { strategy = is_in(strategies, "default") ? "default" : word(strategies, 1) }
if (!is_in(strategies, strategy)) {
    print sprintf("%s: %s has no strategy %s (it has: %s)", SCRIPT, IN, strategy, strategies)
    exit status 2
}
input = ""; axes = ""; t2 = ""; seeds = ""
ours(row) = strcol(c_strategy) eq strategy && (model eq "" || strcol(c_model) eq model)
first(row) = ours(row) && input eq "" ? \
    (model = strcol(c_model), input = strcol(c_input), axes = axes_of(0), t2 = strcol(c_threshold2), 1) : 0
chosen(row) = ours(row) && strcol(c_input) eq input && axes_of(0) eq axes && strcol(c_threshold2) eq t2
stats IN using (first($0), chosen($0) ? (seeds = with_word(seeds, strcol(c_seed)), 0) : 0) nooutput
set table $CELLS
plot IN using (num(c_threshold0)):(num(c_threshold1)):(num(c_figure)) with table if (chosen($0) && valid(c_figure))
unset table
if (|$CELLS| == 0) {
    print sprintf("%s: %s has no %s for strategy %s%s", SCRIPT, IN, figure, strategy, model eq "" ? "" : " with model ".model)
    exit status 2
}
eval FROM_BLOCKS

# Columns and rows of the map: the values of each threshold that occur, in order, evenly spaced.
set xrange [-1:1e18]
set yrange [-1:1e18]
set table $ACROSS
plot $CELLS using 1:(1) smooth unique
unset table
set table $UP
plot $CELLS using 2:(1) smooth unique
unset table
set xrange [*:*]
set yrange [*:*]
nx = 0; ny = 0
array X[|$CELLS|]; array Y[|$CELLS|]
stats $ACROSS using (nx = nx + 1, X[nx] = $1) nooutput
stats $UP using (ny = ny + 1, Y[ny] = $1) nooutput
set print $MAP
low = NaN; high = NaN
do for [i = 1:nx] {
    do for [j = 1:ny] {
        n = 0; total = 0.0
        stats $CELLS using ($1 == X[i] && $2 == Y[j] ? (n = n + 1, total = total + $3) : 0) nooutput
        if (n > 0) {
            mean = total / n
            print sprintf("%d %d %.9g", i, j, mean)
            if (low != low || mean < low) { low = mean }
            if (high != high || mean > high) { high = mean }
        }
    }
}
set print

ends(text, with) = strlen(text) >= strlen(with) && text[strlen(text) - strlen(with) + 1:strlen(text)] eq with
kind = ends(figure, "_share") ? "percent" : strstrt(figure, "_ns") ? "time" : ends(figure, "_bytes") ? "bytes" : "count"
bytes_text(b) = sprintf("%.3g %s", b / bytes_unit(b), bytes_unit_name(b))
cell_text(v) = kind eq "percent" ? sprintf("%.2g%%", 100 * v) : kind eq "time" ? time_text(v) : \
               kind eq "bytes" ? bytes_text(v) : count_text(v)
figure_name = figure eq "gc_share" ? "Share of time in the collector" : \
              figure eq "pause_ns_p99" ? "99th percentile of the pauses" : \
              figure eq "pause_ns_max" ? "Longest pause" : figure eq "peak_bytes" ? "Peak memory" : figure
unit = kind eq "percent" ? 0.01 : kind eq "bytes" ? bytes_unit(high) : 1.0
is_log = low > 0 && high / low > 8
if (!is_log && kind eq "time") { unit = time_unit(high) }
shade(v) = high == low ? 0.5 : is_log ? log(v / low) / log(high / low) : (v - low) / (high - low)

set palette defined (0 "#FFF6D5", 0.35 "#F4B860", 0.7 "#B8473D", 1 "#3A1033")
room = high == low ? (high == 0 ? 1 : 0.1 * high) : 0
if (is_log) {
    eval log_axis("cb", kind eq "bytes" ? "count" : kind, low / unit, high / unit)
} else {
    set cbrange [(low - room) / unit:(high + room) / unit]
    if (kind eq "percent") { set cbtics format "%g%%" }
}
set cblabel (kind eq "bytes" ? bytes_unit_name(high) : kind eq "time" && !is_log ? time_unit_name(high) : "") \
    noenhanced font face(11) textcolor rgb INK
set colorbox user origin screen 0.90, graph 0 size screen 0.02, graph 1 noborder
set rmargin at screen 0.88
set tmargin at screen 0.865
set border 0
set grid noxtics noytics
set xtics (count_text(X[1]) 1) scale 0
set ytics (count_text(Y[1]) 1) scale 0
skip = 1 + (nx - 1) / 16
do for [i = 1 + skip:nx:skip] { set xtics add (count_text(X[i]) i) }
do for [j = 2:ny] { set ytics add (count_text(Y[j]) j) }
set xlabel "threshold0"
set ylabel "threshold1"
eval title(sprintf("%s by threshold0 and threshold1: strategy %s", figure_name, strategy))
eval subtitle(sprintf("%s · %s · threshold2 %s%s", input_name(input), model, t2, \
    words(seeds) > 1 ? sprintf(" · mean of %d seeds", words(seeds)) : ""))

default = default_threshold0(model)
do for [i = 1:nx] { do for [j = 1:ny] { if (X[i] == default && Y[j] == 10) {
    mark = BLACK
    stats $MAP using ($1 == i && $2 == j && shade($3) > 0.55 ? (mark = "#FFFFFF", 0) : 0) nooutput
    set object 1 rectangle from i - 0.45, j - 0.45 to i + 0.45, j + 0.45 front \
        fillstyle empty border linecolor rgb mark linewidth 2.5
    set label 1 "default" at i, j - 0.33 center front noenhanced font face(9.5) textcolor rgb mark
} } }
set xrange [0.5:nx + 0.5]
set yrange [0.5:ny + 0.5]
set output OUT
plot $MAP using 1:2:($1 - 0.49):($1 + 0.49):($2 - 0.49):($2 + 0.49):($3 / unit) with boxxyerror fillcolor palette, \
     $MAP using 1:2:(nx <= 14 ? cell_text($3) : ""):(shade($3) > 0.55 ? 0xFFFFFF : 0x000000) with labels noenhanced \
         font face(nx <= 10 ? 10.5 : 8.5) textcolor rgb variable
set output
