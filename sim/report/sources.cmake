target_sources(gcsim PRIVATE report/columns.c report/csv.c report/chosen.c report/grid.c report/people.c)
