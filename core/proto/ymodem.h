/* ymodem.h -- the bytes of XMODEM and YMODEM. Part of proto/: ymodem_send.c and
 * ymodem_receive.c use it. */
#ifndef PERIGEE_PROTO_YMODEM_H
#define PERIGEE_PROTO_YMODEM_H

enum {
    SOH = 0x01, /* a block of 128 bytes follows */
    STX = 0x02, /* ... of 1024 */
    EOT = 0x04,
    ACK = 0x06,
    NAK = 0x15,
    CAN = 0x18, /* two in a row end all */
    PADDING = 0x1A,
    IAC = 0xFF,
};

enum { SHORT_BLOCK = 128, LONG_BLOCK = 1024, BLOCK_HEAD = 3, BLOCK_CRC = 2 };

/* What ends every XMODEM and YMODEM, and is wiped off a screen that is none. */
#define YMODEM_CANCEL "\030\030\030\030\030\030\030\030\b\b\b\b\b\b\b\b"

#endif
