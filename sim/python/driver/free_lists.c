/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `o freelists=resolved`: only what a collection frees may be parked. */
#include "driver.h"

bool can_resolve_free_lists(void)
{
    return false;
}
