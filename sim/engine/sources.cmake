target_sources(gcsim PRIVATE
  engine/replay.c engine/interpreter.c engine/ledger.c engine/rules.c engine/witness.c engine/gaps.c engine/spans.c
  engine/index.c engine/evaluate.c)
