target_sources(gcsim PRIVATE study/study.c study/supply.c study/workers.c)
