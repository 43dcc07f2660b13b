# SPDX-License-Identifier: GPL-3.0-or-later
# Opens the CSV file IN: fails with one line where it is not there or lacks a column of NEED,
# and leaves c_NAME, the column's number, for every NAME in NEED, and has_rows.

if (strstrt(IN, "'") > 0 || system("test -f '".IN."' && test -r '".IN."' && echo yes") ne "yes") {
    print sprintf("%s: no such file: %s", SCRIPT, IN)
    exit status 2
}

HEADER = ",".system("head -n 1 '".IN."' | tr -d '\"\\r'").","
commas(text) = sum [i = 1:strlen(text)] (text[i:i] eq ",")
col(name) = strstrt(HEADER, ",".name.",") == 0 ? 0 : commas(HEADER[1:strstrt(HEADER, ",".name.",")])
do for [name in NEED] {
    eval sprintf("c_%s = %d", name, col(name))
    if (col(name) == 0) {
        print sprintf("%s: %s has no column %s", SCRIPT, IN, name)
        exit status 2
    }
}
has_rows = system("sed -n '2{p;q}' '".IN."'") ne ""
eval FROM_CSV
