# SPDX-License-Identifier: GPL-3.0-or-later
# Memory against the collector's share of the time: what each trial of a study pays on either side.
# Every trial is a point, coloured by strategy; rings mark the study's Pareto frontier (peak memory, GC time,
# longest pause), and the line joins those of them that no other beats in the two quantities drawn here.
# Reads summary.csv.

SCRIPT = ARG0; IN = ARG1; OUT = ARG2
USAGE = "summary.csv OUT.svg|OUT.png"
NEED = "input model strategy threshold0 gc_share peak_bytes pareto"
PLOTS = system("dirname '".ARG0."'")."/"
load PLOTS."style.gp"

inputs = ""; models = ""; strategies = ""
remember(row) = (inputs = with_word(inputs, input_name(strcol(c_input))), models = with_word(models, strcol(c_model)), \
                 strategies = with_word(strategies, strcol(c_strategy)), 0)
place(list, w) = sum [i = 1:words(list)] (word(list, i) eq w ? i : 0)
is_default(row) = strcol(c_strategy) eq "default" && num(c_threshold0) == default_threshold0(strcol(c_model))
stats IN using (remember($0)) nooutput

# Columns: 1 share in %, 2 peak bytes, 3 strategy, 4 threshold0, 5 on the frontier, 6 the default setting.
set table $TRIALS
plot IN using (100 * num(c_gc_share)):(num(c_peak_bytes)):(place(strategies, strcol(c_strategy))):\
              (num(c_threshold0)):(valid(c_pareto) ? num(c_pareto) : 0):(is_default($0)) \
    with table if (valid(c_gc_share) && valid(c_peak_bytes) && valid(c_threshold0))
unset table
if (|$TRIALS| == 0) {
    print sprintf("%s: no trial of %s did any work: nothing to draw", SCRIPT, IN)
    exit status 2
}
eval FROM_BLOCKS
stats $TRIALS using 1 nooutput name "SHARE"
stats $TRIALS using 2 nooutput name "PEAK"
unit = bytes_unit(PEAK_max)

# Shares far apart want a log axis; a share of 0 then has a place of its own at the left.
lowest = SHARE_max
stats $TRIALS using ($1 > 0 && $1 < lowest ? lowest = $1 : 0) nooutput
is_log = lowest > 0 && SHARE_max / lowest > 15
zero = lowest / 3
x(share) = is_log && share == 0 ? zero : share
x_low = !is_log ? -0.03 * SHARE_max : (SHARE_min == 0 ? zero : lowest) / (SHARE_max / lowest)**0.1
x_high = is_log ? SHARE_max * 1.3 : SHARE_max > 0 ? SHARE_max * 1.08 : 1
wide = PEAK_min > 0 && PEAK_max / PEAK_min > 8
room = PEAK_max > PEAK_min ? 0.08 * (PEAK_max - PEAK_min) : PEAK_max > 0 ? 0.1 * PEAK_max : 1.0
y_low = (wide ? PEAK_min / 1.25 : PEAK_min - room) / unit
y_high = (wide ? PEAK_max * 1.25 : PEAK_max + room) / unit

# The points of the frontier that nothing else beats in memory and share, from the smallest share on.
n = 0
array SHARE[|$TRIALS|]; array PEAK[|$TRIALS|]
stats $TRIALS using ($5 == 1 ? (n = n + 1, SHARE[n] = $1, PEAK[n] = $2) : 0) nooutput
is_beaten(s, p) = (sum [i = 1:n] (SHARE[i] <= s && PEAK[i] <= p && (SHARE[i] < s || PEAK[i] < p))) > 0
decimal(number) = sprintf("%.9f", number) # real() reads no 1e+06
set table $FRONT
plot $TRIALS using (decimal(x($1))):(decimal($2 / unit)):(decimal($4)) with table if ($5 == 1 && !is_beaten($1, $2))
unset table

