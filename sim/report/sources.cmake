target_sources(gcsim PRIVATE report/columns.c report/csv.c report/chosen.c report/compare.c report/grid.c report/people.c
  report/info_tables.c report/info_people.c)
