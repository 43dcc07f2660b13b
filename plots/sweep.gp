# SPDX-License-Identifier: GPL-3.0-or-later
# Pauses against threshold0: how the median, p90, p99 and the longest pause of a run move.
# One strategy and one model of a study; where a setting ran with several seeds, the line is their mean.
# Reads summary.csv.

SCRIPT = ARG0; IN = ARG1; OUT = ARG2; asked_strategy = ARG3; model = ARG4
USAGE = "summary.csv OUT.svg|OUT.png [STRATEGY [MODEL]]"
NEED = "input model strategy threshold0 threshold1 threshold2 seed pause_ns_p50 pause_ns_p90 pause_ns_p99 pause_ns_max"
PLOTS = system("dirname '".ARG0."'")."/"
load PLOTS."style.gp"

# Which rows: strategy as asked for (default: `default`, else the first), then its first model, input, threshold1 and 2.
strategies = ""
stats IN using (strategies = with_word(strategies, strcol(c_strategy)), 0) nooutput
strategy = strlen(asked_strategy) ? asked_strategy : is_in(strategies, "default") ? "default" : word(strategies, 1)
if (!is_in(strategies, strategy)) {
    print sprintf("%s: %s has no strategy %s (it has: %s)", SCRIPT, IN, strategy, strategies)
    exit status 2
}
input = ""; axes = ""; t1 = ""; t2 = ""; seeds = ""; rows = 0
ours(row) = strcol(c_strategy) eq strategy && (model eq "" || strcol(c_model) eq model)
first(row) = ours(row) && input eq "" ? (model = strcol(c_model), input = strcol(c_input), axes = axes_of(0), \
                                   t1 = strcol(c_threshold1), t2 = strcol(c_threshold2), 1) : 0
chosen(row) = ours(row) && strcol(c_input) eq input && axes_of(0) eq axes && \
              strcol(c_threshold1) eq t1 && strcol(c_threshold2) eq t2
stats IN using (first($0), chosen($0) ? (seeds = with_word(seeds, strcol(c_seed)), rows = rows + 1) : 0) nooutput
if (rows == 0) {
    print sprintf("%s: %s has no trial of strategy %s with model %s", SCRIPT, IN, strategy, model)
    exit status 2
}

set table $PAUSES
plot IN using (num(c_threshold0)):(num(c_pause_ns_p50)):(num(c_pause_ns_p90)):(num(c_pause_ns_p99)):(num(c_pause_ns_max)) \
    with table if (chosen($0) && valid(c_pause_ns_max) && num(c_threshold0) > 0 && num(c_pause_ns_p50) > 0)
unset table
if (|$PAUSES| == 0) {
    print sprintf("%s: strategy %s of %s has no automatic collections at any threshold0 above 0: nothing to draw", \
                  SCRIPT, strategy, IN)
    exit status 2
}


eval FROM_BLOCKS
stats $PAUSES using 2 nooutput name "LOW"
stats $PAUSES using 5 nooutput name "HIGH"
stats $PAUSES using 1 nooutput name "T0"
room = T0_max > T0_min ? (T0_max / T0_min)**0.04 : 3.0
eval log_axis("x", "count", T0_min / room, T0_max * room)
eval log_axis("y", "time", LOW_min / 1.6, HIGH_max * 1.6)
set xlabel "threshold0 (net allocations that trigger a young collection)"
set ylabel "pause"
n = words(seeds)
eval title(sprintf("Pauses against threshold0: strategy %s", strategy))
eval subtitle(sprintf("%s · %s · threshold1 %s, threshold2 %s%s", input_name(input), model, t1, t2, \
                      n > 1 ? sprintf(" · lines are means of %d seeds, dots single runs", n) : ""))

default = default_threshold0(model)
if (default > T0_min / room && default < T0_max * room) {
    set arrow 1 from default, graph 0 to default, graph 1 nohead linecolor rgb NOTE dashtype (8, 6) linewidth 1.2
    set label 1 sprintf("default %d", default) at default, graph 1.025 center font face(10.5) textcolor rgb NOTE
}

# The longest pause lies below the others and wider: where it is the p99 too, both show.
array COLOUR[5] = ["", SKY, GREEN, ORANGE, RED]
array NAME[5] = ["", "median (p50)", "p90", "p99", "longest"]
set output OUT
plot for [i = 5:2:-1] $PAUSES using 1:i smooth unique with lines linewidth 0.6 + 0.7 * i linecolor rgb COLOUR[i], \
     for [i = 5:2:-1] $PAUSES using 1:i with points pointtype 7 pointsize DOT linecolor rgb COLOUR[i], \
     for [i = 5:2:-1] NaN with linespoints pointtype 7 pointsize DOT linewidth 2.2 linecolor rgb COLOUR[i] title NAME[i]
set output
