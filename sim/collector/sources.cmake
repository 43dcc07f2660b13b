target_sources(gcsim PRIVATE collector/models.c collector/cost.c)
