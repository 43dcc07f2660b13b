target_sources(gcsim PRIVATE
  workload/births.c workload/choice.c workload/deaths.c workload/emit.c workload/families.c
  workload/generate.c workload/phases.c workload/quantiles.c workload/queue.c workload/sampler.c
  workload/sites.c workload/workload.c)
