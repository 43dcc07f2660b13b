# SPDX-License-Identifier: GPL-3.0-or-later
# The heap over time: objects in use, frozen ones and garbage that waits for the collector, stacked;
# below, on the same time axis, every collection by generation. A line through both marks a full one.
# Reads timeline.csv and, where given, the same study's collections.csv, and summary.csv for the trial's name.

SCRIPT = ARG0; IN = ARG1; OUT = ARG2; collections = ARG3; trial = ARG4; SUMMARY = ARG5
USAGE = "timeline.csv OUT.svg|OUT.png [collections.csv|- [TRIAL [summary.csv]]]"
NEED = "trial time_ns live_bytes garbage_bytes frozen_bytes"
PLOTS = system("dirname '".ARG0."'")."/"
load PLOTS."style.gp"

# Columns of $HEAP: 1 time, 2 frozen, 3 frozen and in use, 4 all that is allocated.
stats IN using (trial eq "" ? (trial = strcol(c_trial), 0) : 0) nooutput
at_least_0(v) = v > 0 ? v : 0
set table $HEAP
plot IN using (num(c_time_ns)):(num(c_frozen_bytes)):\
              (num(c_frozen_bytes) + at_least_0(num(c_live_bytes) - num(c_garbage_bytes) - num(c_frozen_bytes))):\
              (num(c_live_bytes)) \
    with table if (strcol(c_trial) eq trial && valid(c_live_bytes))
unset table
if (|$HEAP| == 0) {
    print sprintf("%s: %s has no trial %s", SCRIPT, IN, trial)
    exit status 2
}
eval FROM_BLOCKS
stats $HEAP using 1 nooutput name "TIME"
stats $HEAP using 2 nooutput name "FROZEN"
stats $HEAP using 4 nooutput name "HEAP"
until = TIME_max > 0 ? TIME_max : 1.0

# The collections: columns of $MARKS are time and generation. Those on the same pixel are drawn once.
has_collections = strlen(collections) > 0 && collections ne "-"
array COUNT[3] = [0, 0, 0]
pixel(ns) = int(ns / until * 2 * WIDTH + 0.5) * until / (2 * WIDTH)
$MARKS << EOD
-1 -1
EOD
if (has_collections) {
    IN = collections
    NEED = "trial time_ns generation"
    load PLOTS."csv.gp"
    if (!has_rows) { generations = 0 } else { generations = 3 }
    do for [g = 0:generations - 1] {
        eval FROM_CSV
        set table $RAW
        plot IN using (num(c_time_ns)) with table if (strcol(c_trial) eq trial && num(c_generation) == g)
        unset table
        eval FROM_BLOCKS
        COUNT[g + 1] = |$RAW|
        set xrange [0:until]
        set yrange [-1:3]
        set table $MARKS append
        if (|$RAW| > 0) { plot $RAW using (pixel($1)):(g) smooth unique }
        unset table
        set xrange [*:*]
        set yrange [*:*]
    }
}
TRIALS = trial
load PLOTS."names.gp"
eval FROM_BLOCKS

unit = time_unit(until)
bytes = bytes_unit(HEAP_max)
high = (HEAP_max > 0 ? HEAP_max : 1) / bytes * 1.06
set xrange [0:until / unit]
set output OUT
set multiplot
eval title("The heap over time".(has_collections ? ", and when the collector ran" : ""))
eval subtitle(NAME[1])
set yrange [0:high]
set ylabel sprintf("heap (%s)", bytes_unit_name(HEAP_max))
set grid front
clock = sprintf("simulated time (%s)", time_unit_name(until))
if (has_collections) {
    set bmargin at screen 0.345
    set rmargin at screen 0.915
    set xtics format ""
} else {
    set xlabel clock
}
plot $HEAP using ($1 / unit):($4 / bytes) with filledcurves y1=0 fillcolor rgb ORANGE title "garbage", \
     $HEAP using ($1 / unit):($3 / bytes) with filledcurves y1=0 fillcolor rgb SKY title "in use", \
     $HEAP using ($1 / unit):($2 / bytes) with filledcurves y1=0 fillcolor rgb BLUE title (FROZEN_max > 0 ? "frozen" : ""), \
     $MARKS using ($2 == 2 ? $1 / unit : NaN):(0):(0):(high) with vectors nohead linewidth 1.2 dashtype (8, 5) \
         linecolor rgb BLACK title (COUNT[3] > 0 ? "full collection" : "")
if (has_collections) {
    unset label 1001
    unset label 1002
    set tmargin at screen 0.315
    set bmargin at screen 0.125
    set xtics format "%g"
    set xlabel clock
    unset ylabel
    set yrange [0:3]
    set ytics ("gen 0" 0.5, "gen 1" 1.5, "gen 2" 2.5) scale 0
    set grid noytics
    do for [g = 0:2] {
        set label 10 + g sprintf("%d", COUNT[g + 1]) at graph 1.012, first g + 0.5 left noenhanced \
            font face(11) textcolor rgb (COUNT[g + 1] > 0 ? INK : GREY)
    }
    set label 13 "runs" at graph 1.012, graph 1.09 left font face(11) textcolor rgb NOTE
    plot for [g = 0:2] $MARKS using ($2 == g ? $1 / unit : NaN):(g + 0.1):(0):(0.8) with vectors nohead \
             linewidth (g == 0 ? 0.5 : g == 1 ? 1 : 1.8) linecolor rgb generation_colour(g)
}
unset multiplot
set output
