target_sources(gcsim PRIVATE
  trace/types.c trace/map.c trace/grammar.c trace/encode.c trace/decode.c trace/image.c
  trace/builder.c trace/ahead.c trace/cursor.c trace/binary_read.c trace/text_read.c
  trace/text_fields.c trace/text_print.c)
