# SPDX-License-Identifier: GPL-3.0-or-later
# Strategies side by side, at one threshold0: what each costs in time, pauses, memory and slow requests.
# A bar is the mean over the seeds, its whisker their least and greatest. The dashed line is the first strategy's.
# Reads summary.csv.

SCRIPT = ARG0; IN = ARG1; OUT = ARG2; asked = ARG3; model = ARG4
USAGE = "summary.csv OUT.svg|OUT.png [THRESHOLD0 [MODEL]]"
NEED = "input model strategy threshold0 threshold1 threshold2 seed ".\
       "gc_share pause_ns_p99 pause_ns_max peak_bytes request_ns_p99"
PLOTS = system("dirname '".ARG0."'")."/"
load PLOTS."style.gp"

# The trials compared: one input, one model, one threshold0 (as asked for, else the model's default, else the first
# row's). A strategy without a trial there is shown with its own first thresholds, and its name says so.
input = ""; axes = ""; t0 = ""; strategies = ""; seeds = ""
first(row) = input eq "" && (model eq "" || strcol(c_model) eq model) ? \
    (input = strcol(c_input), axes = axes_of(0), model = strcol(c_model), t0 = strcol(c_threshold0)) : ""
ours(row) = strcol(c_input) eq input && axes_of(0) eq axes && strcol(c_model) eq model
thresholds(row) = strcol(c_threshold0)."/".strcol(c_threshold1)."/".strcol(c_threshold2)
stats IN using (first($0), ours($0) ? (strategies = with_word(strategies, strcol(c_strategy)), \
                                       seeds = with_word(seeds, strcol(c_seed)), 0) : 0) nooutput
if (strategies eq "") {
    print sprintf("%s: %s has no trial of model %s", SCRIPT, IN, model)
    exit status 2
}
wanted = sprintf("%d", default_threshold0(model))
has_wanted = 0
stats IN using (ours($0) && strcol(c_threshold0) eq wanted ? (has_wanted = 1) : 0) nooutput
if (strlen(asked) > 0) { t0 = asked } else { if (has_wanted) { t0 = wanted } }

n = words(strategies)
array SHOWN[n]
array LABEL[n]
do for [i = 1:n] {
    there = ""; own = ""
    stats IN using (ours($0) && strcol(c_strategy) eq word(strategies, i) ? ( \
        own eq "" ? (own = thresholds($0)) : "", \
        there eq "" && strcol(c_threshold0) eq t0 ? (there = thresholds($0)) : "", 0) : 0) nooutput
    SHOWN[i] = there eq "" ? own : there
    LABEL[i] = word(strategies, i).(there eq "" ? " (at ".own[1:strstrt(own, "/") - 1].")" : "")
}

# One datablock a panel: row, mean, least, greatest.
array COLUMN[5] = [c_gc_share, c_pause_ns_p99, c_pause_ns_max, c_peak_bytes, c_request_ns_p99]
array PANEL[5] = ["GC share of time", "pause, p99", "pause, longest", "peak memory", "request, p99"]
array MOST[5] = [0, 0, 0, 0, 0]
array BEST[5] = [-1, -1, -1, -1, -1]
array BASE[5] = [-1, -1, -1, -1, -1]
set print $BARS
do for [p = 1:5] {
    do for [i = 1:n] {
        records = 0; total = 0.0; least = 0.0; most = 0.0
        stats IN using (ours($0) && strcol(c_strategy) eq word(strategies, i) && thresholds($0) eq SHOWN[i] \
                        && valid(COLUMN[p]) ? \
            (v = num(COLUMN[p]), least = records == 0 || v < least ? v : least, most = v > most ? v : most, \
             total = total + v, records = records + 1, 0) : 0) nooutput
        if (records > 0) {
            print sprintf("%d %d %.9g %.9g %.9g", p, i, total / records, least, most)
        } else {
            print sprintf("%d %d -1 0 0", p, i)
        }
        if (records > 0 && i == 1) { BASE[p] = total / records }
        if (records > 0 && (BEST[p] < 0 || total / records < BEST[p])) { BEST[p] = total / records }
        if (most > MOST[p]) { MOST[p] = most }
    }
}
set print
eval FROM_BLOCKS

bytes_text(b) = sprintf("%.3g %s", b / bytes_unit(b), bytes_unit_name(b))
share_text(s) = s == 0 ? "0" : sprintf("%.2g%%", 100 * s)
text(p, v) = v < 0 ? "none" : p == 1 ? share_text(v) : p == 4 ? bytes_text(v) : time_text(v)
panels = ""
do for [p = 1:5] { if (BEST[p] >= 0) { panels = with_word(panels, sprintf("%d", p)) } }
if (panels eq "") {
    print sprintf("%s: no trial of %s did any work: nothing to draw", SCRIPT, IN)
    exit status 2
}

longest = 0
do for [i = 1:n] { if (strlen(LABEL[i]) > longest) { longest = strlen(LABEL[i]) } }
left = 0.042 + 0.0083 * (longest > 36 ? 36 : longest < 8 ? 8 : longest)
step = (0.985 - left) / words(panels)
bar = 0.62
colour(p, i, v) = abs(v - BEST[p]) <= 1e-6 * v ? 0x009E73 : i == 1 ? 0x8C8C8C : 0x56B4E9
eval open_terminal(n < 3 ? 260 : n > 20 ? 900 : 140 + 38 * n)
set style textbox opaque margins 0.1, 0.1 fillcolor rgb "#ffffff" noborder
set output OUT
set multiplot
eval title("What each strategy costs")
eval subtitle(sprintf("%s · %s · threshold0 %s%s · green: the least; dashed: %s", input_name(input), model, t0, \
    words(seeds) > 1 ? sprintf(" · mean of %d seeds, whiskers least and greatest", words(seeds)) : "", word(strategies, 1)))
set tmargin at screen 1 - 108.0 / HEIGHT
set bmargin at screen 18.0 / HEIGHT
set yrange [n + 0.6:0.4]
unset xtics
set border 2
set grid noxtics noytics
do for [k = 1:words(panels)] {
    p = int(word(panels, k))
    set lmargin at screen left + (k - 1) * step
    set rmargin at screen left + k * step - 0.012
    set xrange [0:MOST[p] > 0 ? MOST[p] * 1.72 : 1]
    if (k == 1) {
        set ytics (LABEL[1] 1) scale 0
        do for [i = 2:n] { set ytics add (LABEL[i] i) }
    } else {
        unset ytics
        unset label 1001
        unset label 1002
    }
    set label 1003 PANEL[p] at graph 0, screen 1 - 92.0 / HEIGHT left font face(11.5) textcolor rgb BLACK
    set arrow 1 from BASE[p], graph 0 to BASE[p], graph 1 nohead back linecolor rgb NOTE dashtype (8, 6)
    plot $BARS using (0):($1 == p && $3 >= 0 ? $2 : NaN):(0):3:($2 - bar / 2):($2 + bar / 2):(colour(p, $2, $3)) \
             with boxxyerror fillcolor rgb variable, \
         $BARS using ($1 == p && $5 > $4 ? $3 : NaN):2:4:5 with xerrorbars pointtype -1 linewidth 1.2 \
             linecolor rgb INK, \
         $BARS using ($1 == p ? $5 : NaN):2:(text(p, $3)) with labels left boxed offset character 0.7, 0 noenhanced \
             font face(10.5) textcolor rgb INK
}
unset multiplot
set output
