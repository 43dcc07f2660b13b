target_sources(gcsim PRIVATE collector/models.c collector/textbook.c collector/sqrt_threshold.c
  collector/live_heap.c collector/cost.c)
