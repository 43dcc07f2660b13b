# SPDX-License-Identifier: GPL-3.0-or-later
# What requests feel: latency by percentile, the axis stretched towards the slowest ones (as HdrHistogram
# draws it: every division to the right is ten times rarer). One curve a trial.
# Reads requests.csv, and summary.csv for the trials' names.

SCRIPT = ARG0; IN = ARG1; OUT = ARG2; asked = ARG3; SUMMARY = ARG4
USAGE = "requests.csv OUT.svg|OUT.png [TRIAL[,TRIAL…] [summary.csv]]"
NEED = "trial percentile request_ns"
PLOTS = system("dirname '".ARG0."'")."/"
load PLOTS."style.gp"

# The trials asked for, else the first; at most eight.
comma_to_space(text) = strlen(text) == 0 ? "" : (text[1:1] eq "," ? " " : text[1:1]).comma_to_space(text[2:strlen(text)])
present = ""
stats IN using (present = with_word(present, strcol(c_trial)), 0) nooutput
TRIALS = ""
asked = comma_to_space(asked)
do for [t in words(asked) == 0 ? word(present, 1) : asked] {
    if (!is_in(present, t)) {
        print sprintf("%s: %s has no trial %s", SCRIPT, IN, t)
        exit status 2
    }
    if (words(TRIALS) < 8) { TRIALS = with_word(TRIALS, t) }
}
n = words(TRIALS)
place(w) = sum [i = 1:n] (word(TRIALS, i) eq w ? i : 0)

# Columns: 1 how many requests there are to one so slow, 2 latency, 3 curve. The slowest request of all (100 %) has no
# such number: it stands beyond the last division.
set table $LATENCY
plot IN using (num(c_percentile)):(num(c_request_ns)):(place(strcol(c_trial))) \
    with table if (place(strcol(c_trial)) > 0 && valid(c_percentile) && valid(c_request_ns))
unset table
if (|$LATENCY| == 0) {
    print sprintf("%s: %s has no requests of trial %s: nothing to draw", SCRIPT, IN, TRIALS)
    exit status 2
}
load PLOTS."names.gp"
eval FROM_BLOCKS
stats $LATENCY using 2 nooutput name "SLOW"
# Percentiles that are the slowest request already (there are not more requests) say nothing more.
array SLOWEST[n]
do for [i = 1:n] { SLOWEST[i] = -1 }
stats $LATENCY using ($1 >= 100 ? (SLOWEST[$3] = $2) : 0) nooutput
tells(percentile, ns, i) = percentile >= 100 || ns != SLOWEST[i]
rarest = 10.0; typical = SLOW_max
stats $LATENCY using ($1 < 100 && tells($1, $2, $3) && 100 / (100 - $1) > rarest ? (rarest = 100 / (100 - $1)) : 0, \
                      $1 >= 50 && $2 < typical ? (typical = $2) : 0) nooutput
nines = int(ceil(log10(rarest) - 1e-6))
beyond = 10**(nines + 0.5)
x(percentile) = percentile >= 100 ? beyond : 100 / (100 - percentile)

set table $CURVES
plot $LATENCY using (x($1)):2:3 with table if (tells($1, $2, $3))
unset table

set logscale x
set xrange [1:beyond * 1.25]
set xtics ("0%%" 1, "50%%" 2, "90%%" 10, "99%%" 100)
do for [k = 3:nines] { set xtics add (sprintf("99.%s%%%%", "9999999999"[1:k - 2]) 10**k) }
set xtics add ("slowest" beyond)
wide = SLOW_min > 0 && SLOW_max / typical > 30
if (wide) {
    eval log_axis("y", "time", SLOW_min / 1.4, SLOW_max * 1.4)
    unit = 1.0
    set ylabel "latency, queueing included"
} else {
    unit = time_unit(SLOW_max)
    set yrange [0:SLOW_max > 0 ? SLOW_max / unit * 1.08 : 1]
    set ylabel sprintf("latency, queueing included (%s)", time_unit_name(SLOW_max))
}
set xlabel "requests at least as fast"
eval title("Request latency by percentile")
eval subtitle(n == 1 ? NAME[1] : joined(COMMON, plural(n, "trial")))
widest = 0
do for [i = 1:n] { if (strlen(NAME[i]) > widest) { widest = strlen(NAME[i]) } }
columns = int(100 / (widest + 9))
rows = n == 1 ? 0 : (n + columns - 1) / columns
set tmargin at screen 0.87 - 0.044 * rows
set output OUT
plot for [i = 1:n] $CURVES using ($3 == i ? $1 : NaN):($2 / unit) with lines linewidth 2.2 \
         linecolor rgb series_colour(i), \
     for [i = 1:n] $CURVES using ($3 == i && $1 > 0.9 * beyond ? $1 : NaN):($2 / unit) with points pointtype 7 \
         pointsize 1.2 * DOT linecolor rgb series_colour(i), \
     for [i = 1:n] NaN with lines linewidth 2.2 linecolor rgb series_colour(i) title (n > 1 ? NAME[i] : "")
set output
