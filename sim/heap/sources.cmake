target_sources(gcsim PRIVATE
  heap/rows.c heap/sizes.c heap/sizes27.c heap/tracking.c heap/deaths.c heap/apply.c heap/collect.c heap/trash.c
  heap/increment.c heap/marksweep.c heap/weakrefs.c heap/check.c heap/lifetimes.c heap/strict.c)
