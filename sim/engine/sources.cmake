target_sources(gcsim PRIVATE
  engine/replay.c engine/interpreter.c engine/ledger.c engine/rules.c engine/witness.c engine/gaps.c engine/spans.c
  engine/index.c engine/index_blocks.c engine/index_garbage.c engine/index_arrays.c engine/index_file.c engine/evaluate.c engine/evaluate_ops.c engine/evaluate_time.c engine/evaluate_collect.c
  engine/evaluate_islands.c engine/evaluate_singles.c engine/evaluate_history.c)
