target_sources(gcsim PRIVATE
  workload/births.c workload/deaths.c workload/emit.c workload/generate.c workload/phases.c
  workload/queue.c workload/sampler.c workload/sites.c workload/workload.c)
