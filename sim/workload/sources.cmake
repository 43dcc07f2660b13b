target_sources(gcsim PRIVATE
  workload/births.c workload/choice.c workload/containers.c workload/cycles.c workload/deaths.c
  workload/emit.c workload/families.c workload/generate.c workload/phases.c workload/quantiles.c
  workload/queue.c workload/requests.c workload/sampler.c workload/sites.c workload/targets.c
  workload/workload.c)
