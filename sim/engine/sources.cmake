target_sources(gcsim PRIVATE engine/replay.c engine/ledger.c engine/rules.c engine/gaps.c engine/witness.c)
