/* crc.h -- the sums of file transfers. */
#ifndef PERIGEE_PROTO_CRC_H
#define PERIGEE_PROTO_CRC_H

#include <stdint.h>

#include "base/span.h"

/* CRC-32 of ZMODEM's and of zip's: polynomial 0xEDB88320, reflected.
 * Of what has been summed up to now, 0 at the beginning, and `s` behind it. */
uint32_t crc_32(uint32_t crc, struct span s);

/* CRC-16 of XMODEM's: polynomial 0x1021, most significant bit first. */
uint16_t crc_16(struct span s);

#endif