# threshold0 beside a point of that line, where no other label is near.
labels = 0
array LX[|$FRONT| + 1]; array LY[|$FRONT| + 1]
across(x) = is_log ? log(x / x_low) / log(x_high / x_low) : (x - x_low) / (x_high - x_low)
up(y) = wide ? log(y / y_low) / log(y_high / y_low) : (y - y_low) / (y_high - y_low)
is_crowded(x, y) = (sum [i = 1:labels] (abs(LX[i] - across(x)) < 0.07 && abs(LY[i] - up(y)) < 0.05)) > 0
do for [i = 1:|$FRONT|] {
    lx = real(word($FRONT[i], 1)); ly = real(word($FRONT[i], 2))
    if (!is_crowded(lx, ly)) {
        labels = labels + 1
        LX[labels] = across(lx); LY[labels] = up(ly)
        set label 100 + labels count_text(real(word($FRONT[i], 3))) at lx, ly noenhanced font face(10) textcolor rgb NOTE
        if (across(lx) > 0.09) { set label 100 + labels right offset character -0.9, -0.75 } \
        else { set label 100 + labels left offset character 1.2, 0.75 }
    }
}
has_default = 0; rings = 0
stats $TRIALS using ($6 == 1 ? has_default = 1 : 0, $5 == 1 ? rings = 1 : 0) nooutput

ticks_from = is_log && SHARE_min == 0 ? lowest / 1.6 : 0
eval is_log ? log_axis("x", "percent", x_low, x_high) : \
     sprintf("set xrange [%.9g:%.9g]; set xtics format '%%g%%%%'", x_low, x_high)
ticks_from = 0
eval wide ? log_axis("y", "count", y_low, y_high) : sprintf("set yrange [%.9g:%.9g]", y_low, y_high)
if (is_log && SHARE_min == 0) {
    set xtics add ("0" zero)
    set arrow 1 from lowest / 1.7, graph 0 to lowest / 1.7, graph 1 nohead linecolor rgb GREY dashtype (4, 6)
}
set table $STEPS
if (|$FRONT| > 0) { plot $FRONT using 1:2 smooth unique }
unset table
eval title("Peak memory against the share of time spent collecting")
eval subtitle(sprintf("%s · %s · %s%s", inputs, \
    words(models) > 3 ? plural(words(models), "model") : models, plural(|$TRIALS|, "trial"), \
    rings > 0 ? " · number: threshold0 · ring: no trial beats it in memory, GC time and longest pause" : ""))
set xlabel "time in the collector (share of working time)"
set ylabel sprintf("peak memory (%s)", bytes_unit_name(PEAK_max))
set rmargin at screen 0.775
set tmargin at screen 0.865
set key at screen 0.795, screen 0.875 left top vertical
frontier = |$FRONT| == 0 ? "" : \
    "$STEPS using 1:2 with steps linewidth 1.6 linecolor rgb NOTE title 'frontier in this plane',"
set output OUT
plot @frontier \
     for [i = 1:words(strategies)] $TRIALS using ($3 == i ? x($1) : NaN):($2 / unit) with points pointtype 7 \
         pointsize 1.25 * DOT linecolor rgb series_colour(i), \
     $TRIALS using ($5 == 1 ? x($1) : NaN):($2 / unit) with points pointtype 6 pointsize 2.1 * DOT linewidth 1.3 \
         linecolor rgb BLACK title (rings > 0 ? "Pareto-optimal" : ""), \
     $TRIALS using ($6 == 1 ? x($1) : NaN):($2 / unit) with points pointtype 12 pointsize (is_png ? 3.7 : 1.9) linewidth 2 \
         linecolor rgb BLACK title (has_default > 0 ? "interpreter's default" : ""), \
     for [i = 1:words(strategies)] NaN with points pointtype 7 pointsize 1.25 * DOT linecolor rgb series_colour(i) \
         title word(strategies, i)
set output
