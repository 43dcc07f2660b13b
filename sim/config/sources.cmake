target_sources(gcsim PRIVATE
  config/cost.c config/files.c config/find.c config/finish.c config/keys.c config/print.c
  config/ranges.c config/rules.c config/strategy.c config/strategy_rule.c config/study.c
  config/tree.c config/unused.c config/values.c config/yaml.c)
