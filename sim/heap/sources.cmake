target_sources(gcsim PRIVATE
  heap/rows.c heap/sizes.c heap/sizes27.c heap/pymalloc.c heap/tracking.c heap/deaths.c heap/apply.c heap/collect.c
  heap/trash.c heap/increment.c heap/marksweep.c heap/freethreaded.c heap/weakrefs.c heap/check.c heap/census.c
  heap/garbage.c heap/lifetimes.c heap/lives.c heap/components.c heap/knots.c heap/strict.c heap/baseline.c
  heap/baseline_kinds.c heap/baseline_objects.c heap/baseline_singles.c heap/baseline_deaths.c heap/baseline_end.c heap/parts.c)
