# SPDX-License-Identifier: GPL-3.0-or-later
# What to call the trials in the list TRIALS: NAME[1], NAME[2], … and COMMON, what they share, as the study's
# summary SUMMARY has them; their numbers alone where SUMMARY is empty.

array NAME[words(TRIALS)]
do for [i = 1:words(TRIALS)] { NAME[i] = "trial ".word(TRIALS, i) }
joined(a, b) = a eq "" ? b : b eq "" ? a : a.", ".b
COMMON = ""
if (strlen(SUMMARY) > 0) {
    IN = SUMMARY
    NEED = "trial model strategy threshold0 seed"
    load PLOTS."csv.gp"
    strategies = ""; thresholds = ""; models = ""; seeds = ""
    stats IN using (is_in(TRIALS, strcol(c_trial)) ? (models = with_word(models, strcol(c_model)), \
        strategies = with_word(strategies, strcol(c_strategy)), thresholds = with_word(thresholds, strcol(c_threshold0)), \
        seeds = with_word(seeds, strcol(c_seed)), 0) : 0) nooutput
    called(row) = joined(joined(words(strategies) > 1 ? strcol(c_strategy) : "", \
                                words(thresholds) > 1 ? "threshold0 ".strcol(c_threshold0) : ""), \
                         joined(words(models) > 1 ? strcol(c_model) : "", words(seeds) > 1 ? "seed ".strcol(c_seed) : ""))
    do for [i = 1:words(TRIALS)] {
        stats IN using (strcol(c_trial) eq word(TRIALS, i) ? (NAME[i] = called($0), 0) : 0) nooutput
    }
    COMMON = joined(joined(words(strategies) == 1 ? strategies : "", \
                           words(thresholds) == 1 ? "threshold0 ".thresholds : ""), \
                    words(models) == 1 ? models : "")
    if (words(TRIALS) == 1 && COMMON ne "") { NAME[1] = COMMON }
}
