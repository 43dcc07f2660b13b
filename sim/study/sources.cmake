target_sources(gcsim PRIVATE study/study.c study/workers.c)
