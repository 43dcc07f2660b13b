# SPDX-License-Identifier: GPL-3.0-or-later
# How often a pause is at least so long: the complementary distribution of one trial's pauses on log axes,
# for each generation and for all. The right end of a curve is its longest pause.
# Reads collections.csv, and summary.csv for the trial's name.

SCRIPT = ARG0; IN = ARG1; OUT = ARG2; trial = ARG3; SUMMARY = ARG4
USAGE = "collections.csv OUT.svg|OUT.png [TRIAL [summary.csv]]"
NEED = "trial generation pause_ns"
PLOTS = system("dirname '".ARG0."'")."/"
load PLOTS."style.gp"

stats IN using (trial eq "" ? (trial = strcol(c_trial), 0) : 0) nooutput
set table $PAUSES
plot IN using (num(c_pause_ns)):(num(c_generation)) \
    with table if (strcol(c_trial) eq trial && valid(c_pause_ns) && num(c_pause_ns) > 0)
unset table
if (|$PAUSES| == 0) {
    print sprintf("%s: %s has no collections of trial %s: nothing to draw", SCRIPT, IN, trial)
    exit status 2
}
eval FROM_BLOCKS
stats $PAUSES using 1 nooutput name "PAUSE"

# Curve c is all pauses for c = 0, generation c - 1 else: P(pause >= x), falling by steps, from the sorted sums
# that `cnormal` makes. Pauses within 0.5 % of each other fall on the same pixel and share a step.
array COUNT[4] = [0, 0, 0, 0]
array COLOUR[4] = [BLACK, generation_colour(0), generation_colour(1), generation_colour(2)]
array TITLE[4] = ["all", "gen 0", "gen 1", "gen 2 (full)"]
is_of(curve, generation) = curve == 0 || generation == curve - 1
pixel(ns) = 10**(int(log10(ns) * 500 + 0.5) / 500.0)
set print $ENDS
do for [c = 0:3] {
    stats $PAUSES using (is_of(c, $2) ? (COUNT[c + 1] = COUNT[c + 1] + 1) : 0) nooutput
}
set xrange [PAUSE_min / 2:PAUSE_max * 2]
set yrange [-1:9]
do for [c = 0:3] {
    if (COUNT[c + 1] > 0) {
        set table $ONE
        plot $PAUSES using (pixel($1)) with table if (is_of(c, $2))
        unset table
        set table $SUMS
        plot $ONE using 1:(1) smooth cnormal
        unset table
        above = 1.0
        set table $CURVES append
        plot $SUMS using (longest = $1):(share = above, above = 1 - $2, share):(c) with table
        unset table
        print sprintf("%.9g %.9g %s", longest, 100 * share, COLOUR[c + 1])
    }
}
set print
set xrange [*:*]
set yrange [*:*]
TRIALS = trial
load PLOTS."names.gp"
eval FROM_BLOCKS

lowest = COUNT[1] > 10 ? 1.0 / COUNT[1] : 0.1
eval log_axis("x", "time", PAUSE_min / 1.5, PAUSE_max * 1.5)
eval log_axis("y", "percent", 100 * lowest / 1.6, 130)
set xlabel "pause"
set lmargin at screen 0.108
set ylabel "collections that take at least as long"
eval title("How often a pause is how long")
eval subtitle(sprintf("%s · %s", NAME[1], plural(COUNT[1], "collection")))
set output OUT
plot for [c = 1:3] $CURVES using ($3 == c ? $1 : NaN):(100 * $2) with fsteps linewidth 2 linecolor rgb COLOUR[c + 1], \
     $CURVES using ($3 == 0 ? $1 : NaN):(100 * $2) with fsteps linewidth 2.4 linecolor rgb COLOUR[1], \
     for [i = 1:|$ENDS|] $ENDS using 1:2 every ::i-1::i-1 with points pointtype 7 pointsize 1.2 * DOT \
         linecolor rgb word($ENDS[i], 3), \
     for [c = 0:3] NaN with lines linewidth 2.4 linecolor rgb COLOUR[c + 1] \
         title sprintf("%s: %d", TITLE[c + 1], COUNT[c + 1])
set output
