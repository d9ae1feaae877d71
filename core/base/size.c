#include "base/size.h"

void size_add(struct buf *out, double bytes)
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB"};
    unsigned unit = 0;

    while (bytes >= 1024 && unit < 3) {
        bytes /= 1024;
        unit++;
    }
    buf_printf(out, unit ? "%.1f %s" : "%.0f %s", bytes, units[unit]);
}
