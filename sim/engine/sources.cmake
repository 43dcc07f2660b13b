target_sources(gcsim PRIVATE engine/replay.c engine/interpreter.c engine/spans.c engine/index.c engine/evaluate.c engine/ledger.c engine/rules.c engine/gaps.c)
