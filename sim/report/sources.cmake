target_sources(gcsim PRIVATE report/columns.c report/csv.c report/chosen.c report/compare.c report/compare_advice.c
  report/compare_people.c report/grid.c report/people.c
  report/info_tables.c report/info_people.c)
