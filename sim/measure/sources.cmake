target_sources(gcsim PRIVATE measure/histogram.c measure/summary.c measure/pareto.c measure/steady.c measure/paired.c
  measure/interned.c measure/demographics.c)
